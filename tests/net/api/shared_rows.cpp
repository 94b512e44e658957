// Where members share their rows any node reads them itself: nobody is asked for them, and nothing is shown twice. What only a node's memory
// has is asked for.
#define CAF_SUITE net.api.shared_rows
#include "tests/support/served.hpp"
#include <troupe/net/api/anywhere.hpp>
#include <troupe/persistence/own_doors.hpp>
#include <troupe/runtime/interface/cluster.hpp>
#include <troupe/runtime/proto/agent.pb.h>
#include <troupe/runtime/proto/journal.pb.h>
#include <troupe/runtime/proto/run.pb.h>

namespace troupe {
namespace {

// The way to a node b, which holds every shard and answers nothing.
struct way_to_b final : ref_route {
  std::string node_of(const std::string& name) const override {
    return is_sharded(kind_of(name)) || name == desk_ref("b") ? "b" : "";
  }
  std::string node_of(uint8_t) const override {
    return "b";
  }
  bool take(const std::string& name, caf::mailbox_element_ptr& message) override {
    if (node_of(name).empty())
      return false;
    asked.push_back(name);
    auto gone = std::move(message);
    if (gone->mid.is_request())
      gone->sender->enqueue(nullptr, gone->mid.response_id(),
                            caf::make_message(make_error(ec::unavailable, "b is away")), nullptr);
    return true;
  }
  caf::error refusal(const std::string& name) const override {
    return node_of(name).empty() ? caf::error{} : make_error(ec::unavailable, "b has it");
  }
  std::vector<std::string> others() const override {
    return {"b"};
  }
  std::vector<std::string> asked;
};

struct shared_house : desk_house {
  std::shared_ptr<memory_store> own_rows = open_memory(2);
  std::shared_ptr<way_to_b> way = std::make_shared<way_to_b>();
  doors_ptr both;

  shared_house() {
    auto shared = std::make_shared<doors>(*node->outside());
    auto own = std::make_shared<doors>(*shared);
    own->rows = own_rows;
    shared->own = std::move(own);
    both = std::move(shared);
    both->names->set_route(way);
    for (auto host : {services::shard_host, services::own_shard_host})
      play(std::string{host}, [this, host](const ListQuarantined&) {
        QuarantineList list;
        if (host == services::own_shard_host)
          list.add_entities()->set_ref("default/agent/w");
        return list;
      });
  }
  // As by the door: the call is let in here.
  template <class Reply, class In>
  caf::expected<Reply> anywhere(const In& in, bool forwarded = false) {
    auto result = std::make_shared<caf::expected<Reply>>(make_error(ec::internal, "no reply"));
    desk.outside = both;
    control_call how;
    how.desk = std::make_shared<control_desk>(desk);
    how.patience = std::chrono::seconds{20};
    how.forwarded = forwarded;
    auto worker = node->system().spawn([=, root = node->root()](caf::event_based_actor* self) mutable {
      house_rules(self);
      self->link_to(root);
      how.self = self;
      reply_to<Reply> done = [=](caf::expected<Reply> answer) {
        *result = std::move(answer);
        self->quit();
      };
      if (forwarded)
        serve(how, in, std::move(done));
      else
        serve_anywhere<In, Reply>(how, in, std::move(done));
    });
    node->settle();
    return *result;
  }
};

WorkSummary run_named(const std::string& name) {
  WorkSummary run;
  run.set_ref(name);
  run.set_title("flow");
  return run;
}

} // namespace
} // namespace troupe

CAF_TEST_FIXTURE_SCOPE(shared_rows_tests, troupe::shared_house)

using namespace troupe;

CAF_TEST(a listing is read here though another node holds all of it) {
  add_row(*rows, "default/run/r1", index_table::runs, run_named("default/run/r1"));
  auto list = anywhere<RunList>(ListRuns{});
  CAF_REQUIRE(list);
  CAF_CHECK_EQUAL(list->total(), 1u);
  CAF_CHECK_EQUAL(list->silent_size(), 0);
  CAF_CHECK(way->asked.empty());
}

CAF_TEST(the history of work is read here and that of an agent in the own store) {
  add_name(*rows, "default/run/r1");
  add_event(*rows, "default/run/r1", 1, RunEvent{});
  add_name(*own_rows, "default/agent/w");
  add_event(*own_rows, "default/agent/w", 1, AgentEvent{});
  GetHistory of_run, of_agent, of_nobody;
  of_run.set_id("r1");
  of_agent.set_id("w");
  of_nobody.set_id("default/run/r2");
  auto run = anywhere<History>(of_run), agent = anywhere<History>(of_agent), none = anywhere<History>(of_nobody);
  CAF_REQUIRE(run && agent);
  CAF_CHECK_EQUAL(run->entries_size(), 1);
  CAF_CHECK_EQUAL(agent->entries_size(), 1);
  CAF_REQUIRE(!none);
  CAF_CHECK_EQUAL(code_of(none.error()), ec::not_found);
  CAF_CHECK(way->asked.empty());
}

CAF_TEST(who is set aside is asked of every node and letters are shown once) {
  DeadLetter letter;
  letter.set_owner("default/run/r1");
  add_row(*rows, "default/run/r1", index_table::dead_letters, letter);
  auto here = anywhere<DeadLetterList>(ListDeadLetters{});
  CAF_REQUIRE(here);
  CAF_CHECK_EQUAL(here->total(), 2u); // and an agent of its own
  CAF_CHECK_EQUAL(here->silent_size(), 1);
  CAF_CHECK_EQUAL(way->asked.size(), 1u);
  auto for_another = anywhere<DeadLetterList>(ListDeadLetters{}, true);
  CAF_REQUIRE(for_another);
  CAF_CHECK_EQUAL(for_another->total(), 1u);
  CAF_CHECK_EQUAL(for_another->letters(0).owner(), "default/agent/w");
}

CAF_TEST(a node counts what is in its shards) {
  add_row(*rows, "default/run/r1", index_table::runs, run_named("default/run/r1"));
  auto status = anywhere<NodeStatus>(GetStatus{});
  CAF_REQUIRE(status);
  CAF_CHECK_EQUAL(status->runs_running(), 0u);
  CAF_CHECK_EQUAL(status->dead_letters(), 1u); // the agent
}

CAF_TEST_FIXTURE_SCOPE_END()
