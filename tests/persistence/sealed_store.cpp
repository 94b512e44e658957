// A sealed store keeps the contract of every store, and tells a wrong key, a missing one, a shredded tenant and damage apart.
#define CAF_SUITE persistence.sealed_store
#include <caf/test/unit_test.hpp>
#include <fstream>
#include <sstream>
#include <tests/support/journal_bench.hpp>
#include <tests/support/memory_key_file.hpp>
#include <tests/support/scratch.hpp>
#include <tests/support/shared_key_file.hpp>
#include <troupe/persistence/sealed_store.hpp>
#include <troupe/persistence/store_self.hpp>

namespace {

struct subject {
  std::shared_ptr<troupe::memory_store> memory = troupe::open_memory();
  std::shared_ptr<troupe::memory_key_file> file = std::make_shared<troupe::memory_key_file>();
  std::shared_ptr<troupe::hand_clock> time = std::make_shared<troupe::hand_clock>();
  std::optional<troupe::sealing_key> master = troupe::sealing_key::random();
  std::shared_ptr<troupe::store> rows;
  std::shared_ptr<troupe::sealed_store> sealed;

  subject() {
    open();
  }
  caf::expected<troupe::sealing> reopened() const {
    return troupe::seal_store(memory, file, master, time);
  }
  void open() {
    auto opened = reopened();
    CAF_REQUIRE(opened);
    rows = opened->rows;
    sealed = opened->sealed;
  }
  void restart() {
    memory = memory->clone();
    open();
  }
  troupe::ec refused() const {
    auto opened = reopened();
    return opened ? troupe::ec{} : troupe::code_of(opened.error());
  }
};

} // namespace

#include "tests/persistence/store_contract.hpp"

CAF_TEST_FIXTURE_SCOPE(sealed_store_tests, subject)

using namespace troupe;
using namespace troupe::contract;

namespace {

entity_id entity(const store& rows, const std::string& ref) {
  return identify(ref, rows.naming_key());
}

row_change event_of(const store& rows, const std::string& ref, uint64_t seq, const std::string& payload) {
  envelope header;
  header.type = 7;
  header.gsn = seq;
  return {space::journal, journal_key(entity(rows, ref), seq), wrap(header, payload),
          std::string{tenant_of(ref)}};
}

row_change name_of(const store& rows, const std::string& ref) {
  return {space::meta, name_key(entity(rows, ref)), ref, std::string{tenant_of(ref)}};
}

std::string payload_of(const store& rows, const std::string& ref, uint64_t seq) {
  auto value = rows.get(space::journal, journal_key(entity(rows, ref), seq));
  if (!value)
    return to_string(code_of(value.error()));
  std::string_view payload;
  return *value && unwrap(**value, payload) ? std::string{payload} : "(none)";
}

// The value below, as it lies on the disk.
std::string raw(const store& below, space where, const std::string& key) {
  return below.get(where, key)->value_or("(none)");
}

} // namespace

CAF_TEST(nothing is below as it was written) {
  CAF_CHECK(!rows->write({event_of(*rows, "acme/task/1", 1, "top secret"), name_of(*rows, "acme/task/1"),
                          put("k", "top secret", space::index)}));
  for (auto where : {space::journal, space::index, space::meta, space::snapshot})
    CAF_CHECK(!memory->scan(where, "", "\xff", [](std::string_view key, std::string_view value) {
      CAF_CHECK(value.find("secret") == std::string_view::npos);
      CAF_CHECK(value.find("acme") == std::string_view::npos);
      CAF_CHECK(key.find("acme") == std::string_view::npos);
      return true;
    }));
  CAF_CHECK_EQUAL(payload_of(*rows, "acme/task/1", 1), "top secret");
}

CAF_TEST(a header can be read below without a key) {
  CAF_CHECK(!rows->write({event_of(*rows, "acme/task/1", 9, "x")}));
  std::string_view payload;
  auto stored = raw(*memory, space::journal, journal_key(entity(*rows, "acme/task/1"), 9));
  auto header = unwrap(stored, payload);
  CAF_REQUIRE(header);
  CAF_CHECK_EQUAL(header->gsn, 9u);
  CAF_CHECK_EQUAL(header->key_id, sealed->ring().keys()->active("acme")->key.id);
}

CAF_TEST(the naming key is in the ring alone) {
  CAF_CHECK_EQUAL(std::string{memory->clone()->naming_key()}, store_self::moved_naming_key());
  CAF_CHECK_NOT_EQUAL(rows->naming_key(), store_self::moved_naming_key());
  CAF_CHECK_NOT_EQUAL(rows->naming_key(),
                      std::string{open_memory()->naming_key()}); // the newborn store's own was never used
}

