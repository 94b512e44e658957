// Texts become the bytes that the specification gives, whoever computes them, and come back from those.
#define CAF_SUITE persistence.xaes_cipher
#include <caf/test/unit_test.hpp>
#include <sodium.h>
#include <troupe/persistence/xaes_cipher.hpp>

using namespace troupe;

namespace {

std::string noise(size_t size) {
  std::string text(size, '\0');
  randombytes_buf(text.data(), text.size());
  return text;
}

struct both_ways {
  ~both_ways() {
    xaes_is_computed_by() = here;
  }
  // Runs a check by OpenSSL, and by libsodium if the processor allows.
  template <class F>
  void by_each(F check) {
    for (auto by : here == aes_by::sodium ? std::vector{aes_by::openssl, aes_by::sodium}
                                          : std::vector{aes_by::openssl}) {
      xaes_is_computed_by() = by;
      check();
    }
  }
  const aes_by here = xaes_is_computed_by();
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(xaes_tests, both_ways)

CAF_TEST(the vectors of the specification are met) {
  seal_nonce nonce;
  std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWX";
  std::copy(letters.begin(), letters.end(), nonce.begin());
  by_each([&] {
    std::string sealed;
    xaes_encrypt(sealed, "XAES-256-GCM", "", nonce, *sealing_key::from_bytes(std::string(32, '\1')));
    CAF_CHECK_EQUAL(to_hex(sealed), "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271");
    sealed.clear();
    xaes_encrypt(sealed, "XAES-256-GCM", "c2sp.org/XAES-256-GCM", nonce,
                 *sealing_key::from_bytes(std::string(32, '\3')));
    CAF_CHECK_EQUAL(to_hex(sealed), "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d");
  });
}

CAF_TEST(texts of every length are the same by both and come back) {
  nonce_source nonces;
  for (size_t size = 0; size < 300; ++size) {
    auto key = sealing_key::random();
    auto nonce = nonces.next();
    auto plain = noise(size), context = noise(size % 90);
    std::string first;
    by_each([&] {
      std::string sealed = "before", opened = "before";
      xaes_encrypt(sealed, plain, context, nonce, key);
      if (first.empty())
        first = sealed;
      CAF_CHECK(sealed == first);
      CAF_CHECK(xaes_decrypt(opened, std::string_view{sealed}.substr(6), context, nonce, key));
      CAF_CHECK(opened == "before" + plain);
    });
  }
}

CAF_TEST(nothing comes out of a text that was changed or is of another context) {
  by_each([] {
    auto key = sealing_key::random();
    auto nonce = nonce_source{}.next();
    for (size_t size : {0u, 1u, 100u, 5000u}) {
      std::string sealed, opened;
      xaes_encrypt(sealed, noise(size), "context", nonce, key);
      CAF_CHECK(!xaes_decrypt(opened, sealed, "contexT", nonce, key));
      CAF_CHECK(
          !xaes_decrypt(opened, std::string_view{sealed}.substr(0, sealed.size() - 1), "context", nonce, key));
      CAF_CHECK(!xaes_decrypt(opened, "", "context", nonce, key));
      CAF_CHECK(!xaes_decrypt(opened, sealed, "context", nonce, sealing_key::random()));
      for (size_t i = 0; i < nonce.size(); ++i) {
        auto other = nonce;
        other[i] ^= 1;
        CAF_CHECK(!xaes_decrypt(opened, sealed, "context", other, key));
      }
      for (size_t i = 0; i < sealed.size(); i += 7) {
        auto other = sealed;
        other[i] ^= 1;
        CAF_CHECK(!xaes_decrypt(opened, other, "context", nonce, key));
      }
      CAF_CHECK(opened.empty());
    }
  });
}

CAF_TEST(keys and nonces in turns do not mix up) {
  nonce_source one, other;
  auto a = sealing_key::random(), b = sealing_key::random();
  for (int i = 0; i < 100; ++i)
    for (auto* key : {&a, &b})
      for (auto* nonces : {&one, &other}) {
        auto nonce = nonces->next();
        std::string sealed, opened;
        xaes_encrypt(sealed, "text", "", nonce, *key);
        CAF_CHECK(!xaes_decrypt(opened, sealed, "", nonce, key == &a ? b : a));
        CAF_CHECK(xaes_decrypt(opened, sealed, "", nonce, *key));
      }
}

CAF_TEST_FIXTURE_SCOPE_END()
