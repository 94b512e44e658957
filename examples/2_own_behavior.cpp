// 2_own_behavior: durable actions. Each result is on disk before the next action begins; after a crash none is repeated.
// Run:    build/dev/examples/2_own_behavior
// Prints: 3 words, longest: durable
#include <fmt/format.h>
#include <sstream>
#include <troupe/troupe.hpp>

/// Counts words with one tool, then finds the longest with another.
class counter final : public troupe::behavior {
public:
  troupe::manifest describe() const override {
    return troupe::manifest{"counter"}.can("text.count");
  }
  troupe::action run(const troupe::Task& task) override {
    return troupe::all_of({troupe::call_tool("words/count", {{"text", task.input("text")}}),
                           troupe::call_tool("words/longest", {{"text", task.input("text")}})})
        .then([](const troupe::Result& both) {
          return troupe::finish(both.part(0).text() + " words, longest: " + both.part(1).text());
        })
        .otherwise([](const caf::error& reason) {
          return troupe::finish("cannot count: " + troupe::text_of(reason));
        });
  }
};

int main(int argc, char** argv) {
  troupe::node node{argc, argv};
  auto words = [](const troupe::tool_call& call) {
    std::istringstream in{std::string{call.argument("text")}};
    return std::vector<std::string>{std::istream_iterator<std::string>{in}, {}};
  };
  node.tools().add({"words/count", "counts words",
                    [=](const troupe::tool_call& call) -> caf::expected<std::string> {
                      return std::to_string(words(call).size());
                    },
                    true}); // repeatable: doing it again does no harm
  node.tools().add({"words/longest", "finds the longest word",
                    [=](const troupe::tool_call& call) -> caf::expected<std::string> {
                      std::string longest;
                      for (auto& word : words(call))
                        longest = word.size() > longest.size() ? word : longest;
                      return longest;
                    },
                    true});
  node.behaviors().add<counter>();
  auto result = node.run("text.count", "agents are durable");
  if (!result)
    return node.complain(result.error());
  fmt::print("{}\n", result->text());
}
