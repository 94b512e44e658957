// A ring keeps its keys whole or not at all, lets nobody without the master key look in, and forgets what is shredded.
#define CAF_SUITE persistence.key_ring
#include <caf/test/unit_test.hpp>
#include <tests/support/journal_bench.hpp>
#include <tests/support/memory_key_file.hpp>
#include <tests/support/shared_key_file.hpp>
#include <troupe/persistence/key_ring.hpp>

using namespace troupe;

namespace {

struct bench {
  std::shared_ptr<memory_key_file> file = std::make_shared<memory_key_file>();
  std::shared_ptr<hand_clock> time = std::make_shared<hand_clock>();
  sealing_key master = sealing_key::random();
  std::shared_ptr<key_ring> ring;

  bench() {
    auto made = key_ring::make(file, master, time, {"store-1", std::string(32, 'n'), seal_stage::clean});
    CAF_REQUIRE(made);
    ring = *made;
  }
  caf::expected<std::shared_ptr<key_ring>> opened(const sealing_key& with) const {
    return key_ring::open(file, with, time);
  }
  void restart() {
    auto again = opened(master);
    CAF_REQUIRE(again);
    CAF_REQUIRE(*again);
    ring = *again;
  }
  // The id of the key that seals what a tenant writes; 0 = none.
  uint32_t active(std::string_view tenant) const {
    auto keys = ring->keys();
    auto* key = keys->active(tenant);
    return key ? key->key.id : 0;
  }
  key_state state(uint32_t id) const {
    return ring->keys()->find(id)->state;
  }
  bool knows(uint32_t id) const {
    return ring->keys()->find(id) != nullptr;
  }
};

template <class T>
ec code(const caf::expected<T>& answer) {
  return answer ? ec{} : code_of(answer.error());
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(key_ring_tests, bench)

CAF_TEST(a ring is what it was after a restart) {
  CAF_CHECK(ring->with_key_of("acme"));
  auto store = active(""), acme = active("acme");
  CAF_CHECK(store != 0 && acme != 0 && store != acme);
  auto bytes = ring->keys()->active("acme")->key.bytes;
  restart();
  CAF_CHECK_EQUAL(active(""), store);
  CAF_CHECK_EQUAL(active("acme"), acme);
  CAF_CHECK(ring->keys()->active("acme")->key.bytes == bytes);
  CAF_CHECK_EQUAL(ring->keys()->find(acme)->made_ms, time->now_ms());
  CAF_CHECK_EQUAL(ring->store_id(), "store-1");
  CAF_CHECK_EQUAL(ring->naming_key(), std::string(32, 'n'));
  CAF_CHECK(ring->keys()->stage() == seal_stage::clean);
}

CAF_TEST(without a file there is no ring) {
  file->content.reset();
  auto none = opened(master);
  CAF_REQUIRE(none);
  CAF_CHECK(!*none);
}

CAF_TEST(another master key is told from damage) {
  auto refused = opened(sealing_key::random());
  CAF_CHECK_EQUAL(code(refused), ec::wrong_key);
  CAF_CHECK(text_of(refused.error()).find(ring->master()) != std::string::npos);
}

CAF_TEST(a ring that was changed anywhere is refused) {
  CAF_CHECK(ring->with_key_of("acme"));
  auto whole = *file->content;
  for (size_t i = 0; i < whole.size(); ++i) {
    file->content = whole;
    (*file->content)[i] = static_cast<char>(whole[i] ^ 0x01);
    auto refused = opened(master);
    if (refused ||
        (code(refused) != ec::corrupt && code(refused) != ec::wrong_key && code(refused) != ec::from_future))
      CAF_ERROR("byte " << i << " may change");
  }
  for (size_t size : {size_t{0}, size_t{1}, size_t{30}, whole.size() / 2, whole.size() - 2}) {
    file->content = whole.substr(0, size);
    CAF_CHECK_EQUAL(code(opened(master)), ec::corrupt);
  }
  file->content = whole;
  CAF_CHECK(opened(master));
}

CAF_TEST(a ring of a newer format is left alone) {
  file->content->replace(0, 17, "troupe keyring 3\n");
  CAF_CHECK_EQUAL(code(opened(master)), ec::from_future);
}

CAF_TEST(a ring of an earlier format is read and becomes one of today) {
  auto header = "troupe keyring 1\nmaster " + ring->master() + "\n";
  auto secret = sealing_key::random();
  auto hex = to_hex({reinterpret_cast<const char*>(secret.reveal()), sealing_key::size});
  auto lines = "store store-1\nnaming_key " + to_hex(std::string(32, 'n')) +
               "\nstage 2\nkey 00000007 0 5 0 " + hex + " \n";
  std::string sealed;
  seal_bytes(sealed, header, lines, {0, master}, nonce_source{}.next());
  file->content = header + to_hex(sealed) + "\n";
  restart();
  CAF_CHECK_EQUAL(active(""), 7u);
  CAF_CHECK(ring->keys()->find(7)->key.bytes == secret);
  CAF_CHECK(ring->keys()->find(7)->key.cipher == seal_cipher::xchacha20_poly1305);
  CAF_CHECK(ring->with_key_of("acme"));
  CAF_CHECK(file->content->starts_with("troupe keyring 2\n"));
  restart();
  CAF_CHECK(ring->keys()->find(7)->key.bytes == secret);
  CAF_CHECK(ring->keys()->active("acme")->key.cipher == seal_cipher::xaes_256_gcm);
}

CAF_TEST(the file shows neither names nor keys) {
  CAF_CHECK(ring->with_key_of("acme-corporation"));
  CAF_CHECK(file->content->find("acme") == std::string::npos);
  CAF_CHECK(file->content->find("store-1") == std::string::npos);
  CAF_CHECK(file->content->find("6e6e6e6e") == std::string::npos); // the naming key
}

CAF_TEST(a tenant gets one key and it is on disk before it is used) {
  auto before = file->replaced;
  file->before_replace = [&] { CAF_CHECK_EQUAL(active("acme"), 0u); };
  CAF_CHECK(ring->with_key_of("acme"));
  file->before_replace = {};
  auto id = active("acme");
  CAF_CHECK(ring->with_key_of("acme"));
  CAF_CHECK_EQUAL(active("acme"), id);
  CAF_CHECK_EQUAL(file->replaced, before + 1);
}

CAF_TEST(a key that could not be kept is not used) {
  file->full = true;
  CAF_CHECK_EQUAL(code(ring->with_key_of("acme")), ec::disk_full);
  CAF_CHECK_EQUAL(active("acme"), 0u);
  CAF_CHECK_EQUAL(code_of(ring->rotate()), ec::disk_full);
  file->full = false;
  CAF_CHECK(ring->with_key_of("acme"));
}

CAF_TEST(a tenant no line could name is refused) {
  for (auto name : {"a b", "a\nb", "\x7f"})
    CAF_CHECK_EQUAL(code(ring->with_key_of(name)), ec::invalid_argument);
  CAF_CHECK_EQUAL(code(ring->with_key_of(std::string(201, 'x'))), ec::invalid_argument);
}

CAF_TEST(rotation makes new keys and keeps the old ones readable) {
  CAF_CHECK(ring->with_key_of("acme"));
  auto store = active(""), acme = active("acme");
  CAF_CHECK(!ring->keys()->pending());
  CAF_CHECK(!ring->rotate());
  restart();
  CAF_CHECK(active("") != store);
  CAF_CHECK(active("acme") != acme);
  CAF_CHECK(state(store) == key_state::old);
  CAF_CHECK(state(acme) == key_state::old);
  CAF_CHECK(ring->keys()->pending());
}

CAF_TEST(an old key stays for backups and goes in time) {
  auto first = active("");
  CAF_CHECK(!ring->rotate());
  CAF_CHECK(!ring->all_sealed(ring->keys()->changes()));
  CAF_CHECK(!ring->keys()->pending());
  restart();
  CAF_CHECK(state(first) == key_state::spare);
  time->us += std::chrono::microseconds{spare_key_age}.count() + 1000;
  auto second = active("");
  CAF_CHECK(!ring->rotate());
  CAF_CHECK(!ring->all_sealed(ring->keys()->changes()));
  restart();
  CAF_CHECK(!knows(first));
  CAF_CHECK(state(second) == key_state::spare);
}

CAF_TEST(a rotation during a pass is not taken for done) {
  auto seen = ring->keys()->changes();
  CAF_CHECK(!ring->rotate());
  CAF_CHECK(!ring->all_sealed(seen));
  CAF_CHECK(ring->keys()->pending());
}

CAF_TEST(a new master key opens the ring and the one before does not ) {
  auto next = sealing_key::random();
  auto id = active("");
  CAF_CHECK(!ring->rotate(next));
  CAF_CHECK_EQUAL(code(opened(master)), ec::wrong_key);
  master = next;
  restart();
  CAF_CHECK(knows(id));
  CAF_CHECK(ring->with_key_of("acme")); // what follows is kept under the new one, too
  restart();
  CAF_CHECK(active("acme") != 0);
}

CAF_TEST(a shredded tenant has no key and gets none) {
  CAF_CHECK(ring->with_key_of("acme"));
  CAF_CHECK(ring->with_key_of("other"));
  auto first = active("acme"), other = active("other");
  CAF_CHECK(!ring->rotate());
  auto second = active("acme");
  CAF_CHECK(!ring->refusal("acme"));
  CAF_CHECK(!ring->shred("acme"));
  for (int lives = 0; lives < 2; ++lives, restart()) {
    CAF_CHECK_EQUAL(active("acme"), 0u);
    for (auto id : {first, second}) {
      CAF_CHECK(state(id) == key_state::shredded);
      CAF_CHECK(ring->keys()->find(id)->key.bytes == sealing_key{});
    }
    CAF_CHECK_EQUAL(code_of(ring->refusal("acme")), ec::shredded);
    CAF_CHECK_EQUAL(code(ring->with_key_of("acme")), ec::shredded);
    CAF_CHECK_EQUAL(code_of(ring->shred("acme")), ec::shredded);
    CAF_CHECK(!ring->refusal("other"));
    CAF_CHECK(knows(other));
    CAF_CHECK(ring->keys()->pending()); // its rows are to be erased
  }
  CAF_CHECK(!ring->all_sealed(ring->keys()->changes()));
  CAF_CHECK(!ring->keys()->pending());
  restart();
  CAF_CHECK(state(first) == key_state::erased);
  CAF_CHECK_EQUAL(code_of(ring->refusal("acme")), ec::shredded);
}

CAF_TEST(who has no key cannot be shredded) {
  CAF_CHECK_EQUAL(code_of(ring->shred("acme")), ec::not_found);
  CAF_CHECK_EQUAL(code_of(ring->shred("")), ec::invalid_argument);
}

CAF_TEST(what is converted is sealed and then clean) {
  auto made = key_ring::make(file, master, time, {"store-2", std::string(32, 'n'), seal_stage::converting});
  CAF_REQUIRE(made);
  restart();
  CAF_CHECK(ring->keys()->pending());
  CAF_CHECK(!ring->all_clean());
  CAF_CHECK(ring->keys()->stage() == seal_stage::converting);
  CAF_CHECK(!ring->all_sealed(ring->keys()->changes()));
  restart();
  CAF_CHECK(ring->keys()->stage() == seal_stage::sealed);
  CAF_CHECK(!ring->all_clean());
  restart();
  CAF_CHECK(ring->keys()->stage() == seal_stage::clean);
}

CAF_TEST_FIXTURE_SCOPE_END()

// -- of nodes that share it ---------------------------------------------------

namespace {

// Two nodes over one ring.
struct two_nodes {
  std::shared_ptr<shared_key_file::place> place = std::make_shared<shared_key_file::place>();
  std::shared_ptr<shared_key_file> file_a = std::make_shared<shared_key_file>(place),
                                   file_b = std::make_shared<shared_key_file>(place);
  std::shared_ptr<hand_clock> time = std::make_shared<hand_clock>();
  sealing_key master = sealing_key::random();
  std::shared_ptr<key_ring> a, b;

  two_nodes() {
    auto made = key_ring::make(file_a, master, time, {"store-1", std::string(32, 'n'), seal_stage::clean});
    auto opened = key_ring::open(file_b, master, time);
    CAF_REQUIRE(made && opened);
    a = *made;
    b = *opened;
  }
  static uint32_t active(const std::shared_ptr<key_ring>& at, std::string_view tenant) {
    auto keys = at->keys();
    auto* key = keys->active(tenant);
    return key ? key->key.id : 0;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(shared_ring_tests, two_nodes)

CAF_TEST(two nodes that give a tenant its first key at the same time end with one) {
  file_b->before_exchange = [this] { CAF_CHECK(a->with_key_of("acme")); };
  CAF_CHECK(b->with_key_of("acme"));
  CAF_CHECK(active(a, "acme") != 0);
  CAF_CHECK_EQUAL(active(b, "acme"), active(a, "acme"));
  CAF_CHECK_EQUAL(b->keys()->all().size(), 2u); // and that of the store
}

CAF_TEST(keys that two nodes make for two tenants at the same time are both kept) {
  file_b->before_exchange = [this] { CAF_CHECK(a->with_key_of("acme")); };
  CAF_CHECK(b->with_key_of("other"));
  auto acme = active(a, "acme");
  CAF_CHECK_EQUAL(active(b, "acme"), acme);
  CAF_CHECK(!a->reread());
  CAF_CHECK_EQUAL(active(a, "other"), active(b, "other"));
  CAF_CHECK(a->with_key_of("third"));
  CAF_CHECK_EQUAL(active(a, "acme"), acme);
}

CAF_TEST(of two nodes that make the ring at the same time one finds that of the other) {
  place->content.reset();
  key_ring::birth of{"store-1", std::string(32, 'b'), seal_stage::clean};
  file_b->before_exchange = [&] { a = *key_ring::make(file_a, master, time, {"store-1", std::string(32, 'a')}); };
  auto made = key_ring::make(file_b, master, time, of);
  CAF_REQUIRE(made);
  CAF_CHECK_EQUAL((*made)->naming_key(), std::string(32, 'a'));
  CAF_CHECK_EQUAL(active(*made, ""), active(a, ""));
}

CAF_TEST(a change whose answer was lost is found by the next one) {
  file_b->lose_answer = true;
  CAF_CHECK_EQUAL(code(b->with_key_of("acme")), ec::unavailable);
  CAF_CHECK_EQUAL(active(b, "acme"), 0u); // not in force: nothing was sealed with it
  CAF_CHECK(b->with_key_of("acme"));
  CAF_CHECK(!a->reread());
  CAF_CHECK_EQUAL(active(a, "acme"), active(b, "acme"));
  CAF_CHECK_EQUAL(a->keys()->all().size(), 2u);
}

CAF_TEST(a node that looks learns of a tenant that another has shredded) {
  CAF_CHECK(a->with_key_of("acme"));
  CAF_CHECK(!b->reread());
  CAF_CHECK(!a->shred("acme"));
  CAF_CHECK(!b->refusal("acme"));
  auto changes = b->keys()->changes();
  CAF_CHECK(!b->reread());
  CAF_CHECK_EQUAL(code_of(b->refusal("acme")), ec::shredded);
  CAF_CHECK(b->keys()->changes() > changes); // a pass from before must not settle
  CAF_CHECK_EQUAL(code(b->with_key_of("acme")), ec::shredded);
}

CAF_TEST(a ring that is gone or of another store is refused and what was known stays) {
  auto before = place->content;
  place->content.reset();
  CAF_CHECK_EQUAL(code_of(b->reread()), ec::key_missing);
  auto other = key_ring::make(file_a, master, time, {"store-2", std::string(32, 'n'), seal_stage::clean});
  CAF_REQUIRE(other);
  CAF_CHECK_EQUAL(code_of(b->reread()), ec::corrupt);
  CAF_CHECK_EQUAL(b->store_id(), "store-1");
  place->content = before;
  CAF_CHECK(!b->reread());
}

CAF_TEST_FIXTURE_SCOPE_END()
