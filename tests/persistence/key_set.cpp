// A key set is what its lines say, and refuses lines that say something else.
#define CAF_SUITE persistence.key_set
#include <caf/test/unit_test.hpp>
#include <troupe/persistence/key_set.hpp>
#include <troupe/runtime/error.hpp>

using namespace troupe;

namespace {

constexpr std::string_view written =
    "store 01M8\n"
    "naming_key 6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e\n"
    "stage 1\n"
    "key 00000007 0 1700000000000 0 "
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f \n"
    "key 9f3a01c2 2 1700000000001 1700000000002 "
    "101112131415161718191a1b1c1d1e1f000102030405060708090a0b0c0d0e0f acme\n"
    "key 9f3a01c3 3 5 0 - other\n"
    "key 9f3a01c4 0 6 0 "
    "xaes:101112131415161718191a1b1c1d1e1f000102030405060708090a0b0c0d0e0f globex\n";

std::string replaced(std::string_view from, std::string_view to) {
  std::string text{written};
  text.replace(text.find(from), from.size(), to);
  return text;
}

} // namespace

CAF_TEST(lines are read and written the same) {
  auto set = key_set::from_lines(written);
  CAF_REQUIRE(set);
  CAF_CHECK_EQUAL(set->lines(), written);
  CAF_CHECK_EQUAL(set->store_id, "01M8");
  CAF_CHECK(set->stage() == seal_stage::sealed);
  CAF_CHECK_EQUAL(set->active("")->key.id, 7u);
  CAF_CHECK(!set->active("acme")); // spare
  CAF_CHECK_EQUAL(set->find(0x9f3a01c2)->made_ms, 1700000000001);
  CAF_CHECK(set->active("")->key.cipher == seal_cipher::xchacha20_poly1305); // made by an earlier version
  CAF_CHECK(set->active("globex")->key.cipher == seal_cipher::xaes_256_gcm);
  CAF_CHECK(set->is_shredded("other"));
  CAF_CHECK(set->find(0x9f3a01c3)->destroyed());
  CAF_CHECK(set->pending()); // its rows are still there
  set->rotate(7);
  CAF_CHECK(set->active("")->key.cipher == seal_cipher::xaes_256_gcm);
  CAF_CHECK(set->find(7)->key.cipher == seal_cipher::xchacha20_poly1305);
}

CAF_TEST(other lines are refused) {
  for (auto& text : {replaced("stage 1", "stage 3"), replaced("stage 1", "stage x"),
                     replaced("key 00000007 0", "key 00000000 0"),
                     replaced("key 00000007 0", "key 00000007 5"), replaced("key 9f", "lock 9f"),
                     replaced(" 000102", " 0102"), replaced("xaes:", "aes:"), replaced("xaes:10", "xaes:"),
                     replaced("1700000000000", "soon"), replaced("naming_key 6e6e", "naming_key 6e"),
                     replaced("store 01M8\n", ""), std::string{"what\n"}, std::string{}})
    CAF_CHECK(!key_set::from_lines(text));
}

CAF_TEST(a key nothing needs is kept for backups and goes in time) {
  auto set = *key_set::from_lines(written);
  auto day = int64_t{24} * 3600 * 1000, now = 1700000000002 + 399 * day;
  set.rotate(now);
  set.all_sealed(now);
  CAF_CHECK(set.find(7)->state == key_state::spare);
  CAF_CHECK(set.find(0x9f3a01c3)->state == key_state::erased);
  set.all_sealed(now + 2 * day);
  CAF_CHECK(!set.find(0x9f3a01c2)); // retired 401 days ago
  CAF_CHECK(set.find(7));
  set.all_sealed(now + 401 * day);
  CAF_CHECK(!set.find(7));
  CAF_CHECK(set.find(0x9f3a01c3)); // that somebody was shredded is never forgotten
}

CAF_TEST(rows of before wait again whatever sealed them) {
  auto set = *key_set::from_lines(written);
  set.all_sealed(1700000000003);
  CAF_CHECK(!set.pending());
  set.rows_are_of_before();
  CAF_CHECK(set.pending());
  CAF_CHECK(set.stage() == seal_stage::converting);
  CAF_CHECK(set.find(7)->state == key_state::active);
  CAF_CHECK(set.find(0x9f3a01c2)->state == key_state::old);
  CAF_CHECK(set.find(0x9f3a01c3)->state == key_state::shredded);
}

CAF_TEST(a copy changes by itself) {
  auto set = *key_set::from_lines(written);
  auto copy = set;
  copy.rotate(9);
  copy.add_fresh("acme", 9);
  CAF_CHECK(!copy.shred("acme"));
  CAF_CHECK_EQUAL(set.lines(), written);
  CAF_CHECK_EQUAL(set.active("")->key.id, 7u);
  CAF_CHECK_NOT_EQUAL(copy.active("")->key.id, 7u);
  CAF_CHECK_EQUAL(copy.changes(), set.changes() + 2);
}

CAF_TEST(what cannot be opened is told by the reason) {
  auto set = *key_set::from_lines(written);
  auto gone = cannot_open_with(0x9f3a01c3, set, "a row");
  CAF_CHECK_EQUAL(code_of(gone), ec::shredded);
  CAF_CHECK(text_of(gone).find("tenant other") != std::string::npos);
  auto unknown = cannot_open_with(0x11, set, "a row");
  CAF_CHECK_EQUAL(code_of(unknown), ec::key_missing);
  CAF_CHECK(text_of(unknown).find("a row is sealed under the key 00000011") != std::string::npos);
}
