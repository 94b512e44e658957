// SEAL: compression, then encryption. The only file that sees LZ4.
// Invariant: all before the nonce, the place and the key of a row are authenticated with it.

#include <algorithm>
#include <fmt/format.h>
#include <lz4.h>
#include <sodium.h>
#include <troupe/persistence/keys.hpp>
#include <troupe/persistence/seal.hpp>
#include <troupe/persistence/seal_cipher.hpp>
#include <troupe/persistence/xaes_cipher.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/limits.hpp>

namespace troupe {
namespace {

// Header of a sealed value that is no record.
constexpr char short_form = 0, short_version = 1;
constexpr size_t short_bytes = 1 + 1 + 1 + 4;

constexpr size_t length_bytes = 4; // of what was compressed, before it

// Where bytes that are no row are: no space has this number.
constexpr char no_space = '\xff';

void put(std::string& out, uint32_t number) {
  for (int shift = 24; shift >= 0; shift -= 8)
    out += static_cast<char>(static_cast<uint8_t>(number >> shift));
}

uint32_t number_at(std::string_view in, size_t at) {
  uint32_t number = 0;
  for (size_t i = 0; i < 4; ++i)
    number = (number << 8) | static_cast<uint8_t>(in[at + i]);
  return number;
}

// What is authenticated beside the value.
const std::string& bound_to(char where, std::string_view header, std::string_view key) {
  thread_local std::string text;
  text.assign(1, where).append(header).append(key);
  return text;
}

// Length and LZ4 block; nothing unless that is shorter than the plain value.
std::string_view compressed(std::string_view plain) {
  thread_local std::string block;
  if (plain.size() < limits::seal_compress_from || plain.size() > limits::seal_compress_to)
    return {};
  block.clear();
  put(block, static_cast<uint32_t>(plain.size()));
  block.resize(plain.size());
  auto size = LZ4_compress_default(plain.data(), block.data() + length_bytes, static_cast<int>(plain.size()),
                                   static_cast<int>(plain.size() - length_bytes));
  if (size <= 0) // does not fit, so it gains nothing
    return {};
  return std::string_view{block}.substr(0, length_bytes + static_cast<size_t>(size));
}

bool decompress(std::string& value) {
  if (value.size() < length_bytes)
    return false;
  auto size = number_at(value, 0);
  if (size > limits::seal_compress_to)
    return false;
  std::string plain(size, '\0');
  auto found = LZ4_decompress_safe(value.data() + length_bytes, plain.data(),
                                   static_cast<int>(value.size() - length_bytes), static_cast<int>(size));
  if (found < 0 || static_cast<uint32_t>(found) != size)
    return false;
  value = std::move(plain);
  return true;
}

// Appends nonce, ciphertext and tag to the header in `out`.
void seal(std::string& out, char where, std::string_view key, std::string_view plain, const data_key& with,
          const seal_nonce& nonce) {
  auto& context = bound_to(where, out, key);
  out.reserve(out.size() + nonce.size() + plain.size() + seal_tag_bytes);
  out.append(reinterpret_cast<const char*>(nonce.data()), nonce.size());
  if (with.cipher == seal_cipher::xaes_256_gcm)
    xaes_encrypt(out, plain, context, nonce, with.bytes);
  else
    encrypt(out, plain, context, nonce, with.bytes);
}

// Appends what follows the first `header` bytes of `stored` to `out`.
bool open(std::string& out, size_t header, char where, std::string_view key, std::string_view stored,
          const data_key& with) {
  seal_nonce nonce;
  if (stored.size() < header + nonce.size() + seal_tag_bytes)
    return false;
  std::copy_n(stored.begin() + header, nonce.size(), nonce.begin());
  auto& context = bound_to(where, stored.substr(0, header), key);
  auto sealed = stored.substr(header + nonce.size());
  return with.cipher == seal_cipher::xaes_256_gcm ? xaes_decrypt(out, sealed, context, nonce, with.bytes)
                                                  : decrypt(out, sealed, context, nonce, with.bytes);
}

// A record whose header has room for what sealing adds.
std::optional<envelope> plain_record(std::string_view value, std::string_view& payload) {
  auto header = unwrap(value, payload);
  if (!header || header->key_id != 0 || (header->flags & compressed_payload) != 0)
    return {};
  return header;
}

bool is_short(std::string_view stored) {
  return stored.size() >= short_bytes && stored[0] == short_form && stored[1] == short_version;
}

void seal_short(std::string& out, char where, std::string_view key, std::string_view value,
                const data_key& with, const seal_nonce& nonce) {
  auto smaller = compressed(value);
  out.assign({short_form, short_version, static_cast<char>(smaller.empty() ? 0 : 1)});
  put(out, with.id);
  seal(out, where, key, smaller.empty() ? value : smaller, with, nonce);
}

bool open_short(std::string& out, char where, std::string_view key, std::string_view stored,
                const data_key& with) {
  out.clear();
  return is_short(stored) && number_at(stored, 3) == with.id &&
         open(out, short_bytes, where, key, stored, with) && (stored[2] == 0 || decompress(out));
}

} // namespace

// -- keys ---------------------------------------------------------------------

sealing_key::~sealing_key() {
  sodium_memzero(bytes_.data(), bytes_.size());
}

sealing_key sealing_key::random() {
  ensure(sodium_init() >= 0, "a source of randomness");
  sealing_key key;
  randombytes_buf(key.bytes_.data(), key.bytes_.size());
  return key;
}

std::optional<sealing_key> sealing_key::from_bytes(std::string_view bytes) {
  if (bytes.size() != size)
    return {};
  sealing_key key;
  std::copy(bytes.begin(), bytes.end(), key.bytes_.begin());
  return key;
}

bool operator==(const sealing_key& a, const sealing_key& b) {
  return sodium_memcmp(a.bytes_.data(), b.bytes_.data(), sealing_key::size) == 0;
}

std::string to_hex(std::string_view bytes) {
  auto* begin = reinterpret_cast<const unsigned char*>(bytes.data());
  return fmt::format("{:02x}", fmt::join(begin, begin + bytes.size(), ""));
}

std::string from_hex(std::string_view text) {
  std::string bytes(text.size() / 2, '\0');
  if (text.size() % 2 != 0 || sodium_hex2bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(),
                                             text.data(), text.size(), nullptr, nullptr, nullptr) != 0)
    bytes.clear();
  return bytes;
}

