// A key file is its old or its new content at every moment, and nothing of the old one stays behind.
#define CAF_SUITE persistence.key_file
#include <caf/test/unit_test.hpp>
#include <fstream>
#include <sstream>
#include <sys/stat.h>
#include <tests/support/scratch.hpp>
#include <troupe/persistence/key_file.hpp>
#include <troupe/runtime/error.hpp>

using namespace troupe;

namespace {

namespace fs = std::filesystem;

struct crash {};

struct bench {
  test::scratch place;
  std::string path = place.path() / "keyring";

  std::string content() const {
    auto found = open_key_file(path)->read();
    return !found ? describe(found.error()) : found->value_or("(none)");
  }
  // All bytes of all files of the directory.
  std::string everything() const {
    std::ostringstream all;
    for (auto& entry : fs::directory_iterator{place.path()})
      all << std::ifstream{entry.path()}.rdbuf() << '\n';
    return all.str();
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(key_file_tests, bench)

CAF_TEST(what was written is read back by another) {
  CAF_CHECK_EQUAL(content(), "(none)");
  CAF_CHECK(!open_key_file(path)->replace("one"));
  CAF_CHECK_EQUAL(content(), "one");
  CAF_CHECK(!open_key_file(path)->replace("two"));
  CAF_CHECK_EQUAL(content(), "two");
  struct stat found {};
  CAF_REQUIRE_EQUAL(::stat(path.c_str(), &found), 0);
  CAF_CHECK_EQUAL(found.st_mode & 07777, 0600u);
}

CAF_TEST(a crash after any step leaves the old content or the new one) {
  for (auto last :
       {key_file_step::written, key_file_step::synced, key_file_step::old_linked, key_file_step::renamed,
        key_file_step::directory_synced, key_file_step::old_overwritten}) {
    CAF_CHECK(!open_key_file(path)->replace("the old keys"));
    auto dying = open_key_file(path, [&](key_file_step done) {
      if (done == last)
        throw crash{};
    });
    auto crashed = false;
    try {
      auto ignored = dying->replace("the new keys");
      CAF_CHECK(!ignored);
    } catch (const crash&) {
      crashed = true;
    }
    CAF_CHECK(crashed);
    CAF_CHECK_EQUAL(content(), last < key_file_step::renamed ? "the old keys" : "the new keys");
    CAF_CHECK(!open_key_file(path)->replace("the next keys"));
    CAF_CHECK_EQUAL(content(), "the next keys");
    CAF_CHECK(everything().find("old keys") == std::string::npos);
    CAF_CHECK(everything().find("new keys") == std::string::npos);
  }
}

CAF_TEST(the old content is overwritten where it lay) {
  CAF_CHECK(!open_key_file(path)->replace("the old keys"));
  fs::create_hard_link(path, place.path() / "its blocks");
  CAF_CHECK(!open_key_file(path)->replace("the new keys"));
  CAF_CHECK(everything().find("the old keys") == std::string::npos);
}

CAF_TEST(a file that others can read is refused) {
  CAF_CHECK(!open_key_file(path)->replace("one"));
  ::chmod(path.c_str(), 0640);
  auto refused = open_key_file(path)->read();
  CAF_REQUIRE(!refused);
  CAF_CHECK_EQUAL(code_of(refused.error()), ec::permission_denied);
  CAF_CHECK(text_of(refused.error()).find("chmod 600 " + path) != std::string::npos);
}

CAF_TEST(a directory that is gone is told) {
  auto lost = open_key_file(place.path() / "absent" / "keyring");
  CAF_CHECK_EQUAL(code_of(lost->replace("one")), ec::unavailable);
  fs::create_directory(place.path() / "folder");
  CAF_CHECK(!open_key_file(place.path() / "folder")->read());
}

CAF_TEST_FIXTURE_SCOPE_END()
