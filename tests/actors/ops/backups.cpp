// Backups are taken by the clock and when asked, one at a time; a last good one that is too old is told until there is another.
#define CAF_SUITE actors.ops.backups
#include "tests/support/fixture.hpp"
#include <tests/support/held_workers.hpp>
#include <troupe/actors/ops/backups.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

// What the disk would do, and what the node does with it.
struct shelf {
  std::vector<BackupMark> kept;        // oldest first
  unsigned taken = 0;                  // tries
  std::string broken;                  // why taking fails; empty = it does not
  std::shared_ptr<held_workers> hands; // set: work begins when the test says so
  std::string lines;                   // of the log
  node_metrics meters;
};

class text_sink final : public log_sink {
public:
  explicit text_sink(std::shared_ptr<shelf> to) : to_{std::move(to)} {}
  bool write(std::string_view line) override {
    to_->lines.append(line);
    return true;
  }

private:
  std::shared_ptr<shelf> to_;
};

backup_plan plan_on(const std::shared_ptr<shelf>& disk, const doors_ptr& given) {
  backup_plan plan;
  plan.every = 60min;
  plan.alert_after = 150min;
  plan.hands = disk->hands ? std::static_pointer_cast<workers>(disk->hands) : given->hands;
  plan.take = [disk, time = given->time,
               store = given->rows->id()](const backup_plan::progress& tell) -> caf::expected<BackupMark> {
    ++disk->taken;
    if (!tell(50, 200))
      return make_error(ec::cancelled, "stopped");
    if (!disk->broken.empty())
      return make_error(ec::disk_full, disk->broken);
    BackupMark mark;
    mark.set_id(static_cast<uint32_t>(disk->kept.size() + 1));
    mark.set_store(store);
    mark.set_created_ms(time->now_ms());
    mark.set_took_ms(2500);
    mark.set_bytes(4096);
    disk->kept.push_back(mark);
    return mark;
  };
  plan.verify = [disk](uint32_t id) -> caf::expected<BackupMark> {
    if (id > disk->kept.size())
      return make_error(ec::corrupt, "a table is damaged");
    return disk->kept[std::max(id, 1u) - 1];
  };
  plan.list = [disk]() -> caf::expected<BackupList> {
    if (disk->kept.empty())
      return make_error(ec::not_found, "no backups");
    BackupList list;
    for (auto mark = disk->kept.rbegin(); mark != disk->kept.rend(); ++mark)
      *list.add_backups()->mutable_mark() = *mark;
    return list;
  };
  return plan;
}

struct backed_up : house {
  std::shared_ptr<shelf> disk;

  explicit backed_up(const std::shared_ptr<shelf>& there = std::make_shared<shelf>())
      : house{[there](caf::scheduled_actor* root, const doors_ptr& given) {
          auto outside = std::make_shared<doors>(*given);
          outside->meters = there->meters;
          outside->log =
              logger{std::make_unique<text_sink>(there), log_level::info, *given->time, there->meters};
          outside->names->put(std::string{services::backups}, caf::actor_cast<caf::actor>(spawn_backups(
                                                                  root, outside, plan_on(there, given))));
        }},
        disk{there} {}
  ~backed_up() override {
    if (disk->hands)
      disk->hands->jobs.clear();
  }

  const std::string who{services::backups};
  BackupStatus status() {
    return request<BackupStatus>(who, GetBackupStatus{});
  }
  BackupWork work(uint64_t ticket) {
    GetBackupWork in;
    in.set_ticket(ticket);
    return request<BackupWork>(who, in);
  }
  bool shows(const std::string& line) const {
    return disk->meters.all.render().find("\n" + line + "\n") != std::string::npos;
  }
  size_t told(std::string_view text) const {
    size_t count = 0;
    for (size_t at = 0; (at = disk->lines.find(text, at)) != std::string::npos; at += text.size())
      ++count;
    return count;
  }
};

