// What is sealed opens as it was, where it was, and not at all after a single byte was changed.
#define CAF_SUITE persistence.seal
#include <caf/test/unit_test.hpp>
#include <set>
#include <troupe/persistence/keys.hpp>
#include <troupe/persistence/seal.hpp>
#include <troupe/runtime/limits.hpp>

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

std::string counting(uint8_t from, size_t count) {
  std::string bytes;
  while (bytes.size() < count)
    bytes += static_cast<char>(from++);
  return bytes;
}

// Key 00 01 .. 1f with the id 9f3a01c2, nonce 40 41 .. 57.
data_key key() {
  return {0x9f3a01c2, *sealing_key::from_bytes(counting(0, 32))};
}

seal_nonce nonce() {
  seal_nonce bytes;
  auto text = counting(0x40, bytes.size());
  std::copy(text.begin(), text.end(), bytes.begin());
  return bytes;
}

entity_id entity() {
  entity_id id;
  id.shard = 7;
  auto text = counting(0xa0, id.hash.size());
  std::copy(text.begin(), text.end(), id.hash.begin());
  return id;
}

std::string record(std::string_view payload) {
  envelope header;
  header.type = 0xdeadbeef;
  header.version = 3;
  header.flags = last_of_append;
  header.time_us = 0x0102030405060708;
  header.gsn = 42;
  return wrap(header, payload);
}

std::string sealed(space where, const std::string& place, const std::string& value) {
  std::string out = "left over";
  seal_value(out, where, place, value, key(), nonce());
  return out;
}

// What opens there, or "(refused)".
std::string opened(space where, const std::string& place, const std::string& stored,
                   const data_key& with = key()) {
  std::string out = "left over";
  return open_value(out, where, place, stored, with) ? out : "(refused)";
}

std::string noise(size_t size) {
  std::string text;
  for (uint64_t state = 88172645463325252ull; text.size() < size;) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    text += static_cast<char>(state);
  }
  return text;
}

const std::string place = journal_key(entity(), 5);

} // namespace

// Expected bytes here are from another implementation of draft-irtf-cfrg-xchacha-03, checked against its test vector.
CAF_TEST(a sealed record has these bytes for ever) {
  CAF_CHECK_EQUAL(hex(sealed(space::journal, place, record("hello"))),
                  "019f3a01c2deadbeef0003010102030405060708000000000000002a"
                  "404142434445464748494a4b4c4d4e4f5051525354555657"
                  "bc5c691cbf57531bd92f098417cc4bc66cf7fcd660");
}

CAF_TEST(any other sealed value has these bytes for ever) {
  CAF_CHECK_EQUAL(hex(sealed(space::index, "k", "hello")), "0001009f3a01c2"
                                                           "404142434445464748494a4b4c4d4e4f5051525354555657"
                                                           "bc5c691cbf4ac5f785f01ef05f3142e5439982f5f0");
}

CAF_TEST(sealed bytes that are no row have these bytes for ever) {
  std::string out;
  seal_bytes(out, "blob/1", "hello", key(), nonce());
  CAF_CHECK_EQUAL(hex(out), "0001009f3a01c2"
                            "404142434445464748494a4b4c4d4e4f5051525354555657"
                            "bc5c691cbf53f2a38e07614e75cf63b8d03b2abede");
}

CAF_TEST(what was sealed opens as it was) {
  for (size_t size : {size_t{0}, size_t{1}, limits::seal_compress_from - 1, limits::seal_compress_from,
                      size_t{5000}, size_t{1} << 20})
    for (auto& text : {std::string(size, 'x'), noise(size)}) {
      CAF_CHECK(opened(space::journal, place, sealed(space::journal, place, record(text))) == record(text));
      CAF_CHECK(opened(space::meta, place, sealed(space::meta, place, text)) == text);
      std::string bytes, back;
      seal_bytes(bytes, "context", text, key(), nonce());
      CAF_CHECK(open_bytes(back, "context", bytes, key()));
      CAF_CHECK(back == text);
    }
}

CAF_TEST(a value that only looks like a sealed record is sealed all the same) {
  envelope header;
  header.key_id = 5;
  header.flags = compressed_payload;
  for (auto& value : {wrap(header, "x"), "\x00\x01\x00 nothing sealed"s, record("")})
    CAF_CHECK(opened(space::journal, place, sealed(space::journal, place, value)) == value);
}

CAF_TEST(every changed byte is refused) {
  for (auto& value : {record("hello"), "hello"s, std::string(1000, 'x'), record(std::string(1000, 'x'))}) {
    auto whole = sealed(space::journal, place, value);
    for (size_t i = 0; i < whole.size(); ++i)
      for (uint8_t bit : {0x01, 0x80}) {
        auto broken = whole;
        broken[i] = static_cast<char>(broken[i] ^ bit);
        if (opened(space::journal, place, broken) != "(refused)")
          CAF_ERROR("byte " << i << " may change");
      }
  }
  CAF_CHECK_EQUAL(opened(space::journal, place, sealed(space::journal, place, "x")), "x");
}

