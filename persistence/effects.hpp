// What an event brings about beyond the state: rows written with it, messages sent once it is durable.
#pragma once

#include <functional>
#include <string>
#include <troupe/persistence/keys.hpp>
#include <troupe/persistence/spent_marks.hpp>
#include <troupe/persistence/store.hpp>
#include <troupe/runtime/directory.hpp>
#include <troupe/runtime/proto/common.pb.h>
#include <troupe/runtime/proto/journal.pb.h>
#include <vector>

namespace troupe {

/// What a timer is besides its due time. It must follow from the event that sets it, like all rows.
struct timer_rule {
  /// What becomes of occurrences that could not be fired in time; see actors/agent/catch_up.hpp.
  CatchUp catch_up = CATCH_UP_FIRE;
  /// Recurs so often, milliseconds, at least limits::timer_period; 0 = fires once.
  int64_t period_ms = 0;
  /// Unix milliseconds from which a wait such as "for an hour" was counted: should the clock be set back behind it, the timer
  /// waits at most due_ms - set_ms. 0 = due_ms is a date, and only the clock tells when it has come.
  int64_t set_ms = 0;
};

/// Collects the effects of one decision. Rows are in the decision's batch; messages leave when it is durable.
/// A message that must arrive needs a timer beside it: the timer's row is what redelivery reads.
class effects {
public:
  /// `cause` is the context of the command decided on; messages carry its trace, principal and deadline; see carry().
  effects(const std::string& owner, const entity_id& entity, const std::string& naming_key,
          const Context& cause)
      : owner_{owner}, entity_{entity}, naming_key_{naming_key}, cause_{cause} {}

  /// Sends a message to a ref. Its context is derived from the cause; a command id set by the caller stays.
  template <command_message M>
  void tell(const std::string& to, M message) {
    auto* context = message.mutable_context();
    context->set_trace(trace());
    context->set_principal(cause_.principal());
    if (context->deadline_ms() == 0)
      context->set_deadline_ms(cause_.deadline_ms());
    messages_.push_back({to, caf::make_message(std::move(message))});
  }

  /// Sends a note that is no command (it has no Context) to a ref.
  template <proto_message M>
  requires(!command_message<M>) void tell(const std::string& to, M message) {
    messages_.push_back({to, caf::make_message(std::move(message))});
  }

  /// Sets a timer; the entity gets TimerDue at `due_ms` (Unix time), again and again until cancel(). An id is used once
  /// at a time: to move a timer, cancel it with its old due time first. A recurring timer is moved by its owner: in the batch
  /// of the event that a TimerDue caused, cancel(id, due_ms) and timer(id, next_due_ms, rule).
  void timer(const std::string& id, int64_t due_ms, const timer_rule& rule = {});

  /// Promises that a message sent now is sent again until it is acknowledged: the entity gets TimerDue after a crash and
  /// every limits::redelivery_first or more, until cancel(id, already_sent). Cancelled and promised anew at once, the row stays.
  void outbox(const std::string& id);

  /// Deletes a timer; `due_ms` is the time it was set for.
  void cancel(const std::string& id, int64_t due_ms);

  /// Due time of an outbox row: before everything else, so that recovery reads it first.
  static constexpr int64_t already_sent = 0;

  /// Writes or replaces a listing's row.
  void put(index_table table, const std::string& row, const google::protobuf::Message& value);

  /// Deletes a listing's row.
  void erase(index_table table, const std::string& row);

  /// What the entity, a ledger, has spent in all with this event: no older copy of the store takes it back.
  void spend(const spending& in_all) {
    spent_ = in_all;
  }

  const Context& cause() const {
    return cause_;
  }

  /// The entity has a trace of its own, as a traceparent that outlives these effects; its messages carry it instead of the cause's.
  void carry(const std::string& own_trace) {
    own_trace_ = &own_trace;
  }
  const std::string& trace() const {
    return own_trace_ && !own_trace_->empty() ? *own_trace_ : cause_.trace();
  }

  /// A message that leaves when the event is durable; `to` is a ref.
  struct outgoing {
    std::string to;
    caf::message message;
  };
  std::vector<outgoing>& messages() {
    return messages_;
  }
  std::vector<row_change>& rows() {
    return rows_;
  }
  const std::optional<spending>& spent() const {
    return spent_;
  }

private:
  const std::string& owner_;
  const entity_id& entity_;
  const std::string& naming_key_;
  const Context& cause_;
  const std::string* own_trace_ = nullptr;
  std::vector<outgoing> messages_;
  std::vector<row_change> rows_;
  std::optional<spending> spent_;
  TimersChanged timers_;
  friend class entity_core;
};

} // namespace troupe
