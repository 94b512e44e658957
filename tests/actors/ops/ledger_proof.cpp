// Whatever copy of a store is opened, and whenever that is interrupted, its ledgers show what was spent or are exhausted.
#define CAF_SUITE actors.ops.ledger_proof
#include "tests/support/fixture.hpp"
#include "tests/support/journal_bench.hpp"
#include "tests/support/memory_spent_place.hpp"
#include <random>
#include <troupe/actors/ops/ledger_book.hpp>
#include <troupe/actors/ops/ledger_proof.hpp>
#include <troupe/persistence/rebuild.hpp>

using namespace troupe;

namespace {

const std::string purse = "acme/ledger/purse", privacy = "zeta/ledger/privacy";
using copy_of_rows = std::map<std::pair<space, std::string>, std::string>;

SetLedgerLimit limit(int64_t amount) {
  SetLedgerLimit cmd;
  cmd.set_amount(amount);
  cmd.set_unit("usd-micro");
  return cmd;
}
ChargeLedger charge(int64_t amount) {
  ChargeLedger cmd;
  cmd.set_amount(amount);
  cmd.set_purpose("a call");
  return cmd;
}
ConfirmLedger confirm(int64_t spent) {
  ConfirmLedger cmd;
  cmd.set_spent(spent);
  return cmd;
}

// A store and its marks; ledgers live in it as their actors would, one command at a time.
struct vault {
  std::shared_ptr<memory_store> rows = open_memory(1);
  std::shared_ptr<hand_clock> time = std::make_shared<hand_clock>();
  std::shared_ptr<memory_spent_place> place = std::make_shared<memory_spent_place>();
  std::vector<std::string> warnings;
  std::unique_ptr<journal_core> core;

  vault() {
    start();
  }

  caf::expected<std::shared_ptr<spent_marks>> prove() {
    return prove_ledgers({rows, time, nullptr}, place,
                         [this](std::string_view text) { warnings.emplace_back(text); });
  }
  void start() {
    auto marks = prove();
    if (!marks)
      CAF_FAIL(describe(marks.error()));
    core = std::make_unique<journal_core>(rows, time, node_metrics{}, nullptr, *marks);
    CAF_REQUIRE(!core->start());
  }

  Replayed open(const std::string& ref_text) {
    std::vector<journal_order> orders{open_of(*rows, ref_text)};
    auto content = core->process(orders).front().message->move_content_to_message();
    return content.get_as<Replayed>(0);
  }
  ledger_book book_of(const Replayed& replayed) const {
    ledger_book book;
    book.born(replayed.ref());
    for (auto& stored : replayed.events()) {
      JournalRecord record;
      record.ParseFromString(stored.record());
      auto event = read_event<ledger_book>(stored.type(), stored.version(), record.event());
      CAF_REQUIRE(event);
      book.apply(*event);
    }
    book.inherit(replayed.spent_before());
    return book;
  }
  template <class Command>
  ec tell(const std::string& ref_text, const Command& cmd) {
    auto replayed = open(ref_text);
    auto book = book_of(replayed);
    auto decision = book.decide(cmd);
    if (!decision)
      return code_of(decision.error());
    auto entity = identify(ref_text, rows->naming_key());
    Context no_cause;
    effects out{ref_text, entity, rows->naming_key(), no_cause};
    std::vector<std::string> events;
    for (auto& event : *decision) {
      book.apply(event);
      book.bring_about(event, out);
      events.push_back(event.SerializeAsString());
    }
    auto order = append_of(*rows, ref_text, replayed.incarnation(),
                           static_cast<uint64_t>(replayed.events_size()) + 1, events);
    order.type = record_type(LedgerEvent::descriptor()->full_name());
    order.rows = std::move(out.rows());
    order.spent = out.spent();
    std::vector<journal_order> orders{std::move(order)};
    auto content = core->process(orders).front().message->move_content_to_message();
    return content.match_elements<Appended>() ? ec{} : ec::outcome_unknown;
  }
  LedgerState state(const std::string& ref_text) {
    return book_of(open(ref_text)).ledger;
  }
  int64_t spent(const std::string& ref_text) {
    return state(ref_text).spent();
  }
  bool exhausted(const std::string& ref_text) {
    return !state(ref_text).exhausted().empty();
  }

