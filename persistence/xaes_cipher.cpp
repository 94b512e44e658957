// XAES CIPHER: XAES-256-GCM (c2sp.org/XAES-256-GCM): AES-256-GCM under a key made of the first half of the nonce, with the second
// half as its nonce. So nonces may be random, as with XChaCha20, at the speed of AES.
// Invariant: nothing is appended before the tag has been checked.
//
// A nonce_source gives nonces with the same first half, so that their key is made once.

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <openssl/evp.h>
#include <sodium.h>
#include <troupe/persistence/xaes_cipher.hpp>
#include <troupe/runtime/error.hpp>

namespace troupe {
namespace {

constexpr size_t block_bytes = 16, half_nonce = 12, tag_bytes = 16;
static_assert(sizeof(seal_nonce) == 2 * half_nonce);
static_assert(half_nonce == crypto_aead_aes256gcm_NPUBBYTES && tag_bytes == crypto_aead_aes256gcm_ABYTES);

// Keys made of nonces that a thread remembers: a store has rows of as many lives of a node and tenants.
constexpr size_t known_keys = 64;

using block = std::array<unsigned char, block_bytes>;
using raw_key = std::array<unsigned char, sealing_key::size>;

struct free_context {
  void operator()(EVP_CIPHER_CTX* context) const {
    EVP_CIPHER_CTX_free(context);
  }
};
using cipher_context = std::unique_ptr<EVP_CIPHER_CTX, free_context>;

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

void check(int done) {
  ensure(done == 1, "OpenSSL computes AES-256");
}

// The derivation of the specification: CMAC's first subkey, and two blocks of SP 800-108 in counter mode over "X" and the nonce.
raw_key derive(const sealing_key& key, const unsigned char* half) {
  cipher_context aes{EVP_CIPHER_CTX_new()};
  check(EVP_EncryptInit_ex(aes.get(), EVP_aes_256_ecb(), nullptr, key.reveal(), nullptr));
  auto encrypt = [&](unsigned char* out, const block& in) {
    int size = 0;
    check(EVP_EncryptUpdate(aes.get(), out, &size, in.data(), block_bytes));
  };
  block subkey;
  encrypt(subkey.data(), block{});
  auto carry = subkey[0] >> 7;
  for (size_t i = 0; i + 1 < block_bytes; ++i)
    subkey[i] = static_cast<unsigned char>(subkey[i] << 1 | subkey[i + 1] >> 7);
  subkey.back() = static_cast<unsigned char>(subkey.back() << 1 ^ (carry ? 0x87 : 0));
  raw_key made;
  for (unsigned char count : {1, 2}) {
    block message{0, count, 'X', 0};
    std::copy_n(half, half_nonce, message.begin() + 4);
    for (size_t i = 0; i < block_bytes; ++i)
      message[i] ^= subkey[i];
    encrypt(made.data() + (count - 1) * block_bytes, message);
  }
  sodium_memzero(subkey.data(), subkey.size());
  return made;
}

// AES-256-GCM under one key.
class gcm {
public:
  explicit gcm(const raw_key& key) {
    if (xaes_is_computed_by() == aes_by::sodium) {
      crypto_aead_aes256gcm_beforenm(&state_, key.data());
      return;
    }
    context_.reset(EVP_CIPHER_CTX_new());
    check(EVP_CipherInit_ex(context_.get(), EVP_aes_256_gcm(), nullptr, key.data(), nullptr, 1));
  }
  gcm(const gcm&) = delete;
  gcm& operator=(const gcm&) = delete;
  ~gcm() {
    sodium_memzero(&state_, sizeof state_);
  }

  void seal(unsigned char* out, std::string_view plain, std::string_view context,
            const unsigned char* nonce) const {
    if (!context_) {
      crypto_aead_aes256gcm_encrypt_afternm(out, nullptr, bytes(plain), plain.size(), bytes(context),
                                            context.size(), nullptr, nonce, &state_);
      return;
    }
    begin(context, nonce, true);
    int size = 0;
    check(EVP_CipherUpdate(context_.get(), out, &size, bytes(plain), static_cast<int>(plain.size())));
    check(EVP_CipherFinal_ex(context_.get(), out + size, &size));
    check(EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_GET_TAG, tag_bytes, out + plain.size()));
  }

  bool open(unsigned char* out, std::string_view sealed, std::string_view context,
            const unsigned char* nonce) const {
    if (!context_)
      return crypto_aead_aes256gcm_decrypt_afternm(out, nullptr, nullptr, bytes(sealed), sealed.size(),
                                                   bytes(context), context.size(), nonce, &state_) == 0;
    begin(context, nonce, false);
    auto text = sealed.substr(0, sealed.size() - tag_bytes);
    int size = 0;
    check(EVP_CipherUpdate(context_.get(), out, &size, bytes(text), static_cast<int>(text.size())));
    auto tag = sealed.substr(text.size());
    check(EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_SET_TAG, tag_bytes,
                              const_cast<char*>(tag.data())));
    return EVP_CipherFinal_ex(context_.get(), out + size, &size) == 1;
  }

private:
  void begin(std::string_view context, const unsigned char* nonce, bool seals) const {
    int size = 0;
    check(EVP_CipherInit_ex(context_.get(), nullptr, nullptr, nullptr, nonce, seals ? 1 : 0));
    check(EVP_CipherUpdate(context_.get(), nullptr, &size, bytes(context), static_cast<int>(context.size())));
  }

  crypto_aead_aes256gcm_state state_{};
  cipher_context context_; // null = by libsodium
};

// The key for a nonce: made, or remembered from the last time.
const gcm& key_for(const sealing_key& key, const seal_nonce& nonce) {
  struct known {
    sealing_key of;
    std::array<unsigned char, half_nonce> half;
    aes_by by;
    gcm made;
  };
  thread_local std::array<std::unique_ptr<known>, known_keys> all;
  auto& place = all[(key.reveal()[0] ^ nonce[0]) % known_keys];
  auto by = xaes_is_computed_by();
  if (!place || place->by != by || !std::equal(place->half.begin(), place->half.end(), nonce.begin()) ||
      !(place->of == key)) {
    auto made = derive(key, nonce.data());
    std::array<unsigned char, half_nonce> half;
    std::copy_n(nonce.begin(), half_nonce, half.begin());
    place.reset(new known{key, half, by, gcm{made}});
    sodium_memzero(made.data(), made.size());
  }
  return place->made;
}

} // namespace

aes_by& xaes_is_computed_by() {
  static aes_by chosen = sodium_init() >= 0 && crypto_aead_aes256gcm_is_available() == 1 ? aes_by::sodium
                                                                                         : aes_by::openssl;
  return chosen;
}

void xaes_encrypt(std::string& out, std::string_view plain, std::string_view context, const seal_nonce& nonce,
                  const sealing_key& key) {
  auto at = out.size();
  out.resize(at + plain.size() + tag_bytes);
  key_for(key, nonce).seal(reinterpret_cast<unsigned char*>(out.data()) + at, plain, context,
                           nonce.data() + half_nonce);
}

bool xaes_decrypt(std::string& out, std::string_view sealed, std::string_view context,
                  const seal_nonce& nonce, const sealing_key& key) {
  if (sealed.size() < tag_bytes)
    return false;
  auto at = out.size();
  out.resize(at + sealed.size() - tag_bytes);
  auto fits = key_for(key, nonce).open(reinterpret_cast<unsigned char*>(out.data()) + at, sealed, context,
                                       nonce.data() + half_nonce);
  if (!fits)
    out.resize(at);
  return fits;
}

} // namespace troupe