std::string key_name(uint32_t id) {
  return fmt::format("{:08x}", id);
}

nonce_source::nonce_source() {
  ensure(sodium_init() >= 0, "a source of randomness");
  randombytes_buf(prefix_.data(), prefix_.size());
}

seal_nonce nonce_source::next() {
  seal_nonce nonce;
  auto end = std::copy(prefix_.begin(), prefix_.end(), nonce.begin());
  auto count = counter_.fetch_add(1, std::memory_order_relaxed);
  for (int shift = 56; shift >= 0; shift -= 8)
    *end++ = static_cast<unsigned char>(count >> shift);
  return nonce;
}

// -- values -------------------------------------------------------------------

void seal_value(std::string& out, space where, std::string_view key, std::string_view value,
                const data_key& with, const seal_nonce& nonce) {
  auto place = static_cast<char>(where);
  std::string_view payload;
  auto header = plain_record(value, payload);
  if (!header)
    return seal_short(out, place, key, value, with, nonce);
  auto smaller = compressed(payload);
  header->key_id = with.id;
  if (!smaller.empty())
    header->flags |= compressed_payload;
  out.clear();
  put_envelope(out, *header);
  seal(out, place, key, smaller.empty() ? payload : smaller, with, nonce);
}

std::optional<uint32_t> sealing_key_of(std::string_view stored) {
  if (is_short(stored))
    return number_at(stored, 3);
  std::string_view payload;
  auto header = unwrap(stored, payload);
  if (!header || header->key_id == 0)
    return {};
  return header->key_id;
}

bool open_value(std::string& out, space where, std::string_view key, std::string_view stored,
                const data_key& with) {
  auto place = static_cast<char>(where);
  std::string_view payload;
  auto header = unwrap(stored, payload);
  if (!header)
    return open_short(out, place, key, stored, with);
  if (header->key_id != with.id)
    return false;
  auto is_compressed = (header->flags & compressed_payload) != 0;
  header->key_id = 0;
  header->flags &= static_cast<uint8_t>(~compressed_payload);
  out.clear();
  put_envelope(out, *header);
  if (!is_compressed)
    return open(out, envelope_bytes, place, key, stored, with);
  std::string plain;
  if (!open(plain, envelope_bytes, place, key, stored, with) || !decompress(plain))
    return false;
  out += plain;
  return true;
}

void seal_bytes(std::string& out, std::string_view context, std::string_view plain, const data_key& with,
                const seal_nonce& nonce) {
  seal_short(out, no_space, context, plain, with, nonce);
}

bool open_bytes(std::string& out, std::string_view context, std::string_view sealed, const data_key& with) {
  return open_short(out, no_space, context, sealed, with);
}

} // namespace troupe
