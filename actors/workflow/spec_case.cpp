// SPEC CASE: start, moments, comparison.

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>
#include <set>
#include <troupe/actors/workflow/run/effects.hpp>
#include <troupe/actors/workflow/run/values.hpp>
#include <troupe/actors/workflow/run_rehearsal.hpp>
#include <troupe/actors/workflow/spec_case.hpp>
#include <troupe/behaviors/workflow_fields.hpp>
#include <troupe/runtime/error.hpp>

namespace troupe {
namespace {

constexpr std::array<std::string_view, 6> step_words{"pending", "active", "completed",
                                                     "skipped", "failed", "cancelled"};

class case_run {
public:
  case_run(const SpecCase& one, const WorkflowDefinition& definition) : one_{one}, run_{definition} {
    for (auto& placed : steps_of(definition))
      play(*placed.step);
    for (auto& ledger : one.ledgers())
      open_ledger(ledger);
  }

  std::vector<std::string> all() {
    std::vector<argument> inputs;
    for (auto& input : one_.inputs())
      inputs.push_back({input.name(), input.value()});
    if (auto refused = run_.start(inputs))
      add("the run is refused: " + text_of(refused));
    else if (live())
      compare();
    for (auto& step : unplayed_)
      add(fmt::format("step {} is begun, and no fake says how it ends", step));
    return std::move(wrong_);
  }

private:
  void add(std::string text) {
    wrong_.push_back(std::move(text));
  }

  // The step's fakes, one after the other.
  caf::expected<std::string> end_of(const std::string& id) {
    const SpecFake* last = nullptr;
    auto turn = turns_[id]++;
    for (auto& fake : one_.fakes())
      if (fake.step() == id) {
        last = &fake;
        if (turn-- == 0)
          break;
      }
    if (!last) {
      unplayed_.insert(id);
      return make_error(ec::invalid_argument, "no fake says how it ends");
    }
    if (!last->fails().empty())
      return make_error(ec::tool_failed, last->fails());
    return last->result();
  }

  void play(const StepDefinition& step) {
    for (auto* task : {&step.task(), &step.expand().task(), &step.monitor().sample()})
      if (task->required_size() > 0)
        run_.fake_step(task->required(0), [this](const std::string& path, const TaskState&) {
          return end_of(path.substr(path.rfind('.') + 1));
        });
    if (step.has_child())
      run_.fake_child(step.child().workflow(), [this, id = step.id()](auto&) { return end_of(id); });
  }

  void open_ledger(const Field& ledger) {
    int64_t amount = 0;
    auto end = ledger.value().data() + ledger.value().size();
    auto [stopped, failed] = std::from_chars(ledger.value().data(), end, amount);
    if (failed != std::errc{} || stopped != end || amount < 0)
      return add(fmt::format("ledger {} may spend {}, and that is no amount", ledger.name(), ledger.value()));
    run_.ledger(ledger.name(), amount);
  }

  // False: something that was to happen is refused.
  bool live() {
    for (int i = 0; i < one_.then_size(); ++i) {
      auto& moment = one_.then(i);
      run_.pass(std::chrono::milliseconds{moment.pass_ms()});
      if (moment.crash())
        run_.crash();
      caf::error refused;
      if (!moment.approve().empty())
        refused = run_.approve(moment.approve(), moment.by());
      if (!refused && !moment.reject().empty())
        refused = run_.reject(moment.reject(), moment.by());
      if (!refused && !moment.signal().empty())
        refused = run_.signal(moment.signal(), moment.payload());
      if (refused) {
        add(fmt::format("moment {} is refused: {}", i + 1, text_of(refused)));
        return false;
      }
    }
    return true;
  }

  void compare() {
    auto& wanted = one_.expect();
    auto status = std::string{run_effects::word(run_.status())};
    if (status != wanted.status())
      add(fmt::format("it is {}{}, and {} was expected", status,
                      run_.failure().empty() ? "" : " (" + run_.failure() + ")", wanted.status()));
    if (!wanted.result().empty() && as_json(run_.result()) != as_json(wanted.result()))
      add(fmt::format("its result is {}, and {} was expected", as_json(run_.result()),
                      as_json(wanted.result())));
    if (run_.failure().find(wanted.failure()) == std::string::npos)
      add(fmt::format("it fails with `{}`, and `{}` was expected", run_.failure(), wanted.failure()));
    for (auto& step : wanted.steps()) {
      auto is = step_words[std::min<size_t>(run_.status_of(step.name()), step_words.size() - 1)];
      if (is != step.value())
        add(fmt::format("step {} is {}, and {} was expected", step.name(), is, step.value()));
    }
  }

  const SpecCase& one_;
  testing::run_rehearsal run_;
  std::map<std::string, size_t> turns_; // fakes given so far, by step
  std::set<std::string> unplayed_;
  std::vector<std::string> wrong_;
};

} // namespace

std::vector<std::string> rehearse(const SpecCase& one, const WorkflowDefinition& definition) {
  return case_run{one, definition}.all();
}

} // namespace troupe
