// STORY: events -> lines.
// Invariant: a line stands below what it is part of, in the order of beginnings; what has not ended is open.

#include <fmt/format.h>
#include <functional>
#include <google/protobuf/descriptor.h>
#include <troupe/net/api/history.hpp>
#include <troupe/net/api/story.hpp>
#include <troupe/net/api/story_task.hpp>
#include <troupe/net/api/why.hpp>
#include <troupe/persistence/keys.hpp>
#include <troupe/runtime/directory.hpp>
#include <troupe/runtime/inquiry_limits.hpp>
#include <troupe/runtime/trace.hpp>

namespace troupe {
namespace {

using definition_list = google::protobuf::RepeatedPtrField<StepDefinition>;

class run_teller {
public:
  run_teller(const std::string& ref, story_tree& tree, int64_t now_ms)
      : book_{tree, ref}, tasks_{ref, book_}, now_ms_{now_ms} {}

  void take(uint64_t seq, const RunEvent& event) {
    switch (event.kind_case()) {
    case RunEvent::kStarted:
      return start(event.started());
    case RunEvent::kStep:
      return task(seq, event.step());
    case RunEvent::kEnded:
      return end(seq, event);
    case RunEvent::kStepBegun:
      return begin(event.step_begun());
    case RunEvent::kStepEnded:
      return end_step(seq, event);
    case RunEvent::kScopeBegun: {
      auto& begun = event.scope_begun();
      book_.open(fmt::format("{}.{}", begun.step(), begun.number()), "block", std::to_string(begun.number()),
                 begun.time_ms());
      return;
    }
    case RunEvent::kScopeEnded: {
      auto& ended = event.scope_ended();
      book_.close(fmt::format("{}.{}", ended.step(), ended.number()), ended.time_ms(),
                  ending(ended.outcome()));
      return;
    }
    case RunEvent::kReset:
      note(event.reset().step(), "note", event.reset().time_ms(), event);
      book_.forget(event.reset().step());
      return;
    case RunEvent::kExpanded:
      gather(event.expanded().block().steps());
      return note(event.expanded().step(), "note", event.expanded().time_ms(), event);
    case RunEvent::kSampled:
      return note(event.sampled().step(), "sample", event.sampled().time_ms(), event);
    case RunEvent::kVariable:
      return note(event.variable().by(), "variable", event.variable().time_ms(), event);
    case RunEvent::kSignalled:
      return note(event.signalled().step(), "signal", event.signalled().time_ms(), event);
    case RunEvent::kAnswered:
      return note(event.answered().step(), "answer", event.answered().answer().time_ms(), event);
    case RunEvent::kDelegated:
      return note(event.delegated().step(), "answer", event.delegated().time_ms(), event);
    case RunEvent::kEscalated:
      note(event.escalated().step(), "answer", event.escalated().time_ms(), event);
      return book_.decided(book_.last(), seq);
    case RunEvent::kPaused:
      return note({}, "pause", event.paused().time_ms(), event);
    case RunEvent::kUpgraded:
      gather(event.upgraded().definition().steps());
      return note({}, "note", event.upgraded().time_ms(), event);
    case RunEvent::kUnpaused:
      return note({}, "pause", event.unpaused().time_ms(), event);
    case RunEvent::kClosing:
      note({}, "end", event.closing().time_ms(), event);
      return book_.decided(book_.last(), seq);
    case RunEvent::kBudgetAsked:
      return ask(event.budget_asked());
    case RunEvent::kBudgetAnswered:
      return answer(seq, event.budget_answered());
    case RunEvent::kBudgetSettled:
      return settle(event.budget_settled());
    case RunEvent::kCharged: {
      auto& charged = event.charged();
      auto& sum = book_.charges(charged.ledger(), charged.unit());
      sum.set_spent(sum.spent() + charged.amount());
      return note({}, "charge", charged.time_ms(), event);
    }
    default:
      return; // what the machinery tells itself is in `run history`
    }
  }

  void finish() {
    book_.finish(now_ms_);
  }

private:
  struct promise {
    size_t line = 0;
    std::string ledger, unit;
    int64_t amount = 0;
    bool held = false;
  };

  void ask(const RunEvent::BudgetAsked& asked) {
    auto& one = promises_[asked.number()];
    one.line = book_.add(asked.step(), "budget", fmt::format("round {}", asked.round()), asked.time_ms());
    one.ledger = asked.ledger();
    one.amount = asked.amount();
    if (!book_.has_begun())
      return;
    auto& line = book_.tree.nodes[one.line].line;
    line.set_open(true);
    line.set_text(fmt::format("asks {} for {}", asked.ledger(), asked.amount()));
  }

