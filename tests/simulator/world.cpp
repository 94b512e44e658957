// WORLD: what people do, what goes wrong, and the judgement at the end.

#include <fmt/format.h>
#include <tests/simulator/people.hpp>
#include <tests/simulator/upkeep.hpp>
#include <tests/simulator/workflows.hpp>
#include <tests/simulator/world.hpp>
#include <troupe/behaviors/workflow_builder.hpp>

namespace troupe {
namespace {

using namespace std::chrono_literals;

class story {
public:
  story(uint64_t seed, const workload& which, bool traced)
      : at_{seed, which, traced}, people_{at_}, asked_{at_, people_}, upkeep_{at_, people_}, workflows_{
                                                                                                 at_,
                                                                                                 people_} {
    at_.on_new_life = [this] { people_.reconnect(); };
    at_.log.on_event = [this](const shadow& entity, uint64_t seq) { on_event(entity, seq); };
    if (at_.story.whispers) {
      for (unsigned i = 0; i < at_.story.accounts; ++i)
        at_.listened_to.push_back(fmt::format("tenant/account/a{}", i));
      for (auto& agent : capabilities_of_staff())
        at_.listened_to.push_back("default/agent/" + agent);
      at_.on_drowsy = [this](const std::string& ref) { whisper(ref); };
    }
  }

  world_report live() {
    hire();
    for (unsigned round = 0; round < at_.story.rounds; ++round) {
      act(choose(at_.story.deeds));
      at_.run(at_.pick(80));
      befall(choose(at_.story.mishaps));
      if (at_.pick(4) == 0)
        at_.pass(std::chrono::milliseconds{at_.pick(3000)});
    }
    come_to_rest();
    if (at_.story.keep_days < 0 || at_.pick(2) == 0) // whoever is asked is awake
      judge();
    upkeep_.come_to_rest();
    upkeep_.judge(true);
    at_.tell("one more power cut, and the same questions again");
    at_.power_cut(true);
    at_.pass(5s);
    judge();
    if (!at_.open_questions.empty())
      at_.object("answered", unanswered());
    at_.end();
    at_.report.events = at_.log.events();
    at_.report.hash = fmt::format("{:016x}", at_.log.hash());
    at_.report.virtual_ms = at_.time->elapsed_us() / 1000;
    return at_.report;
  }

private:
  template <class What>
  What choose(const std::vector<std::pair<What, unsigned>>& weights) {
    unsigned sum = 0;
    for (auto& [what, weight] : weights)
      sum += weight;
    auto point = at_.pick(sum);
    for (auto& [what, weight] : weights) {
      if (point < weight)
        return what;
      point -= weight;
    }
    return weights.front().first;
  }

  std::string some_account() {
    return upkeep_.some_account();
  }
  std::string some_work() {
    return work_.empty() ? some_account() : work_[at_.pick(work_.size())];
  }

  // Every capability has an agent, look has two.
  void hire() {
    if (at_.story.workflows)
      return workflows_.open();
    auto hire_one = [this](const std::string& id, const std::string& what) {
      RegisterAgent hire;
      hire.mutable_request()->set_id(id);
      hire.mutable_request()->set_behavior(what);
      hire.mutable_request()->add_capabilities(what);
      people_.command<AgentRecord>(std::string{services::registry}, hire);
    };
    for (auto& what : capabilities_of_staff())
      hire_one(what, what);
    hire_one("look2", "look");
  }