CAF_TEST(a cut or longer value is refused) {
  for (auto& value : {record("hello"), "hello"s}) {
    auto whole = sealed(space::journal, place, value);
    for (size_t size = 0; size < whole.size(); ++size)
      CAF_CHECK_EQUAL(opened(space::journal, place, whole.substr(0, size)), "(refused)");
    CAF_CHECK_EQUAL(opened(space::journal, place, whole + '\0'), "(refused)");
  }
}

CAF_TEST(a value opens nowhere but in its own place) {
  for (auto& value : {record("hello"), "hello"s}) {
    auto whole = sealed(space::journal, place, value);
    CAF_CHECK_EQUAL(opened(space::journal, journal_key(entity(), 6), whole), "(refused)");
    CAF_CHECK_EQUAL(opened(space::snapshot, place, whole), "(refused)");
    CAF_CHECK_EQUAL(opened(space::journal, "", whole), "(refused)");
    std::string out;
    CAF_CHECK(!open_bytes(out, place, whole, key()));
  }
}

CAF_TEST(another key of the same id opens nothing) {
  auto other = key();
  other.bytes = sealing_key::random();
  CAF_CHECK_EQUAL(opened(space::journal, place, sealed(space::journal, place, record("hello")), other),
                  "(refused)");
  CAF_CHECK_EQUAL(opened(space::journal, place, sealed(space::journal, place, "hello"), other), "(refused)");
}

CAF_TEST(a key opens what it has sealed by its cipher and nothing that another has sealed) {
  auto place = journal_key(entity(), 1);
  auto value = record("text");
  auto by_aes = key();
  by_aes.cipher = seal_cipher::xaes_256_gcm;
  std::string stored;
  seal_value(stored, space::journal, place, value, by_aes, nonce());
  CAF_CHECK_EQUAL(stored.size(), sealed(space::journal, place, value).size());
  CAF_CHECK(opened(space::journal, place, stored, by_aes) == value);
  CAF_CHECK_EQUAL(opened(space::journal, place, stored, key()), "(refused)");
  CAF_CHECK_EQUAL(opened(space::journal, place, sealed(space::journal, place, value), by_aes), "(refused)");
}

CAF_TEST(bytes open under their own context alone) {
  std::string bytes, out;
  seal_bytes(bytes, "tenant/blob/1", "hello", key(), nonce());
  CAF_CHECK(open_bytes(out, "tenant/blob/1", bytes, key()));
  CAF_CHECK(!open_bytes(out, "tenant/blob/2", bytes, key()));
  CAF_CHECK_EQUAL(opened(space::journal, "tenant/blob/1", bytes), "(refused)");
}

CAF_TEST(what compresses is stored smaller and what does not is not touched) {
  auto text = sealed(space::journal, place, record(std::string(1000, 'x')));
  CAF_CHECK(text.size() < 150);
  CAF_CHECK_EQUAL(text[11] & compressed_payload, compressed_payload);
  auto random = sealed(space::journal, place, record(noise(1000)));
  CAF_CHECK_EQUAL(random.size(), envelope_bytes + 24 + 1000 + 16);
  CAF_CHECK_EQUAL(random[11] & compressed_payload, 0);
  CAF_CHECK(sealed(space::meta, place, std::string(1000, 'x')).size() < 150);
}

CAF_TEST(a sealed value names its key and a plain one none) {
  CAF_CHECK(sealing_key_of(sealed(space::journal, place, record("x"))) == 0x9f3a01c2u);
  CAF_CHECK(sealing_key_of(sealed(space::index, place, "x")) == 0x9f3a01c2u);
  for (auto& plain : {record("x"), "tenant/agent/a"s, "\x0a\x05hello"s, ""s, "\x00"s, std::string(27, '\1')})
    CAF_CHECK(!sealing_key_of(plain));
  CAF_CHECK_EQUAL(key_name(0x9f3a01c2), "9f3a01c2");
  CAF_CHECK_EQUAL(key_name(1), "00000001");
}

CAF_TEST(a nonce never comes twice) {
  nonce_source one, other;
  std::set<seal_nonce> seen;
  for (int i = 0; i < 1000; ++i) {
    seen.insert(one.next());
    seen.insert(other.next());
  }
  CAF_CHECK_EQUAL(seen.size(), 2000u);
}

CAF_TEST(a key has 32 bytes) {
  CAF_CHECK(!sealing_key::from_bytes(std::string(31, 'x')));
  CAF_CHECK(!sealing_key::from_bytes(std::string(33, 'x')));
  CAF_CHECK(*sealing_key::from_bytes(std::string(32, 'x')) == *sealing_key::from_bytes(std::string(32, 'x')));
  CAF_CHECK(!(sealing_key::random() == sealing_key::random()));
}
