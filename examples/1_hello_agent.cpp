// 1_hello_agent: one node in one process, one behavior, one task.
// Run:    build/dev/examples/1_hello_agent
// Prints: hello, world
#include <fmt/format.h>
#include <troupe/troupe.hpp>

/// Greets whoever is named in the task.
class greeter final : public troupe::behavior {
public:
  troupe::manifest describe() const override {
    return troupe::manifest{"greeter"}.can("text.greet");
  }
  troupe::action run(const troupe::Task& task) override {
    return troupe::finish("hello, " + task.input("text"));
  }
};

int main(int argc, char** argv) {
  troupe::node node{argc, argv}; // durable store in ./troupe-data, no open ports
  node.behaviors().add<greeter>();
  auto result = node.run("text.greet", "world"); // waits at most limits::task_timeout
  if (!result)
    return node.complain(result.error());
  fmt::print("{}\n", result->text());
}
