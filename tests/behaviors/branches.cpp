// Whatever a behavior does and in whatever order its results come: every prefix of its journal leads to the
// same end.
#define CAF_SUITE behaviors.branches
#include "tests/behaviors/scripted.hpp"
#include <caf/test/unit_test.hpp>
#include <random>

using namespace troupe;

namespace {

/// Grows an action from a number: the same number, the same action. Continuations depend on result, time and
/// chance, so that whatever goes astray shows in what is asked for next.
action grow(uint64_t salt, int depth) {
  auto pick = [&salt](uint64_t n) { return (salt = random_at(salt, n)) % n; };
  auto grown = [&]() -> action {
    auto name = "n" + std::to_string(pick(1000));
    auto kind = pick(depth > 0 ? 12 : 6);
    std::vector<action> arguments;
    for (auto n = kind > 8 ? pick(4) : 0; n > 0; --n)
      arguments.push_back(grow(salt + n, depth - 1));
    switch (kind) {
    case 0:
      return call_tool(name, {{"salt", std::to_string(salt)}});
    case 1:
      return call_model(name, std::to_string(salt));
    case 2:
      return call_agent(name);
    case 3:
      return ask_human(name, "?");
    case 4:
      return sleep_for(std::chrono::milliseconds{pick(1000)});
    case 5:
      return pick(2) ? finish(name) : fail(ec::action_failed, name);
    case 6:
    case 7:
      return checkpoint(name);
    case 9:
      return any_of(std::move(arguments));
    case 10:
      return race(std::move(arguments));
    default:
      return all_of(std::move(arguments));
    }
  }();
  if (depth > 0 && pick(4) > 0)
    grown = std::move(grown).then([=](const Task& task, const Result& result) {
      auto seen = random_stream(task.random() + static_cast<uint64_t>(task.now()), result.text());
      return grow(salt ^ seen ^ result.parts().size(), depth - 1);
    });
  if (depth > 0 && pick(2) > 0)
    grown = std::move(grown).otherwise([=](const Task& task, const caf::error& error) {
      return grow(salt ^ random_stream(task.random(), text_of(error)), depth - 1);
    });
  return grown;
}

std::unique_ptr<behavior> grown(uint64_t seed) {
  return play_script([seed](const Task& task) { return grow(seed ^ task.random(), 6); });
}

/// Everything open and not yet answered, as text that can be compared.
using open_set = std::map<std::string, std::string>;

struct history {
  TaskState journal;
  std::map<int, open_set> open_after; ///< by number of records: what was open when they had been made
  std::string outcome;
};

/// Plays a host that answers in random order, sometimes records intents and waits, and sometimes fails.
history play(uint64_t seed) {
  std::mt19937_64 dice{seed};
  history h;
  h.journal.set_attempt(1);
  h.journal.mutable_start()->set_seed(seed);
  h.journal.mutable_start()->set_started_ms(1000);
  h.journal.mutable_start()->set_behavior_version("1.0.0");
  execution run{grown(seed), "t", h.journal};
  std::map<std::string, open_action> open;
  int64_t now_ms = 1000;
  for (;;) {
    for (auto& gone : run.take_abandoned())
      open.erase(gone.position);
    for (auto& fresh : run.take_ready())
      open.emplace(fresh.position, fresh);
    for (auto& record : run.take_records())
      *h.journal.add_records() = record;
    auto& after = h.open_after[h.journal.records_size()];
    for (auto& [position, each] : open)
      after[position] = each.request.SerializeAsString();
    if (run.status() != execution_status::running)
      break;
    ensure(!open.empty(), "a running attempt has something open");
    auto& chosen = std::next(open.begin(), static_cast<int>(dice() % open.size()))->second;
    now_ms += static_cast<int64_t>(dice() % 50);
    switch (dice() % 6) {
    case 0:
      run.record_intent(chosen.position, now_ms);
      break;
    case 1:
      run.record_wait(chosen.position, now_ms + 5, now_ms);
      break;
    default: {
      auto position = chosen.position;
      open.erase(position);
      auto result = dice() % 3 ? success(std::to_string(dice() % 100))
                               : failure(ec::tool_failed, std::to_string(dice() % 100));
      ensure(run.complete(position, result, now_ms), "an open action can be completed");
    }
    }
  }
  ensure(run.status() == execution_status::done, "an attempt fits its own journal");
  h.outcome = run.outcome().SerializeAsString();
  return h;
}

TaskState prefix(const TaskState& journal, int records) {
  auto cut = journal;
  cut.mutable_records()->DeleteSubrange(records, cut.records_size() - records);
  return cut;
}

/// Does again what the host did after a crash. True if records, open actions and outcome are the same.
bool resumes(uint64_t seed, const history& h, int records) {
  auto journal = prefix(h.journal, records);
  execution run{grown(seed), "t", journal};
  open_set open;
  for (auto& each : run.take_ready())
    open[each.position] = each.request.SerializeAsString();
  if (open != h.open_after.lower_bound(records)->second)
    return false;
  auto keep = [&] {
    for (auto& record : run.take_records())
      *journal.add_records() = record;
  };
  keep();
  while (journal.records_size() < h.journal.records_size()) {
    auto& next = h.journal.records(journal.records_size());
    bool done = false;
    if (next.has_started())
      done = run.record_intent(next.position(), next.time_ms());
    else if (next.has_wait_until_ms())
      done = run.record_wait(next.position(), next.wait_until_ms(), next.time_ms());
    else if (next.has_outcome())
      done = run.complete(next.position(), next.outcome(), next.time_ms());
    if (!done)
      return false;
    keep();
  }
  return run.status() == execution_status::done && run.outcome().SerializeAsString() == h.outcome &&
         journal.SerializeAsString() == h.journal.SerializeAsString() && run.notes().empty();
}

} // namespace

CAF_TEST(every prefix of a journal leads to the same requests and records and outcome) {
  size_t prefixes = 0, winners = 0, longest = 0;
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    auto h = play(seed);
    for (auto& each : h.journal.records())
      winners += each.has_winner();
    longest = std::max(longest, static_cast<size_t>(h.journal.records_size()));
    for (int n = 0; n <= h.journal.records_size(); ++n, ++prefixes)
      if (!resumes(seed, h, n))
        CAF_ERROR("seed " << seed << ", " << n << " of " << h.journal.records_size() << " records");
  }
  CAF_MESSAGE(prefixes << " prefixes, " << winners << " winners, longest journal " << longest);
  CAF_CHECK(winners > 100u);
  CAF_CHECK(longest > 30u);
}

CAF_TEST(a damaged journal is never answered with a request for what it holds a result of) {
  std::mt19937_64 dice{7};
  size_t refused = 0, asked_twice = 0;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    auto journal = play(seed).journal;
    if (journal.records_size() < 2)
      continue;
    auto pick = [&] { return static_cast<int>(dice() % static_cast<uint64_t>(journal.records_size())); };
    if (dice() % 2)
      journal.mutable_records()->SwapElements(pick(), pick());
    else
      journal.mutable_records()->DeleteSubrange(pick(), 1);
    execution run{grown(seed), "t", journal};
    refused += run.status() == execution_status::mismatch;
    for (auto& asked_again : run.take_ready())
      for (auto& record : journal.records())
        asked_twice += record.position() == asked_again.position && record.has_outcome();
  }
  CAF_MESSAGE(refused << " refused");
  CAF_CHECK(refused > 30u);
  CAF_CHECK_EQUAL(asked_twice, 0u);
}
