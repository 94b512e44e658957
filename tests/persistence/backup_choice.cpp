// A restore begins with the backup that needs the smallest cut, of the right history, and never with a bad one.
#define CAF_SUITE persistence.backup_choice
#include <caf/test/unit_test.hpp>
#include <troupe/persistence/backup_choice.hpp>

using namespace troupe;

namespace {

struct shelf {
  BackupList list;
  // Newest first, as they are listed.
  shelf& add(uint32_t id, uint64_t gsn, const std::string& history = {}, const std::string& trouble = {}) {
    auto& entry = *list.add_backups();
    entry.mutable_mark()->set_id(id);
    entry.mutable_mark()->set_gsn(gsn);
    entry.mutable_mark()->set_time_us(static_cast<int64_t>(gsn) * 1000);
    entry.mutable_mark()->set_history(history);
    entry.set_trouble(trouble);
    return *this;
  }
  uint32_t choose(const cut_point& point, uint32_t id = 0) const {
    auto chosen = choose_backup(list, point, id);
    return chosen ? chosen->id() : 0;
  }
  ec refusal(const cut_point& point, uint32_t id = 0) const {
    return code_of(choose_backup(list, point, id).error());
  }
};

} // namespace

CAF_TEST(without a point the newest good one is chosen) {
  shelf all;
  all.add(3, 30, "", "damaged").add(2, 20).add(1, 10);
  CAF_CHECK_EQUAL(all.choose({}), 2u);
}

CAF_TEST(the oldest that reaches to the point is chosen) {
  shelf all;
  all.add(3, 30).add(2, 20).add(1, 10);
  CAF_CHECK_EQUAL(all.choose({.gsn = 10}), 1u);
  CAF_CHECK_EQUAL(all.choose({.gsn = 11}), 2u);
  CAF_CHECK_EQUAL(all.choose({.time_us = 20'000}), 2u);
  CAF_CHECK_EQUAL(all.choose({.time_us = 20'001}), 3u);
}

CAF_TEST(a point nobody reaches is told what there is) {
  shelf all;
  all.add(3, 30).add(2, 20);
  auto refused = choose_backup(all.list, {.gsn = 31});
  CAF_REQUIRE(!refused);
  CAF_CHECK(refused.error() == ec::not_found);
  CAF_CHECK(text_of(refused.error()).find("backup 3 ends at event 30") == 0);
}

CAF_TEST(events of another history have the same numbers and are others) {
  shelf all; // 1 and 2 were taken, then 1 was restored, lived on and was saved as 3
  all.add(3, 15, "second").add(2, 20).add(1, 10);
  CAF_CHECK_EQUAL(all.choose({.gsn = 12}), 3u);
  CAF_CHECK_EQUAL(all.choose({.gsn = 5}), 3u);
  CAF_CHECK(all.refusal({.gsn = 18}) == ec::not_found);
  CAF_CHECK_EQUAL(all.choose({.gsn = 18}, 2), 2u); // unless it is asked for by name
}

CAF_TEST(one that is named is taken or the reason told) {
  shelf all;
  all.add(3, 30).add(2, 20, "", "its tables are missing").add(1, 10);
  CAF_CHECK_EQUAL(all.choose({}, 1), 1u);
  CAF_CHECK(all.refusal({}, 2) == ec::corrupt);
  CAF_CHECK(all.refusal({.gsn = 11}, 1) == ec::not_found);
  CAF_CHECK(all.refusal({}, 4) == ec::not_found);
}

CAF_TEST(where all are bad or none is there none is chosen) {
  CAF_CHECK(shelf{}.refusal({}) == ec::not_found);
  shelf bad;
  bad.add(1, 10, "", "damaged");
  CAF_CHECK(bad.refusal({.gsn = 1}) == ec::not_found);
}
