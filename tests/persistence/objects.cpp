// An object is there as a whole or not at all, is what it was or is named as damaged, and tells nothing by its name.
#define CAF_SUITE persistence.objects
#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>
#include <fstream>
#include <set>
#include <tests/support/scratch.hpp>
#include <troupe/persistence/objects.hpp>

using namespace troupe;
namespace fs = std::filesystem;

namespace {

const std::string naming_key(32, 'k');
const object_scope acme{7, "acme"}, beta{7, "beta"}, elsewhere{8, "acme"};

// The same tests for files and for memory.
struct both {
  test::scratch home;
  fs::path place = home.path() / "objects";
  std::shared_ptr<object_store> files = open(place);
  std::shared_ptr<object_store> memory = std::make_shared<memory_objects>(naming_key);

  static std::shared_ptr<object_store> open(const fs::path& where) {
    auto opened = open_object_directory(where, naming_key);
    CAF_REQUIRE(opened);
    return *opened;
  }
  std::vector<object_store*> all() {
    return {files.get(), memory.get()};
  }
  fs::path file_of(const object_name& name) const {
    auto text = to_string(name.id);
    return place / text.substr(0, 2) / text.substr(2);
  }
  std::set<std::string> names() const {
    std::set<std::string> found;
    for (auto& entry : fs::recursive_directory_iterator(home.path()))
      if (entry.is_regular_file())
        found.insert(entry.path().lexically_relative(home.path()).native());
    return found;
  }
};

object_name kept(object_store& where, const object_scope& whose, std::string_view bytes) {
  auto name = where.put(whose, bytes);
  CAF_REQUIRE(name);
  return *name;
}

std::string read(const object_store& where, const object_scope& whose, const object_name& name) {
  auto bytes = where.get(whose, name);
  return bytes ? *bytes : describe(bytes.error());
}

size_t count(const object_store& where, uint8_t shard) {
  size_t found = 0;
  CAF_CHECK(!where.list(shard, [&](auto&, uint64_t) { return ++found > 0; }));
  return found;
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(objects_tests, both)

CAF_TEST(what is put is what one gets and the same bytes are one object) {
  for (auto* where : all()) {
    std::string bytes(200'000, 'x');
    bytes += '\0';
    auto id = kept(*where, acme, bytes);
    CAF_CHECK_EQUAL(read(*where, acme, id), bytes);
    CAF_CHECK(kept(*where, acme, bytes) == id);
    CAF_CHECK_EQUAL(count(*where, acme.shard), 1u);
    CAF_CHECK(kept(*where, acme, "") != id);
    CAF_CHECK_EQUAL(read(*where, acme, kept(*where, acme, "")), "");
  }
}

CAF_TEST(the same bytes of another tenant or shard are another object) {
  for (auto* where : all()) {
    std::set<object_id> ids{kept(*where, acme, "x").id, kept(*where, beta, "x").id,
                            kept(*where, elsewhere, "x").id};
    CAF_CHECK_EQUAL(ids.size(), 3u);
    CAF_CHECK_EQUAL(count(*where, 7), 2u);
    CAF_CHECK_EQUAL(count(*where, 8), 1u);
    CAF_CHECK_EQUAL(count(*where, 9), 0u);
    auto id = kept(*where, acme, "x");
    CAF_CHECK(read(*where, beta, id).starts_with("corrupt: object "));
  }
}

CAF_TEST(what was erased is missing and the error names it) {
  for (auto* where : all()) {
    auto id = kept(*where, acme, "x"), other = kept(*where, acme, "y");
    CAF_CHECK(!where->erase(id.id));
    CAF_CHECK(!where->erase(id.id));
    CAF_CHECK_EQUAL(read(*where, acme, id),
                    "corrupt: object " + to_string(id.id) + " is missing; restore it from a backup");
    CAF_CHECK_EQUAL(read(*where, acme, other), "y");
  }
}

CAF_TEST(nothing is erased while somebody holds all) {
  for (auto* where : all()) {
    auto id = kept(*where, acme, "x");
    auto first = where->hold(), second = where->hold();
    first.reset();
    CAF_CHECK(!where->erase(id.id));
    CAF_CHECK_EQUAL(read(*where, acme, id), "x");
    second.reset();
    CAF_CHECK(!where->erase(id.id));
    CAF_CHECK(read(*where, acme, id).starts_with("corrupt"));
  }
}

CAF_TEST(objects are there after a restart) {
  auto id = kept(*files, acme, "x");
  files = open(place);
  CAF_CHECK_EQUAL(read(*files, acme, id), "x");
}

CAF_TEST(an altered or cut file is never served and a new put replaces it) {
  auto id = kept(*files, acme, "abcdef");
  for (std::string wrong : {"abcdeg", "abcde", "abcdef ", ""}) {
    std::ofstream{file_of(id), std::ios::trunc} << wrong;
    CAF_CHECK_EQUAL(read(*files, acme, id),
                    "corrupt: object " + to_string(id.id) + " is not what it was; restore it from a backup");
  }
  CAF_CHECK(kept(*files, acme, "abcdef") == id);
  CAF_CHECK_EQUAL(read(*files, acme, id), "abcdef");
}

CAF_TEST(half written leftovers of a crash are gone after the next start) {
  auto id = kept(*files, acme, "x");
  auto before = names();
  std::ofstream{home.path() / "objects.unfinished" / (to_string(id.id) + ".1")} << "hal";
  CAF_CHECK_NOT_EQUAL(names(), before);
  files = open(place);
  CAF_CHECK_EQUAL(names(), before);
}

CAF_TEST(a directory is private and its names tell nothing of what they hold) {
  kept(*files, acme, "secret");
  auto other = open_object_directory(home.path() / "other", std::string(32, 'K'));
  CAF_REQUIRE(other);
  CAF_CHECK(kept(**other, acme, "secret") != kept(*files, acme, "secret"));
  CAF_CHECK_EQUAL(static_cast<unsigned>(fs::status(place).permissions()), 0700u);
  CAF_CHECK_EQUAL(static_cast<unsigned>(fs::status(place / "07").permissions()), 0700u);
}

CAF_TEST(what is no object is not listed) {
  kept(*files, acme, "x");
  std::ofstream{place / "07" / "README"} << "?";
  CAF_CHECK_EQUAL(count(*files, 7), 1u);
}

CAF_TEST(a file tells nothing of what it holds and opens with its own key only) {
  std::string bytes;
  while (bytes.size() < 100'000)
    bytes += "the name of the client is Ada Lovelace; ";
  auto id = kept(*files, acme, bytes);
  std::ifstream in{file_of(id), std::ios::binary};
  std::string stored{std::istreambuf_iterator<char>{in}, {}};
  CAF_CHECK(stored.find("Lovelace") == std::string::npos);
  CAF_CHECK(stored.find(std::string(id.key.begin(), id.key.end())) == std::string::npos);
  CAF_CHECK(stored.size() < bytes.size() / 10); // compressed before it was sealed
  auto wrong = id;
  wrong.key[0] ^= 1;
  CAF_CHECK(read(*files, acme, wrong).find("is not what it was") != std::string::npos);
}

CAF_TEST(a place that cannot be used is named with what to do) {
  std::ofstream{home.path() / "file"} << "";
  auto refused = open_object_directory(home.path() / "file" / "objects", naming_key);
  CAF_REQUIRE(!refused);
  CAF_CHECK_EQUAL(code_of(refused.error()), ec::unavailable);
  CAF_CHECK(text_of(refused.error()).find("choose another directory") != std::string::npos);
  CAF_CHECK(text_of(refused.error()).find((home.path() / "file" / "objects").native()) != std::string::npos);
}

CAF_TEST(a put that fails on demand keeps nothing) {
  memory_objects objects{naming_key};
  objects.fail_next_put();
  auto refused = objects.put(acme, "x");
  CAF_REQUIRE(!refused);
  CAF_CHECK_EQUAL(code_of(refused.error()), ec::disk_full);
  CAF_CHECK_EQUAL(objects.size(), 0u);
  auto id = kept(objects, acme, "x");
  objects.damage(id.id);
  CAF_CHECK(read(objects, acme, id).find("is not what it was") != std::string::npos);
}

CAF_TEST_FIXTURE_SCOPE_END()
