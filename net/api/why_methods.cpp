// WHY METHODS: the reasons of a run, task or agent, and of what it waits for.
// Invariant: an answer looks at no more than limits::why_looks runs, tasks and agents, one after the other, and replies exactly once.

#include <algorithm>
#include <deque>
#include <fmt/format.h>
#include <set>
#include <troupe/actors/spawn.hpp>
#include <troupe/net/api/anywhere.hpp>
#include <troupe/net/api/asking.hpp>
#include <troupe/net/api/records.hpp>
#include <troupe/net/api/why.hpp>
#include <troupe/net/api/work_index.hpp>
#include <troupe/persistence/own_doors.hpp>
#include <troupe/runtime/inquiry_limits.hpp>
#include <troupe/runtime/proto/journal.pb.h>

namespace troupe {
namespace {

const std::string scheduler{services::scheduler}, registry{services::registry};

class why_work : public std::enable_shared_from_this<why_work> {
public:
  why_work(const control_call& call, reply_to<Reasons> reply) : call_{call}, reply_{std::move(reply)} {
    call_.patience /= 2; // who does not answer is a reason, and not the end
  }

  void begin(const ref& about) {
    answer_.set_ref(to_string(about));
    if (auto refused = call_.desk->hooks.refuse_work ? call_.desk->hooks.refuse_work() : caf::error{})
      add(answer_.ref(), "the node takes no new work: " + text_of(refused), "troupe status");
    todo_.push_back({to_string(about), 0});
    next();
  }

private:
  struct look {
    std::string ref;
    uint32_t depth;
  };

  void next() {
    while (!todo_.empty()) {
      auto at = todo_.front();
      todo_.pop_front();
      if (!seen_.insert(at.ref).second)
        continue;
      if (answer_.looked_at() >= limits::why_looks || at.depth >= limits::why_depth) {
        answer_.set_left_out(answer_.left_out() + 1);
        continue;
      }
      answer_.set_looked_at(answer_.looked_at() + 1);
      depth_ = at.depth;
      return look_at(at.ref);
    }
    reply_(std::move(answer_));
  }

  // Its scheduler, its shard host: its reasons.
  void look_elsewhere(const std::string& node, const std::string& name) {
    AskWhy question;
    question.set_id(name);
    forward<AskWhy, Reasons>(
        call_, node, question, [=, self = shared_from_this()](caf::expected<Reasons> told) {
          if (!told)
            self->add(name, fmt::format("node {} does not tell: {}", node, text_of(told.error())),
                      "troupe cluster why-not " + shell_word(name));
          else
            for (auto& reason : *told->mutable_reasons())
              self->keep(std::move(reason));
          self->next();
        });
  }

  void look_at(const std::string& name) {
    auto way = call_.desk->outside->names->route();
    if (auto node = way ? way->node_of(name) : std::string{}; !node.empty())
      return look_elsewhere(node, name);
    auto parsed = parse_ref(name);
    if (parsed && parsed->kind == "run")
      look_at_work<GetRun, RunDescription>(name);
    else if (parsed && parsed->kind == "agent")
      look_at_agent(parsed->key);
    else
      look_at_work<GetTask, TaskDescription>(name);
  }

  template <class Question, class Description>
  void look_at_work(const std::string& name) {
    if (!find_entity(*call_.desk->outside, name)) { // asking would wake nobody
      add(name, "it has not begun: whoever asked for it asks again within a minute", {});
      return next();
    }
    reply_to<Description> described = [=, self = shared_from_this()](caf::expected<Description> of) {
      if (!of)
        return self->no_answer(name, of.error());
      if (self->answer_.status().empty())
        self->answer_.set_status(status_of(of->state()));
      auto now_ms = self->call_.desk->outside->time->now_ms();
      self->ask_scheduler(ask_about(name, of->state(), now_ms), [=, state = of->state()](auto& asked) {
        self->keep(reasons(name, state, asked, now_ms));
        auto refs = waits_for(name, state);
        for (auto one = refs.rbegin(); one != refs.rend(); ++one) // told after who waits for them
          self->todo_.push_front({*one, self->depth_ + 1});
        self->next();
      });
    };
    ask_for(call_, name, Question{}, std::move(described));
  }

  template <class Then>
  void ask_scheduler(tasks_in_question asked, Then then) {
    if (asked.empty())
      return then(asked);
    ExplainTasks question;
    for (auto& one : asked)
      *question.add_tasks() = one.task;
    reply_to<TaskStandings> told = [=,
                                    self = shared_from_this()](caf::expected<TaskStandings> answer) mutable {
      for (size_t i = 0; answer && i < asked.size() && static_cast<int>(i) < answer->standings_size(); ++i)
        asked[i].standing = answer->standings(static_cast<int>(i));
      if (!answer)
        self->add(scheduler, "the scheduler does not answer: " + text_of(answer.error()), "troupe status");
      then(asked);
    };
    ask_for(call_, scheduler, std::move(question), std::move(told));
  }

  // Quarantine is the likeliest, and the shard host knows more of it.
  void no_answer(const std::string& name, const caf::error& why) {
    if (code_of(why) == ec::not_found && depth_ == 0)
      return reply_(why);
    reply_to<QuarantineList> listed = [=, self = shared_from_this()](caf::expected<QuarantineList> list) {
      auto known = self->answer_.reasons_size();
      if (list)
        for (auto& one : list->entities())
          if (one.ref() == name)
            self->add(name,
                      fmt::format("it is set aside: it crashed {} times in a row, last: {}", one.crashes(),
                                  one.last()),
                      "troupe dlq requeue " + shell_word(id_of(name)), one.since_ms());
      if (self->answer_.reasons_size() == known)
        self->add(name, "it does not answer: " + text_of(why), "troupe status");
      self->next();
    };
    ask_for(call_, host_of(*call_.desk->outside, kind_of(name)), ListQuarantined{}, std::move(listed));
  }

