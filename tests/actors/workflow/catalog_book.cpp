// What a published workflow decides: bounds, and what replay and snapshots keep.
#define CAF_SUITE actors.workflow.catalog_book
#include <caf/test/unit_test.hpp>
#include <troupe/actors/workflow/catalog_book.hpp>
#include <troupe/runtime/error.hpp>
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
