// Texts of every length become the bytes that libsodium's own function makes of them, and come back from those.
#define CAF_SUITE persistence.seal_cipher
#include <caf/test/unit_test.hpp>
#include <sodium.h>
#include <troupe/persistence/seal_cipher.hpp>

using namespace troupe;

namespace {

std::string noise(size_t size) {
  std::string text(size, '\0');
  randombytes_buf(text.data(), text.size());
  return text;
}

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string by_the_book(std::string_view plain, std::string_view context, const seal_nonce& nonce,
                        const sealing_key& key) {
  std::string out(plain.size() + seal_tag_bytes, '\0');
  crypto_aead_xchacha20poly1305_ietf_encrypt(reinterpret_cast<unsigned char*>(out.data()), nullptr,
                                             bytes(plain), plain.size(), bytes(context), context.size(),
                                             nullptr, nonce.data(), key.reveal());
  return out;
}

} // namespace

CAF_TEST(texts of every length are encrypted by the book and come back) {
  nonce_source nonces;
  for (size_t size = 0; size < 1200; ++size) {
    auto key = sealing_key::random();
    auto nonce = nonces.next();
    auto plain = noise(size), context = noise(size % 90);
    std::string sealed = "before", opened = "before";
    encrypt(sealed, plain, context, nonce, key);
    CAF_CHECK(sealed == "before" + by_the_book(plain, context, nonce, key));
    CAF_CHECK(decrypt(opened, std::string_view{sealed}.substr(6), context, nonce, key));
    CAF_CHECK(opened == "before" + plain);
  }
}

CAF_TEST(nothing comes out of a text that was changed or is of another context) {
  auto key = sealing_key::random();
  auto nonce = nonce_source{}.next();
  for (size_t size : {0u, 1u, 63u, 100u, 192u, 193u, 960u, 961u, 5000u}) {
    std::string sealed, opened;
    encrypt(sealed, noise(size), "context", nonce, key);
    CAF_CHECK(!decrypt(opened, sealed, "contexT", nonce, key));
    CAF_CHECK(!decrypt(opened, sealed, "context ", nonce, key));
    CAF_CHECK(!decrypt(opened, std::string_view{sealed}.substr(0, sealed.size() - 1), "context", nonce, key));
    CAF_CHECK(!decrypt(opened, "", "context", nonce, key));
    CAF_CHECK(!decrypt(opened, sealed, "context", nonce, sealing_key::random()));
    for (size_t i = 0; i < nonce.size(); ++i) {
      auto other = nonce;
      other[i] ^= 1;
      CAF_CHECK(!decrypt(opened, sealed, "context", other, key));
    }
    for (size_t i = 0; i < sealed.size(); i += 7) {
      auto broken = sealed;
      broken[i] = static_cast<char>(broken[i] ^ 1);
      CAF_CHECK(!decrypt(opened, broken, "context", nonce, key));
    }
    CAF_CHECK_EQUAL(opened, "");
  }
}
