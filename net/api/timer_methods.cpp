// TIMER METHODS: which timers wait, from the store's rows; how often each was fired, from the timers actor.
// Invariant: holds no more rows than are shown, however many wait.

#include <algorithm>
#include <limits>
#include <memory>
#include <troupe/net/api/asking.hpp>
#include <troupe/persistence/effects.hpp>
#include <troupe/persistence/keys.hpp>
#include <troupe/runtime/limits.hpp>
#include <troupe/runtime/proto/journal.pb.h>
#include <tuple>

namespace troupe {
namespace {

const std::string timers{services::timers};

std::string_view policy_of(const TimerRow& row) {
  switch (row.catch_up()) {
  case CATCH_UP_SKIP:
    return "skip";
  case CATCH_UP_COALESCE:
    return "coalesce";
  default:
    return "fire";
  }
}

bool due_sooner(const TimerRow& a, const TimerRow& b) {
  return std::tuple{a.due_ms(), std::string_view{a.ref()}, std::string_view{a.timer()}} <
         std::tuple{b.due_ms(), std::string_view{b.ref()}, std::string_view{b.timer()}};
}

// The soonest of all timer rows, and their number.
struct survey {
  size_t most;
  uint64_t total = 0;
  std::vector<TimerRow> soonest; // a heap, the latest on top

  // A shard's rows come by due time, so only its first ones can be among the soonest of all.
  caf::error add(const store& rows, uint8_t shard) {
    size_t seen = 0;
    return rows.scan(space::index, timer_begin(shard), timer_end(shard, std::numeric_limits<int64_t>::max()),
                     [&](std::string_view, std::string_view value) {
                       ++total;
                       TimerRow row;
                       if (++seen <= most && row.ParseFromArray(value.data(), static_cast<int>(value.size())))
                         add(std::move(row));
                       return true;
                     });
  }

  void add(TimerRow row) {
    if (soonest.size() == most) {
      if (!due_sooner(row, soonest.front()))
        return;
      std::pop_heap(soonest.begin(), soonest.end(), due_sooner);
      soonest.pop_back();
    }
    soonest.push_back(std::move(row));
    std::push_heap(soonest.begin(), soonest.end(), due_sooner);
  }
};

// Reads a shard per message, so that others get their turn in between.
void walk(const control_call& call, const std::shared_ptr<survey>& found,
          const std::function<void(caf::error)>& done) {
  call.self->become([=](const Tick& tick) {
    if (tick.epoch() == limits::shards)
      return done({});
    if (auto failed = found->add(*call.desk->outside->rows, static_cast<uint8_t>(tick.epoch())))
      return done(failed);
    Tick next;
    next.set_epoch(tick.epoch() + 1);
    call.self->send(call.self, next);
  });
  call.self->send(call.self, Tick{});
}

TimerList listed(const std::vector<TimerRow>& rows, const FiringCounts& fired, uint64_t total, int64_t now) {
  TimerList list;
  list.set_total(total);
  for (size_t i = 0; i < rows.size(); ++i) {
    auto is_outbox = rows[i].due_ms() == effects::already_sent;
    auto* one = list.add_timers();
    one->set_owner(rows[i].ref());
    one->set_timer(rows[i].timer());
    one->set_due_ms(rows[i].due_ms());
    one->set_in_ms(is_outbox ? 0 : rows[i].due_ms() - now);
    one->set_kind(is_outbox ? "outbox" : "timer");
    one->set_policy(std::string{policy_of(rows[i])});
    one->set_period_ms(rows[i].period_ms());
    if (auto n = static_cast<int>(i); n < fired.times_size())
      one->set_fired(fired.times(n));
  }
  return list;
}

} // namespace

void serve(const control_call& call, const ListTimers& in, reply_to<TimerList> reply) {
  auto found = std::make_shared<survey>();
  found->most = in.limit() == 0 ? limits::list_rows : std::min<size_t>(in.limit(), limits::list_rows_most);
  walk(call, found, [=](caf::error failed) {
    if (failed)
      return reply(std::move(failed));
    std::sort_heap(found->soonest.begin(), found->soonest.end(), due_sooner);
    CountFirings question;
    for (auto& row : found->soonest)
      *question.add_timers() = row;
    ask_for<FiringCounts>(call, timers, std::move(question), reply, [=](const FiringCounts& fired) {
      return listed(found->soonest, fired, found->total, call.desk->outside->time->now_ms());
    });
  });
}

} // namespace troupe
