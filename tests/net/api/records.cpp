// The records of one entity are read in order, the last ones from behind, and damage is told.
#define CAF_SUITE net.api.records
#include "tests/support/served.hpp"
#include <troupe/net/api/records.hpp>

namespace troupe {
namespace {

const std::string ref_text = "default/agent/a";

struct record_desk : desk_house {
  void count(uint64_t seq, int64_t time_ms) {
    AgentEvent event;
    event.mutable_task_counted()->set_time_ms(time_ms);
    add_event(*rows, ref_text, seq, event);
  }
  caf::expected<std::vector<journal_entry>> read() {
    auto result = std::make_shared<caf::expected<std::vector<journal_entry>>>(make_error(ec::internal, "no reply"));
    control_call how;
    desk.outside = node->outside();
    how.desk = std::make_shared<control_desk>(desk);
    auto worker = node->system().spawn([=](caf::event_based_actor* self) mutable {
      house_rules(self);
      how.self = self;
      read_records(how, ref_text, [=](auto records) {
        *result = std::move(records);
        self->quit();
      });
    });
    node->settle();
    return *result;
  }
  void damage(uint64_t seq) {
    auto id = identify(ref_text, rows->naming_key());
    CAF_REQUIRE(!rows->write({{space::journal, journal_key(id, seq), std::string{"\1"}}}));
  }
};

} // namespace
} // namespace troupe

using namespace troupe;

CAF_TEST_FIXTURE_SCOPE(record_tests, record_desk)

CAF_TEST(all records come in their order over pages) {
  auto many = 2 * limits::history_page_events + 1;
  for (uint64_t seq = 1; seq <= many; ++seq)
    count(seq, static_cast<int64_t>(seq));
  auto all = read();
  CAF_REQUIRE(all);
  CAF_REQUIRE_EQUAL(all->size(), many);
  CAF_CHECK_EQUAL(all->back().seq, many);
  CAF_CHECK(all->back().ends_append);
  AgentEvent event;
  CAF_CHECK(event.ParseFromString(all->back().event));
  CAF_CHECK_EQUAL(event.task_counted().time_ms(), static_cast<int64_t>(many));
}

CAF_TEST(the last records come from behind) {
  for (uint64_t seq = 1; seq <= 5; ++seq)
    count(seq, 0);
  auto last = last_records(*node->outside(), ref_text, 2);
  CAF_REQUIRE(last);
  CAF_REQUIRE_EQUAL(last->size(), 2u);
  CAF_CHECK_EQUAL(last->front().seq, 5u);
  CAF_CHECK(last_records(*node->outside(), "default/agent/b", 2)->empty());
}

CAF_TEST(a damaged record is told and not passed over) {
  count(1, 0);
  damage(2);
  CAF_CHECK_EQUAL(code_of(read().error()), ec::corrupt);
  CAF_CHECK_EQUAL(code_of(last_records(*node->outside(), ref_text, 2).error()), ec::corrupt);
}

CAF_TEST(nobody has no records) {
  auto none = read();
  CAF_REQUIRE(none);
  CAF_CHECK(none->empty());
}

CAF_TEST_FIXTURE_SCOPE_END()