CAF_TEST(each tenant has a key of its own) {
  CAF_CHECK(!rows->write(
      {event_of(*rows, "acme/task/1", 1, "a"), event_of(*rows, "other/task/1", 1, "b"), put("k", "v")}));
  auto keys = sealed->ring().keys();
  auto id_of = [&](const std::string& ref) {
    return sealing_key_of(raw(*memory, space::journal, journal_key(entity(*rows, ref), 1)));
  };
  CAF_CHECK(id_of("acme/task/1") == keys->active("acme")->key.id);
  CAF_CHECK(id_of("other/task/1") == keys->active("other")->key.id);
  CAF_CHECK(sealing_key_of(raw(*memory, space::journal, "k")) == keys->active("")->key.id);
}

CAF_TEST(a changed or moved or plain value is damage and names space and entity) {
  CAF_CHECK(
      !rows->write({event_of(*rows, "acme/task/1", 1, "one"), event_of(*rows, "acme/task/1", 2, "two")}));
  auto key = journal_key(entity(*rows, "acme/task/1"), 1);
  auto whole = raw(*memory, space::journal, key),
       other = raw(*memory, space::journal, journal_key(entity(*rows, "acme/task/1"), 2));
  auto flipped = whole;
  flipped.back() = static_cast<char>(flipped.back() ^ 1);
  envelope plain;
  for (auto& value : {flipped, other, wrap(plain, "forged"), std::string{"forged"}, std::string{}}) {
    CAF_CHECK(!memory->write({{space::journal, key, value}}));
    CAF_CHECK_EQUAL(payload_of(*rows, "acme/task/1", 1), "corrupt");
    auto failed = rows->scan(space::journal, key, "\xff", [](auto, auto) { return true; });
    CAF_CHECK_EQUAL(code_of(failed), ec::corrupt);
    CAF_CHECK(text_of(failed).find("in journal") != std::string::npos);
    CAF_CHECK(text_of(failed).find("entity") != std::string::npos);
  }
  CAF_CHECK(!memory->write({{space::journal, key, whole}}));
  CAF_CHECK_EQUAL(payload_of(*rows, "acme/task/1", 1), "one");
}

CAF_TEST(a key the ring does not know is missing) {
  auto before = file->content;
  CAF_CHECK(!rows->write({event_of(*rows, "acme/task/1", 1, "one"), put("k", "v")}));
  file->content = before; // an older copy of the ring
  restart();
  CAF_CHECK_EQUAL(payload_of(*rows, "acme/task/1", 1), "key_missing");
  CAF_CHECK_EQUAL(value_of(*rows, "k"), "v");
  CAF_CHECK(
      !rows->write({event_of(*rows, "acme/task/1", 2, "two")})); // under another id: nothing is confused
  CAF_CHECK_EQUAL(payload_of(*rows, "acme/task/1", 1), "key_missing");
  CAF_CHECK_EQUAL(payload_of(*rows, "acme/task/1", 2), "two");
}

CAF_TEST(a shredded tenant is told from damage and listings pass over it) {
  CAF_CHECK(!rows->write({event_of(*rows, "acme/task/1", 1, "one"),
                          event_of(*rows, "other/task/1", 1, "two"),
                          {space::index, "a", "of acme", "acme"},
                          {space::index, "b", "of other", "other"}}));
  CAF_CHECK(!sealed->ring().shred("acme"));
  CAF_CHECK_EQUAL(payload_of(*rows, "acme/task/1", 1), "shredded");
  CAF_CHECK_EQUAL(payload_of(*rows, "other/task/1", 1), "two");
  auto id = entity(*rows, "acme/task/1");
  CAF_CHECK_EQUAL(
      code_of(rows->scan(space::journal, entity_begin(id), entity_end(id), [](auto, auto) { return true; })),
      ec::shredded);
  CAF_CHECK_EQUAL(code_of(rows->scan_back(space::journal, entity_begin(id), entity_end(id),
                                          [](auto, auto) { return true; })),
                  ec::shredded);
  CAF_CHECK((scanned(*rows, "a", "z", SIZE_MAX, space::index) == row_list{{"b", "of other"}}));
  CAF_CHECK_EQUAL(code_of(rows->refusal("acme")), ec::shredded);
  CAF_CHECK(!rows->refusal("other"));
}

CAF_TEST(a write for a shredded tenant writes nothing) {
  CAF_CHECK(!rows->write({event_of(*rows, "acme/task/1", 1, "one")}));
  CAF_CHECK(!sealed->ring().shred("acme"));
  auto before = memory->digest();
  CAF_CHECK_EQUAL(code_of(rows->write({put("k", "v"), event_of(*rows, "acme/task/1", 2, "two")})),
                  ec::outcome_unknown);
  CAF_CHECK_EQUAL(memory->digest(), before);
}

