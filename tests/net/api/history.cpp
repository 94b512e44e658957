// Every kind of event has its line; what cannot be read is shown as that; pages are bounded.
#define CAF_SUITE net.api.history
#include "tests/support/control_node.hpp"
#include <troupe/net/api/history.hpp>

using namespace troupe;

namespace {

const std::string owner = "default/run/r1";

struct stored {
  std::shared_ptr<memory_store> rows = open_memory(1);
  History page(uint64_t after = 0) {
    doors outside;
    outside.rows = rows;
    return answered(read_history(outside, owner, after));
  }
};

ActionRecord record(ActionKind kind, const std::string& name) {
  ActionRecord made;
  made.set_position("2.1");
  made.mutable_request()->set_kind(kind);
  made.mutable_request()->set_name(name);
  return made;
}

} // namespace

CAF_TEST(an event is told as JSON and as a line with its time and version) {
  stored node;
  RunEvent event;
  event.mutable_step()->set_step("read");
  event.mutable_step()->mutable_event()->mutable_parked()->set_reason("tool changed");
  add_event(*node.rows, owner, 1, event);
  auto page = node.page();
  CAF_REQUIRE_EQUAL(page.entries_size(), 1);
  auto& entry = page.entries(0);
  CAF_CHECK_EQUAL(entry.seq(), 1u);
  CAF_CHECK_EQUAL(entry.time_us(), 1'700'000'000'000'001);
  CAF_CHECK_EQUAL(entry.version(), 1u);
  CAF_CHECK_EQUAL(entry.type(), "RunEvent.step");
  CAF_CHECK_EQUAL(entry.summary(), "step read: parked: tool changed");
  CAF_CHECK_EQUAL(entry.text(), R"({"step":{"step":"read","event":{"parked":{"reason":"tool changed"}}}})");
}

CAF_TEST(what cannot be read is an entry that says so) {
  stored node;
  auto id = identify(owner, node.rows->naming_key());
  envelope sealed;
  sealed.key_id = 1;
  add_event(*node.rows, owner, 1, DeadLetter{});
  node.rows->write({{space::journal, journal_key(id, 2), std::string{"x"}},
                    {space::journal, journal_key(id, 3), wrap(sealed, "secret")},
                    {space::journal, journal_key(id, 4), wrap(envelope{}, "\xff")}});
  auto page = node.page();
  CAF_REQUIRE_EQUAL(page.entries_size(), 4);
  CAF_CHECK(page.entries(0).summary().find("an event of type ") == 0);
  CAF_CHECK_EQUAL(page.entries(1).summary(), "the record is damaged; restore it from a copy");
  CAF_CHECK_EQUAL(page.entries(2).summary(), "the record is sealed");
  CAF_CHECK_EQUAL(page.entries(3).summary(), "the record is damaged; restore it from a copy");
}

CAF_TEST(pages end at their bound and go on after it) {
  stored node;
  RunEvent event;
  event.mutable_ended();
  for (uint64_t seq = 1; seq <= limits::history_page_events + 1; ++seq)
    add_event(*node.rows, owner, seq, event);
  auto first = node.page();
  CAF_CHECK(first.more());
  CAF_CHECK_EQUAL(static_cast<size_t>(first.entries_size()), limits::history_page_events);
  auto second = node.page(limits::history_page_events);
  CAF_CHECK(!second.more());
  CAF_CHECK_EQUAL(second.entries_size(), 1);
  stored large;
  event.mutable_started()->mutable_definition()->set_description(
      std::string(limits::history_page_bytes, 'x'));
  add_event(*large.rows, owner, 1, event);
  add_event(*large.rows, owner, 2, event);
  auto page = large.page();
  CAF_CHECK_EQUAL(page.entries_size(), 1);
  CAF_CHECK(page.more());
}

CAF_TEST(each event of a task has a line) {
  TaskEvent event;
  event.mutable_created()->mutable_spec()->set_title("Review");
  CAF_CHECK_EQUAL(summarize(event), "created: Review");
  auto* recorded = event.mutable_recorded();
  recorded->mutable_start()->set_agent("reviewer");
  recorded->mutable_start()->set_behavior("review");
  recorded->mutable_start()->set_behavior_version("1.0.0");
  *recorded->add_records() = record(ACTION_TOOL, "fs/read_file");
  recorded->mutable_records(0)->set_started(true);
  *recorded->add_records() = record(ACTION_MODEL, "fast");
  recorded->mutable_records(1)->mutable_outcome()->set_text("fine\nand more");
  CAF_CHECK_EQUAL(summarize(event),
                  "reviewer begins an attempt with review 1.0.0; 2.1 tool fs/read_file begins; "
                  "2.1 model fast completed: fine…");
  recorded->clear_start();
  recorded->mutable_records(0)->set_winner(1);
  recorded->mutable_records(1)->set_wait_until_ms(5);
  CAF_CHECK_EQUAL(summarize(event), "2.1 tool fs/read_file is won by 1; 2.1 model fast waits");
  recorded->clear_records();
  recorded->add_notes("arguments changed");
  recorded->set_suspended(true);
  CAF_CHECK_EQUAL(summarize(event), "arguments changed; waits without an agent");
  recorded->clear_notes();
  recorded->set_suspended(false);
  recorded->set_woken(true);
  CAF_CHECK_EQUAL(summarize(event), "the wait is over");
  event.mutable_retried()->set_attempt(2);
  event.mutable_retried()->mutable_failure()->set_code(static_cast<uint32_t>(ec::tool_failed));
  event.mutable_retried()->mutable_failure()->set_text("exit 1");
  CAF_CHECK_EQUAL(summarize(event), "attempt 2 failed, tool_failed: exit 1; tried again");
  event.mutable_ended()->set_dead_letter(true);
  event.mutable_ended()->mutable_outcome()->mutable_failure()->set_code(static_cast<uint32_t>(ec::timeout));
  CAF_CHECK_EQUAL(summarize(event), "failed, timeout: ; now a dead letter");
  event.mutable_ended()->set_cancelled(true);
  event.mutable_ended()->mutable_outcome()->mutable_failure()->set_text("enough");
  CAF_CHECK_EQUAL(summarize(event), "cancelled: enough");
  event.mutable_dropped();
  CAF_CHECK_EQUAL(summarize(event), "no dead letter any more: dropped");
  event.mutable_parent_noted();
  CAF_CHECK_EQUAL(summarize(event), "whoever waited for it knows");
  event.mutable_resumed();
  CAF_CHECK_EQUAL(summarize(event), "resumed from its last checkpoint");
  event.mutable_resumed()->set_restart(true);
  CAF_CHECK_EQUAL(summarize(event), "resumed from the start");
  CAF_CHECK_EQUAL(summarize(TaskEvent{}), "");
}

CAF_TEST(each event of a ledger has a line) {
  LedgerEvent event;
  event.mutable_limit_set()->set_amount(100);
  event.mutable_limit_set()->set_unit("usd-micro");
  CAF_CHECK_EQUAL(summarize(event), "may spend 100 usd-micro");
  event.mutable_charged()->set_amount(3);
  event.mutable_charged()->set_purpose("round 7");
  event.mutable_charged()->set_principal("ada");
  CAF_CHECK_EQUAL(summarize(event), "ada charges 3 for round 7");
  event.mutable_restored()->set_spent(40);
  CAF_CHECK_EQUAL(summarize(event), "its mark says that 40 is spent");
  event.mutable_exhausted()->set_reason("the marks are missing");
  CAF_CHECK_EQUAL(summarize(event), "exhausted until confirmed: the marks are missing");
  event.mutable_confirmed()->set_spent(41);
  event.mutable_confirmed()->set_principal("ada");
  CAF_CHECK_EQUAL(summarize(event), "ada confirms that 41 is spent");
  CAF_CHECK_EQUAL(summarize(LedgerEvent{}), "");
}

CAF_TEST(each event of a workflow has a line) {
  CatalogEvent event;
  auto* revision = event.mutable_published()->mutable_revision();
  revision->set_by("ada");
  revision->set_number(2);
  revision->set_label("1.1.0");
  CAF_CHECK_EQUAL(summarize(event), "ada publishes revision 2 1.1.0");
  revision->set_note("asks twice");
  CAF_CHECK_EQUAL(summarize(event), "ada publishes revision 2 1.1.0: asks twice");
  revision = event.mutable_rolled_back()->mutable_revision();
  revision->set_by("ada");
  revision->set_number(3);
  revision->set_restores(1);
  CAF_CHECK_EQUAL(summarize(event), "ada goes back to revision 1 with revision 3");
  event.mutable_deprecated()->set_by("ada");
  event.mutable_deprecated()->set_revision(2);
  CAF_CHECK_EQUAL(summarize(event), "ada lets revision 2 be started again");
  event.mutable_deprecated()->set_reason("pays twice");
  CAF_CHECK_EQUAL(summarize(event), "ada deprecates revision 2: pays twice");
  event.mutable_archived()->set_by("ada");
  CAF_CHECK_EQUAL(summarize(event), "ada opens it again");
  event.mutable_archived()->set_archived(true);
  CAF_CHECK_EQUAL(summarize(event), "ada archives it");
  event.mutable_policy_set()->set_by("ada");
  event.mutable_policy_set()->set_policy(UPGRADE_MIGRATE);
  CAF_CHECK_EQUAL(summarize(event), "ada says that open runs follow by migration");
  event.mutable_policy_set()->set_policy(static_cast<UpgradePolicy>(9));
  CAF_CHECK_EQUAL(summarize(event), "ada says that open runs do what this version does not know");
  auto& looked = *event.mutable_rolled_out();
  looked.set_revision(3);
  looked.set_moved(12);
  CAF_CHECK_EQUAL(summarize(event), "12 open runs go on with revision 3, 0 stay");
  looked.set_stayed(1);
  looked.add_staying()->set_run("default/run/r1");
  looked.mutable_staying(0)->set_reason("it is being undone");
  CAF_CHECK_EQUAL(summarize(event),
                  "12 open runs go on with revision 3, 1 stay, e.g. default/run/r1: it is being undone");
  CAF_CHECK_EQUAL(summarize(CatalogEvent{}), "");
}

CAF_TEST(each event of a run and of an agent has a line) {
  RunEvent run;
  run.mutable_started()->set_principal("ada");
  run.mutable_started()->mutable_definition()->set_name("review");
  run.mutable_started()->mutable_definition()->set_version("2");
  run.mutable_started()->mutable_definition()->add_steps();
  CAF_CHECK_EQUAL(summarize(run), "ada starts review 2, 1 steps");
  run.mutable_ended()->set_status(RUN_COMPLETED);
  run.mutable_ended()->mutable_outcome()->set_text("done");
  CAF_CHECK_EQUAL(summarize(run), "completed: done");
  run.mutable_ended()->set_status(RUN_CANCELLED);
  run.mutable_ended()->mutable_outcome()->mutable_failure()->set_text("enough");
  CAF_CHECK_EQUAL(summarize(run), "cancelled: enough");
  AgentEvent agent;
  agent.mutable_registered()->mutable_request()->set_id("reviewer");
  agent.mutable_registered()->mutable_request()->set_behavior("review");
  CAF_CHECK_EQUAL(summarize(agent), "registered as reviewer, behavior review");
  agent.mutable_status_set()->set_status(AGENT_BUSY);
  CAF_CHECK_EQUAL(summarize(agent), "is busy");
  agent.mutable_task_counted()->set_duration_ms(12);
  CAF_CHECK_EQUAL(summarize(agent), "a task failed after 12 ms");
  agent.mutable_unregistered();
  CAF_CHECK_EQUAL(summarize(agent), "unregistered");
}
