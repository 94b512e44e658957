// WORLD: the workload, the faults and the invariants of the simulator.

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <random>
#include <tests/support/improvised.hpp>
#include <tests/support/life.hpp>
#include <tests/support/probe.hpp>
#include <tests/support/world.hpp>
#include <troupe/behaviors/library.hpp>
#include <troupe/behaviors/workflow_builder.hpp>
#include <troupe/runtime/proto/workflow.pb.h>
#include <troupe/tests/support/probe.pb.h>

namespace troupe {
namespace {

using namespace std::chrono_literals;

constexpr int rounds = 40;
constexpr int counters = 3;

class world {
public:
  world(uint64_t seed, bool traced) : chance_{seed}, ids_{seed}, rows_{open_memory(seed)}, traced_{traced} {
    report_.seed = seed;
    make_parts();
    be_born();
  }

  world_report live() {
    for (int round = 0; round < rounds; ++round) {
      act();
      run_some(pick(60));
      fault();
    }
    come_to_rest();
    judge();
    report_.virtual_ms = clock_->now_ms() - 1'700'000'000'000;
    report_.hash = rows_->digest();
    return report_;
  }

private:
  size_t pick(size_t below) {
    return static_cast<size_t>(chance_() % below);
  }

  void tell(const std::string& text) {
    if (traced_)
      report_.trace.push_back(
          fmt::format("{:>8} {:>6} {}", clock_->now_ms() - 1'700'000'000'000, report_.steps, text));
  }

  void make_parts() {
    auto add = [this](const std::string& name, std::function<action(const Task&)> script) {
      ensure(!parts_->behaviors.add(manifest{name}.can(name),
                                    [=] { return std::make_unique<improvised>(name, name, script); }));
    };
    parts_->tools.add({"look", "may be repeated",
                       [](const tool_call&) -> caf::expected<std::string> { return std::string{"seen"}; },
                       true});
    parts_->tools.add({"pay", "must not be repeated",
                       [this](const tool_call& call) -> caf::expected<std::string> {
                         ++paid_[std::string{call.argument("for")}];
                         return std::string{"paid"};
                       },
                       false});
    add("look", [](const Task&) {
      return call_tool("look")
          .then([](const Result&) { return call_tool("look"); })
          .then([](const Result& r) { return finish(r.text()); });
    });
    add("pay", [](const Task& task) {
      return call_tool("pay", {{"for", task.id()}}).otherwise([](const caf::error& why) {
        return finish(to_string(code_of(why)));
      });
    });
    add("sleep", [](const Task& task) {
      return sleep_for(std::chrono::milliseconds{task.random() % 5000}).then([](const Result&) {
        return call_tool("look");
      });
    });
    add("ask", [](const Task&) {
      return ask_human("somebody", "go on?").then([](const Result& r) { return finish(r.text()); });
    });
    add("delegate", [](const Task&) {
      return all_of({call_agent("look"), call_agent("sleep"), call_tool("look")}).then([](const Result& all) {
        return finish(all.part(0).text() + all.part(2).text());
      });
    });
  }

  void be_born() {
    node_.emplace(rows_, clock_, ++lives_, [this](caf::scheduled_actor* root, doors_ptr outside) {
      auto name = [&](std::string_view ref_text, const auto& handle) {
        outside->names->put(std::string{ref_text}, caf::actor_cast<caf::actor>(handle));
      };
      name(services::shard_host, spawn_shard_host(root, outside,
                                                  {agent_kind(parts_), task_kind(), run_kind(),
                                                   make_kind<probe_state>("probe", probe)}));
      name(services::timers, spawn_timers(root, outside));
      name(services::registry, spawn_agent_registry(root, outside, parts_));
      name(services::scheduler, spawn_task_scheduler(root, outside));
    });
    hire();
  }

