// Keys of a configuration that contradict each other, or miss another, are refused with what to do.
#define CAF_SUITE net.node.settings
#include <caf/test/unit_test.hpp>
#include <fstream>
#include <sys/stat.h>
#include <tests/support/scratch.hpp>
#include <troupe/net/node/settings.hpp>
#include <troupe/net/node/storage.hpp>

using namespace troupe;

namespace {

struct bench {
  test::scratch home;
  config all = [] {
    config whole;
    whole.node.name = "a";
    whole.store.postgres = "host=db";
    whole.cluster.id = "blue";
    whole.cluster.members = "a 127.0.0.1:7801; b 127.0.0.1:7802";
    whole.cluster.etcd = "http://127.0.0.1:2379";
    return whole;
  }();

  std::string file(std::string_view text, mode_t mode = 0600) const {
    auto path = home.path() / "password";
    std::filesystem::remove(path);
    std::ofstream{path} << text;
    ::chmod(path.c_str(), mode);
    return path;
  }
  // The refusal must name each of these.
  void refused(const config& settings, std::initializer_list<std::string_view> words) const {
    auto planned = plan_leases(settings);
    CAF_REQUIRE(!planned);
    CAF_CHECK_EQUAL(code_of(planned.error()), ec::invalid_argument);
    for (auto word : words)
      CAF_CHECK(text_of(planned.error()).find(word) != std::string::npos);
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(settings_tests, bench)

CAF_TEST(etcd and a shared store make a cluster whose shards move) {
  all.cluster.etcd_user = "troupe";
  all.cluster.etcd_password_file = file("sesame\n");
  all.cluster.etcd_authority = "authority.pem";
  auto planned = plan_leases(all);
  CAF_REQUIRE(planned);
  CAF_REQUIRE(*planned);
  CAF_CHECK_EQUAL((*planned)->endpoints, "http://127.0.0.1:2379");
  CAF_CHECK_EQUAL((*planned)->cluster, "blue");
  CAF_CHECK_EQUAL((*planned)->user, "troupe");
  CAF_CHECK_EQUAL((*planned)->password.reveal(), "sesame");
  CAF_CHECK_EQUAL((*planned)->authority, "authority.pem");
  CAF_CHECK(is_available(all));
  CAF_CHECK(!is_shared(own_store_of(all)));
}

CAF_TEST(without etcd nothing moves) {
  all.cluster.etcd.clear();
  all.store.postgres.clear();
  auto planned = plan_leases(all);
  CAF_REQUIRE(planned);
  CAF_CHECK(!*planned);
  CAF_CHECK(!is_available(all));
  all.store.postgres = "host=db";
  all.cluster.members.clear();
  CAF_CHECK(plan_leases(all)); // one node alone
}

CAF_TEST(members that share their rows need etcd and etcd needs both) {
  auto one = all;
  one.cluster.etcd.clear();
  refused(one, {"members", "[store] postgres", "set it"});
  one = all;
  one.store.postgres.clear();
  refused(one, {"[cluster] etcd", "set [store] postgres"});
  one = all;
  one.cluster.members.clear();
  refused(one, {"etcd", "members", "name all members"});
  one = all;
  one.cluster.founders = "a";
  refused(one, {"etcd and founders", "remove founders"});
}

CAF_TEST(who a node is to etcd is said whole and kept private) {
  auto one = all;
  one.cluster.etcd_user = "troupe";
  refused(one, {"etcd_user", "etcd_password_file", "set both"});
  one = all;
  one.cluster.etcd_password_file = file("sesame");
  refused(one, {"etcd_user", "set both"});
  one.cluster.etcd_user = "troupe";
  one.cluster.etcd_password_file = file("sesame", 0644);
  refused(one, {"etcd_password_file", "chmod 600"});
  one.cluster.etcd_password_file = file("");
  refused(one, {"etcd_password_file", "empty"});
  one = all;
  one.cluster.etcd.clear();
  one.store.postgres.clear();
  one.cluster.etcd_authority = "authority.pem";
  refused(one, {"etcd_authority", "set etcd"});
}

CAF_TEST_FIXTURE_SCOPE_END()
