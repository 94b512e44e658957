// EFFECTS: rows of a decision.

#include <algorithm>
#include <troupe/persistence/effects.hpp>
#include <troupe/runtime/limits.hpp>

namespace troupe {

void effects::timer(const std::string& id, int64_t due_ms, const timer_rule& rule) {
  ensure(rule.period_ms == 0 || rule.period_ms >= limits::timer_period.count(),
         "a period of at least limits::timer_period");
  TimerRow row;
  row.set_ref(owner_);
  row.set_timer(id);
  row.set_due_ms(due_ms);
  row.set_set_ms(rule.set_ms);
  row.set_catch_up(rule.catch_up);
  row.set_period_ms(rule.period_ms);
  rows_.push_back({space::index, timer_key(entity_, due_ms, id, naming_key_), row.SerializeAsString()});
  *timers_.add_set() = std::move(row);
}

void effects::outbox(const std::string& id) {
  auto* cancelled = timers_.mutable_cancelled();
  auto last = std::find_if(cancelled->begin(), cancelled->end(), [&](const TimerRow& row) {
    return row.timer() == id && row.due_ms() == already_sent;
  });
  if (last == cancelled->end())
    return timer(id, already_sent);
  cancelled->erase(last);
  auto key = timer_key(entity_, already_sent, id, naming_key_);
  std::erase_if(rows_, [&](const row_change& row) { return row.where == space::index && row.key == key; });
}

void effects::cancel(const std::string& id, int64_t due_ms) {
  rows_.push_back({space::index, timer_key(entity_, due_ms, id, naming_key_), std::nullopt});
  auto* set =
      timers_.mutable_set(); // the timers actor cancels first: what this decision has set must not come after
  set->erase(std::remove_if(set->begin(), set->end(),
                            [&](const TimerRow& row) { return row.timer() == id && row.due_ms() == due_ms; }),
             set->end());
  auto* cancelled = timers_.add_cancelled();
  cancelled->set_timer(id);
  cancelled->set_due_ms(due_ms);
}

void effects::put(index_table table, const std::string& row, const google::protobuf::Message& value) {
  rows_.push_back({space::index, index_key(entity_, table, row, naming_key_), value.SerializeAsString()});
}

void effects::erase(index_table table, const std::string& row) {
  rows_.push_back({space::index, index_key(entity_, table, row, naming_key_), std::nullopt});
}

} // namespace troupe
