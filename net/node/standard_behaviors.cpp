// STANDARD BEHAVIORS: echo, wait, ask.

#include <charconv>
#include <troupe/net/node/standard_behaviors.hpp>

namespace troupe {
namespace {

class echo final : public behavior {
public:
  manifest describe() const override {
    return manifest{"echo"}.can("troupe.echo").describe("Gives back its input `text`.");
  }
  action run(const Task& task) override {
    return finish(task.input("text"));
  }
};

class wait final : public behavior {
public:
  manifest describe() const override {
    return manifest{"wait"}
        .can("troupe.wait")
        .max_concurrent(100)
        .describe("Sleeps durably for its input `ms`, milliseconds.");
  }
  action run(const Task& task) override {
    auto& text = task.input("ms");
    int64_t ms = 0;
    auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), ms);
    if (wrong != std::errc{} || end != text.data() + text.size() || ms < 0)
      return fail(ec::invalid_argument, "ms is '" + text + "'; a whole number of milliseconds is needed");
    return sleep_for(std::chrono::milliseconds{ms}).then([text](const Result&) {
      return finish("waited " + text + " ms");
    });
  }
};

class ask_somebody final : public behavior {
public:
  manifest describe() const override {
    return manifest{"ask"}
        .can("troupe.ask")
        .max_concurrent(100)
        .describe("Asks the person in `who` the question in `text`.");
  }
  action run(const Task& task) override {
    return ask_human(task.input("who"), task.input("text")).then([](const Result& answer) {
      return finish(answer);
    });
  }
};

} // namespace

void add_standard_behaviors(behavior_registry& behaviors) {
  behaviors.add<echo>();
  behaviors.add<wait>();
  behaviors.add<ask_somebody>();
}

} // namespace troupe
