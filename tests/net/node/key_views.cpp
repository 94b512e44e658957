// Keys are shown with what they seal, and whether all is sealed.
#define CAF_SUITE net.node.key_views
#include <caf/test/unit_test.hpp>
#include <troupe/net/node/views.hpp>

using namespace troupe;

namespace {

KeyList list() {
  KeyList keys;
  keys.set_master("a94f0c1e22d06b71");
  auto add = [&](const std::string& id, const std::string& tenant, const std::string& state) {
    auto* key = keys.add_keys();
    key->set_id(id);
    key->set_tenant(tenant);
    key->set_state(state);
    key->set_made_ms(1'700'000'000'000);
  };
  add("00000007", "", "active");
  add("9f3a01c2", "acme", "shredded");
  return keys;
}

const text_look plain{false, 1'700'000'000'000};

bool shows(const KeyList& keys, std::string_view part) {
  return show(keys, plain).find(part) != std::string::npos;
}

} // namespace

CAF_TEST(each key is shown with whose it is) {
  auto text = show(list(), plain);
  CAF_CHECK(text.find("00000007  (the store)  active") != std::string::npos);
  CAF_CHECK(text.find("9f3a01c2  acme         shredded") != std::string::npos);
  CAF_CHECK(text.find("master a94f0c1e22d06b71; all is sealed under the active keys\n") != std::string::npos);
}

CAF_TEST(a pass under way and trouble are told) {
  auto keys = list();
  keys.set_sealing(true);
  keys.set_rows_seen(5);
  keys.set_rows_sealed(3);
  CAF_CHECK(shows(keys, "sealing: 5 rows seen, 3 changed\n"));
  keys.set_trouble("disk_full: no room");
  CAF_CHECK(shows(keys, "not all is sealed: disk_full: no room\n"));
}
