// SEAL: bytes under one key -> bytes nobody reads or changes without it. Knows no store and no files.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <troupe/persistence/store.hpp>

namespace troupe {

/// 32 bytes that open what they have sealed. Overwritten in memory when it goes.
class sealing_key {
public:
  static constexpr size_t size = 32;

  sealing_key() = default;
  sealing_key(const sealing_key&) = default;
  sealing_key& operator=(const sealing_key&) = default;
  ~sealing_key();

  /// A random one.
  static sealing_key random();
  /// From its 32 bytes; nothing if there are more or fewer.
  static std::optional<sealing_key> from_bytes(std::string_view bytes);

  /// The bytes, for the one call that needs them.
  const unsigned char* reveal() const {
    return bytes_.data();
  }

  friend bool operator==(const sealing_key& a, const sealing_key& b);

private:
  std::array<unsigned char, size> bytes_{};
};

/// How a key seals.
enum class seal_cipher : uint8_t {
  xchacha20_poly1305, ///< draft-irtf-cfrg-xchacha-03: the master key, objects, and keys of earlier versions
  xaes_256_gcm,       ///< c2sp.org/XAES-256-GCM
};

/// A key that seals data, and the id by which a sealed value names it.
struct data_key {
  uint32_t id = 0; ///< random; 0 = none
  sealing_key bytes;
  seal_cipher cipher = seal_cipher::xchacha20_poly1305;
};

/// Bytes as hex digits, and back; empty if the text is anything else.
std::string to_hex(std::string_view bytes);
std::string from_hex(std::string_view text);

/// `9f3a01c2`: how people read the id of a data key.
std::string key_name(uint32_t id);

/// 24 bytes that are used once under a key.
using seal_nonce = std::array<unsigned char, 24>;

/// Nonces that never come twice: 16 random bytes per source, then a counter. Thread-safe.
class nonce_source {
public:
  /// One with random bytes of its own.
  nonce_source();
  seal_nonce next();

private:
  std::array<unsigned char, 16> prefix_{};
  std::atomic<uint64_t> counter_ = 0;
};

// Sealed values. The layout, byte by byte, is in docs/reference/storage.md:
//
//   of a record    envelope with key_id and, if compressed, flag bit 1 | nonce 24 | ciphertext | tag 16
//   of any other   00 | 01 | flags u8, bit 0: compressed | key_id u32   | nonce 24 | ciphertext | tag 16
//
// By the cipher of the key. Associated data: space u8 | all before the nonce | full key, so that a value opens in its own
// place, under its own header, and nowhere else.

/// Replaces `out` by the sealed form of a row's value.
void seal_value(std::string& out, space where, std::string_view key, std::string_view value,
                const data_key& with, const seal_nonce& nonce);

/// Id of the key that sealed a stored value; nothing if it is not sealed.
std::optional<uint32_t> sealing_key_of(std::string_view stored);

/// Replaces `out` by what was sealed; false if the bytes, the place or the key are others than those of
/// seal_value().
bool open_value(std::string& out, space where, std::string_view key, std::string_view stored,
                const data_key& with);

/// The same for bytes that are no row; `context` says what and where they are, and must be the same when they
/// are opened.
void seal_bytes(std::string& out, std::string_view context, std::string_view bytes, const data_key& with,
                const seal_nonce& nonce);
bool open_bytes(std::string& out, std::string_view context, std::string_view sealed, const data_key& with);

} // namespace troupe
