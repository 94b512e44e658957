// Exports are read as they were written, and whatever is changed in one is noticed.
#define CAF_SUITE net.node.workflow_export
#include "tests/support/control_node.hpp"
#include <troupe/behaviors/workflow_form.hpp>
#include <troupe/net/api/json.hpp>
#include <troupe/net/node/signing_key.hpp>
#include <troupe/net/node/workflow_export.hpp>
#include <troupe/runtime/proto/catalog.pb.h>

using namespace troupe;

namespace {

struct exported {
  exported() {
    definition.set_name("pay");
    definition.set_version("1.0.0");
    auto* step = definition.add_steps();
    step->set_id("go");
    step->mutable_task()->add_required("text.greet");
    signer = *make_signing_key(key);
    text = *export_workflow(definition, key);
  }
  scratch_directory here;
  std::string key = here.path + "/key";
  WorkflowDefinition definition;
  std::string signer;
  std::string text;
};

ec code_read(std::string_view text) {
  auto read = import_workflow(text);
  return read ? ec{} : code_of(read.error());
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(workflow_export_tests, exported)

CAF_TEST(an export is read byte by byte as it was written) {
  auto read = import_workflow(text);
  CAF_REQUIRE(read);
  CAF_CHECK(read->definition.SerializeAsString() == definition.SerializeAsString());
  CAF_CHECK_EQUAL(read->signer, signer);
  CAF_CHECK_EQUAL(read->hash, content_hash(definition));
}

CAF_TEST(every flipped bit is refused or changes nothing) {
  size_t refused = 0;
  for (size_t i = 0; i < text.size(); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      auto tampered = text;
      tampered[i] = static_cast<char>(tampered[i] ^ (1 << bit));
      auto read = import_workflow(tampered);
      refused += read ? 0 : 1;
      if (read &&
          (read->definition.SerializeAsString() != definition.SerializeAsString() || read->signer != signer))
        CAF_FAIL("byte " << i << " bit " << bit << " changed what is read");
    }
  CAF_CHECK(refused > 7 * text.size());
}

CAF_TEST(every cut is refused or changes nothing) {
  for (size_t size = 0; size + 2 < text.size(); ++size)
    CAF_CHECK(code_read(std::string_view{text}.substr(0, size)) != ec{});
}

CAF_TEST(a signature for something else does not pass) {
  SignedWorkflow in;
  CAF_REQUIRE(!from_json(text, in));
  auto other = *make_signing_key(here.path + "/other");
  auto forged = in;
  forged.set_signer(other);
  CAF_CHECK_EQUAL(code_read(to_json(forged)), ec::invalid_argument);
  forged = in;
  auto bare = sign_with(key, definition.SerializeAsString()); // without what says what it is for
  forged.set_signature(bare->signature);
  CAF_CHECK_EQUAL(code_read(to_json(forged)), ec::invalid_argument);
  forged = in;
  forged.set_name("ship");
  CAF_CHECK_EQUAL(code_read(to_json(forged)), ec::invalid_argument);
  forged = in;
  forged.set_format(2);
  CAF_CHECK_EQUAL(code_read(to_json(forged)), ec::from_future);
  forged.set_format(0);
  CAF_CHECK_EQUAL(code_read(to_json(forged)), ec::invalid_argument);
  CAF_CHECK_EQUAL(code_read("{}"), ec::invalid_argument);
}

CAF_TEST(trusted keys are written out or in files) {
  auto file =
      write_file(here.path + "/trust", "# people we know\n\n  " + signer + " # ada\n" + std::string(64, 'A'));
  auto keys = trusted_keys({file, std::string(64, 'b')});
  CAF_REQUIRE(keys);
  CAF_CHECK(*keys == (std::vector{signer, std::string(64, 'a'), std::string(64, 'b')}));
  CAF_CHECK(code_of(trusted_keys({here.path + "/none"}).error()) == ec::not_found);
  CAF_CHECK(code_of(trusted_keys({write_file(here.path + "/bad", "xyz")}).error()) == ec::invalid_argument);
  CAF_CHECK(trusted_keys({})->empty());
}

CAF_TEST_FIXTURE_SCOPE_END()
