// REPLAY: fold, take the same cause, react, compare.
// Invariant: whatever came out of a state, a clock or a policy is made again; only what came from outside is taken from the record.

#include <troupe/actors/workflow/run/causes.hpp>
#include <troupe/actors/workflow/run/replay.hpp>
#include <troupe/actors/workflow/task_life.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/workflow_limits.hpp>

namespace troupe {
namespace {

struct append_range {
  size_t begin = 0, end = 0; // indices
};

caf::expected<append_range> find_append(const std::vector<decision_record>& records, uint64_t seq) {
  if (seq == 0 || seq > records.size())
    return make_error(ec::not_found, "there is no record " + std::to_string(seq) + "; it has " +
                                         std::to_string(records.size()) + " that can be repeated");
  append_range range{seq - 1, seq - 1};
  while (range.begin > 0 && !records[range.begin - 1].ends_append)
    --range.begin;
  while (range.end < records.size() && !records[range.end].ends_append)
    ++range.end;
  if (range.end++ == records.size())
    return make_error(ec::corrupt, "what was decided with record " + std::to_string(seq) + " has no end");
  return range;
}

template <class Event>
caf::expected<std::vector<Event>> parse(const std::vector<decision_record>& records, size_t count) {
  std::vector<Event> events(count);
  for (size_t i = 0; i < count; ++i) {
    if (records[i].seq != i + 1)
      return make_error(ec::not_found, "the records before " + std::to_string(records[i].seq) +
                                           " are gone: nothing after them can be repeated");
    if (!events[i].ParseFromString(records[i].event))
      return make_error(ec::corrupt, "record " + std::to_string(records[i].seq) + " is damaged");
  }
  return events;
}

// Compares what is decided again with one append, record by record.
class comparison {
public:
  comparison(const std::vector<decision_record>& records, const append_range& range)
      : records_{records}, range_{range} {
    result.first = records[range.begin].seq;
    result.last = records[range.end - 1].seq;
  }

  decision_replay result;

  /// How many records have been compared.
  size_t done() const {
    return next_ - range_.begin;
  }
  bool is_complete() const {
    return next_ == range_.end;
  }
  void give(size_t count) {
    next_ += count;
    result.given = count;
  }
  /// False: it differs, and there is nothing more to compare.
  template <class Event>
  bool meet(const std::vector<Event>& again) {
    for (auto& event : again) {
      auto bytes = event.SerializeAsString();
      if (is_complete() || bytes != records_[next_].event)
        return differ(bytes);
      ++result.repeated;
      ++next_;
    }
    return true;
  }
  bool differ(const std::string& again) {
    result.differs = is_complete() ? result.last + 1 : records_[next_].seq;
    result.stored = is_complete() ? std::string{} : records_[next_].event;
    result.again = again;
    return false;
  }

private:
  const std::vector<decision_record>& records_;
  append_range range_;
  size_t next_ = range_.begin;
};

template <class Event>
bool begins_so(const std::vector<Event>& stored, const std::vector<Event>& decided) {
  for (size_t i = 0; i < decided.size(); ++i)
    if (i >= stored.size() || stored[i].SerializeAsString() != decided[i].SerializeAsString())
      return false;
  return !decided.empty();
}

// The cause that explains most of what is stored; else the likeliest.
template <class Event>
const cause<Event>* choose(const std::vector<cause<Event>>& causes, const std::vector<Event>& stored) {
  const cause<Event>* best = nullptr;
  size_t explained = 0;
  for (auto& one : causes) {
    auto count = one.is_given ? 1 : one.decided && begins_so(stored, *one.decided) ? one.decided->size() : 0;
    if (count > explained) {
      explained = count;
      best = &one;
    }
  }
  return best || causes.empty() ? best : &causes.front();
}

// What it followed from. False: it differs already.
template <class Event>
bool take(const std::vector<cause<Event>>& causes, const std::vector<Event>& stored, comparison& compared) {
  auto* from = choose(causes, stored);
  if (!from) {
    compared.result.cause = "nothing this version knows of";
    return compared.differ({});
  }
  compared.result.cause = from->words;
  if (from->is_given) {
    compared.give(1);
    return true;
  }
  if (from->decided)
    return compared.meet(*from->decided) && (compared.done() > 0 || compared.differ({}));
  compared.result.reason = text_of(from->decided.error());
  return compared.differ({});
}

// New tasks remember the defaults of their time.
TaskDefaults defaults_in(const std::vector<RunEvent>& stored) {
  for (auto& event : stored)
    if (event.step().event().has_created())
      return event.step().event().created().defaults();
  return {};
}

// An append is applied: what it left to look at has been looked at.
void settle(run_course& run, int64_t now_ms) {
  while (!run.react(now_ms, {}).empty()) {
  }
}

std::vector<RunEvent> react(run_course& run, int64_t now_ms, const TaskDefaults& defaults, size_t so_far) {
  if (so_far < limits::run_reactions || run.state.put_off_ms() > 0)
    return run.react(now_ms, defaults);
  std::vector<RunEvent> put_off(1);
  put_off[0].mutable_put_off()->set_due_ms(now_ms);
  return put_off;
}

} // namespace

caf::expected<decision_replay> replay_run(const std::string& ref, const std::vector<decision_record>& records,
                                          uint64_t seq, const agent_policies& agents) {
  auto range = find_append(records, seq);
  if (!range)
    return std::move(range.error());
  auto events = parse<RunEvent>(records, range->end);
  if (!events)
    return std::move(events.error());
  if (!events->front().has_started())
    return make_error(ec::corrupt, "record 1 does not begin a run");
  run_course run;
  run.own_ref = ref;
  for (size_t i = 0; i < range->begin; ++i) {
    run.apply((*events)[i]);
    if (records[i].ends_append)
      settle(run, time_of((*events)[i]).value_or(0));
  }
  std::vector<RunEvent> stored{events->begin() + static_cast<std::ptrdiff_t>(range->begin), events->end()};
  comparison compared{records, *range};
  auto now_ms = time_of(stored.front()).value_or(0);
  auto defaults = defaults_in(stored);
  if (!take(causes_in(run, stored, now_ms, agents, defaults), stored, compared))
    return compared.result;
  for (size_t i = 0; i < compared.done(); ++i)
    run.apply(stored[i]);
  for (;;) {
    if (!compared.is_complete())
      now_ms = time_of(stored[compared.done()]).value_or(now_ms);
    auto more = react(run, now_ms, defaults, compared.done());
    if (more.empty())
      break;
    if (!compared.meet(more))
      return compared.result;
    for (auto& event : more)
      run.apply(event);
  }
  if (!compared.is_complete())
    compared.differ({});
  return compared.result;
}

caf::expected<decision_replay> replay_task(const std::vector<decision_record>& records, uint64_t seq,
                                           const agent_policies& agents) {
  auto range = find_append(records, seq);
  if (!range)
    return std::move(range.error());
  auto events = parse<TaskEvent>(records, range->end);
  if (!events)
    return std::move(events.error());
  TaskState task;
  for (size_t i = 0; i < range->begin; ++i)
    task_life::apply(task, (*events)[i]);
  std::vector<TaskEvent> stored{events->begin() + static_cast<std::ptrdiff_t>(range->begin), events->end()};
  comparison compared{records, *range};
  auto now_ms = time_of(stored.front()).value_or(0);
  if (take(causes_in(task, stored, now_ms, agents), stored, compared) && !compared.is_complete())
    compared.differ({});
  return compared.result;
}

} // namespace troupe