CAF_TEST(a key that cannot be kept fails the write before anything is written) {
  auto before = memory->digest();
  file->full = true;
  CAF_CHECK_EQUAL(code_of(rows->write({event_of(*rows, "acme/task/1", 1, "one")})), ec::outcome_unknown);
  CAF_CHECK_EQUAL(memory->digest(), before);
  CAF_CHECK_EQUAL(code_of(rows->write({put("k", "v")})), ec::outcome_unknown); // until it is reopened
  file->full = false;
  CAF_CHECK(!rows->reopen());
  CAF_CHECK(!rows->write({event_of(*rows, "acme/task/1", 1, "one")}));
  CAF_CHECK_EQUAL(payload_of(*rows, "acme/task/1", 1), "one");
}

CAF_TEST(a power cut around the birth of a key loses no value) {
  for (auto at_rename : {false, true}) {
    auto ref = at_rename ? "after/task/1" : "before/task/1";
    // Before the ring is replaced, or after it and before the batch is written.
    if (at_rename)
      memory->fail_next_write(false);
    else
      file->before_replace = [] { throw std::runtime_error("power cut"); };
    auto died = false;
    try {
      died = static_cast<bool>(rows->write({event_of(*rows, ref, 1, "one")}));
    } catch (const std::runtime_error&) {
      died = true;
    }
    file->before_replace = {};
    CAF_CHECK(died);
    restart();
    CAF_CHECK_EQUAL(payload_of(*rows, ref, 1), "(none)");
    CAF_CHECK(!rows->write({event_of(*rows, ref, 1, "again")}));
    restart();
    CAF_CHECK_EQUAL(payload_of(*rows, ref, 1), "again");
  }
}

CAF_TEST(without keys a store stays plain and opens) {
  auto plain = open_memory();
  auto opened = seal_store(plain, std::make_shared<memory_key_file>(), std::nullopt, time);
  CAF_REQUIRE(opened);
  CAF_CHECK(opened->rows == plain);
  CAF_CHECK(!opened->sealed);
}

CAF_TEST(a sealed store does not open without its master key or under another) {
  auto right = master;
  master.reset();
  CAF_CHECK_EQUAL(refused(), ec::key_missing);
  master = sealing_key::random();
  CAF_CHECK_EQUAL(refused(), ec::wrong_key);
  master = right;
  CAF_CHECK_EQUAL(refused(), ec{});
}

CAF_TEST(a sealed store does not open without its ring) {
  memory = memory->clone();
  auto ring = file->content;
  file->content.reset();
  CAF_CHECK_EQUAL(refused(), ec::key_missing);
  master.reset();
  CAF_CHECK_EQUAL(refused(), ec::key_missing);
  CAF_CHECK(!file->content); // and no new one is made
}

CAF_TEST(a ring of another store is refused) {
  memory = open_memory(2);
  CAF_CHECK_EQUAL(refused(), ec::wrong_key);
}

CAF_TEST(a plain copy beside the ring of a sealed store is refused) {
  memory = open_memory(); // the same id
  CAF_CHECK(!memory->write({put("k", "v")}));
  CAF_CHECK_EQUAL(refused(), ec::corrupt);
}

CAF_TEST(a plain store gets its ring and stays readable at every step) {
  auto plain = open_memory(3);
  CAF_CHECK(!plain->write({event_of(*plain, "acme/task/1", 1, "one"), name_of(*plain, "acme/task/1")}));
  auto naming_key = plain->naming_key();
  memory = plain;
  file = std::make_shared<memory_key_file>();
  file->before_replace = [] { throw std::runtime_error("killed"); };
  auto killed = false;
  try {
    killed = refused() != ec{};
  } catch (const std::runtime_error&) {
    killed = true;
  }
  CAF_CHECK(killed);
  file->before_replace = {};
  memory->fail_next_write(false); // killed between ring and store
  CAF_CHECK_EQUAL(refused(), ec::outcome_unknown);
  memory->crash();
  restart();
  CAF_CHECK_EQUAL(rows->naming_key(), naming_key);
  CAF_CHECK(sealed->ring().keys()->stage() == seal_stage::converting);
  CAF_CHECK_EQUAL(payload_of(*rows, "acme/task/1", 1), "one");
  CAF_CHECK(!rows->write({event_of(*rows, "acme/task/1", 2, "two")}));
  CAF_CHECK(!rows->reopen());
  restart();
  CAF_CHECK_EQUAL(payload_of(*rows, "acme/task/1", 1), "one");
  CAF_CHECK_EQUAL(payload_of(*rows, "acme/task/1", 2), "two");
}

