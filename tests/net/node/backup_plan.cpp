// What [backup] says is what happens: where, how often, how many, and from when on it is an alert.
#define CAF_SUITE net.node.backup_plan
#include "tests/support/scratch.hpp"
#include <algorithm>
#include <caf/test/unit_test.hpp>
#include <random>
#include <troupe/net/node/backup_plan.hpp>
#include <troupe/runtime/limits.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

struct planned {
  test::scratch scratch;
  config settings;
  storage kept;

  planned() {
    settings.node.data_directory = (scratch.path() / "data").string();
    auto opened = open_stopped_storage(settings, {});
    CAF_REQUIRE(opened);
    kept = *opened;
  }
  std::optional<backup_plan> plan() const {
    return plan_backups(settings, kept, std::make_shared<system_clock>());
  }
  std::string shelf() const {
    return (scratch.path() / "backups").string();
  }
};

bool go_on(uint64_t, uint64_t) {
  return true;
}

} // namespace

CAF_TEST(without a directory none are taken) {
  CAF_CHECK(!planned{}.plan());
}

CAF_TEST(the schedule is that of the configuration) {
  planned here;
  here.settings.backup.directory = here.shelf();
  auto usual = here.plan();
  CAF_REQUIRE(usual);
  CAF_CHECK(usual->every == 60min);
  CAF_CHECK(usual->alert_after == 180min);
  here.settings.backup.every_minutes = 5;
  here.settings.backup.alert_after_minutes = 7;
  auto other = here.plan();
  CAF_CHECK(other->every == 5min);
  CAF_CHECK(other->alert_after == 7min);
}

CAF_TEST(so many are kept as the configuration says) {
  planned here;
  here.settings.backup.directory = here.shelf();
  here.settings.backup.keep = 2;
  auto plan = here.plan();
  CAF_REQUIRE(plan);
  for (uint32_t id : {1, 2, 3}) {
    auto mark = plan->take(go_on);
    CAF_REQUIRE(mark);
    CAF_CHECK_EQUAL(mark->id(), id);
  }
  auto list = plan->list();
  CAF_REQUIRE(list);
  CAF_REQUIRE_EQUAL(list->backups_size(), 2);
  CAF_CHECK_EQUAL(list->backups(1).mark().id(), 2u);
  CAF_CHECK(plan->verify(2));
  CAF_CHECK(plan->verify(1).error() == ec::not_found);
}

CAF_TEST(an object that is dropped while a backup is taken is in it) {
  planned here;
  here.settings.backup.directory = here.shelf();
  auto name = here.kept.objects->put(scope_of("default/task/a"), std::string(100'000, 'x'));
  CAF_REQUIRE(name);
  std::mt19937 random{7};
  std::string bulk(2 * limits::backup_progress_bytes, ' '); // so that progress is told on the way
  std::generate(bulk.begin(), bulk.end(), [&] { return static_cast<char>(random()); });
  CAF_REQUIRE(!here.kept.plain->write({{space::timeseries, "bulk", bulk}}));
  unsigned tries = 0;
  auto taken = here.plan()->take([&](uint64_t, uint64_t) {
    ++tries;
    return !here.kept.objects->erase(name->id); // it is held, so it stays
  });
  CAF_REQUIRE(taken);
  CAF_CHECK(tries > 0);
  size_t files = 0;
  for (auto& entry :
       std::filesystem::recursive_directory_iterator{std::filesystem::path{here.shelf()} / "objects"})
    files += entry.is_regular_file();
  CAF_CHECK_EQUAL(files, 1u);
}