  void live() { // one spends much, one little
    CAF_REQUIRE(tell(purse, limit(6400)) == ec{});
    CAF_REQUIRE(tell(privacy, limit(640)) == ec{});
    CAF_REQUIRE(tell(purse, charge(10)) == ec{});
  }

  copy_of_rows copy() const {
    copy_of_rows all;
    for (size_t i = 0; i < space_count; ++i)
      CAF_REQUIRE(!rows->scan(static_cast<space>(i), "", std::string(80, '\xff'), [&](auto key, auto value) {
        all[{static_cast<space>(i), std::string{key}}] = value;
        return true;
      }));
    return all;
  }
  // An older directory lies in the place of this one. A restore also begins a history.
  void put_back(const copy_of_rows& older, const std::string& history = {}) {
    write_batch batch;
    for (auto& [row, value] : copy())
      if (older.count(row) == 0)
        batch.push_back({row.first, row.second, std::nullopt});
    for (auto& [row, value] : older)
      batch.push_back({row.first, row.second, value});
    if (!history.empty())
      batch.push_back({space::meta, store_key("history"), history});
    CAF_REQUIRE(!rows->write(batch));
  }

  size_t rows_that_differ() const { // from those its events bring about
    size_t count = 0;
    for (unsigned shard = 0; shard < limits::shards; ++shard) {
      auto changes = rebuild_rows(*rows, {ledger_kind()}, static_cast<uint8_t>(shard));
      CAF_REQUIRE(changes);
      count += changes->size();
    }
    return count;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(ledger_proof_tests, vault)

CAF_TEST(an ordinary restart goes by the journal) {
  live();
  auto before = copy();
  start();
  CAF_CHECK_EQUAL(spent(purse), 10);
  CAF_CHECK(copy() == before);
  CAF_CHECK(warnings.empty());
}

CAF_TEST(a store without ledgers needs no marks and writes none) {
  start();
  CAF_CHECK(!place->content);
  CAF_REQUIRE(tell(purse, limit(100)) == ec{});
  CAF_CHECK(place->content);
  start();
  CAF_CHECK(!exhausted(purse));
}

CAF_TEST(a restored ledger has spent at least what was answered for) {
  live();
  auto backup = copy();
  for (int i = 0; i < 7; ++i)
    CAF_REQUIRE(tell(purse, charge(50)) == ec{});
  put_back(backup, "second");
  start();
  CAF_CHECK(spent(purse) >= 360);
  CAF_CHECK(spent(purse) <= 460); // and a step of the mark at most more
  CAF_CHECK(!exhausted(purse));
  CAF_CHECK_EQUAL(tell(purse, charge(6400 - 359)), ec::budget_exceeded);
  CAF_CHECK_EQUAL(tell(purse, charge(1)), ec{});
  CAF_CHECK_EQUAL(rows_that_differ(), 0u);
  CAF_REQUIRE_EQUAL(warnings.size(), 1u);
  CAF_CHECK(warnings[0].find("its 2 ledgers") != std::string::npos);
  auto after = copy();
  start();
  CAF_CHECK(copy() == after);
}

CAF_TEST(an older copy put there by hand gives nothing back) {
  live();
  auto older = copy();
  CAF_REQUIRE(tell(purse, charge(1)) == ec{}); // far below the next step of its mark
  put_back(older);
  start();
  CAF_CHECK(spent(purse) >= 11);
  auto after = copy();
  start();
  CAF_CHECK(copy() == after);
}

CAF_TEST(another copy of the history that was left gives nothing back though its numbers are higher) {
  auto empty = copy();
  live();
  auto later = copy();
  CAF_REQUIRE(tell(purse, charge(1)) == ec{});
  put_back(empty);
  start();
  put_back(later);
  start();
  CAF_CHECK(spent(purse) >= 11);
}

CAF_TEST(what was cut away and begins again has spent what one of its name had) {
  auto empty = copy();
  live();
  CAF_REQUIRE(tell(purse, charge(500)) == ec{});
  put_back(empty, "second");
  start();
  CAF_REQUIRE(tell(purse, limit(6400)) == ec{});
  CAF_CHECK(spent(purse) >= 510);
  CAF_CHECK_EQUAL(rows_that_differ(), 0u);
}

CAF_TEST(without marks ledgers are exhausted until somebody confirms) {
  live();
  place->content.reset();
  start();
  CAF_CHECK(exhausted(purse) && exhausted(privacy));
  CAF_CHECK(state(purse).exhausted().find("missing in memory") != std::string::npos);
  CAF_CHECK_EQUAL(tell(purse, charge(1)), ec::budget_exceeded);
  CAF_REQUIRE_EQUAL(warnings.size(), 1u);
  CAF_CHECK(warnings[0].find("2 ledgers are exhausted") == 0);
  start();
  CAF_CHECK(exhausted(purse));
  CAF_CHECK_EQUAL(tell(purse, confirm(9)), ec::invalid_argument);
  CAF_CHECK_EQUAL(tell(purse, confirm(3000)), ec{});
  start();
  CAF_CHECK(!exhausted(purse) && exhausted(privacy));
  CAF_CHECK_EQUAL(spent(purse), 3000);
  CAF_CHECK_EQUAL(tell(purse, charge(3400)), ec{});
  CAF_CHECK_EQUAL(rows_that_differ(), 0u);
}

CAF_TEST(a restore does not end an exhaustion and does not forget a confirmation) {
  live();
  auto backup = copy();
  place->content.reset();
  start();
  put_back(backup, "second");
  start();
  CAF_CHECK(exhausted(purse));
  CAF_REQUIRE(tell(purse, confirm(3000)) == ec{});
  put_back(backup, "third");
  start();
  CAF_CHECK(!exhausted(purse));
  CAF_CHECK(spent(purse) >= 3000);
  CAF_CHECK(exhausted(privacy));
}

CAF_TEST(a new limit proves nothing) {
  live();
  auto backup = copy();
  place->content.reset();
  start();
  CAF_REQUIRE(tell(purse, limit(9000)) == ec{});
  put_back(backup, "second");
  start();
  CAF_CHECK(exhausted(purse));
}

CAF_TEST(damaged marks prove nothing) {
  live();
  place->content->at(place->content->size() / 2) ^= 1;
  start();
  CAF_CHECK(exhausted(purse) && exhausted(privacy));
  CAF_CHECK(state(purse).exhausted().find("damaged") != std::string::npos);
}

CAF_TEST(marks of another store prove nothing) {
  live();
  place->content = encode({"another", "", {}}, rows->naming_key());
  start();
  CAF_CHECK(exhausted(purse));
  CAF_CHECK(state(purse).exhausted().find("another") != std::string::npos);
}

CAF_TEST(older marks prove nothing for what has spent more) {
  live();
  auto older = place->content;
  auto first = copy();
  CAF_REQUIRE(tell(purse, charge(1000)) == ec{});
  auto backup = copy();
  place->content = older;
  put_back(backup, "second");
  start();
  CAF_CHECK(exhausted(purse));
  CAF_CHECK(!exhausted(privacy));
  put_back(first, "third"); // when its mark would have been enough
  start();
  CAF_CHECK(exhausted(purse));
}

CAF_TEST(a ledger that is no longer listed is raised by its mark) {
  live();
  auto backup = copy();
  CAF_REQUIRE(tell(purse, charge(1000)) == ec{});
  std::erase_if(backup, [](auto& row) { return row.first.first == space::index; });
  put_back(backup, "second");
  start();
  CAF_CHECK(spent(purse) >= 1010);
}

CAF_TEST(a row of a ledger that is not stored is in nobodys way) {
  live();
  const std::string name = "t/ledger/ghost";
  const auto entity = identify(name, rows->naming_key());
  const Context no_cause;
  effects out{name, entity, rows->naming_key(), no_cause};
  LedgerState ghost;
  ghost.set_ledger(name);
  out.put(index_table::ledgers, "ledger", ghost);
  CAF_REQUIRE(!rows->write(out.rows()));
  place->content.reset();
  start();
  CAF_CHECK(exhausted(purse));
}

CAF_TEST(a crash at any step is made good by the next start) {
  live();
  auto backup = copy();
  CAF_REQUIRE(tell(purse, charge(1000)) == ec{});
  auto known = place->content;
  for (auto lose_marks : {false, true})
    for (int broken = 0; broken < 3; ++broken) {
      put_back(backup, "history-" + std::to_string(lose_marks) + std::to_string(broken));
      place->content = lose_marks ? std::nullopt : known;
      if (broken == 0)
        place->full = true; // events are written, marks are not
      else
        rows->fail_next_write(broken == 1); // an event is written and not told, or is not written
      CAF_CHECK(!prove());
      place->full = false;
      rows->crash();
      start();
      CAF_CHECK_EQUAL(exhausted(purse), lose_marks);
      CAF_CHECK(lose_marks || spent(purse) >= 1010);
      CAF_CHECK_EQUAL(open(purse).events_size(), 3);
      CAF_CHECK_EQUAL(rows_that_differ(), 0u);
      auto after = copy();
      start();
      CAF_CHECK(copy() == after);
    }
}

CAF_TEST(marks that cannot be read stop the start) {
  live();
  struct unreadable final : spent_place {
    caf::expected<std::optional<std::string>> read() const override {
      return make_error(ec::permission_denied, "not yours");
    }
    caf::error replace(std::string_view) override {
      return {};
    }
    caf::expected<uint64_t> reached() const override {
      return uint64_t{0};
    }
    caf::error reach(uint64_t, int64_t) override {
      return {};
    }
    caf::error restart(uint64_t) override {
      return {};
    }
    std::string name() const override {
      return "nowhere";
    }
  };
  auto refused = prove_ledgers({rows, time, nullptr}, std::make_shared<unreadable>());
  CAF_CHECK(refused.error() == ec::permission_denied);
}

CAF_TEST(whatever happens in whatever order nothing that was answered for is given back) {
  constexpr int64_t most = 640'000;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    std::mt19937_64 chance{seed};
    auto pick = [&](size_t below) { return static_cast<size_t>(chance() % below); };
    vault here;
    std::map<std::string, int64_t> answered{{purse, 0}, {privacy, 0}};
    for (auto& [name, sum] : answered)
      CAF_REQUIRE(here.tell(name, limit(most)) == ec{});
    std::vector<copy_of_rows> copies{here.copy()};
    for (int step = 0; step < 150; ++step) {
      auto& [name, sum] = *std::next(answered.begin(), static_cast<long>(pick(answered.size())));
      auto amount = static_cast<int64_t>(1 + pick(4000));
      switch (pick(12)) {
      case 0:
        here.rows->fail_next_write(pick(2) == 0);
        break;
      case 1:
        here.place->full = pick(2) == 0;
        break;
      case 2:
        copies.push_back(here.copy());
        break;
      case 3: // a restore, or a copy by hand
        here.place->full = false;
        here.rows->crash();
        here.put_back(copies[pick(copies.size())], pick(2) == 0 ? "history-" + std::to_string(step) : "");
        here.start();
        break;
      case 4:
        if (pick(3) == 0)
          here.place->content.reset();
        [[fallthrough]];
      case 5:
        here.place->full = false;
        here.rows->crash();
        here.start();
        break;
      case 6:
        if (here.exhausted(name))
          here.tell(name, confirm(std::max(sum, here.spent(name))));
        break;
      default:
        if (here.tell(name, charge(amount)) == ec{})
          sum += amount;
      }
      for (auto& [one, spent_at_least] : answered)
        if (auto now = here.state(one);
            spent_at_least > most || (now.exhausted().empty() && now.spent() < spent_at_least))
          CAF_FAIL("seed " << seed << " step " << step << ": " << one << " has answered for "
                           << spent_at_least << " and shows " << to_log_text(now));
    }
    CAF_CHECK(answered[purse] > 0 && answered[privacy] > 0);
    CAF_CHECK_EQUAL(here.rows_that_differ(), 0u);
  }
}

CAF_TEST_FIXTURE_SCOPE_END()
