// Keys that sign: in a file of one user, and nobody else's signature passes.
#define CAF_SUITE net.node.signing_key
#include "tests/support/control_node.hpp"
#include <troupe/net/node/signing_key.hpp>

using namespace troupe;

CAF_TEST(what is signed is known by its signer and its bytes) {
  scratch_directory here;
  auto key = here.path + "/key";
  auto made = make_signing_key(key);
  CAF_REQUIRE(made);
  CAF_CHECK(is_public_key(*made));
  auto mark = sign_with(key, "some bytes");
  CAF_REQUIRE(mark);
  CAF_CHECK_EQUAL(mark->signer, *made);
  CAF_CHECK(is_signed(*mark, "some bytes"));
  CAF_CHECK(!is_signed(*mark, "some byteS"));
  auto other = sign_with(write_file(here.path + "/other", std::string(64, '7')), "some bytes");
  CAF_REQUIRE(other);
  CAF_CHECK(!is_signed({mark->signer, other->signature}, "some bytes"));
  for (auto wrong : {"", "xyz", "00"})
    CAF_CHECK(!is_signed({mark->signer, wrong}, "some bytes"));
}

CAF_TEST(the signature is that of RFC 8032) {
  scratch_directory here; // section 7.1 test 1
  auto key =
      write_file(here.path + "/key", "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60\n");
  auto mark = sign_with(key, "");
  CAF_REQUIRE(mark);
  CAF_CHECK_EQUAL(mark->signer, "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  CAF_CHECK_EQUAL(mark->signature,
                  "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc6"
                  "1e39701cf9b46bd25bf5f0595bbe24655141438e7a100b");
}

CAF_TEST(a key file is for one user and is never overwritten) {
  scratch_directory here;
  auto key = here.path + "/key";
  CAF_REQUIRE(make_signing_key(key));
  struct stat found {};
  CAF_REQUIRE_EQUAL(::stat(key.c_str(), &found), 0);
  CAF_CHECK_EQUAL(found.st_mode & 0777u, 0600u);
  CAF_CHECK(code_of(make_signing_key(key).error()) == ec::already_exists);
  ::chmod(key.c_str(), 0640);
  CAF_CHECK(code_of(sign_with(key, "x").error()) == ec::permission_denied);
  CAF_CHECK(code_of(sign_with(here.path + "/none", "x").error()) == ec::not_found);
  for (auto wrong : {"", "short", "zz61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"})
    CAF_CHECK(code_of(sign_with(write_file(here.path + "/bad", wrong), "x").error()) == ec::invalid_argument);
}
