// Backups as people see them.
#define CAF_SUITE net.node.backup_views
#include <caf/test/unit_test.hpp>
#include <cstdlib>
#include <ctime>
#include <troupe/net/node/views.hpp>

using namespace troupe;

namespace {

constexpr int64_t now = 1'700'000'000'000; // 2023-11-14 22:13:20 UTC
constexpr text_look plain{.colour = false, .now_ms = now};

struct utc {
  utc() {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
  }
};

BackupMark mark() {
  BackupMark one;
  one.set_id(3);
  one.set_store("S");
  one.set_gsn(1234);
  one.set_time_us(1000 * (now - 60'000));
  one.set_version("0.1.0");
  one.set_created_ms(now);
  one.set_took_ms(4200);
  one.set_bytes(1'020'000'000);
  one.set_new_bytes(20'400'000);
  return one;
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(backup_view_tests, utc)

CAF_TEST(a backup is shown with what is in it) {
  CAF_CHECK_EQUAL(show(mark(), plain), "backup   3\n"
                                       "store    S\n"
                                       "events   up to 1234, of 22:12:20\n"
                                       "taken    22:13:20, in 4.2 s\n"
                                       "size     1.02 GB, of which 20.4 MB new\n"
                                       "program  troupe 0.1.0\n");
}

CAF_TEST(a list shows trouble where there is some) {
  BackupList list;
  list.set_directory("shelf");
  CAF_CHECK_EQUAL(show(list, plain), "no backups in shelf\n");
  *list.add_backups()->mutable_mark() = mark();
  CAF_CHECK_EQUAL(show(list, plain), "ID  TAKEN     LAST EVENT  OF        SIZE     NEW\n"
                                     "3   22:13:20  1234        22:12:20  1.02 GB  20.4 MB\n");
  auto& bad = *list.add_backups();
  bad.mutable_mark()->set_id(2);
  bad.set_trouble("its mark is damaged");
  list.set_unfinished(1);
  CAF_CHECK_EQUAL(show(list, plain),
                  "ID  TAKEN     LAST EVENT  OF        SIZE     NEW      TROUBLE\n"
                  "3   22:13:20  1234        22:12:20  1.02 GB  20.4 MB\n"
                  "2   -                     -                           its mark is damaged\n"
                  "one more was begun and not ended; the next backup removes it\n");
}

CAF_TEST(the health of the schedule is one line) {
  BackupStatus status;
  CAF_CHECK_EQUAL(backup_health(status, plain).text, "none yet");
  *status.mutable_last_good() = mark();
  CAF_CHECK_EQUAL(backup_health(status, plain).text, "22:13:20, 1.02 GB, up to event 1234");
  status.set_overdue(true);
  status.set_last_failure("disk_full: no room");
  CAF_CHECK_EQUAL(backup_health(status, plain).text,
                  "22:13:20, 1.02 GB, up to event 1234; that is too old; since then: disk_full: no room");
  CAF_CHECK(backup_health(status, plain).meaning == text_tone::bad);
  NodeStatus node;
  CAF_CHECK(show(node, plain).find("\nbackup ") == std::string::npos);
  *node.mutable_backup() = status;
  CAF_CHECK(show(node, plain).find("\nbackup    22:13:20, ") != std::string::npos);
}

CAF_TEST(a restore tells what it left out and what to type next) {
  RestoreReport report;
  *report.mutable_backup() = mark();
  report.set_directory("back");
  report.set_gsn(1000);
  report.set_time_us(1000 * (now - 120'000));
  CAF_CHECK_EQUAL(show(report, plain), "restored  backup 3 of store S\n"
                                       "into      back\n"
                                       "events    up to 1000, of 22:11:20\n"
                                       "next      troupe node --data back\n");
  report.set_dropped(234);
  report.set_moved(true);
  auto text = show(report, plain);
  CAF_CHECK(text.find("left out  234 later ones\n") != std::string::npos);
  CAF_CHECK(text.find("moved     the point lay within one decision: it was kept whole\n") !=
            std::string::npos);
}

CAF_TEST_FIXTURE_SCOPE_END()
