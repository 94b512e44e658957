// ACCOUNT: the simulator's own entity, with every part an entity can have: several events per decision, snapshots, a
// listing's row, timers. Each answer names the number of events behind it.
#pragma once

#include <stdexcept>
#include <troupe/persistence/event_sourced.hpp>
#include <troupe/tests/support/account.pb.h>

namespace troupe {

using account_actor = caf::typed_actor<rpc<AccountDeposit, AccountSeen>, rpc<AccountAlarm, AccountSeen>,
                                       rpc<AccountAsk, AccountSeen>, note<AccountNudge>, note<TimerDue>>;

/// What an event does to an account; the judge keeps its own copy with it.
inline void apply_to(AccountState& account, const AccountEvent& event) {
  account.set_events(account.events() + 1);
  if (!event.bulk().empty())
    account.set_bulk(event.bulk());
  switch (event.kind_case()) {
  case AccountEvent::kAdded:
    account.set_total(account.total() + event.added());
    break;
  case AccountEvent::kAlarmSetMs: {
    account.set_alarms(account.alarms() + 1);
    auto* alarm = account.add_open();
    alarm->set_id("alarm" + std::to_string(account.alarms()));
    alarm->set_due_ms(event.alarm_set_ms());
    break;
  }
  case AccountEvent::kAlarmRang:
    for (int i = 0; i < account.open_size(); ++i)
      if (account.open(i).id() == event.alarm_rang()) {
        account.mutable_open()->DeleteSubrange(i, 1);
        break;
      }
    break;
  case AccountEvent::KIND_NOT_SET:
    break;
  }
}

struct account_state {
  static inline const char* name = "account";
  using event = AccountEvent;
  using decision = caf::expected<std::vector<event>>;
  static constexpr uint16_t version = 1;
  AccountState account;

  decision decide(const AccountDeposit& cmd) const {
    if (cmd.amount() == 13)
      throw std::runtime_error("thirteen");
    event added;
    added.set_added(cmd.amount());
    added.set_bulk(std::string(size_t{1024} * cmd.bulk_kib(), static_cast<char>('a' + cmd.amount() % 26)));
    return std::vector<event>(std::max(1u, cmd.parts()), added);
  }
  decision decide(const AccountNudge&) const {
    event added;
    added.set_added(1);
    return std::vector<event>(1, added);
  }
  decision decide(const AccountAlarm& cmd, int64_t now_ms) const {
    std::vector<event> events(1);
    events[0].set_alarm_set_ms(now_ms + cmd.after_ms());
    return events;
  }
  decision decide(const TimerDue& due) const {
    std::vector<event> events;
    for (auto& alarm : account.open())
      if (alarm.id() == due.timer())
        events.emplace_back().set_alarm_rang(due.timer());
    return events;
  }
  void apply(const event& happened) {
    apply_to(account, happened);
  }
  AccountSeen seen() const {
    AccountSeen answer;
    answer.set_events(account.events());
    answer.set_total(account.total());
    answer.set_alarms(account.alarms());
    return answer;
  }
  AccountSeen reply(const AccountDeposit&) const {
    return seen();
  }
  AccountSeen reply(const AccountAlarm&) const {
    return seen();
  }
  void tidy(const event& happened, effects& out) const {
    for (auto& alarm : account.open())
      if (alarm.id() == happened.alarm_rang())
        out.cancel(alarm.id(), alarm.due_ms());
  }
  void bring_about(const event& happened, effects& out) const {
    if (happened.has_alarm_set_ms())
      out.timer(account.open(account.open_size() - 1).id(), happened.alarm_set_ms());
    out.put(index_table::tasks, "seen", seen());
  }
  AccountState save() const {
    return account;
  }
  bool load(const AccountState& saved) {
    account = saved;
    return true;
  }
};

inline account_actor::behavior_type account(account_actor::stateful_pointer<account_state>,
                                            entity_log<account_state> log) {
  return {
      [=](const AccountDeposit& cmd) mutable { return log.handle(cmd); },
      [=](const AccountAlarm& cmd) mutable { return log.handle(cmd); },
      [=](const AccountAsk&) mutable { return log.answer<AccountSeen>(log.state().seen()); },
      [=](const AccountNudge& cmd) mutable { log.act(cmd); },
      [=](const TimerDue& due) mutable { log.act(due); },
  };
}

} // namespace troupe
