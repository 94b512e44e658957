// BACKUPS: the schedule of a store's backups.
// Invariants: one backup at a time; work that has begun ends in exactly one BackupWork, good or failed; who asks for a backup
// while one is taken gets that one.

#include <algorithm>
#include <atomic>
#include <fmt/format.h>
#include <map>
#include <troupe/actors/ops/backups.hpp>
#include <troupe/runtime/actor.hpp>
#include <troupe/runtime/limits.hpp>
#include <troupe/runtime/proto/journal.pb.h>

namespace troupe {
namespace {

using private_backups = backups_actor::extend<note<Tick>, note<BackupWork>, note<BackupsListed>>;
using std::chrono::milliseconds;

// How far work on a thread is, and whether it may go on.
struct work_meter {
  std::atomic<uint64_t> done = 0, all = 0;
  std::atomic<bool> stop = false;
};

struct work {
  BackupWork shown;
  bool takes = false; // else it verifies
  std::shared_ptr<work_meter> meter = std::make_shared<work_meter>();
};

template <class Answer>
caf::error failure_in(const Answer& answer) {
  return answer.has_failure() ? error_of(answer.failure()) : caf::error{};
}

class backups_state {
public:
  static inline const char* name = "backups";

  explicit backups_state(private_backups::pointer self) : self_{self} {}

  ~backups_state() { // nobody waits for a backup to end before the node can
    for (auto& [ticket, one] : works_)
      one.meter->stop = true;
  }

  void begin(doors_ptr doors, backup_plan plan) {
    doors_ = std::move(doors);
    plan_ = std::make_shared<const backup_plan>(std::move(plan));
    started_ms_ = now();
    read_list();
    tick();
  }

  // -- by the clock ----------------------------------------------------------------------------------------------

  void tick() {
    tell_in(self_, limits::backup_tick, self_, Tick{});
    if (!known_)
      return;
    due_ms_ = std::min(due_ms_, now() + plan_->every.count()); // the date may have been set back
    if (taking_ == 0 && due_ms_ <= now())
      take();
    check_age();
  }

