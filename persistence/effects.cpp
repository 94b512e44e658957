// EFFECTS: rows of a decision.

#include <algorithm>
#include <troupe/persistence/effects.hpp>

namespace troupe {

void effects::timer(const std::string& id, int64_t due_ms) {
  TimerRow row;
  row.set_ref(owner_);
  row.set_timer(id);
  row.set_due_ms(due_ms);
  rows_.push_back({space::index, timer_key(entity_, due_ms, id, naming_key_), row.SerializeAsString()});
  *timers_.add_set() = std::move(row);
}

void effects::cancel(const std::string& id, int64_t due_ms) {
  rows_.push_back({space::index, timer_key(entity_, due_ms, id, naming_key_), std::nullopt});
  auto* set =
      timers_.mutable_set(); // the timers actor cancels first: what this decision has set must not come after
  set->erase(std::remove_if(set->begin(), set->end(), [&](const TimerRow& row) { return row.timer() == id; }),
             set->end());
  timers_.add_cancelled(id);
}

void effects::put(index_table table, const std::string& row, const google::protobuf::Message& value) {
  rows_.push_back({space::index, index_key(entity_, table, row, naming_key_), value.SerializeAsString()});
}

void effects::erase(index_table table, const std::string& row) {
  rows_.push_back({space::index, index_key(entity_, table, row, naming_key_), std::nullopt});
}

} // namespace troupe
