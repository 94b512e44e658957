// A node that ends leaves nobody alive; whoever is left all the same is named.
#define CAF_SUITE sim.left
#include <caf/test/unit_test.hpp>
#include <tests/support/life.hpp>

using namespace troupe;

namespace {

struct hermit_state {
  static inline const char* name = "hermit";
};

// Nobody is linked to it, and a message to itself keeps it alive until that has come.
caf::behavior hermit(caf::stateful_actor<hermit_state>* self, std::chrono::milliseconds wait) {
  house_rules(self);
  tell_in(self, wait, caf::actor{self}, Tick{});
  return {[self](const Tick&) { self->quit(); }};
}

std::vector<std::string> left_by(const life::wiring& wire) {
  std::vector<std::string> all;
  twins threads;
  threads.left = [&](const std::vector<std::string>& names) { all = names; };
  life{open_memory(1), std::make_shared<virtual_clock>(), 1, wire, threads};
  return all;
}

life::wiring with_hermits(unsigned count, std::chrono::milliseconds wait) {
  return [=](caf::scheduled_actor* root, const doors_ptr&) {
    for (unsigned i = 0; i < count; ++i)
      root->spawn(hermit, wait);
  };
}

} // namespace

CAF_TEST(a node of which everybody knows everybody leaves nobody) {
  CAF_CHECK(left_by([](caf::scheduled_actor* root, const doors_ptr& outside) {
              outside->names->put(std::string{services::shard_host},
                                  caf::actor_cast<caf::actor>(spawn_shard_host(root, outside, {})));
            }).empty());
}

CAF_TEST(whoever outlives the node is named and ended) {
  auto hour = std::chrono::hours{1};
  CAF_CHECK(left_by(with_hermits(2, hour)) == (std::vector<std::string>{"hermit", "hermit"}));
}

CAF_TEST(whoever is about to end of himself is not left) {
  CAF_CHECK(left_by(with_hermits(2, std::chrono::seconds{1})).empty());
}