  void act(deed what) {
    switch (what) {
    case deed::deposit:
      deposit(some_account());
      break;
    case deed::burst:
      burst(some_account());
      break;
    case deed::alarm: {
      AccountAlarm alarm;
      alarm.set_after_ms(static_cast<int64_t>(at_.pick(20'000)));
      people_.command<AccountSeen>(some_account(), alarm);
      break;
    }
    case deed::nudge:
      people_.nudge(some_account());
      break;
    case deed::ask:
      people_.ask_state(at_.pick(2) == 0 ? some_account() : some_work());
      look_for_agents();
      break;
    case deed::again:
      people_.again();
      break;
    case deed::task:
      start_task();
      break;
    case deed::run:
      start_run();
      break;
    case deed::cancel:
      if (!work_.empty())
        cancel(some_work());
      break;
    case deed::poison:
      poison(some_account());
      break;
    case deed::kill:
      if (!at_.drill.empty())
        at_.kill(at_.drill[at_.pick(at_.drill.size())], static_cast<int>(at_.pick(3)));
      break;
    case deed::bulk:
      upkeep_.bulk(some_account());
      break;
    case deed::day:
      upkeep_.day();
      break;
    case deed::reborn:
      upkeep_.reborn();
      break;
    case deed::rotate:
      upkeep_.rotate();
      break;
    case deed::shred:
      upkeep_.shred();
      break;
    case deed::workflow:
      add_work(workflows_.start());
      break;
    case deed::pause:
      workflows_.pause();
      break;
    case deed::give_up:
      workflows_.cancel();
      break;
    case deed::retry:
      workflows_.changes.retry();
      break;
    case deed::fork:
      workflows_.changes.fork();
      break;
    case deed::upgrade:
      workflows_.changes.upgrade();
      break;
    case deed::publish:
      workflows_.changes.publish();
      break;
    case deed::nothing:
      break;
    }
  }

  void burst(const std::string& ref) {
    for (int i = 0; i < 100; ++i)
      deposit(ref);
  }

  void deposit(const std::string& ref) {
    AccountDeposit some;
    some.set_amount(static_cast<int64_t>(at_.pick(9)) + 1);
    some.set_parts(static_cast<uint32_t>(at_.pick(4)));
    people_.command<AccountSeen>(ref, some);
  }

  // What was decided before is on its way to the disk when the account throws, and maybe still when it is waked again: the
  // disk is slow, or the append is held up.
  void poison(const std::string& ref) {
    auto how = at_.pick(4);
    if (how == 0)
      at_.disk->slow_down(std::chrono::milliseconds{100 + at_.pick(400)}, 4);
    for (auto before = at_.pick(4); before > 0; --before)
      deposit(ref);
    at_.run(at_.pick(20));
    if (how > 1)
      at_.hold_ups = 1;
    deposit(ref);
    AccountDeposit bad;
    bad.set_amount(13);
    people_.command<AccountSeen>(ref, bad);
  }

  // To somebody who is about to fall asleep, unless whoever sends him to sleep dies. When all is well only so often, or
  // nobody would ever sleep.
  void whisper(const std::string& ref) {
    if (at_.world.calm && whispers_ == 0)
      return;
    whispers_ -= at_.world.calm ? 1 : 0;
    if (!at_.world.calm && at_.pick(40) == 0)
      return at_.kill(std::string{services::shard_host}, static_cast<int>(at_.pick(3)));
    if (ref.find("/agent/") != std::string::npos || at_.pick(2) == 0)
      return;
    at_.tell("whisper to " + ref);
    if (ref.find("/account/") == std::string::npos || at_.pick(3) == 0)
      people_.ask_state(ref);
    else if (at_.pick(2) == 0)
      people_.nudge(ref);
    else
      deposit(ref);
  }

  void start_task() {
    auto& all = capabilities_of_staff();
    auto ref = fmt::format("default/task/t{}", next_++);
    CreateTask create;
    create.mutable_spec()->add_required(all[at_.pick(all.size())]);
    create.mutable_spec()->set_title(create.spec().required(0));
    if (at_.pick(2) == 0) // shorter than many a tool takes: its answer comes to the next attempt
      create.mutable_spec()->set_timeout_ms(3000);
    if (at_.story.objects && at_.pick(4) == 0) {
      auto* text = create.mutable_spec()->add_inputs();
      text->set_name("text");
      text->set_value(std::string(66'000, 'x'));
    }
    people_.command<TaskAccepted>(ref, create);
    add_work(ref);
  }

  // A graph whose steps need any of those before them.
  void start_run() {
    auto& all = capabilities_of_staff();
    auto ref = fmt::format("default/run/r{}", next_++);
    workflow_builder graph{"graph"};
    auto steps = 2 + at_.pick(6);
    for (size_t i = 0; i < steps; ++i) {
      auto step = graph.step(fmt::format("s{}", i), all[at_.pick(all.size())]);
      for (size_t before = 0; before < i; ++before)
        if (at_.pick(3) == 0)
          step.needs({fmt::format("s{}", before)});
    }
    StartWorkflow start;
    *start.mutable_definition() = graph.definition();
    people_.command<WorkflowAccepted>(ref, start);
    add_work(ref);
  }

  void add_work(const std::string& ref) {
    work_.push_back(ref);
    if (at_.story.whispers)
      at_.listened_to.push_back(ref);
  }

  void cancel(const std::string& ref) {
    people_.cancelled.insert(ref);
    if (ref.find("/run/") != std::string::npos)
      people_.command<Done>(ref, CancelRun{});
    else
      people_.command<Done>(ref, CancelTask{});
  }

  // An agent has as many free places as it has places, or fewer; never more, never less than none.
  void look_for_agents() {
    FindByCapabilities question;
    question.mutable_query()->add_required(capabilities_of_staff()[at_.pick(capabilities_of_staff().size())]);
    at_.post<AgentMatches>(
        std::string{services::scheduler}, question, [this](caf::expected<AgentMatches> found) {
          if (found)
            for (auto& match : found->matches())
              if (match.free_share() < 0 || match.free_share() > 1)
                at_.object("credit",
                           fmt::format("{} has a free share of {}", match.id(), match.free_share()));
        });
  }

  void befall(mishap what) {
    switch (what) {
    case mishap::none:
      break;
    case mishap::power_cut: {
      auto keep = at_.pick(2) == 0;
      at_.tell(keep ? "power cut" : "power cut; the tail of the log is torn");
      at_.power_cut(keep);
      break;
    }
    case mishap::service: {
      std::string_view services[] = {services::shard_host, services::timers, services::registry,
                                     services::scheduler};
      at_.kill(std::string{services[at_.pick(4)]}, static_cast<int>(at_.pick(3)));
      break;
    }
    case mishap::sync: {
      auto applied = at_.pick(2) == 0;
      at_.tell(applied ? "the next sync fails, but its batch is there" : "the next sync fails");
      at_.disk->fail_next_write(applied);
      break;
    }
    case mishap::full:
      at_.tell("the disk is full");
      at_.disk->set_full(true);
      at_.later(std::chrono::milliseconds{at_.pick(5000)}, [this] {
        at_.tell("the disk has room again");
        at_.disk->set_full(false);
      });
      break;
    case mishap::slow:
      at_.tell("the disk is slow");
      at_.disk->slow_down(std::chrono::milliseconds{1 + at_.pick(2000)},
                          static_cast<unsigned>(1 + at_.pick(10)));
      break;
    case mishap::reads:
      at_.tell("reads fail");
      at_.disk->fail_reads(static_cast<unsigned>(1 + at_.pick(5)));
      break;
    case mishap::reopen:
      at_.tell("a sync fails, and the store does not open again at once");
      at_.disk->fail_next_write(at_.pick(2) == 0);
      at_.disk->fail_reopens(static_cast<unsigned>(1 + at_.pick(4)));
      break;
    case mishap::straggler:
      at_.tell("an append is held up");
      at_.hold_ups = 1;
      break;
    case mishap::clock:
      jump();
      break;
    case mishap::upkeep:
      upkeep_.trouble();
      break;
    }
  }

  // Forward by hours; back by less than command ids may be ahead of the clock.
  void jump() {
    auto& skew = at_.time->skew_us;
    if (at_.pick(2) == 0)
      skew += static_cast<int64_t>(at_.pick(7200)) * 1'000'000;
    else
      skew = std::max(skew - static_cast<int64_t>(at_.pick(240)) * 1'000'000, furthest_ - 240'000'000);
    furthest_ = std::max(furthest_, skew);
    at_.tell(fmt::format("the date is set to {:+} s", skew / 1'000'000));
  }

  void on_event(const shadow& entity, uint64_t seq) {
    at_.tell(fmt::format("on disk: {} {}", entity.ref(), seq));
    asked_.look_at(entity);
    if (at_.story.workflows)
      workflows_.look_at(entity);
  }

  // No more faults: everybody is answered, everything ends.
  void come_to_rest() {
    at_.tell("no more faults");
    at_.world.calm = true;
    at_.hold_ups = 0;
    at_.at_upkeep = nullptr;
    at_.steps_to_cut = 0;
    at_.disk->heal();
    at_.pass(65s); // whoever was parked or is being restarted comes back
    at_.quiet = true;
    at_.pass(at_.story.at_the_end);
    people_.insist(false);
    for (int patience = 0; patience < (at_.story.workflows ? 120 : 60) && !is_at_rest(); ++patience) {
      end_quarantine();
      asked_.remind();
      workflows_.remind();
      at_.pass(at_.story.workflows ? 1800s : 31s); // approvals time out, one after the other
    }
    end_quarantine(); // of those whom nobody waits for
    at_.pass(900s);   // longer than any redelivery waits
    people_.insist(true);
    if (!at_.open_questions.empty())
      at_.object("answered", unanswered());
  }

  std::string unanswered() const {
    return fmt::format("never answered: {}", fmt::join(at_.open_questions, ", "));
  }

  void end_quarantine() {
    at_.post<QuarantineList>(std::string{services::shard_host}, ListQuarantined{},
                             [this](caf::expected<QuarantineList> list) {
                               if (list)
                                 for (auto& one : list->entities()) {
                                   EndQuarantine end;
                                   end.set_ref(one.ref());
                                   at_.post<Done>(std::string{services::shard_host}, end, [](auto) {});
                                 }
                             });
    at_.settle();
  }

  bool is_at_rest() const {
    auto rests = people_.open() == 0 && workflows_.changes.is_at_rest();
    at_.log.each([&](const shadow& entity) {
      if ((entity.kind() == "task" || entity.kind() == "run") && entity.events() > 0 && !entity.has_ended())
        rests = false;
    });
    return rests;
  }

  void judge() {
    at_.log.each([this](const shadow& entity) {
      if (entity.kind() == "agent" || entity.kind() == "workflow" || entity.events() == 0)
        return;
      people_.ask_last_state(entity.ref());
      if (entity.kind() == "account") {
        check_alarms(entity);
        return;
      }
      if (!entity.has_ended())
        at_.object("ends", entity.ref() + " does not end: " +
                               to_log_text(entity.kind() == "run"
                                               ? static_cast<const google::protobuf::Message&>(entity.run())
                                               : entity.task()));
      auto code = static_cast<ec>(entity.failure());
      if (code == ec::nondeterministic || code == ec::internal || code == ec::corrupt || code == ec::no_agent)
        at_.object("ends", entity.ref() + " ended badly: " + to_string(code));
    });
    at_.settle();
    at_.post<SchedulerStats>(
        std::string{services::scheduler}, GetSchedulerStats{}, [this](caf::expected<SchedulerStats> stats) {
          if (!stats || stats->queued() + stats->running() > 0)
            at_.object("credit", stats
                                     ? fmt::format("the scheduler still holds {} queued and {} placed tasks",
                                                   stats->queued(), stats->running())
                                     : "the scheduler does not answer");
        });
    at_.post<TreeNode>(std::string{services::root}, GetTree{}, [this](caf::expected<TreeNode> tree) {
      if (tree)
        check_tree(*tree);
      else
        at_.object("group", "the tree does not answer: " + describe(tree.error()));
    });
    at_.settle();
    at_.log.compare(at_.storage.meant());
    at_.log.compare_rows(at_.storage.meant(), at_.kinds());
    upkeep_.judge(false);
    workflows_.judge();
  }

  // An alarm whose time has come, and some patience more, has rung.
  void check_alarms(const shadow& entity) {
    for (auto& alarm : entity.account().open())
      if (alarm.due_ms() + 700'000 < at_.time->now_ms())
        at_.object("timer", fmt::format("{} of {} has not rung for {} s", alarm.id(), entity.ref(),
                                        (at_.time->now_ms() - alarm.due_ms()) / 1000));
  }

  void check_tree(const TreeNode& node) {
    if (node.state() != "running")
      at_.object("group", node.id() + " is " + node.state() + " when all is well");
    for (auto& below : node.children())
      check_tree(below);
  }

  stage at_;
  client people_;
  simulated_people asked_;
  simulated_upkeep upkeep_;
  simulated_workflows workflows_;
  int next_ = 0;
  int64_t furthest_ = 0;
  unsigned whispers_ = 20;        // that are left when all is well
  std::vector<std::string> work_; // tasks and runs somebody asked for
};

} // namespace

world_report live_through(uint64_t seed, const workload& which, bool traced) {
  return story{seed, which, traced}.live();
}

} // namespace troupe