CAF_TEST(no file of a real store holds a plain word) {
  test::scratch place;
  auto directory = place.path() / "store";
  auto content = [&] {
    std::ostringstream all;
    for (auto& entry : std::filesystem::recursive_directory_iterator{directory})
      if (entry.is_regular_file())
        all << std::ifstream{entry.path(), std::ios::binary}.rdbuf();
    return all.str();
  };
  std::string naming_key;
  for (int life = 0; life < 2; ++life) { // in the log of the first, and in the tables its end has written
    auto disk = open_rocksdb(directory);
    CAF_REQUIRE(disk);
    auto opened = seal_store(*disk, open_key_file(directory / "keyring"), master, time);
    CAF_REQUIRE(opened);
    auto& all = *opened->rows;
    naming_key = all.naming_key();
    CAF_CHECK(!all.write({event_of(all, "verysecrettenant/agent/verysecretname", 1, "verysecretpayload"),
                          name_of(all, "verysecrettenant/agent/verysecretname"),
                          {space::snapshot, "s", "verysecretpayload", "verysecrettenant"},
                          {space::index, "i", "verysecretpayload", "verysecrettenant"},
                          {space::meta, store_key("note"), "verysecretpayload"}}));
    CAF_CHECK(content().find("verysecret") == std::string::npos);
    CAF_CHECK(content().find(naming_key) == std::string::npos);
  }
  CAF_CHECK(content().size() > 1000);
  CAF_CHECK(content().find("verysecret") == std::string::npos);
  CAF_CHECK(content().find(naming_key) == std::string::npos);
}

// -- nodes that share it ------------------------------------------------------

namespace {

struct shared_subject {
  std::shared_ptr<memory_store> memory = open_memory();
  std::shared_ptr<shared_key_file::place> place = std::make_shared<shared_key_file::place>();
  std::shared_ptr<hand_clock> time = std::make_shared<hand_clock>();
  sealing_key master = sealing_key::random();

  caf::expected<sealing> open(std::shared_ptr<shared_key_file> file, bool with_key = true) const {
    return seal_store(memory, std::move(file), with_key ? std::optional{master} : std::nullopt, time, false,
                      false);
  }
  caf::expected<sealing> open() const {
    return open(std::make_shared<shared_key_file>(place));
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(shared_sealed_store_tests, shared_subject)

CAF_TEST(what one node has sealed under a new key another one reads) {
  auto a = open(), b = open();
  CAF_REQUIRE(a && b);
  CAF_CHECK_EQUAL(a->rows->naming_key(), b->rows->naming_key());
  CAF_CHECK(!a->rows->write({event_of(*a->rows, "acme/task/1", 1, "one")}));
  CAF_CHECK_EQUAL(payload_of(*b->rows, "acme/task/1", 1), "one");
  auto reads = place->reads;
  CAF_CHECK_EQUAL(payload_of(*b->rows, "acme/task/1", 1), "one"); // known by now
  CAF_CHECK_EQUAL(place->reads, reads);
}

CAF_TEST(a value under a key that nobody knows is looked up once and refused) {
  auto a = open(), b = open();
  CAF_REQUIRE(a && b);
  auto ring = place->content;
  CAF_CHECK(!a->rows->write({event_of(*a->rows, "acme/task/1", 1, "one")}));
  place->content = ring;
  auto reads = place->reads;
  CAF_CHECK_EQUAL(payload_of(*b->rows, "acme/task/1", 1), to_string(ec::key_missing));
  CAF_CHECK_EQUAL(place->reads, reads + 1);
}

CAF_TEST(of two nodes that begin with an empty store one makes the ring and both use it) {
  auto file = std::make_shared<shared_key_file>(place);
  caf::expected<sealing> first = make_error(ec::unavailable, "not yet");
  file->before_exchange = [&] {
    first = open();
    CAF_REQUIRE(first);
    CAF_CHECK(!first->rows->write({event_of(*first->rows, "acme/task/1", 1, "one")}));
  };
  auto second = open(file);
  CAF_REQUIRE(second);
  CAF_CHECK_EQUAL(payload_of(*second->rows, "acme/task/1", 1), "one");
}

CAF_TEST(rows of before the first key are sealed by a node that is alone) {
  CAF_CHECK(!memory->write({{space::meta, name_key(identify("a/b/c", memory->naming_key())), "a/b/c"}}));
  auto refused = open();
  CAF_REQUIRE(!refused);
  CAF_CHECK_EQUAL(code_of(refused.error()), ec::conflict);
  CAF_CHECK(!place->content);
  CAF_CHECK(seal_store(memory, std::make_shared<shared_key_file>(place), master, time));
  CAF_CHECK(open());
}

CAF_TEST(a node without the master key is refused as soon as there is a ring) {
  CAF_CHECK(open());
  auto refused = open(std::make_shared<shared_key_file>(place), false);
  CAF_REQUIRE(!refused);
  CAF_CHECK_EQUAL(code_of(refused.error()), ec::key_missing);
}

CAF_TEST_FIXTURE_SCOPE_END()

CAF_TEST_FIXTURE_SCOPE_END()