  void hire() {
    for (std::string who : {"look", "pay", "sleep", "ask", "delegate"}) {
      RegisterAgent hire;
      hire.mutable_request()->set_id(who);
      hire.mutable_request()->set_behavior(who);
      hire.mutable_request()->add_capabilities(who);
      post<AgentRecord>(std::string{services::registry}, hire, [](auto) {});
    }
  }

  template <class Reply, proto_message M>
  void post(const std::string& ref_text, M message, std::function<void(caf::expected<Reply>)> then) {
    node_->system().spawn([=, names = node_->outside()->names, root = node_->root(), life = lives_,
                           this](caf::event_based_actor* self) {
      house_rules(self);
      self->link_to(root);
      ask<Reply>(self, *names, ref_text, 24h, message)
          .then(
              [=, this](const Reply& reply) {
                if (life == lives_)
                  then(reply);
              },
              [=, this](const caf::error& reason) {
                if (life == lives_)
                  then(reason);
              });
    });
  }

  // One thing a user may do.
  void act() {
    switch (pick(4)) {
    case 0:
      add(fmt::format("tenant/probe/{}", pick(counters)), static_cast<int64_t>(pick(9)) + 1,
          ids_.next(clock_->now_ms()));
      break;
    case 1:
      if (!commands_.empty()) { // the same command again, as after a lost answer
        auto i = std::next(commands_.begin(), static_cast<ptrdiff_t>(pick(commands_.size())));
        add(i->second.counter, i->second.amount, i->first);
      }
      break;
    case 2: {
      constexpr const char* kinds[] = {"look", "pay", "sleep", "ask", "delegate"};
      auto ref_text = fmt::format("default/task/t{}", next_++);
      CreateTask create;
      create.mutable_spec()->add_required(kinds[pick(5)]);
      tell("create " + ref_text + " " + create.spec().required(0));
      post<TaskAccepted>(ref_text, create, [=, this](caf::expected<TaskAccepted> answer) {
        if (answer)
          accepted_.insert(ref_text);
      });
      break;
    }
    default: {
      auto ref_text = fmt::format("default/run/r{}", next_++);
      workflow_builder graph{"diamond"};
      graph.step("a", "look");
      graph.step("b", "pay").needs({"a"});
      graph.step("c", "sleep").needs({"a"});
      graph.step("d", "look").needs({"b", "c"});
      StartWorkflow start;
      *start.mutable_definition() = graph.definition();
      tell("start " + ref_text);
      post<WorkflowAccepted>(ref_text, start, [=, this](caf::expected<WorkflowAccepted> answer) {
        if (answer)
          accepted_.insert(ref_text);
      });
    }
    }
  }

  struct command {
    std::string counter;
    int64_t amount = 0;
    std::optional<int64_t> answer;
  };

  void add(const std::string& counter, int64_t amount, const std::string& command_id) {
    ProbeAdd cmd;
    cmd.set_amount(amount);
    cmd.mutable_context()->set_command_id(command_id);
    commands_.try_emplace(command_id, command{counter, amount, {}});
    tell(fmt::format("add {} to {} under {}", amount, counter, command_id));
    post<ProbeTotal>(counter, cmd, [=, this](caf::expected<ProbeTotal> reply) {
      if (!reply)
        return;
      auto& known = commands_[command_id].answer;
      if (known && *known != reply->total())
        report_.broken.push_back(
            fmt::format("{} was answered {} and {}", command_id, *known, reply->total()));
      known = reply->total();
    });
  }

  void run_some(size_t steps) {
    for (size_t i = 0; i < steps; ++i, ++report_.steps)
      if (!node_->step([this](size_t jobs) { return pick(jobs); }))
        break;
    if (pick(4) == 0)
      node_->advance(std::chrono::milliseconds{pick(3000)});
  }

  void fault() {
    switch (pick(8)) {
    case 0:
      tell("power cut");
      ++report_.crashes;
      node_.reset();
      rows_->crash();
      be_born();
      break;
    case 1: {
      auto applied = pick(2) == 0;
      tell(applied ? "a write fails but is there" : "a write fails");
      rows_->fail_next_write(applied);
      break;
    }
    default:
      break;
    }
  }

