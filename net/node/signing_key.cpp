// SIGNING KEY: 32 bytes in hex in a file.
// Invariant: no byte of a key is in an error, and none stays in memory when its work is done.

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <sys/stat.h>
#include <troupe/net/node/signing_key.hpp>
#include <troupe/runtime/descriptor.hpp>
#include <troupe/runtime/error.hpp>
#include <unistd.h>

namespace troupe {
namespace {

constexpr size_t hex_digits = 2 * crypto_sign_SEEDBYTES;

// Wiped when it goes.
template <size_t Size>
struct wiped {
  std::array<unsigned char, Size> bytes{};
  wiped() = default;
  wiped(const wiped&) = delete;
  wiped& operator=(const wiped&) = delete;
  ~wiped() {
    sodium_memzero(bytes.data(), Size);
  }
};

struct key_pair {
  std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> open{};
  wiped<crypto_sign_SECRETKEYBYTES> secret;
};

std::string to_hex(const unsigned char* bytes, size_t size) {
  std::string text(2 * size + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), bytes, size);
  text.pop_back();
  return text;
}

template <size_t Size>
bool from_hex(std::string_view text, std::array<unsigned char, Size>& bytes) {
  size_t read = 0;
  return text.size() == 2 * Size &&
         sodium_hex2bin(bytes.data(), Size, text.data(), text.size(), nullptr, &read, nullptr) == 0 &&
         read == Size;
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// Reads the seed in a file; its public key is then that of the pair.
caf::error read_pair(const std::string& path, key_pair& pair) {
  descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  struct stat found {};
  if (file < 0 && errno == ENOENT)
    return make_error(
        ec::not_found,
        fmt::format("there is no key file {}; make one with `troupe workflow keygen {}`", path, path));
  if (file < 0 || ::fstat(file, &found) != 0)
    return make_error(ec::permission_denied,
                      fmt::format("cannot read the key file {}: {}", path, last_failure()));
  if (!S_ISREG(found.st_mode) || (found.st_mode & 0077) != 0)
    return make_error(ec::permission_denied,
                      fmt::format("{} must be a file only this user can read; chmod 600 {}", path, path));
  auto text = read_all(file, hex_digits + 2);
  wiped<crypto_sign_SEEDBYTES> seed;
  auto whole = text &&
               (text->size() == hex_digits || (text->size() == hex_digits + 1 && text->back() == '\n')) &&
               from_hex(std::string_view{*text}.substr(0, hex_digits), seed.bytes);
  if (text)
    sodium_memzero(text->data(), text->size());
  if (!whole)
    return make_error(
        ec::invalid_argument,
        fmt::format("{} holds no key: 64 hex digits; make one with `troupe workflow keygen FILE`", path));
  crypto_sign_seed_keypair(pair.open.data(), pair.secret.bytes.data(), seed.bytes.data());
  return {};
}

} // namespace

caf::expected<std::string> make_signing_key(const std::string& path) {
  ensure(sodium_init() >= 0, "a source of randomness");
  wiped<crypto_sign_SEEDBYTES> seed;
  key_pair pair;
  randombytes_buf(seed.bytes.data(), seed.bytes.size());
  crypto_sign_seed_keypair(pair.open.data(), pair.secret.bytes.data(), seed.bytes.data());
  wiped<hex_digits + 1> text;
  sodium_bin2hex(reinterpret_cast<char*>(text.bytes.data()), text.bytes.size(), seed.bytes.data(),
                 seed.bytes.size());
  text.bytes.back() = '\n';
  descriptor file{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)};
  if (file < 0 && errno == EEXIST)
    return make_error(
        ec::already_exists,
        fmt::format("there is a file {}: keys are never overwritten, choose another name", path));
  if (file < 0 || !write_all(file, {reinterpret_cast<const char*>(text.bytes.data()), text.bytes.size()}) ||
      ::fsync(file) != 0)
    return make_error(ec::unavailable, fmt::format("cannot make the key file {}: {}", path, last_failure()));
  return to_hex(pair.open.data(), pair.open.size());
}

caf::expected<signed_mark> sign_with(const std::string& path, std::string_view bytes) {
  ensure(sodium_init() >= 0, "a source of randomness");
  key_pair pair;
  if (auto failed = read_pair(path, pair))
    return failed;
  std::array<unsigned char, crypto_sign_BYTES> signature{};
  crypto_sign_detached(signature.data(), nullptr, bytes_of(bytes), bytes.size(), pair.secret.bytes.data());
  return signed_mark{to_hex(pair.open.data(), pair.open.size()), to_hex(signature.data(), signature.size())};
}

bool is_signed(const signed_mark& mark, std::string_view bytes) {
  ensure(sodium_init() >= 0, "a source of randomness");
  std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> open{};
  std::array<unsigned char, crypto_sign_BYTES> signature{};
  return from_hex(mark.signer, open) && from_hex(mark.signature, signature) &&
         crypto_sign_verify_detached(signature.data(), bytes_of(bytes), bytes.size(), open.data()) == 0;
}

bool is_public_key(std::string_view text) {
  return text.size() == 2 * crypto_sign_PUBLICKEYBYTES &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isxdigit(c) != 0; });
}

} // namespace troupe