  void check_age() {
    auto since = last_good_.id() != 0 ? last_good_.created_ms() : started_ms_;
    auto overdue = now() - since > plan_->alert_after.count();
    doors_->meters.backup_overdue.record(overdue ? 1 : 0);
    if (overdue == overdue_)
      return;
    overdue_ = overdue;
    if (overdue)
      doors_->log.warning("the last good backup is too old", {{"backup", last_good_.id()},
                                                              {"age_minutes", (now() - since) / 60'000},
                                                              {"last_failure", last_failure_}});
    else
      doors_->log.info("the last good backup is young enough again", {{"backup", last_good_.id()}});
  }

  // -- work ------------------------------------------------------------------------------------------------------

  BackupWork take() {
    if (taking_ == 0) {
      taking_ = begin_work(true, [plan = plan_](work_meter& meter) {
        return plan->take([&meter](uint64_t done, uint64_t all) {
          meter.done = done;
          meter.all = all;
          return !meter.stop;
        });
      });
    }
    return *look(taking_);
  }

  BackupWork verify(uint32_t id) {
    return *look(begin_work(false, [plan = plan_, id](work_meter&) { return plan->verify(id); }));
  }

  caf::expected<BackupWork> look(uint64_t ticket) const {
    auto found = works_.find(ticket);
    if (found == works_.end())
      return make_error(ec::not_found,
                        fmt::format("nothing is known of work {}; see `troupe backup list`", ticket));
    auto shown = found->second.shown;
    shown.set_done_bytes(found->second.meter->done);
    shown.set_all_bytes(found->second.meter->all);
    return shown;
  }

  void ended(const BackupWork& result) {
    auto found = works_.find(result.ticket());
    if (found == works_.end())
      return;
    found->second.shown = result;
    auto takes = found->second.takes;
    if (result.has_failure()) {
      doors_->meters.backup_failures.add();
      auto why = describe(failure_in(result));
      doors_->log.warning(takes ? "a backup failed" : "a backup is not good", {{"reason", why}});
      if (takes)
        last_failure_ = why;
    }
    if (takes) {
      taking_ = 0;
      due_ms_ = now() + std::min(plan_->every, limits::backup_retry).count();
      if (!result.has_failure())
        keep(result.mark());
    }
    forget_oldest();
    check_age();
  }

  BackupStatus status() const {
    BackupStatus status;
    *status.mutable_last_good() = last_good_;
    status.set_due_ms(due_ms_);
    status.set_overdue(overdue_);
    status.set_last_failure(last_failure_);
    return status;
  }

  // -- what there is ---------------------------------------------------------------------------------------------

  caf::result<BackupList> list() {
    auto promise = self_->make_response_promise<BackupList>();
    asked_.push_back(promise);
    read_list();
    return promise;
  }

  void listed(const BackupsListed& found) {
    auto failed = failure_in(found);
    if (!known_) {
      known_ = true;
      for (auto& entry : found.list().backups())
        if (entry.trouble().empty() && entry.mark().store() == doors_->rows->id()) {
          keep(entry.mark());
          break; // the newest comes first
        }
      check_age();
    }
    for (auto& promise : std::exchange(asked_, {}))
      failed ? promise.deliver(failed) : promise.deliver(found.list());
  }

private:
  int64_t now() const {
    return doors_->time->now_ms();
  }

  template <class Do>
  uint64_t begin_work(bool takes, Do act) {
    auto ticket = ++last_ticket_;
    auto& one = works_[ticket];
    one.takes = takes;
    one.shown.set_ticket(ticket);
    plan_->hands->submit([act, ticket, meter = one.meter, back = private_backups{self_}] {
      BackupWork result;
      result.set_ticket(ticket);
      result.set_ended(true);
      auto mark = act(*meter);
      if (mark)
        *result.mutable_mark() = std::move(*mark);
      else
        *result.mutable_failure() = to_failure(mark.error());
      caf::anon_send(back, std::move(result));
    });
    return ticket;
  }

  void read_list() {
    doors_->hands->submit([plan = plan_, back = private_backups{self_}] {
      BackupsListed found;
      auto list = plan->list();
      if (list)
        *found.mutable_list() = std::move(*list);
      else
        *found.mutable_failure() = to_failure(list.error());
      caf::anon_send(back, std::move(found));
    });
  }

  void keep(const BackupMark& good) {
    last_good_ = good;
    last_failure_.clear();
    due_ms_ = good.created_ms() + plan_->every.count();
    doors_->meters.backup_last_good_time.record(1e-3 * static_cast<double>(good.created_ms()));
    doors_->meters.backup_last_good_bytes.record(static_cast<double>(good.bytes()));
    doors_->meters.backup_last_good_seconds.record(1e-3 * static_cast<double>(good.took_ms()));
  }

  void forget_oldest() {
    while (works_.size() > limits::backup_works) {
      auto oldest =
          std::find_if(works_.begin(), works_.end(), [](auto& one) { return one.second.shown.ended(); });
      if (oldest == works_.end())
        return;
      works_.erase(oldest);
    }
  }

  private_backups::pointer self_;
  doors_ptr doors_;
  std::shared_ptr<const backup_plan> plan_;
  std::map<uint64_t, work> works_; // by ticket
  uint64_t last_ticket_ = 0;
  uint64_t taking_ = 0; // ticket of the backup under way
  std::vector<caf::typed_response_promise<BackupList>> asked_;
  bool known_ = false; // the disk has told what there is
  BackupMark last_good_;
  std::string last_failure_;
  int64_t started_ms_ = 0;
  int64_t due_ms_ = 0;
  bool overdue_ = false;
};

private_backups::behavior_type backups(private_backups::stateful_pointer<backups_state> self, doors_ptr doors,
                                       backup_plan plan) {
  house_rules(self);
  self->state.begin(std::move(doors), std::move(plan));
  return {
      [=](const ListBackups&) { return self->state.list(); },
      [=](const TakeBackup&) { return self->state.take(); },
      [=](const VerifyBackup& in) { return self->state.verify(in.id()); },
      [=](const GetBackupWork& in) -> caf::result<BackupWork> {
        auto found = self->state.look(in.ticket());
        if (!found)
          return found.error();
        return std::move(*found);
      },
      [=](const GetBackupStatus&) { return self->state.status(); },
      [=](const Tick&) { self->state.tick(); },
      [=](const BackupWork& result) { self->state.ended(result); },
      [=](const BackupsListed& found) { self->state.listed(found); },
  };
}

} // namespace

backups_actor spawn_backups(caf::scheduled_actor* parent, doors_ptr doors, backup_plan plan) {
  return spawn_observed(parent, doors->board, backups, doors, std::move(plan));
}

} // namespace troupe