  // No more faults: everybody is answered, everything ends.
  void come_to_rest() {
    node_->settle();
    hire();                                   // a failing write may have kept somebody out
    for (int again = 0; again < 3; ++again) { // a failing write may still be armed
      for (auto& [id, one] : std::map<std::string, command>{commands_})
        add(one.counter, one.amount, id);
      node_->advance(1s);
    }
    for (int patience = 0; patience < 40; ++patience) {
      answer_questions();
      node_->advance(31s);
    }
  }

  void answer_questions() {
    for (int i = 0; i < next_; ++i) {
      AnswerQuestion answer;
      answer.set_position("0");
      answer.set_text("yes");
      post<Done>(fmt::format("default/task/t{}", i), answer, [](auto) {});
    }
    node_->settle();
  }

  void judge() {
    look<SchedulerStats>(
        std::string{services::scheduler}, GetSchedulerStats{}, [this](const SchedulerStats& stats) {
          if (stats.queued() + stats.running() > 0)
            report_.broken.push_back(fmt::format("the scheduler still holds {} queued and {} placed tasks",
                                                 stats.queued(), stats.running()));
        });
    std::map<std::string, int64_t> sums;
    for (auto& [id, one] : commands_) {
      if (!one.answer)
        report_.broken.push_back("command " + id + " was never answered");
      sums[one.counter] += one.amount;
    }
    for (auto& [counter, sum] : sums) {
      check_total(counter, sum, "in memory");
    }
    node_.reset(); // and again from what the store kept
    be_born();
    for (auto& [counter, sum] : sums)
      check_total(counter, sum, "after replay");
    for (auto& ref_text : accepted_) {
      auto is_run = ref_text.find("/run/") != std::string::npos;
      if (is_run)
        look<RunDescription>(ref_text, GetRun{}, [=, this](const RunDescription& found) {
          if (found.state().status() != RUN_COMPLETED)
            report_.broken.push_back(ref_text + " did not complete: " + to_log_text(found.state()));
        });
      else
        look<TaskDescription>(ref_text, GetTask{}, [=, this](const TaskDescription& found) {
          if (found.state().status() != TASK_COMPLETED)
            report_.broken.push_back(ref_text + " did not complete: " + to_log_text(found.state()));
        });
    }
    for (auto& [what, times] : paid_)
      if (times > 1)
        report_.broken.push_back(fmt::format("{} was paid {} times", what, times));
  }

  void check_total(const std::string& counter, int64_t sum, const std::string& when) {
    look<ProbeTotal>(counter, ProbeAsk{}, [=, this](const ProbeTotal& found) {
      if (found.total() != sum)
        report_.broken.push_back(
            fmt::format("{} is {} {}, the commands add up to {}", counter, found.total(), when, sum));
    });
  }

  template <class Reply, proto_message M>
  void look(const std::string& ref_text, M message, std::function<void(const Reply&)> then) {
    auto answered = std::make_shared<bool>(false);
    post<Reply>(ref_text, message, [=](caf::expected<Reply> reply) {
      *answered = static_cast<bool>(reply);
      if (reply)
        then(*reply);
    });
    node_->settle();
    if (!*answered)
      report_.broken.push_back(ref_text + " does not answer: what was acknowledged is lost");
  }

  std::mt19937_64 chance_;
  id_source ids_;
  std::shared_ptr<memory_store> rows_;
  std::shared_ptr<virtual_clock> clock_ = std::make_shared<virtual_clock>();
  std::shared_ptr<agent_parts> parts_ = std::make_shared<agent_parts>();
  bool traced_;
  uint64_t lives_ = 0;
  int next_ = 0;
  std::map<std::string, command> commands_; // by command id
  std::set<std::string> accepted_;
  std::map<std::string, int> paid_;
  world_report report_;
  std::optional<life> node_;
};

} // namespace

world_report live_through(uint64_t seed, bool traced) {
  return world{seed, traced}.live();
}

} // namespace troupe
