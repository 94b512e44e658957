// Rows are told once, newer wins, and what comes late or twice changes nothing.
#define CAF_SUITE net.cluster.service_book
#define FAIL CAF_FAIL
#include <caf/test/dsl.hpp>
#include <troupe/net/cluster/service_book.hpp>
#include <troupe/runtime/fleet_limits.hpp>

using namespace troupe;

namespace {

ServiceRow row(const std::string& agent, uint32_t free = 1) {
  ServiceRow one;
  one.set_agent(agent);
  one.set_passing(true);
  one.set_free(free);
  return one;
}

std::string agents_of(const service_book& book, const std::string& node = "a") {
  std::string text;
  if (auto part = book.parts().find(node); part != book.parts().end())
    for (auto& [agent, known] : part->second.rows)
      text += agent + std::to_string(known.free());
  return text;
}

// Asks as the registry does.
ServiceReport ask(const service_book& book, const told_services& own) {
  auto asked = book.question("a");
  return own.report(asked.incarnation(), asked.since());
}

} // namespace

CAF_TEST(the first report is whole and then only what has changed is told) {
  told_services own{"a", 7};
  service_book book;
  own.set({row("x"), row("y")}, 3, 2);
  CAF_CHECK(book.merge(ask(book, own), 100));
  CAF_CHECK_EQUAL(agents_of(book), "x1y1");
  CAF_CHECK_EQUAL(book.parts().at("a").queued, 3u);
  CAF_CHECK_EQUAL(ask(book, own).rows_size(), 0);
  own.set({row("x"), row("y", 0), row("z")}, 0, 0);
  auto delta = ask(book, own);
  CAF_CHECK(!delta.whole());
  CAF_CHECK_EQUAL(delta.rows_size(), 2);
  CAF_CHECK(book.merge(delta, 200));
  CAF_CHECK_EQUAL(agents_of(book), "x1y0z1");
  CAF_CHECK_EQUAL(book.parts().at("a").heard_ms, 200);
}

CAF_TEST(who leaves is told and who comes back is new) {
  told_services own{"a", 7};
  service_book book;
  own.set({row("x"), row("y")}, 0, 0);
  book.merge(ask(book, own), 1);
  own.set({row("y")}, 0, 0);
  auto left = ask(book, own);
  CAF_REQUIRE_EQUAL(left.rows_size(), 1);
  CAF_CHECK(left.rows(0).gone());
  book.merge(left, 2);
  CAF_CHECK_EQUAL(agents_of(book), "y1");
  own.set({row("x"), row("y")}, 0, 0);
  book.merge(ask(book, own), 3);
  CAF_CHECK_EQUAL(agents_of(book), "x1y1");
}

CAF_TEST(late and repeated reports change nothing) {
  told_services own{"a", 7};
  service_book book;
  own.set({row("x", 1)}, 0, 0);
  auto first = ask(book, own);
  own.set({row("x", 2)}, 0, 0);
  auto second = own.report(0, 0);
  CAF_CHECK(book.merge(second, 1));
  CAF_CHECK(!book.merge(first, 2));
  CAF_CHECK_EQUAL(agents_of(book), "x2");
  CAF_CHECK(book.merge(second, 3));
  CAF_CHECK_EQUAL(agents_of(book), "x2");
}

CAF_TEST(a later life replaces all and an earlier one is not heard any more) {
  told_services before{"a", 7}, after{"a", 8};
  service_book book;
  before.set({row("x"), row("y")}, 0, 0);
  before.set({row("x", 3), row("y")}, 0, 0);
  book.merge(ask(book, before), 1);
  after.set({row("z")}, 0, 0);
  auto whole = ask(book, after);
  CAF_CHECK(whole.whole()); // though its counter is lower
  CAF_CHECK(book.merge(whole, 2));
  CAF_CHECK_EQUAL(agents_of(book), "z1");
  CAF_CHECK(!book.merge(before.report(0, 0), 3));
  CAF_CHECK_EQUAL(agents_of(book), "z1");
}

CAF_TEST(what builds on forgotten rows is refused until all are told) {
  told_services own{"a", 7};
  service_book book;
  own.set({row("x")}, 0, 0);
  book.merge(ask(book, own), 1);
  own.set({row("x"), row("y")}, 0, 0);
  auto delta = ask(book, own);
  book.drop("a");
  CAF_CHECK(!book.merge(delta, 2));
  CAF_CHECK_EQUAL(agents_of(book), "");
  CAF_CHECK(book.merge(ask(book, own), 3));
  CAF_CHECK_EQUAL(agents_of(book), "x1y1");
}

CAF_TEST(who has missed too many that left is told everything) {
  told_services own{"a", 7};
  service_book book;
  own.set({row("keeper"), row("first")}, 0, 0);
  book.merge(ask(book, own), 1);
  for (size_t i = 0; i <= limits::gone_services; ++i)
    own.set({row("keeper"), row("t" + std::to_string(i))}, 0, 0);
  own.set({row("keeper")}, 0, 0);
  auto told = ask(book, own);
  CAF_CHECK(told.whole());
  book.merge(told, 2);
  CAF_CHECK_EQUAL(agents_of(book), "keeper1");
}