  void look_at_agent(const std::string& id) {
    GetAgent question;
    question.set_id(id);
    reply_to<AgentRecord> told = [=, self = shared_from_this()](caf::expected<AgentRecord> agent) {
      if (!agent)
        return self->no_answer(agent_ref(id), agent.error());
      if (self->answer_.status().empty())
        self->answer_.set_status(status_of(*agent));
      self->add_quarantine(agent_ref(id), [=] { self->find_failures(*agent, self->newest_letters(), {}); });
    };
    ask_for(call_, registry, std::move(question), std::move(told));
  }

  template <class Then>
  void add_quarantine(const std::string& name, Then then) {
    reply_to<QuarantineList> listed = [=, self = shared_from_this()](caf::expected<QuarantineList> list) {
      if (list)
        for (auto& one : list->entities())
          if (one.ref() == name)
            self->add(name,
                      fmt::format("it is set aside: it crashed {} times in a row, last: {}", one.crashes(),
                                  one.last()),
                      "troupe dlq requeue " + shell_word(name), one.since_ms());
      then();
    };
    ask_for(call_, host_of(*call_.desk->outside, kind_of(name)), ListQuarantined{}, std::move(listed));
  }

  // Of the first limits::why_rows dead letters the newest: each costs a look at its owner.
  std::deque<DeadLetter> newest_letters() const {
    auto& rows = *call_.desk->outside->rows;
    newest<DeadLetter> letters{limits::why_looks / 2,
                               [](const DeadLetter& letter) { return letter.time_ms(); }};
    size_t seen = 0;
    for (unsigned shard = 0; shard < limits::shards && seen < limits::why_rows; ++shard)
      (void)rows.scan(space::index, index_begin(static_cast<uint8_t>(shard), index_table::dead_letters),
                      index_end(static_cast<uint8_t>(shard), index_table::dead_letters),
                      [&](std::string_view, std::string_view value) {
                        DeadLetter letter;
                        if (letter.ParseFromArray(value.data(), static_cast<int>(value.size())))
                          letters.add(std::move(letter));
                        return ++seen < limits::why_rows;
                      });
    auto found = letters.take();
    return {found.begin(), found.end()};
  }

  // A letter does not say who failed: its owner does.
  void find_failures(const AgentRecord& agent, std::deque<DeadLetter> left, std::vector<failed_task> found) {
    while (!left.empty() && answer_.looked_at() < limits::why_looks) {
      auto letter = left.front();
      left.pop_front();
      auto owner = parse_ref(letter.owner());
      if (!owner)
        continue;
      answer_.set_looked_at(answer_.looked_at() + 1);
      auto go_on = [=, self = shared_from_this()](const std::string& who) mutable {
        if (who == agent_ref(agent.id()))
          found.push_back({letter, who});
        self->find_failures(agent, std::move(left), std::move(found));
      };
      if (owner->kind == "run") {
        reply_to<RunDescription> described = [=](caf::expected<RunDescription> of) mutable {
          std::string who;
          if (of)
            for (auto& step : of->state().steps())
              if (step.id() == letter.step())
                who = step.task().agent();
          go_on(who);
        };
        return ask_for(call_, letter.owner(), GetRun{}, std::move(described));
      }
      reply_to<TaskDescription> described = [=](caf::expected<TaskDescription> of) mutable {
        go_on(of ? of->state().agent() : std::string{});
      };
      return ask_for(call_, letter.owner(), GetTask{}, std::move(described));
    }
    std::vector<AgentEvent> recent;
    if (auto records = last_records(*call_.desk->outside, agent_ref(agent.id()), limits::why_events))
      for (auto& record : *records)
        recent.emplace_back().ParseFromString(record.event);
    keep(reasons(agent, recent, found));
    next();
  }

  void keep(std::vector<Reason> all) {
    for (auto& reason : all)
      keep(std::move(reason));
  }
  void keep(Reason reason) {
    if (static_cast<size_t>(answer_.reasons_size()) >= limits::why_reasons)
      return answer_.set_left_out(answer_.left_out() + 1);
    reason.set_depth(depth_ + reason.depth()); // of another node's it has one
    *answer_.add_reasons() = std::move(reason);
  }
  void add(const std::string& about, std::string text, std::string command, int64_t time_ms = 0) {
    Reason reason;
    reason.set_about(about);
    reason.set_text(std::move(text));
    reason.set_command(std::move(command));
    reason.set_time_ms(time_ms);
    keep(std::move(reason));
  }

  control_call call_;
  reply_to<Reasons> reply_;
  Reasons answer_;
  std::deque<look> todo_;
  std::set<std::string> seen_;
  uint32_t depth_ = 0;
};

} // namespace

void serve(const control_call& call, const AskWhy& in, reply_to<Reasons> reply) {
  auto name = find_entity(*call.desk->outside, in.id(), {"run", "task", "agent"});
  if (!name)
    return reply(std::move(name.error()));
  std::make_shared<why_work>(call, std::move(reply))->begin(*name);
}

} // namespace troupe