  void answer(uint64_t seq, const RunEvent::BudgetAnswered& answered) {
    auto& one = promises_[answered.number()];
    if (answered.has_failure()) {
      book_.close(one.line, answered.time_ms(), "refused: " + first_line(answered.failure().text()));
      return book_.decided(one.line, seq);
    }
    one.held = true;
    one.unit = answered.unit();
    auto& sum = book_.charges(one.ledger, one.unit);
    sum.set_reserved(sum.reserved() + one.amount);
  }

  void settle(const RunEvent::BudgetSettled& settled) {
    auto& one = promises_[settled.number()];
    book_.close(one.line, settled.time_ms(),
                one.held ? fmt::format("spent {} {}", settled.spent(), one.unit) : "not needed any more");
    if (!one.held)
      return;
    auto& sum = book_.charges(one.ledger, one.unit);
    sum.set_reserved(sum.reserved() - one.amount);
    sum.set_spent(sum.spent() + settled.spent());
  }

  void gather(const definition_list& steps) {
    for (auto& step : steps) {
      auto* kind =
          step.GetReflection()->GetOneofFieldDescriptor(step, step.GetDescriptor()->FindOneofByName("kind"));
      kinds_.emplace(step.id(), kind ? kind->name() : "task");
      gather(step.parallel().steps());
      gather(step.map().body().steps());
      gather(step.loop().body().steps());
    }
  }

  std::string kind_of(const std::string& path) const {
    auto known = kinds_.find(path.substr(path.rfind('.') + 1));
    return known == kinds_.end() ? "step" : known->second;
  }

  void start(const RunEvent::Started& started) {
    auto& definition = started.definition();
    gather(definition.steps());
    auto name = definition.name() + (definition.version().empty() ? "" : " " + definition.version());
    book_.begin("run", name, started.time_ms());
    book_.tree.title = name;
    book_.tree.status = "running";
    book_.tree.trace = trace_id(started.trace().empty() ? trace_of(book_.ref()) : started.trace());
    auto& line = book_.root().line;
    line.set_text("by " + started.principal());
    if (started.has_fork())
      book_.note({}, "note", started.time_ms(),
                 fmt::format("takes over {} steps of {} and begins anew at {}", started.fork().kept_size(),
                             started.fork().run(), started.fork().step()));
  }

  void begin(const RunEvent::StepBegun& begun) {
    auto i = book_.open(begun.step(), kind_of(begun.step()), begun.step(), begun.time_ms());
    auto& node = book_.tree.nodes[i];
    node.begins = begun.child();
    if (begun.items_size() > 0)
      node.line.set_text(fmt::format("{} items", begun.items_size()));
  }

  void task(uint64_t seq, const RunEvent::StepEvent& event) {
    auto kind = kind_of(event.step());
    if (event.event().has_created() && !book_.is_open(event.step()))
      book_.open(event.step(), kind, event.step(), event.event().created().time_ms());
    tasks_.take(seq, event.step(), event.event());
    if (event.event().has_ended() && kind == "task")
      book_.close(event.step(), event.event().ended().time_ms(), task_ending(event.event().ended()));
    if (event.event().has_resumed())
      book_.reopen(event.step());
  }

  void end_step(uint64_t seq, const RunEvent& event) {
    auto& ended = event.step_ended();
    auto kind = kind_of(ended.step());
    if (!book_.is_open(ended.step()))
      book_.open(ended.step(), kind, ended.step(), ended.time_ms());
    auto text =
        ended.status() == STEP_SKIPPED     ? "skipped" + (ended.reason().empty() ? "" : ": " + ended.reason())
        : ended.status() == STEP_CANCELLED ? "cancelled: " + first_line(ended.outcome().failure().text())
        : ended.chosen_size() > 0          ? fmt::format("chose {}", fmt::join(ended.chosen(), ", "))
                                           : ending(ended.outcome());
    auto i = book_.close(ended.step(), ended.time_ms(), text);
    if (kind == "decision" || kind == "approval" || kind == "join")
      book_.decided(i, seq);
  }

  void end(uint64_t seq, const RunEvent& event) {
    auto& ended = event.ended();
    if (ended.status() == RUN_RUNNING) {
      book_.reopen_root();
      book_.tree.status = "running";
      return;
    }
    auto text = ended.status() == RUN_CANCELLED ? "cancelled: " + first_line(ended.outcome().failure().text())
                                                : ending(ended.outcome());
    book_.tree.status = ended.status() == RUN_COMPLETED ? "completed"
                        : ended.status() == RUN_FAILED  ? "failed"
                                                        : "cancelled";
    book_.end(ended.time_ms(), text);
    if (ended.status() != RUN_COMPLETED)
      book_.decided(0, seq);
  }

  void note(const std::string& path, const char* kind, int64_t time_ms, const RunEvent& event) {
    book_.note(path, kind, time_ms, summarize(event));
  }

