// PROMISES: told, then checked.
// Invariant: only what a client was told counts; what nobody was told may be there or not.

#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <set>
#include <tests/chaos/journeys.hpp>

namespace troupe::chaos {
namespace {

constexpr size_t most_examples = 10;

TaskSpec* add_task(TaskSpec* task, std::string_view capability) {
  task->add_required(std::string{capability});
  task->set_title(std::string{capability});
  return task;
}

void add_input(TaskSpec* task, std::string name, std::string value) {
  auto* field = task->add_inputs();
  field->set_name(std::move(name));
  field->set_value(std::move(value));
}

const Outcome& outcome_of(const RunView& view) {
  return view.is_task() ? view.task().outcome() : view.run().outcome();
}

bool is_interrupted(const RunView& view) {
  return outcome_of(view).has_failure() &&
         outcome_of(view).failure().code() == static_cast<uint32_t>(ec::outcome_unknown);
}

} // namespace

void findings::blame(uint64_t& count, std::string what) {
  ++count;
  if (examples.size() < most_examples)
    examples.push_back(std::move(what));
}

void promises::plan(const piece& one) {
  std::lock_guard lock{mutex_};
  pieces_.emplace(one.id, one);
  order_.push_back(one.id);
}

piece promises::of(const std::string& id) const {
  std::lock_guard lock{mutex_};
  return pieces_.at(id);
}

std::optional<piece> promises::some(std::mt19937_64& chance) const {
  std::lock_guard lock{mutex_};
  if (order_.empty())
    return {};
  auto& one = pieces_.at(order_[chance() % order_.size()]);
  return one.ref.empty() ? std::nullopt : std::optional{one};
}

size_t promises::open() const {
  std::lock_guard lock{mutex_};
  return static_cast<size_t>(std::count_if(pieces_.begin(), pieces_.end(), [](auto& entry) {
    auto& one = entry.second;
    return one.what == piece::kind::journey && !one.ref.empty() && !one.end &&
           !(one.approved && one.signalled);
  }));
}

std::optional<piece> promises::take_question(std::mt19937_64& chance) {
  std::lock_guard lock{mutex_};
  if (questions_.empty())
    for (auto& [id, one] : pieces_)
      if (one.what == piece::kind::question && !one.ref.empty() && !one.answering)
        questions_.push_back(id);
  if (questions_.empty())
    return {};
  std::swap(questions_[chance() % questions_.size()], questions_.back());
  auto& one = pieces_.at(questions_.back());
  questions_.pop_back();
  one.answering = true;
  return one;
}

std::vector<std::string> promises::take_recent() {
  std::lock_guard lock{mutex_};
  std::vector<std::string> ids{order_.begin() + static_cast<std::ptrdiff_t>(recent_), order_.end()};
  recent_ = order_.size();
  return ids;
}

std::vector<std::string> promises::all() const {
  std::lock_guard lock{mutex_};
  return order_;
}

StartRun start_of(const piece& one) {
  if (one.what == piece::kind::journey)
    return start_of_journey(one.id);
  StartRun start;
  start.set_id(one.id);
  if (one.what == piece::kind::workflow) {
    auto* flow = start.mutable_definition();
    flow->set_name("chaos");
    auto* first = flow->add_steps();
    first->set_id("deliver");
    add_input(add_task(first->mutable_task(), "chaos.deliver"), "parcel", one.id);
    auto* second = flow->add_steps();
    second->set_id("say");
    second->add_needs("deliver");
    add_input(add_task(second->mutable_task(), "troupe.echo"), "text", "flown " + one.id);
  } else if (one.what == piece::kind::question) {
    auto* task = add_task(start.mutable_task(), "troupe.ask");
    add_input(task, "text", one.id + "?");
    add_input(task, "who", "boss");
  } else {
    add_input(add_task(start.mutable_task(), "chaos.deliver"), "parcel", one.id);
  }
  return start;
}

std::optional<std::string> shown_end(const RunView& view) {
  if ((view.is_task() ? view.task().ended_ms() : view.run().ended_ms()) == 0)
    return {};
  auto& outcome = outcome_of(view);
  if (!outcome.has_failure())
    return "done: " + outcome.text();
  return fmt::format("failed: {}: {}", to_string(static_cast<ec>(outcome.failure().code())),
                     outcome.failure().text());
}

std::string answer_to(const piece& one) {
  return "answer to " + one.id;
}

caf::expected<std::vector<std::string>> read_events(control_client& node, const std::string& id) {
  std::vector<std::string> events;
  GetHistory ask;
  ask.set_id(id);
  for (;;) {
    auto page = node.history(ask);
    if (!page)
      return std::move(page.error());
    for (auto& entry : page->entries()) {
      events.push_back(fmt::format("{} {} {}", entry.seq(), entry.type(), entry.text()));
      ask.set_after_seq(entry.seq());
    }
    if (!page->more())
      return events;
  }
}

void auditor::check(control_client& node, const std::string& id) {
  auto one = told_.of(id);
  DescribeRun ask;
  ask.set_id(id);
  auto view = node.describe(ask);
  if (!one.ref.empty() && !view)
    found_.blame(found_.lost, fmt::format("{} was acknowledged: {}", id, describe(view.error())));
  else if (one.end && shown_end(*view) != one.end)
    found_.blame(found_.lost,
                 fmt::format("{} was {}; now: {}", id, *one.end, shown_end(*view).value_or("it runs")));
  auto again = node.start(start_of(one));
  if (!again || (!one.ref.empty() && again->ref() != one.ref))
    found_.blame(found_.doubled,
                 fmt::format("{} started again: {}", id,
                             again ? "another run, " + again->ref() : describe(again.error())));
  if (one.ref.empty())
    ++found_.unknown;
  if (again)
    told_.note(id, [&](piece& known) { known.ref = again->ref(); });
  if (!view) // it has just begun
    return;
  auto events = read_events(node, id);
  if (!events)
    return found_.blame(found_.lost, fmt::format("history of {}: {}", id, describe(events.error())));
  for (size_t n = 0; n < events->size(); ++n)
    if (std::stoull((*events)[n]) != n + 1)
      return found_.blame(found_.torn,
                          fmt::format("{} has {} where event {} should be", id, (*events)[n], n + 1));
  for (size_t n = 0; n < one.history.size(); ++n)
    if (n >= events->size())
      return found_.blame(found_.lost, fmt::format("{} had an event {}", id, one.history[n]));
    else if ((*events)[n] != one.history[n])
      return found_.blame(found_.torn, fmt::format("{} had {} and has {}", id, one.history[n], (*events)[n]));
}

void auditor::check_end(control_client& node, const std::string& id) {
  auto one = told_.of(id);
  if (one.what == piece::kind::question && !one.answered) {
    AnswerRun answer; // nobody was told that it is answered: answer it now, as a person would
    answer.set_id(id);
    answer.set_position("0");
    answer.set_text(answer_to(one));
    for (int tries = 0; tries < 1000; ++tries) {
      auto done = node.answer(answer);
      if (done || (code_of(done.error()) == ec::conflict && one.answering))
        break; // an answer whose acknowledgement was lost
      DescribeRun look;
      look.set_id(id);
      if (auto view = node.describe(look); view && shown_end(*view))
        break;
    }
  }
  if (one.what == piece::kind::journey)
    complete_journey(node, one);
  DescribeRun wait;
  wait.set_id(id);
  wait.set_wait(true);
  auto view = node.describe(wait);
  auto end = view ? shown_end(*view) : std::nullopt;
  if (!end)
    return found_.blame(found_.lost,
                        fmt::format("{} does not end: {}", id, view ? "it runs" : describe(view.error())));
  auto expected = one.what == piece::kind::question   ? answer_to(one)
                  : one.what == piece::kind::delivery ? "delivered " + id
                                                      : "flown " + id;
  if (is_interrupted(*view) && one.what != piece::kind::question)
    ++found_.interrupted;
  else if (*end != "done: " + expected)
    found_.blame(found_.lost, fmt::format("{} ended, {}", id, *end));
  if (one.what != piece::kind::journey)
    return;
  if (auto events = read_events(node, id); !events)
    found_.blame(found_.lost, fmt::format("history of {}: {}", id, describe(events.error())));
  else if (auto twice = doubled_in(*events); !twice.empty())
    found_.blame(found_.doubled, fmt::format("{} has two events {}", id, twice));
}

void auditor::check_effects(const std::string& file) {
  std::ifstream world{file};
  std::map<std::string, char> furthest; // by parcel
  for (std::string line; std::getline(world, line);) {
    auto parcel = line.substr(0, line.size() - 2);
    auto stage = line.back();
    auto& last = furthest.emplace(parcel, 'a').first->second;
    if (stage < last)
      found_.blame(found_.doubled, fmt::format("{} did {} after {}", parcel, stage, last));
    else if (stage == 'b' && last == 'b')
      found_.blame(found_.doubled, fmt::format("{} did b twice", parcel));
    last = std::max(last, stage);
  }
}

} // namespace troupe::chaos
