// SEAL CIPHER: XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03, section 2.3; RFC 8439, section 2.8).
// Invariant: nothing is appended before the tag has been checked.
//
// libsodium's own function asks for the key stream twice, first for the key of the tag, and for lengths its vector code
// was not written for: for 100 bytes, that is twice the time. One pass over a rounded length yields the same bytes.

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <sodium.h>
#include <troupe/persistence/seal_cipher.hpp>

namespace troupe {
namespace {

static_assert(sizeof(seal_nonce) == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);
static_assert(sealing_key::size == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
static_assert(seal_tag_bytes == crypto_aead_xchacha20poly1305_ietf_ABYTES);

constexpr size_t block_bytes = 64; // of ChaCha20; the first one holds the key of the tag
constexpr size_t pass_from = 256;  // four blocks at a time: libsodium computes one or two no faster
constexpr size_t pass_to = 1024;   // above, both ways cost the same

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* grow(std::string& out, size_t by) {
  auto at = out.size();
  out.resize(at + by);
  return reinterpret_cast<unsigned char*>(out.data()) + at;
}

using tag = std::array<unsigned char, seal_tag_bytes>;

// One pass of the key stream over a text, plain or sealed; what it leaves in memory is overwritten.
class pass {
public:
  static bool fits(size_t text_bytes) {
    return text_bytes <= pass_to - block_bytes;
  }

  pass(std::string_view text, const seal_nonce& nonce, const sealing_key& key)
      : size_{text.size()}, room_{std::bit_ceil(std::max(pass_from, block_bytes + text.size()))} {
    std::memset(stream_.data(), 0, block_bytes);
    std::memcpy(stream_.data() + block_bytes, text.data(), text.size());
    std::memset(stream_.data() + block_bytes + text.size(), 0, room_ - block_bytes - text.size());
    std::array<unsigned char, crypto_core_hchacha20_OUTPUTBYTES> subkey;
    crypto_core_hchacha20(subkey.data(), nonce.data(), key.reveal(), nullptr);
    std::array<unsigned char, crypto_stream_chacha20_ietf_NONCEBYTES>
        rest{}; // four zeros, then the last eight bytes
    std::memcpy(rest.data() + 4, nonce.data() + crypto_core_hchacha20_INPUTBYTES, 8);
    crypto_stream_chacha20_ietf_xor(stream_.data(), stream_.data(), room_, rest.data(), subkey.data());
    sodium_memzero(subkey.data(), subkey.size());
  }
  pass(const pass&) = delete;
  pass& operator=(const pass&) = delete;
  ~pass() {
    sodium_memzero(stream_.data(), room_);
  }

  // The other text: ciphertext of a plain one, plain text of a sealed one.
  std::string_view text() const {
    return {reinterpret_cast<const char*>(stream_.data()) + block_bytes, size_};
  }

  tag tag_of(std::string_view ciphertext, std::string_view context) const {
    constexpr std::array<unsigned char, 16> zeros{};
    crypto_onetimeauth_poly1305_state state;
    auto add = [&](std::string_view part) { // and zeros up to a whole block
      crypto_onetimeauth_poly1305_update(&state, bytes(part), part.size());
      crypto_onetimeauth_poly1305_update(&state, zeros.data(), -part.size() % zeros.size());
    };
    std::array<unsigned char, 16> lengths;
    for (size_t i = 0; i < 8; ++i) {
      lengths[i] = static_cast<unsigned char>(context.size() >> (8 * i));
      lengths[8 + i] = static_cast<unsigned char>(ciphertext.size() >> (8 * i));
    }
    tag result;
    crypto_onetimeauth_poly1305_init(&state, stream_.data());
    add(context);
    add(ciphertext);
    crypto_onetimeauth_poly1305_update(&state, lengths.data(), lengths.size());
    crypto_onetimeauth_poly1305_final(&state, result.data());
    sodium_memzero(&state, sizeof state);
    return result;
  }

private:
  size_t size_, room_;
  std::array<unsigned char, pass_to> stream_; // key of the tag, text, and what is not used of the stream
};

} // namespace

void encrypt(std::string& out, std::string_view plain, std::string_view context, const seal_nonce& nonce,
             const sealing_key& key) {
  if (!pass::fits(plain.size())) {
    crypto_aead_xchacha20poly1305_ietf_encrypt(grow(out, plain.size() + seal_tag_bytes), nullptr,
                                               bytes(plain), plain.size(), bytes(context), context.size(),
                                               nullptr, nonce.data(), key.reveal());
    return;
  }
  pass done{plain, nonce, key};
  auto mark = done.tag_of(done.text(), context);
  out.append(done.text()).append(reinterpret_cast<const char*>(mark.data()), mark.size());
}

bool decrypt(std::string& out, std::string_view sealed, std::string_view context, const seal_nonce& nonce,
             const sealing_key& key) {
  if (sealed.size() < seal_tag_bytes)
    return false;
  auto size = sealed.size() - seal_tag_bytes;
  if (!pass::fits(size)) {
    auto before = out.size();
    auto fits = crypto_aead_xchacha20poly1305_ietf_decrypt(grow(out, size), nullptr, nullptr, bytes(sealed),
                                                           sealed.size(), bytes(context), context.size(),
                                                           nonce.data(), key.reveal()) == 0;
    if (!fits)
      out.resize(before);
    return fits;
  }
  pass done{sealed.substr(0, size), nonce, key};
  auto mark = done.tag_of(sealed.substr(0, size), context);
  if (crypto_verify_16(mark.data(), bytes(sealed) + size) != 0)
    return false;
  out.append(done.text());
  return true;
}

} // namespace troupe