std::shared_ptr<shelf> holding() {
  auto disk = std::make_shared<shelf>();
  disk->hands = std::make_shared<held_workers>();
  return disk;
}

} // namespace

CAF_TEST(a first backup is taken at once and the next ones by the clock) {
  backed_up here;
  here.node->advance(16s);
  CAF_CHECK_EQUAL(here.disk->taken, 1u);
  CAF_CHECK_EQUAL(here.status().last_good().id(), 1u);
  here.node->advance(59min);
  CAF_CHECK_EQUAL(here.disk->taken, 1u);
  here.node->advance(1min);
  CAF_CHECK_EQUAL(here.disk->taken, 2u);
  here.node->advance(10h);
  CAF_CHECK_EQUAL(here.disk->taken, 11u); // each begins with the first look after it is due
  CAF_CHECK(!here.status().overdue());
}

CAF_TEST(a restart keeps the schedule) {
  backed_up here;
  here.node->advance(30min);
  CAF_CHECK_EQUAL(here.disk->taken, 1u);
  here.crash_and_recover();
  here.node->advance(29min);
  CAF_CHECK_EQUAL(here.disk->taken, 1u);
  here.node->advance(2min);
  CAF_CHECK_EQUAL(here.disk->taken, 2u);
}

CAF_TEST(the backups of another store are no good ones of this) {
  auto disk = std::make_shared<shelf>();
  disk->kept.emplace_back();
  disk->kept.back().set_id(1);
  disk->kept.back().set_store("another");
  disk->kept.back().set_created_ms(1'700'000'000'000);
  backed_up here{disk};
  CAF_CHECK_EQUAL(here.status().last_good().id(), 0u);
}

CAF_TEST(a failed backup is told and tried again in a minute) {
  backed_up here;
  here.disk->broken = "the disk is full";
  here.node->advance(16s);
  CAF_CHECK_EQUAL(here.disk->taken, 1u);
  CAF_CHECK_EQUAL(std::string{here.status().last_failure()}, "disk_full: the disk is full");
  CAF_CHECK_EQUAL(here.told("a backup failed"), 1u);
  CAF_CHECK(here.shows("troupe_backup_failures_total 1"));
  here.node->advance(75s);
  CAF_CHECK_EQUAL(here.disk->taken, 2u);
  here.disk->broken.clear();
  here.node->advance(75s);
  CAF_CHECK_EQUAL(here.disk->taken, 3u);
  CAF_CHECK_EQUAL(std::string{here.status().last_failure()}, "");
  here.node->advance(30min);
  CAF_CHECK_EQUAL(here.disk->taken, 3u);
}

CAF_TEST(a last good backup that is too old is an alert until there is another) {
  backed_up here;
  here.node->advance(16s);
  here.disk->broken = "the disk is full";
  here.node->advance(149min);
  CAF_CHECK(!here.status().overdue());
  CAF_CHECK(here.shows("troupe_backup_overdue 0"));
  here.node->advance(2min);
  CAF_CHECK(here.status().overdue());
  CAF_CHECK(here.shows("troupe_backup_overdue 1"));
  here.node->advance(5h);
  CAF_CHECK_EQUAL(here.told("the last good backup is too old"), 1u);
  here.disk->broken.clear();
  here.node->advance(2min);
  CAF_CHECK(!here.status().overdue());
  CAF_CHECK(here.shows("troupe_backup_overdue 0"));
  CAF_CHECK_EQUAL(here.told("young enough again"), 1u);
}

CAF_TEST(a node that never had a backup is overdue too) {
  auto disk = std::make_shared<shelf>();
  disk->broken = "no disk";
  backed_up here{disk};
  here.node->advance(149min);
  CAF_CHECK(!here.status().overdue());
  here.node->advance(2min);
  CAF_CHECK(here.status().overdue());
}

