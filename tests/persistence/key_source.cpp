// A master key comes from a private file or from a command that ends; what is no key is refused, and never shown.
#define CAF_SUITE persistence.key_source
#include <caf/test/unit_test.hpp>
#include <fstream>
#include <sys/stat.h>
#include <tests/support/scratch.hpp>
#include <troupe/persistence/key_source.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

const std::string digits = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const std::string base64 = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

sealing_key counting() {
  std::string bytes;
  for (char byte = 0; byte < 32; ++byte)
    bytes += byte;
  return *sealing_key::from_bytes(bytes);
}

struct bench {
  test::scratch place;
  system_clock time;

  std::string file(std::string_view text, mode_t mode = 0600) const {
    auto path = place.path() / "master.key";
    std::filesystem::remove(path);
    std::ofstream{path} << text;
    ::chmod(path.c_str(), mode);
    return path;
  }
  caf::expected<sealing_key> printed(const std::string& command,
                                     std::chrono::milliseconds patience = 10s) const {
    return master_key_from_command(command, time, patience);
  }
};

ec code(const caf::expected<sealing_key>& key) {
  return key ? ec{} : code_of(key.error());
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(key_source_tests, bench)

CAF_TEST(a key is 32 bytes in hex or base64) {
  for (auto& text : {digits, base64, digits + "\n", "  " + base64 + "\r\n"}) {
    auto key = master_key_from_file(file(text));
    CAF_REQUIRE(key);
    CAF_CHECK(*key == counting());
  }
  for (auto& text : {std::string{}, digits.substr(1), digits + "0", "x" + digits.substr(1), base64.substr(1),
                     digits + " " + digits, std::string(44, '=')})
    CAF_CHECK_EQUAL(code(master_key_from_file(file(text))), ec::invalid_argument);
}

CAF_TEST(a key in a file that others can read is refused) {
  for (mode_t mode : {0640, 0604, 0660}) {
    auto refused = master_key_from_file(file(digits, mode));
    CAF_CHECK_EQUAL(code(refused), ec::permission_denied);
    CAF_CHECK(text_of(refused.error()).find("chmod 600") != std::string::npos);
  }
  CAF_CHECK_EQUAL(code(master_key_from_file(place.path())), ec::permission_denied);
}

CAF_TEST(a file that is not there is a missing key) {
  CAF_CHECK_EQUAL(code(master_key_from_file(place.path() / "absent")), ec::key_missing);
}

CAF_TEST(a password is the first line of a private file) {
  auto read = password_from_file(file("open sesame\r\nmore"));
  CAF_REQUIRE(read);
  CAF_CHECK_EQUAL(read->reveal(), "open sesame");
  auto refusal = [](const caf::expected<secret>& answer) { return answer ? ec{} : code_of(answer.error()); };
  CAF_CHECK_EQUAL(refusal(password_from_file(file("\nsecond"))), ec::invalid_argument);
  CAF_CHECK_EQUAL(refusal(password_from_file(file("x", 0640))), ec::permission_denied);
  CAF_CHECK_EQUAL(refusal(password_from_file(place.path() / "absent")), ec::key_missing);
}

CAF_TEST(a new key is private and never overwrites another) {
  auto path = std::string{place.path() / "new.key"};
  CAF_CHECK(!make_master_key(path));
  auto key = master_key_from_file(path);
  CAF_REQUIRE(key);
  CAF_CHECK_EQUAL(code_of(make_master_key(path)), ec::already_exists);
  CAF_CHECK(*master_key_from_file(path) == *key);
  CAF_CHECK_EQUAL(code_of(make_master_key(place.path() / "absent" / "new.key")), ec::unavailable);
}

CAF_TEST(a command prints the key) {
  auto key = printed("printf 0001020304050607; printf %s 08090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
  CAF_REQUIRE(key);
  CAF_CHECK(*key == counting());
}

CAF_TEST(a command that fails or says no key is told) {
  CAF_CHECK_EQUAL(code(printed("echo " + digits + "; exit 3")), ec::key_missing);
  CAF_CHECK_EQUAL(code(printed("no-such-program-here 2>/dev/null")), ec::key_missing);
  auto refused = printed("echo secret-but-wrong");
  CAF_CHECK_EQUAL(code(refused), ec::invalid_argument);
  CAF_CHECK(text_of(refused.error()).find("secret-but-wrong") == std::string::npos);
}

CAF_TEST(a command that never ends or never stops talking is killed) {
  CAF_CHECK_EQUAL(code(printed("sleep 1000", 50ms)), ec::key_missing);
  CAF_CHECK_EQUAL(code(printed("exec >&-; sleep 1000", 50ms)), ec::key_missing);
  CAF_CHECK_EQUAL(code(printed("yes")), ec::invalid_argument);
}

CAF_TEST_FIXTURE_SCOPE_END()