  story_book book_;
  task_teller tasks_;
  int64_t now_ms_;
  std::map<std::string, std::string> kinds_; // by id of the step
  std::map<uint32_t, promise> promises_;     // by number
};

// A lone task: its root is what a step is in a run.
class lone_teller {
public:
  lone_teller(const std::string& ref, story_tree& tree, int64_t now_ms)
      : book_{tree, ref}, tasks_{ref, book_}, now_ms_{now_ms} {}

  void take(uint64_t seq, const TaskEvent& event) {
    if (event.has_created()) {
      book_.begin("task", event.created().spec().title(), event.created().time_ms());
      book_.tree.title = event.created().spec().title();
      auto& trace = event.created().trace();
      book_.tree.trace = trace_id(trace.empty() ? trace_of(book_.ref()) : trace);
    }
    tasks_.take(seq, {}, event);
    book_.tree.status = tasks_.status({});
    if (event.has_ended())
      book_.end(event.ended().time_ms(), task_ending(event.ended()));
    if (event.has_resumed())
      book_.reopen_root();
  }
  void finish() {
    book_.finish(now_ms_);
  }

private:
  story_book book_;
  task_teller tasks_;
  int64_t now_ms_;
};

template <class Event, class Teller>
void tell_all(const std::vector<journal_entry>& records, Teller teller) {
  for (auto& record : records) {
    Event event;
    if (event.ParseFromString(record.event))
      teller.take(record.seq, event);
  }
  teller.finish();
}

} // namespace

std::vector<std::string> story_tree::begun() const {
  std::vector<std::string> refs;
  for (auto& one : nodes)
    if (!one.begins.empty())
      refs.push_back(one.begins);
  return refs;
}

story_tree tell_story(const std::string& ref, const std::vector<journal_entry>& records, int64_t now_ms) {
  story_tree tree;
  tree.costs.set_events(records.size());
  tree.costs.set_runs(1);
  auto name = parse_ref(ref);
  if (name && name->kind == "run")
    tell_all<RunEvent>(records, run_teller{ref, tree, now_ms});
  else
    tell_all<TaskEvent>(records, lone_teller{ref, tree, now_ms});
  return tree;
}

story_tree read_story(const Story& told) {
  story_tree tree;
  tree.title = told.title();
  tree.status = told.status();
  tree.trace = told.trace();
  tree.costs = told.costs();
  std::vector<size_t> above; // the last line of each depth
  for (auto& line : told.lines()) {
    above.resize(std::min<size_t>(above.size(), line.depth()));
    auto here = tree.nodes.size();
    tree.nodes.push_back({line, {}, {}});
    if (!above.empty())
      tree.nodes[above.back()].below.push_back(here);
    above.push_back(here);
  }
  return tree;
}

Story write_story(const std::string& ref, const std::map<std::string, story_tree>& all) {
  Story story;
  story.set_ref(ref);
  auto first = all.find(ref);
  if (first == all.end() || first->second.nodes.empty())
    return story;
  story.set_title(first->second.title);
  story.set_status(first->second.status);
  story.set_trace(first->second.trace);
  std::function<void(const story_tree&, size_t, uint32_t)> write = [&](auto& tree, size_t i, uint32_t depth) {
    auto& node = tree.nodes[i];
    if (static_cast<size_t>(story.lines_size()) >= limits::story_lines) {
      story.set_left_out(story.left_out() + 1);
    } else {
      *story.add_lines() = node.line;
      story.mutable_lines(story.lines_size() - 1)->set_depth(depth);
    }
    for (auto below : node.below)
      write(tree, below, depth + 1);
    if (node.begins.empty())
      return;
    auto other = all.find(node.begins);
    if (other != all.end() && !other->second.nodes.empty() && depth < limits::story_lines_deep)
      write(other->second, 0, depth + 1);
    else
      story.set_left_out(story.left_out() + 1);
  };
  write(first->second, 0, 0);
  auto& costs = *story.mutable_costs();
  for (auto& [name, tree] : all) {
    costs.set_attempts(costs.attempts() + tree.costs.attempts());
    costs.set_failed_attempts(costs.failed_attempts() + tree.costs.failed_attempts());
    costs.set_tools(costs.tools() + tree.costs.tools());
    costs.set_models(costs.models() + tree.costs.models());
    costs.set_agent_ms(costs.agent_ms() + tree.costs.agent_ms());
    costs.set_runs(costs.runs() + tree.costs.runs());
    costs.set_events(costs.events() + tree.costs.events());
    for (auto& one : tree.costs.charges()) {
      auto& sum = charges_of(costs, one.ledger(), one.unit());
      sum.set_spent(sum.spent() + one.spent());
      sum.set_reserved(sum.reserved() + one.reserved());
    }
  }
  return story;
}

} // namespace troupe
