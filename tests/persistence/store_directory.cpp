// A store's directory is made with the right mode; what goes wrong is told with path, cause and next step.
#define CAF_SUITE persistence.store_directory
#include "tests/support/scratch.hpp"
#include <caf/test/unit_test.hpp>
#include <fstream>
#include <iterator>
#include <sys/stat.h>
#include <troupe/persistence/store_directory.hpp>
#include <troupe/runtime/error.hpp>

using namespace troupe;

namespace {

mode_t mode_of(const std::filesystem::path& path) {
  struct stat found {};
  CAF_REQUIRE_EQUAL(::stat(path.c_str(), &found), 0);
  return found.st_mode & 07777;
}

auto open_files() {
  std::filesystem::directory_iterator files{"/proc/self/fd"};
  return std::distance(files, {});
}

bool tells(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

} // namespace

CAF_TEST(a directory is made with its mode and those above it) {
  test::scratch scratch;
  auto before = open_files();
  CAF_CHECK(!make_directory(scratch.path() / "a" / "b" / "store", 0700));
  CAF_CHECK_EQUAL(open_files(), before);
  CAF_CHECK_EQUAL(mode_of(scratch.path() / "a" / "b" / "store"), 0700u);
  CAF_CHECK_NOT_EQUAL(mode_of(scratch.path() / "a"), 0u);
}

CAF_TEST(a directory that is there is left alone) {
  test::scratch scratch;
  CAF_CHECK_EQUAL(::chmod(scratch.path().c_str(), 0750), 0);
  CAF_CHECK(!make_directory(scratch.path(), 0700));
  CAF_CHECK_EQUAL(mode_of(scratch.path()), 0750u);
}

CAF_TEST(a file in the way is told) {
  test::scratch scratch;
  std::ofstream{scratch.path() / "file"} << "x";
  CAF_CHECK(make_directory(scratch.path() / "file", 0700) == "File exists");
  CAF_CHECK(make_directory(scratch.path() / "file" / "store", 0700).has_value());
}

CAF_TEST(every known cause has a step of its own) {
  CAF_CHECK(tells(trouble_of("mkdir: Permission denied").step, "read and write"));
  CAF_CHECK(tells(trouble_of("LOG: Read-only file system").step, "mount"));
  CAF_CHECK(tells(trouble_of("IO error: No space left on device: While appending").step, "free space"));
  CAF_CHECK(tells(trouble_of("Not a directory").step, "is a file"));
  CAF_CHECK(tells(trouble_of("Too many open files").step, "ulimit"));
  CAF_CHECK(tells(trouble_of("IO error: While lock file: x/LOCK: Resource temporarily unavailable").step,
                  "another process"));
  CAF_CHECK(tells(trouble_of("IO error: lock hold by current process").step, "this process"));
  CAF_CHECK(tells(trouble_of("Input/output error").step, "system log"));
}

CAF_TEST(every known cause has the code a script can act on) {
  CAF_CHECK_EQUAL(trouble_of("mkdir: Permission denied").code, ec::permission_denied);
  CAF_CHECK_EQUAL(trouble_of("LOG: Read-only file system").code, ec::read_only);
  CAF_CHECK_EQUAL(trouble_of("IO error: No space left on device: While appending").code, ec::disk_full);
  CAF_CHECK_EQUAL(trouble_of("IO error: While lock file: x/LOCK: Resource temporarily unavailable").code,
                  ec::locked);
  CAF_CHECK_EQUAL(trouble_of("Input/output error").code, ec::unavailable);
}

CAF_TEST(a directory that cannot be opened tells path and cause and step) {
  auto failure = cannot_open("/data/store", "No space left on device");
  CAF_CHECK_EQUAL(code_of(failure), ec::disk_full);
  auto text = text_of(failure);
  CAF_CHECK(tells(text, "/data/store") && tells(text, "No space left on device") &&
            tells(text, "free space"));
}

CAF_TEST(room is looked for without leaving a file behind) {
  test::scratch scratch;
  CAF_CHECK(!no_room(scratch.path(), 1 << 20));
  CAF_CHECK(std::filesystem::is_empty(scratch.path()));
  auto cause = no_room(scratch.path(), uint64_t{1} << 55); // more than any disk
  CAF_REQUIRE(cause);
  CAF_CHECK_EQUAL(trouble_of(*cause).code, ec::disk_full);
  CAF_CHECK(std::filesystem::is_empty(scratch.path()));
  CAF_CHECK(no_room(scratch.path() / "absent", 1).has_value());
}

CAF_TEST(a disk with room takes new work and one that cannot be asked too) {
  test::scratch scratch;
  CAF_CHECK(!check_room(scratch.path()));
  CAF_CHECK(!check_room(scratch.path() / "absent"));
  auto refused = check_room(scratch.path(), UINT64_MAX);
  CAF_CHECK_EQUAL(code_of(refused), ec::disk_full);
  CAF_CHECK(tells(text_of(refused), scratch.path().native()));
  CAF_CHECK(tells(text_of(refused), "free space"));
}
