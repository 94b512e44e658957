// What is on disks for years: a changed byte of a key or a header fails here.
#define CAF_SUITE persistence.keys
#include <caf/test/unit_test.hpp>
#include <stdexcept>
#include <troupe/persistence/keys.hpp>
#include <vector>

using namespace troupe;
using namespace std::string_literals;

namespace {

std::string hex(std::string_view bytes) {
  std::string text;
  for (auto byte : bytes) {
    constexpr char digits[] = "0123456789abcdef";
    text += digits[static_cast<uint8_t>(byte) >> 4];
    text += digits[static_cast<uint8_t>(byte) & 15];
  }
  return text;
}

// 00 01 02 .. 1f
std::string naming_key() {
  std::string key;
  for (char byte = 0; byte < 32; ++byte)
    key += byte;
  return key;
}

entity_id run() {
  return identify("acme/run/r-1", naming_key());
}

entity_id last_entity() {
  entity_id id;
  id.shard = 0xff;
  id.hash.fill(0xff);
  return id;
}

bool inside(const std::string& key, const std::string& begin, const std::string& end) {
  return begin <= key && key < end;
}

template <class F>
bool throws(F&& call) {
  try {
    call();
  } catch (const std::logic_error&) {
    return true;
  }
  return false;
}

const std::string hash =
    "58eaf5c588c432dcd2c8feffc8b6103b"; // hashes here are from another BLAKE2b implementation

} // namespace

CAF_TEST(every key has the bytes it will have for ever) {
  CAF_CHECK_EQUAL(shard_of("acme/run/r-1"), 0xa2);
  CAF_CHECK_EQUAL(run().shard, 0xa2);
  CAF_CHECK_EQUAL(hex(journal_key(run(), 0x0102030405060708)), "01a2" + hash + "0102030405060708");
  CAF_CHECK_EQUAL(hex(snapshot_key(run(), 0x0102030405060708)), "01a2" + hash + "fefdfcfbfaf9f8f7");
  CAF_CHECK_EQUAL(hex(entity_begin(run())), "01a2" + hash);
  CAF_CHECK_EQUAL(hex(index_key(run(), index_table::runs, "run", naming_key())),
                  "02a202" + hash + "8f2abce9556e65f8");
  CAF_CHECK_EQUAL(hex(timer_key(run(), 1'700'000'000'123, "wake", naming_key())), "04a2"
                                                                                  "0000018bcfe5687b" +
                                                                                      hash +
                                                                                      "bec9b678076b2fea");
  CAF_CHECK_EQUAL(hex(name_key(run())), "05a2" + hash);
  CAF_CHECK_EQUAL(hex(store_key("id")), "006964");
}

CAF_TEST(listings keep their numbers) {
  CAF_CHECK_EQUAL(hex(index_begin(7, index_table::agents)), "020701");
  CAF_CHECK_EQUAL(hex(index_begin(7, index_table::runs)), "020702");
  CAF_CHECK_EQUAL(hex(index_begin(7, index_table::tasks)), "020703");
  CAF_CHECK_EQUAL(hex(index_begin(7, index_table::dead_letters)), "020704");
  CAF_CHECK_EQUAL(hex(index_begin(7, index_table::questions)), "020705");
  CAF_CHECK_EQUAL(hex(index_begin(7, index_table::ledgers)), "020706");
  CAF_CHECK_EQUAL(hex(index_begin(7, index_table::workflows)), "020708");
}

CAF_TEST(events sort by number and the newest snapshot comes first) {
  const std::vector<uint64_t> seqs{0, 1, 255, 256, 65'535, 65'536, 1ull << 32, 1ull << 63, UINT64_MAX};
  for (size_t i = 1; i < seqs.size(); ++i) {
    CAF_CHECK(journal_key(run(), seqs[i - 1]) < journal_key(run(), seqs[i]));
    CAF_CHECK(snapshot_key(run(), seqs[i - 1]) > snapshot_key(run(), seqs[i]));
  }
  for (auto seq : seqs) {
    CAF_CHECK_EQUAL(seq_of_journal_key(journal_key(run(), seq)), seq);
    CAF_CHECK_EQUAL(seq_of_snapshot_key(snapshot_key(run(), seq)), seq);
  }
}

CAF_TEST(a key that is no event key has no number) {
  CAF_CHECK(throws([] { seq_of_journal_key(entity_begin(run())); }));
  CAF_CHECK(throws([] { seq_of_snapshot_key(""); }));
}

CAF_TEST(the range of an entity holds its rows and no other) {
  for (auto entity : {run(), last_entity(), entity_id{}}) {
    for (auto seq : {uint64_t{0}, UINT64_MAX})
      CAF_CHECK(inside(journal_key(entity, seq), entity_begin(entity), entity_end(entity)));
    CAF_CHECK(!inside(name_key(entity), entity_begin(entity), entity_end(entity)));
  }
  auto neighbor = run();
  ++neighbor.hash.back();
  CAF_CHECK_EQUAL(entity_end(run()), entity_begin(neighbor));
  CAF_CHECK(!inside(journal_key(neighbor, 0), entity_begin(run()), entity_end(run())));
}

