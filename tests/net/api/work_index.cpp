// Entities are found without waking them, and listings keep the newest rows.
#define CAF_SUITE net.api.work_index
#include "tests/support/served.hpp"
#include <troupe/net/api/work_index.hpp>
#include <troupe/runtime/ref_route.hpp>

namespace troupe {
namespace {

// Half of all refs belong to b.
struct half_elsewhere final : ref_route {
  std::string node_of(const std::string& name) const override {
    return node_of(shard_of(name));
  }
  std::string node_of(uint8_t shard) const override {
    return shard % 2 == 0 ? "b" : "";
  }
  bool take(const std::string&, caf::mailbox_element_ptr&) override {
    return false;
  }
  caf::error refusal(const std::string&) const override {
    return {};
  }
  std::vector<std::string> others() const override {
    return {"b"};
  }
};

} // namespace
} // namespace troupe

CAF_TEST_FIXTURE_SCOPE(work_index_tests, troupe::desk_house)

using namespace troupe;

CAF_TEST(new work belongs to this node and of others a ref is enough) {
  auto& outside = *node->outside();
  outside.names->set_route(std::make_shared<half_elsewhere>());
  for (int i = 0; i < 20; ++i)
    CAF_CHECK(!outside.names->is_elsewhere("default/run/" + own_id(outside, "default", "run")));
  for (int i = 0; i < 20; ++i) {
    auto id = "r" + std::to_string(i);
    auto elsewhere = outside.names->is_elsewhere("default/run/" + id);
    CAF_CHECK_EQUAL(static_cast<bool>(find_entity(outside, id, {"run"})), elsewhere);
    CAF_CHECK_EQUAL(static_cast<bool>(find_entity(outside, "default/run/" + id)), elsewhere);
    CAF_CHECK(!find_entity(outside, id)); // it may be a run or a task
  }
}

CAF_TEST(an id means the run or else the task of the default tenant) {
  auto& outside = *node->outside();
  add_name(*rows, "default/task/x");
  add_name(*rows, "acme/run/y");
  CAF_CHECK_EQUAL(to_string(*find_entity(outside, "x")), "default/task/x");
  add_name(*rows, "default/run/x");
  CAF_CHECK_EQUAL(to_string(*find_entity(outside, "x")), "default/run/x");
  CAF_CHECK_EQUAL(to_string(*find_entity(outside, "acme/run/y")), "acme/run/y");
}

CAF_TEST(what has no event or another kind is not found and what is no id is refused) {
  auto& outside = *node->outside();
  add_name(*rows, "default/agent/a");
  auto unknown = find_entity(outside, "x");
  CAF_CHECK_EQUAL(code_of(unknown.error()), ec::not_found);
  CAF_CHECK_EQUAL(text_of(unknown.error()), "no run or task has the id x");
  CAF_CHECK_EQUAL(code_of(find_entity(outside, "default/agent/a").error()), ec::not_found);
  CAF_CHECK(find_entity(outside, "default/agent/a", {"run", "agent"}));
  CAF_CHECK_EQUAL(code_of(find_entity(outside, "").error()), ec::invalid_argument);
  CAF_CHECK_EQUAL(code_of(find_entity(outside, "a b").error()), ec::invalid_argument);
  CAF_CHECK_EQUAL(code_of(find_entity(outside, "a/b").error()), ec::invalid_argument);
}

CAF_TEST(a walk sees every shard and table it is asked for once) {
  for (int i = 0; i < 600; ++i)
    add_row(*rows, "default/run/" + std::to_string(i), i % 2 ? index_table::runs : index_table::tasks,
            WorkSummary{});
  add_row(*rows, "default/run/dead", index_table::dead_letters, DeadLetter{});
  int runs = 0, tasks = 0, others = 0, ends = 0;
  node->system().spawn([&](caf::event_based_actor* self) {
    walk_index(
        self, node->outside(), {index_table::runs, index_table::tasks},
        [&](index_table table, std::string_view) {
          ++(table == index_table::runs ? runs : table == index_table::tasks ? tasks : others);
        },
        [&, self](caf::error failed) {
          CAF_CHECK(!failed);
          ++ends;
          self->quit();
        });
  });
  node->settle();
  CAF_CHECK_EQUAL(runs, 300);
  CAF_CHECK_EQUAL(tasks, 300);
  CAF_CHECK_EQUAL(others, 0);
  CAF_CHECK_EQUAL(ends, 1);
}

CAF_TEST(only the newest rows are kept and all are counted) {
  newest<DeadLetter> rows_seen{2, [](const DeadLetter& letter) { return letter.time_ms(); }};
  for (int64_t at : {3, 1, 4, 2}) {
    DeadLetter letter;
    letter.set_time_ms(at);
    rows_seen.add(std::move(letter));
  }
  auto kept = rows_seen.take();
  CAF_REQUIRE_EQUAL(kept.size(), 2u);
  CAF_CHECK_EQUAL(kept[0].time_ms(), 4);
  CAF_CHECK_EQUAL(kept[1].time_ms(), 3);
  CAF_CHECK_EQUAL(rows_seen.total(), 4u);
  newest<DeadLetter> bounded{1'000'000, [](const DeadLetter&) { return int64_t{0}; }};
  for (size_t i = 0; i < limits::list_rows_most + 5; ++i)
    bounded.add({});
  CAF_CHECK_EQUAL(bounded.take().size(), limits::list_rows_most);
}

CAF_TEST_FIXTURE_SCOPE_END()