CAF_TEST(a good backup is shown in the metrics) {
  backed_up here;
  here.node->advance(16s);
  CAF_REQUIRE_EQUAL(here.disk->kept.size(), 1u);
  CAF_CHECK(here.shows("troupe_backup_last_good_bytes 4096"));
  CAF_CHECK(here.shows("troupe_backup_last_good_seconds 2.5"));
  auto text = here.disk->meters.all.render();
  std::string name = "\ntroupe_backup_last_good_timestamp_seconds ";
  auto at = text.find(name);
  CAF_REQUIRE(at != std::string::npos);
  CAF_CHECK_EQUAL(std::llround(1e3 * std::stod(text.substr(at + name.size()))),
                  here.disk->kept[0].created_ms());
}

CAF_TEST(who asks twice while a backup is taken gets the same one) {
  backed_up here{holding()};
  auto first = here.request<BackupWork>(here.who, TakeBackup{});
  auto second = here.request<BackupWork>(here.who, TakeBackup{});
  CAF_CHECK_EQUAL(first.ticket(), second.ticket());
  CAF_CHECK(!here.work(first.ticket()).ended());
  here.disk->hands->release();
  here.node->settle();
  auto done = here.work(first.ticket());
  CAF_CHECK(done.ended());
  CAF_CHECK_EQUAL(done.mark().id(), 1u);
  CAF_CHECK_EQUAL(done.done_bytes(), 50u);
  CAF_CHECK_EQUAL(done.all_bytes(), 200u);
  CAF_CHECK_EQUAL(here.disk->taken, 1u);
  CAF_CHECK(here.request<BackupWork>(here.who, TakeBackup{}).ticket() != first.ticket());
}

CAF_TEST(a backup that is asked for moves the schedule) {
  backed_up here;
  here.node->advance(30min);
  here.request<BackupWork>(here.who, TakeBackup{});
  CAF_CHECK_EQUAL(here.disk->taken, 2u);
  here.node->advance(59min);
  CAF_CHECK_EQUAL(here.disk->taken, 2u);
}

CAF_TEST(a check tells what it found and counts damage) {
  backed_up here;
  here.node->advance(16s);
  VerifyBackup in;
  in.set_id(1);
  auto good = here.work(here.request<BackupWork>(here.who, in).ticket());
  CAF_CHECK(good.ended() && !good.has_failure());
  CAF_CHECK_EQUAL(good.mark().id(), 1u);
  in.set_id(9);
  auto bad = here.work(here.request<BackupWork>(here.who, in).ticket());
  CAF_CHECK(bad.failure().code() == static_cast<uint32_t>(ec::corrupt));
  CAF_CHECK(here.shows("troupe_backup_failures_total 1"));
  CAF_CHECK_EQUAL(std::string{here.status().last_failure()}, ""); // of taking
}

CAF_TEST(a listing is read when it is asked for) {
  backed_up here;
  CAF_CHECK(here.refusal<BackupList>(here.who, ListBackups{}) == ec::not_found);
  here.node->advance(62min);
  CAF_CHECK_EQUAL(here.request<BackupList>(here.who, ListBackups{}).backups_size(), 2);
}

CAF_TEST(work that ended long ago is forgotten) {
  backed_up here;
  here.node->advance(16s);
  auto first = here.request<BackupWork>(here.who, VerifyBackup{});
  for (size_t i = 0; i <= limits::backup_works; ++i)
    here.request<BackupWork>(here.who, VerifyBackup{});
  GetBackupWork in;
  in.set_ticket(first.ticket());
  CAF_CHECK(here.refusal<BackupWork>(here.who, in) == ec::not_found);
}

CAF_TEST(a backup under way stops with the node) {
  backed_up here{holding()};
  here.request<BackupWork>(here.who, TakeBackup{});
  caf::anon_send_exit(here.node->outside()->names->find(here.who), caf::exit_reason::kill);
  here.node->settle();
  here.disk->hands->release(); // its thread goes on and asks whether it may
  CAF_CHECK(here.disk->kept.empty());
  CAF_CHECK_EQUAL(here.disk->taken, 1u);
}
