// What a published workflow decides: bounds, and what replay and snapshots keep.
#define CAF_SUITE actors.workflow.catalog_book
#include <caf/test/unit_test.hpp>
#include <troupe/actors/workflow/catalog_book.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/limits.hpp>
#include <troupe/runtime/messages.hpp>
#include <troupe/runtime/workflow_limits.hpp>

using namespace troupe;

namespace {

PublishWorkflow publication(const std::string& label) {
  PublishWorkflow cmd;
  cmd.mutable_definition()->set_name("pay");
  cmd.mutable_definition()->set_version(label);
  auto* step = cmd.mutable_definition()->add_steps();
  step->set_id("go");
  step->mutable_task()->add_required("text.greet");
  return cmd;
}

catalog_book fresh() {
  catalog_book book;
  book.born("acme/workflow/pay");
  return book;
}

template <class Command>
std::vector<CatalogEvent> act(catalog_book& book, const Command& cmd) {
  auto decided = book.decide(cmd, 1'700'000'000'000);
  if (!decided)
    CAF_FAIL("refused: " << describe(decided.error()));
  for (auto& one : *decided)
    book.apply(one);
  return *decided;
}

template <class Command>
ec refusal(const catalog_book& book, const Command& cmd) {
  auto decided = book.decide(cmd, 1);
  return decided ? ec{} : code_of(decided.error());
}

} // namespace

CAF_TEST(a note has a bound) {
  auto book = fresh();
  auto cmd = publication("1");
  cmd.set_note(std::string(limits::catalog_text_bytes + 1, 'x'));
  CAF_CHECK_EQUAL(refusal(book, cmd), ec::invalid_argument);
  cmd.set_note(std::string(limits::catalog_text_bytes, 'x'));
  CAF_CHECK_EQUAL(act(book, cmd).size(), 1u);
}

CAF_TEST(words of newer versions are no policy and no source) {
  auto book = fresh();
  auto cmd = publication("1");
  cmd.set_source(static_cast<RevisionSource>(9));
  CAF_CHECK_EQUAL(refusal(book, cmd), ec::invalid_argument);
  cmd.set_source(SOURCE_AUTOMATED);
  CAF_CHECK(act(book, cmd)[0].published().revision().source() == SOURCE_AUTOMATED);
  SetUpgradePolicy policy;
  policy.set_policy(static_cast<UpgradePolicy>(9));
  CAF_CHECK_EQUAL(refusal(book, policy), ec::invalid_argument);
}

CAF_TEST(a workflow has a bound on its revisions) {
  auto book = fresh();
  for (size_t i = 0; i < limits::catalog_revisions; ++i)
    act(book, publication(std::to_string(i)));
  CAF_CHECK_EQUAL(refusal(book, publication("one more")), ec::overloaded);
  CAF_CHECK_EQUAL(refusal(book, publication(std::to_string(limits::catalog_revisions - 1))), ec{});
}

CAF_TEST(nothing can be done to what was never published) {
  auto book = fresh();
  RollbackWorkflow back;
  back.set_to(1);
  CAF_CHECK_EQUAL(refusal(book, back), ec::not_found);
  CAF_CHECK_EQUAL(refusal(book, ArchiveWorkflow{}), ec::not_found);
  CAF_CHECK_EQUAL(refusal(book, SetUpgradePolicy{}), ec::not_found);
  CAF_CHECK_EQUAL(refusal(book, DeprecateRevision{}), ec::not_found);
}

CAF_TEST(what changes nothing is no event) {
  auto book = fresh();
  act(book, publication("1"));
  CAF_CHECK(act(book, SetUpgradePolicy{}).empty());
  CAF_CHECK_EQUAL(act(book, ArchiveWorkflow{}).size(), 1u);
  CAF_CHECK(act(book, ArchiveWorkflow{}).empty());
}

CAF_TEST(a rollout goes on in order and its timer goes with it) {
  auto book = fresh();
  act(book, publication("1"));
  SetUpgradePolicy policy;
  policy.set_policy(UPGRADE_AUTO);
  act(book, policy);
  CAF_CHECK(act(book, publication("2"))[0].published().rolls_out());
  TimerDue due;
  due.set_timer("rollout/2");
  CAF_CHECK(book.is_due(due));
  NoteRollout note;
  note.mutable_rolled_out()->set_revision(2);
  note.mutable_rolled_out()->set_shards(7);
  note.mutable_rolled_out()->set_moved(3);
  CAF_CHECK_EQUAL(act(book, note).size(), 1u);
  CAF_CHECK(act(book, note).empty()); // it comes twice
  note.mutable_rolled_out()->set_shards(limits::shards);
  note.mutable_rolled_out()->set_stayed(1);
  note.mutable_rolled_out()->add_staying()->set_run("acme/run/r1");
  auto next_ms = act(book, note)[0].rolled_out().next_ms();
  CAF_CHECK_EQUAL(next_ms, 1'700'000'000'000 + limits::request_timeout.count());
  CAF_CHECK(!book.is_due(due));
  due.set_due_ms(next_ms);
  CAF_CHECK(book.is_due(due));
  catalog_book again;
  CAF_REQUIRE(again.load(book.save()));
  CAF_CHECK(again.is_due(due));
  act(again, note);
  auto over = again.catalog.rollout();
  CAF_CHECK_EQUAL(uint64_t{over.moved()}, 9u);
  CAF_CHECK(over.ended_ms() > 0);
  CAF_CHECK(!again.is_due(due));
  note.mutable_rolled_out()->set_revision(1); // of an earlier one
  CAF_CHECK(act(book, note).empty());
  policy.set_policy(UPGRADE_PINNED);
  act(book, policy);
  CAF_CHECK(!act(book, publication("3"))[0].published().rolls_out());
  CAF_CHECK(!book.catalog.has_rollout());
}

CAF_TEST(a snapshot holds what the events hold) {
  auto book = fresh();
  act(book, publication("1"));
  act(book, publication("2"));
  RollbackWorkflow back;
  back.set_to(1);
  act(book, back);
  catalog_book again;
  CAF_REQUIRE(again.load(book.save()));
  CAF_CHECK(equal(again.save(), book.save()));
  CAF_CHECK(again.find(3)->event() == 1u);
  CAF_CHECK(equal(again.summary(), book.summary()));
  CAF_CHECK(book.recent_definition(2)->version() == "2");
  CAF_CHECK(again.recent_definition(2) == nullptr);
}

CAF_TEST(only the last definitions are kept in memory) {
  auto book = fresh();
  for (size_t i = 0; i <= limits::catalog_recent; ++i)
    act(book, publication(std::to_string(i)));
  CAF_CHECK(book.recent_definition(1) == nullptr);
  CAF_CHECK(book.recent_definition(2) != nullptr);
}

CAF_TEST(a hash that tells two apart must be written far enough) {
  auto book = fresh();
  act(book, publication("1"));
  act(book, publication("2"));
  auto one = *book.find(1), two = *book.find(2);
  CAF_CHECK_EQUAL(uint64_t{book.find(0, one.hash())->number()}, 1u);
  CAF_CHECK_EQUAL(uint64_t{book.find(0)->number()}, 2u);
  auto same = std::mismatch(one.hash().begin(), one.hash().end(), two.hash().begin()).first;
  auto shared = one.hash().substr(0, static_cast<size_t>(same - one.hash().begin()));
  if (!shared.empty())
    CAF_CHECK(code_of(book.find(0, shared).error()) == ec::conflict);
}
