// Keys are listed, rotated and shredded by admins, on a store that has some.
#define CAF_SUITE net.api.key_methods
#include "tests/support/control_node.hpp"
#include "tests/support/journal_bench.hpp"
#include "tests/support/memory_key_file.hpp"
#include <troupe/persistence/key_source.hpp>
#include <troupe/persistence/seal_keeper.hpp>

using namespace troupe;

namespace {

struct sealed_node : control_node {
  std::shared_ptr<memory_key_file> file = std::make_shared<memory_key_file>();
  std::shared_ptr<system_clock> time = std::make_shared<system_clock>();
  std::shared_ptr<sealed_store> sealed;
  std::shared_ptr<journal> disk;

  sealed_node() {
    auto opened = seal_store(open_memory(1), file, sealing_key::random(), time);
    CAF_REQUIRE(opened);
    sealed = opened->sealed;
    auto started = start_journal(sealed, time);
    CAF_REQUIRE(started);
    disk = std::move(*started);
    CAF_CHECK(!sealed->write({{space::index, "k", "v", "acme"}}));
    hooks.keys = std::make_shared<seal_keeper>(sealed, disk);
    server.reset();
    start();
  }
  ~sealed_node() {
    server.reset();
    hooks.keys.reset();
  }
  static std::string states(const KeyList& list, const std::string& tenant) {
    std::string all;
    for (auto& key : list.keys())
      if (key.tenant() == tenant)
        all += key.state() + " ";
    return all;
  }
};

} // namespace

CAF_TEST(keys are listed newest first) {
  sealed_node node;
  auto list = answered(node.client().keys());
  CAF_CHECK_EQUAL(list.keys_size(), 2);
  CAF_CHECK_EQUAL(sealed_node::states(list, ""), "active ");
  CAF_CHECK_EQUAL(sealed_node::states(list, "acme"), "active ");
  CAF_CHECK_EQUAL(list.master().size(), 16u);
  CAF_CHECK(list.keys(0).made_ms() > 0);
  CAF_CHECK_EQUAL(list.keys(0).id().size(), 8u);
}

CAF_TEST(new keys are made at once) {
  sealed_node node;
  auto before = answered(node.client().keys());
  auto after = answered(node.client().new_keys({}));
  CAF_CHECK_EQUAL(after.master(), before.master());
  CAF_CHECK_EQUAL(sealed_node::states(after, "acme"), "active old ");
  CAF_CHECK_EQUAL(node.sealed->get(space::index, "k")->value_or("(none)"), "v");
}

CAF_TEST(a new master key is read from its file) {
  sealed_node node;
  auto path = node.home.path + "/next.key";
  CAF_CHECK(!make_master_key(path));
  auto before = answered(node.client().keys());
  RotateKeys in;
  in.set_master_file(path);
  auto after = answered(node.client().new_keys(in));
  CAF_CHECK_NOT_EQUAL(after.master(), before.master());
  in.set_master_file(node.home.path + "/absent.key");
  CAF_CHECK_EQUAL(refused(node.client().new_keys(in)), ec::key_missing);
}

CAF_TEST(a tenant is shredded once) {
  sealed_node node;
  ShredTenant in;
  in.set_tenant("acme");
  CAF_CHECK_EQUAL(sealed_node::states(answered(node.client().shred(in)), "acme"), "shredded ");
  CAF_CHECK_EQUAL(refused(node.client().shred(in)), ec::shredded);
  in.set_tenant("nobody");
  CAF_CHECK_EQUAL(refused(node.client().shred(in)), ec::not_found);
}

CAF_TEST(a plain store has no keys) {
  control_node node;
  CAF_CHECK_EQUAL(refused(node.client().keys()), ec::conflict);
  CAF_CHECK_EQUAL(refused(node.client().new_keys({})), ec::conflict);
  ShredTenant in;
  in.set_tenant("acme");
  CAF_CHECK_EQUAL(refused(node.client().shred(in)), ec::conflict);
}

CAF_TEST(keys are for admins alone) {
  sealed_node node;
  for (auto token : {control_node::view, control_node::operate}) {
    CAF_CHECK_EQUAL(refused(node.client(token).keys()), ec::permission_denied);
    CAF_CHECK_EQUAL(refused(node.client(token).new_keys({})), ec::permission_denied);
    CAF_CHECK_EQUAL(refused(node.client(token).shred({})), ec::permission_denied);
  }
}
