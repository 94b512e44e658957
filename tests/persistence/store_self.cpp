// A store knows its layout, its id and its epochs; rows that tell otherwise are refused.
#define CAF_SUITE persistence.store_self
#include <caf/test/unit_test.hpp>
#include <troupe/persistence/keys.hpp>
#include <troupe/persistence/store_self.hpp>

using namespace troupe;

namespace {

using row_map = std::map<std::string, std::string>;

store_self newborn() {
  return {std::string(32, 'k'), "id"};
}

row_map rows_of(const write_batch& batch) {
  row_map rows;
  for (auto& change : batch)
    rows[change.key] = *change.value;
  return rows;
}

ec refusal(const row_map& rows) {
  auto read = store_self::read(rows);
  return read ? ec{} : code_of(read.error());
}

} // namespace

CAF_TEST(rows on disk keep their names and bytes) {
  CAF_CHECK((rows_of(newborn().birth()) == row_map{{store_key("layout"), "1"},
                                                   {store_key("naming_key"), std::string(32, 'k')},
                                                   {store_key("id"), "id"}}));
  auto raised = newborn().admit({fence{200, 17}});
  CAF_REQUIRE(raised);
  CAF_CHECK((rows_of(*raised) == row_map{{store_key("epoch/200"), "17"}}));
}

CAF_TEST(what was written at birth is read again with its epochs) {
  auto rows = rows_of(newborn().birth());
  rows[store_key("epoch/200")] = "17";
  rows[store_key("of another part")] = "kept";
  auto self = store_self::read(rows);
  CAF_REQUIRE(self);
  CAF_CHECK_EQUAL(self->id(), "id");
  CAF_CHECK_EQUAL(self->naming_key(), std::string(32, 'k'));
  CAF_CHECK_EQUAL(code_of(self->admit({fence{200, 16}}).error()), ec::stale);
  auto same = self->admit({fence{200, 17}});
  CAF_REQUIRE(same);
  CAF_CHECK(same->empty());
}

CAF_TEST(a newer layout is refused) {
  auto rows = rows_of(newborn().birth());
  rows[store_key("layout")] = std::to_string(store_self::layout + 1);
  CAF_CHECK_EQUAL(refusal(rows), ec::from_future);
}

CAF_TEST(missing or garbled rows are damage) {
  CAF_CHECK_EQUAL(refusal({}), ec::corrupt);
  for (auto name : {"layout", "naming_key", "id"}) {
    auto rows = rows_of(newborn().birth());
    rows.erase(store_key(name));
    CAF_CHECK_EQUAL(refusal(rows), ec::corrupt);
  }
  for (auto text : {"", "x", "1x", "-1", "18446744073709551616"}) {
    auto rows = rows_of(newborn().birth());
    rows[store_key("epoch/3")] = text;
    CAF_CHECK_EQUAL(refusal(rows), ec::corrupt);
  }
}

CAF_TEST(reading again takes the epochs but never another identity) {
  auto self = newborn();
  auto rows = rows_of(self.birth());
  rows[store_key("epoch/3")] = "5";
  CAF_CHECK(!self.reread(rows));
  CAF_CHECK_EQUAL(code_of(self.admit({fence{3, 4}}).error()), ec::stale);
  rows[store_key("id")] = "other";
  CAF_CHECK_EQUAL(code_of(self.reread(rows)), ec::corrupt);
  CAF_CHECK_EQUAL(code_of(self.reread({})), ec::corrupt);
  CAF_CHECK_EQUAL(self.id(), "id");
}
