// A shard is asked for where it is open, where it is held, or where it will be; who has no lease has nothing to say.
#define CAF_SUITE net.cluster.holdings
#include <troupe/net/cluster/holdings.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/proto/link.pb.h>

#include <caf/test/dsl.hpp>

using namespace troupe;

namespace {

struct seen : holdings {
  seen() : holdings{"a", "s1"} {
    view.members = {{"a", {1, false}}, {"b", {1, false}}};
    wanted.fill("b");
  }
  void tell() {
    saw(view, wanted);
  }
  cluster_view view;
  std::array<std::string, limits::shards> wanted;
};

} // namespace

CAF_TEST(before the first view everything is refused here) {
  holdings none{"a", "s1"};
  CAF_CHECK_EQUAL(none.owner(3), "");
  CAF_CHECK_EQUAL(code_of(none.refusal(3)), ec::unavailable);
  CAF_CHECK_EQUAL(code_of(none.trouble("a")), ec::unavailable);
}

CAF_TEST(a shard is asked for where it is held and until then where it will be) {
  seen by_a;
  by_a.view.holders[3] = "c";
  by_a.view.holders[4] = "a";
  by_a.tell();
  CAF_CHECK_EQUAL(by_a.owner(3), "c");
  CAF_CHECK_EQUAL(by_a.owner(4), "");
  CAF_CHECK_EQUAL(by_a.owner(5), "b");
}

CAF_TEST(what is held is refused until it is open and while it is closed) {
  seen by_a;
  by_a.view.holders[4] = "a";
  by_a.tell();
  by_a.doubt({});
  CAF_CHECK_EQUAL(
      text_of(by_a.refusal(4)),
      "shard 4 is not open on node a: its epoch is being raised, or it moves; repeat in a second");
  by_a.open(4, 9);
  CAF_CHECK(!by_a.refusal(4));
  CAF_CHECK_EQUAL(by_a.look(4).epoch, 9u);
  CAF_CHECK(by_a.is_open(4) && !by_a.is_open(5));
  by_a.view.holders[4] = "b"; // the keeper has not closed it yet
  by_a.tell();
  CAF_CHECK_EQUAL(by_a.owner(4), "");
  by_a.open(4, 0);
  CAF_CHECK_EQUAL(by_a.owner(4), "b");
  CAF_CHECK_EQUAL(code_of(by_a.refusal(4)), ec::unavailable);
}

CAF_TEST(who has no lease has nothing to say) {
  seen by_a;
  by_a.tell();
  CAF_CHECK(!by_a.trouble("b"));
  CAF_CHECK_EQUAL(text_of(by_a.trouble("c")), "node c has no lease: it does not run, or is cut off");
  by_a.doubt(make_error(ec::unavailable, "nothing is heard"));
  CAF_CHECK_EQUAL(text_of(by_a.trouble("a")), "nothing is heard");
  CAF_CHECK_EQUAL(text_of(by_a.refusal(4)), "nothing is heard");
}

CAF_TEST(members greet with the store that they share) {
  Hello one, other;
  holdings{"a", "s1"}.address("b", one);
  holdings{"b", "s2"}.address("a", other);
  CAF_CHECK(one.map_hash() != other.map_hash());
}