CAF_TEST(the range of a listing holds its rows and no other) {
  auto row = index_key(run(), index_table::runs, "run", naming_key());
  CAF_CHECK(inside(row, index_begin(0xa2, index_table::runs), index_end(0xa2, index_table::runs)));
  CAF_CHECK(!inside(row, index_begin(0xa2, index_table::agents), index_end(0xa2, index_table::agents)));
  CAF_CHECK(!inside(row, index_begin(0xa3, index_table::runs), index_end(0xa3, index_table::runs)));
}

CAF_TEST(timers sort by due time and the range ends after those that are due) {
  auto at = [](int64_t due_ms) { return timer_key(last_entity(), due_ms, "wake", naming_key()); };
  CAF_CHECK(at(999) < timer_key(entity_id{0xff, {}}, 1000, "wake", naming_key()));
  CAF_CHECK(inside(at(0), timer_begin(0xff), timer_end(0xff, 0)));
  CAF_CHECK(inside(at(1000), timer_begin(0xff), timer_end(0xff, 1000)));
  CAF_CHECK(!inside(at(1001), timer_begin(0xff), timer_end(0xff, 1000)));
  CAF_CHECK(inside(at(INT64_MAX), timer_begin(0xff), timer_end(0xff, INT64_MAX)));
}

CAF_TEST(a timer set for a time before 1970 is due at once) {
  CAF_CHECK_EQUAL(timer_key(run(), -5, "wake", naming_key()), timer_key(run(), 0, "wake", naming_key()));
  CAF_CHECK_EQUAL(timer_end(1, -5), timer_end(1, 0));
}

CAF_TEST(rows of the store itself stand before all others) {
  CAF_CHECK(inside(store_key("\xff"), store_key(""), store_end()));
  CAF_CHECK(!inside(name_key(entity_id{}), store_key(""), store_end()));
}

CAF_TEST(a ref has another hash under another naming key and the same shard) {
  auto other = naming_key();
  other.back() = 0;
  CAF_CHECK(identify("acme/run/r-1", other).hash != run().hash);
  CAF_CHECK_EQUAL(identify("acme/run/r-1", other).shard, run().shard);
  CAF_CHECK(throws([] { identify("acme/run/r-1", "short"); }));
}

CAF_TEST(every row tells whose it is) {
  auto key = naming_key();
  for (auto& one :
       {journal_key(run(), 7), snapshot_key(run(), 7), index_key(run(), index_table::runs, "summary", key),
        timer_key(run(), 5, "later", key), name_key(run())}) {
    CAF_CHECK(entity_of(one) == run());
    CAF_CHECK(!entity_of(one + "x"));
    CAF_CHECK(!entity_of(std::string_view{one}.substr(0, one.size() - 1)));
  }
  CAF_CHECK(!entity_of(store_key("journal")));
  CAF_CHECK(!entity_of("\x03" + journal_key(run(), 7).substr(1)));
  CAF_CHECK(!entity_of(""));
}

CAF_TEST(a shard holds its entities and no others) {
  for (auto entity : {run(), last_entity()}) {
    auto shard = entity.shard;
    CAF_CHECK(inside(journal_key(entity, 1), shard_begin(shard), shard_end(shard)));
    CAF_CHECK(inside(journal_key(entity, UINT64_MAX), shard_begin(shard), shard_end(shard)));
    CAF_CHECK(inside(name_key(entity), names_begin(shard), names_end(shard)));
    auto neighbour = static_cast<uint8_t>(shard - 1);
    CAF_CHECK(!inside(journal_key(entity, 1), shard_begin(neighbour), shard_end(neighbour)));
    CAF_CHECK(!inside(name_key(entity), names_begin(neighbour), names_end(neighbour)));
  }
}

CAF_TEST(naming keys are random) {
  CAF_CHECK_EQUAL(make_naming_key().size(), 32u);
  CAF_CHECK_NOT_EQUAL(make_naming_key(), make_naming_key());
}

CAF_TEST(an envelope has the bytes it will have for ever) {
  envelope header{.key_id = 0x01020304,
                  .type = 0x05060708,
                  .version = 0x090a,
                  .flags = last_of_append,
                  .time_us = 0x0b0c0d0e0f101112,
                  .gsn = 0x131415161718191a};
  auto stored = wrap(header, "payload");
  CAF_CHECK_EQUAL(hex(stored.substr(0, envelope_bytes)), "01"
                                                         "01020304"
                                                         "05060708"
                                                         "090a"
                                                         "01"
                                                         "0b0c0d0e0f101112"
                                                         "131415161718191a");
  std::string_view payload;
  auto read = unwrap(stored, payload);
  CAF_REQUIRE(read.has_value());
  CAF_CHECK(*read == header);
  CAF_CHECK_EQUAL(payload, "payload");
}

