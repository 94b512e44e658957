// STAFF: behaviors that know what they must be answered, and tools that fail.
// Laws: `effect` (nothing that must not be repeated is done twice), `answer` (an attempt gets its own answers, in order).

#include <tests/simulator/staff.hpp>
#include <tests/support/improvised.hpp>

namespace troupe {
namespace {

using namespace std::chrono_literals;

// Whose action this is: a later attempt has another name, so that a late answer of an earlier one shows.
std::string own(const Task& task, std::string_view what) {
  return task.id() + "/" + std::to_string(task.attempt()) + "/" + std::string{what};
}

class teacher {
public:
  teacher(agent_parts& parts, outside_world& world) : parts_{parts}, world_{world} {}

  void teach_all() {
    auto& seen = world_;
    teach("look", [&seen](const Task& task) {
      return looked(seen, task, "1",
                    [&] { return looked(seen, task, "2", [] { return finish("looked"); }); });
    });
    teach("pay", [](const Task& task) {
      return call_tool("pay", {{"for", own(task, "pay")}})
          .then([](const Result&) { return finish("paid"); })
          .otherwise([](const caf::error& why) { return finish(to_string(code_of(why))); });
    });
    teach("sleep", [&seen](const Task& task) {
      return sleep_for(std::chrono::milliseconds{task.random() % 5000}).then([&](const Result&) {
        return looked(seen, task, "awake",
                      [&] { return finish("slept for " + std::string{task.input("for")}); });
      });
    });
    teach("ask", [](const Task&) {
      return ask_human("somebody", "go on?").then([](const Result& said) { return finish(said.text()); });
    });
    teach("delegate", [&seen](const Task& task) {
      return all_of({call_agent("sleep", {{"for", own(task, "rest")}}),
                     call_tool("look", {{"for", own(task, "mine")}}), call_agent("look")})
          .then([&](const Result& all) {
            auto in_order = all.part(0).text() == "slept for " + own(task, "rest") &&
                            all.part(1).text() == "seen " + own(task, "mine") &&
                            all.part(2).text() == "looked";
            if (!in_order)
              seen.object("answer", task.id() + ": all_of answers '" + all.part(0).text() + "', '" +
                                        all.part(1).text() + "', '" + all.part(2).text() + "'");
            return finish("delegated");
          });
    });
    teach("choose", [](const Task& task) {
      return any_of({call_tool("flaky"), call_model("fast", own(task, "choose"))}).then([](const Result&) {
        return finish("chosen");
      });
    });
    teach("think", [](const Task& task) {
      return call_model("fast", own(task, "think"))
          .then([](const Result& thought) { return checkpoint(thought.text()); })
          .then([](const Result&) { return call_tool("flaky"); })
          .then([](const Result&) { return finish("thought"); });
    });
    teach("stumble", [&seen](const Task& task) {
      if (task.attempt() == 1)
        return looked(seen, task, "1", [] { return fail(ec::tool_failed, "stumbled"); });
      return looked(seen, task, "2", [] { return finish("up again"); });
    });
  }

private:
  static action looked(outside_world& world, const Task& task, std::string_view what,
                       std::function<action()> next) {
    auto mine = own(task, what);
    return call_tool("look", {{"for", mine}}).then([&world, mine, next](const Result& seen) {
      if (seen.text() != "seen " + mine)
        world.object("answer", mine + " is answered '" + seen.text() + "'");
      return next();
    });
  }

  void teach(const std::string& name, improvised::script run) {
    ensure(!parts_.behaviors.add(manifest{name}.can(name),
                                 [=] { return std::make_unique<improvised>(name, name, run); }));
  }

  agent_parts& parts_;
  outside_world& world_;
};

} // namespace

std::shared_ptr<agent_parts> make_staff(outside_world& world) {
  auto parts = std::make_shared<agent_parts>();
  gate_options three_at_a_time, often;
  three_at_a_time.bulkhead = bulkhead_options{3, 100};
  often.rate = rate_limit_options{50, 50};
  parts->tools.add({"look", "may be repeated",
                    [](const tool_call& call) -> caf::expected<std::string> {
                      return "seen " + std::string{call.argument("for")};
                    },
                    true, three_at_a_time});
  parts->tools.add({"pay",
                    "must not be repeated",
                    [&world](const tool_call& call) -> caf::expected<std::string> {
                      std::string what{call.argument("for")};
                      if (++world.paid[what] > 1)
                        world.object("effect", what + " is paid twice");
                      return std::string{"paid"};
                    },
                    false,
                    {},
                    10s});
  parts->tools.add({"flaky", "fails now and then",
                    [&world](const tool_call&) -> caf::expected<std::string> {
                      if (!world.calm && world.pick(3) == 0)
                        return make_error(ec::tool_failed, "simulated");
                      return std::string{"done"};
                    },
                    true});
  parts->tools.add({"model/fast", "answers late or not at all",
                    [&world](const tool_call&) -> caf::expected<std::string> {
                      if (!world.calm && world.pick(6) == 0)
                        return make_error(ec::overloaded, "simulated");
                      return std::string{"a thought"};
                    },
                    true, often, 20s});
  teacher{*parts, world}.teach_all();
  return parts;
}

const std::vector<std::string>& capabilities_of_staff() {
  static const std::vector<std::string> all{"look",     "pay",    "sleep", "ask",
                                            "delegate", "choose", "think", "stumble"};
  return all;
}

} // namespace troupe
