// WORKFLOW STAFF: effects are known to the world outside by their keys.
// Law: `effect` (under one key, one thing is done).

#include <tests/simulator/workflow_facts.hpp>
#include <tests/simulator/workflow_staff.hpp>

namespace troupe {
namespace {

using namespace std::chrono_literals;

std::vector<Field> inputs_of(const Task& task) {
  return {task.spec().inputs().begin(), task.spec().inputs().end()};
}

class worker final : public behavior {
public:
  worker(std::string capability, const outside_world* world)
      : capability_{std::move(capability)}, world_{world} {}
  manifest describe() const override {
    return manifest{capability_}.can(capability_).max_concurrent(20);
  }
  action run(const Task& task) override {
    auto inputs = inputs_of(task);
    auto at = task.id().find('#');
    auto root = root_of(std::string_view{task.id()}.substr(0, at));
    auto key = key_of(root, inputs, std::string_view{task.id()}.substr(at + 1));
    auto done = do_work(key, inputs, task.attempt(), world_->mended.count(root) > 0);
    if (!done)
      return fail(code_of(done.error()), text_of(done.error()));
    std::vector<argument> what{{"key", key}, {"value", *done}};
    auto& effect = task.input("effect");
    if (effect == "none" || capability_ == "plan")
      return finish(*done);
    if (effect != "once")
      return call_tool("effect", what).then([](const Result& said) { return finish(said); });
    return call_tool("effect/once", what)
        .otherwise([what](const caf::error&) { return call_tool("effect", what); })
        .then([](const Result& said) { return finish(said); });
  }

private:
  std::string capability_;
  const outside_world* world_;
};

} // namespace

void teach_workflows(agent_parts& parts, outside_world& world) {
  for (auto capability : {"work", "plan"})
    ensure(!parts.behaviors.add(worker{capability, &world}.describe(),
                                [=, known = &world] { return std::make_unique<worker>(capability, known); }));
  auto effect = [&world](const tool_call& call) -> caf::expected<std::string> {
    std::string key{call.argument("key")}, value{call.argument("value")};
    if (auto [i, is_new] = world.effects.emplace(key, value); !is_new && i->second != value)
      world.object("effect", key + " does " + value + " after it has done " + i->second);
    return value;
  };
  parts.tools.add({"effect", "may be repeated: its key tells", effect, true, {}, 20s});
  parts.tools.add({"effect/once", "must not be repeated", effect, false, {}, 10s});
}

} // namespace troupe