CAF_TEST(an envelope may hold nothing and negative time) {
  envelope header{.time_us = -1, .gsn = UINT64_MAX};
  auto stored = wrap(header, "");
  std::string_view payload = "untouched";
  auto read = unwrap(stored, payload);
  CAF_REQUIRE(read.has_value());
  CAF_CHECK(*read == header);
  CAF_CHECK(payload.empty());
}

CAF_TEST(short or unknown records are refused) {
  auto stored = wrap({}, "");
  std::string_view payload = "untouched";
  CAF_CHECK(!unwrap(stored.substr(0, envelope_bytes - 1), payload));
  CAF_CHECK(!unwrap("", payload));
  stored[0] = 2;
  CAF_CHECK(!unwrap(stored, payload));
  CAF_CHECK(!unwrap(std::string(100, '\xff'), payload));
  CAF_CHECK_EQUAL(payload, "untouched");
}

CAF_TEST(record types keep their numbers) {
  CAF_CHECK_EQUAL(record_type("troupe.Snapshot"), 0x08f175a9u);
  CAF_CHECK_EQUAL(record_type("troupe.JournalRecord"), 0x0854a3bdu);
  CAF_CHECK_EQUAL(record_type(""), 0x0e5751c0u);
}

CAF_TEST(an object is named by its shard and what it holds and whose it is) {
  auto key = naming_key();
  object_scope acme{7, "acme"};
  auto name = name_object(acme, "bytes", key);
  auto id = name.id;
  CAF_CHECK_EQUAL(int{id[0]}, 7);
  CAF_CHECK(name == name_object(acme, "bytes", key));
  for (auto& other :
       {name_object(acme, "byte", key), name_object({7, "acm"}, "ebytes", key),
        name_object({8, "acme"}, "bytes", key), name_object(acme, "bytes", std::string(32, '!'))}) {
    CAF_CHECK(id != other.id);
    CAF_CHECK(name.key != other.key);
  }
  auto text = to_string(id);
  CAF_CHECK_EQUAL(text.size(), 64u);
  CAF_CHECK(text.starts_with("07"));
  CAF_CHECK(parse_object_id(text) == id);
  for (std::string wrong : {text.substr(1), text + "0", "0g" + text.substr(2), std::string{}})
    CAF_CHECK(!parse_object_id(wrong));
  CAF_CHECK_EQUAL(object_key(id), ("\x06" + std::string{id.begin(), id.end()}));
  CAF_CHECK(object_of_key(object_key(id)) == id);
  CAF_CHECK(inside(object_key(id), object_begin(7), object_end(7)));
  CAF_CHECK(!inside(object_key(id), object_begin(8), object_end(8)));
  CAF_CHECK(throws([] { object_of_key("short"); }));
}

CAF_TEST(the scope of an entity is its shard and tenant) {
  auto scope = scope_of("acme/run/r-1");
  CAF_CHECK_EQUAL(scope.tenant, "acme");
  CAF_CHECK_EQUAL(int{scope.shard}, int{shard_of("acme/run/r-1")});
}

CAF_TEST(what has expired is told apart by shard and tenant and kind) {
  auto key = naming_key();
  auto run_row = expired_key("acme/run/r-1", key);
  CAF_CHECK_EQUAL(run_row.size(), 18u);
  CAF_CHECK_EQUAL(int{run_row[0]}, 7);
  CAF_CHECK_EQUAL(static_cast<uint8_t>(run_row[1]), shard_of("acme/run/r-1"));
  auto same_shard = [&](const std::string& kind) { // another name in that shard
    for (int i = 0;; ++i)
      if (auto name = kind + "/x" + std::to_string(i); shard_of(name) == shard_of("acme/run/r-1"))
        return expired_key(name, key);
  };
  CAF_CHECK_EQUAL(same_shard("acme/run"), run_row);
  CAF_CHECK_NOT_EQUAL(same_shard("acme/task"), run_row);
  CAF_CHECK_NOT_EQUAL(same_shard("beta/run"), run_row);
}

CAF_TEST(the rows of one entity in a listing are neighbours) {
  auto key = naming_key();
  auto mine = index_key(run(), index_table::runs, "summary", key);
  CAF_CHECK(inside(mine, index_begin(run(), index_table::runs), index_end(run(), index_table::runs)));
  CAF_CHECK(!inside(mine, index_begin(run(), index_table::tasks), index_end(run(), index_table::tasks)));
  auto other = run();
  ++other.hash.back();
  CAF_CHECK(!inside(mine, index_begin(other, index_table::runs), index_end(other, index_table::runs)));
}
