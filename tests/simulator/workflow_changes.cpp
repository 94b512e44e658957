// WORKFLOW CHANGES: deeds, and what must be true of rollouts in the end.

#include <algorithm>
#include <fmt/format.h>
#include <tests/simulator/random_edit.hpp>
#include <tests/simulator/workflow_changes.hpp>
#include <troupe/actors/workflow/catalog_book.hpp>
#include <troupe/behaviors/workflow_form.hpp>

namespace troupe {
namespace {

const StepState* find_step(const RunState& run, const std::string& id) {
  for (auto& step : run.steps())
    if (step.id() == id)
      return &step;
  return nullptr;
}

bool has_begun(const RunState& run, const std::string& id) {
  auto* step = find_step(run, id);
  return step && step->status() != STEP_PENDING;
}

// A step that had begun by then is another in this definition, or is not there.
bool differs(const RunState& run, const WorkflowDefinition& other, int64_t by_ms) {
  for (int i = 0; i < run.steps_size(); ++i) {
    auto& step = run.steps(i);
    auto since_ms = step.begun_ms() > 0 ? step.begun_ms() : step.ended_ms();
    if (step.status() == STEP_PENDING || since_ms > by_ms)
      continue;
    auto same = std::any_of(other.steps().begin(), other.steps().end(), [&](auto& one) {
      return one.SerializeAsString() == run.definition().steps(i).SerializeAsString();
    });
    if (!same)
      return true;
  }
  return false;
}

} // namespace

void workflow_changes::open(const std::vector<random_child>& children) {
  for (auto policy : {UPGRADE_AUTO, UPGRADE_MIGRATE}) {
    auto name = fmt::format("p{}", published_.size());
    auto ref = "default/workflow/" + name;
    auto made = make_random_workflow(at_.chance(), name, children, random_end::good);
    PublishWorkflow first;
    *first.mutable_definition() = made.definition;
    published_.emplace(ref, std::move(made));
    door_.command<WorkflowRevision>(ref, first, [this, ref, policy](const WorkflowRevision&) {
      SetUpgradePolicy set;
      set.set_policy(policy);
      door_.command<WorkflowSummary>(ref, set);
    });
  }
}

std::string workflow_changes::some_workflow() {
  return std::next(published_.begin(), static_cast<ptrdiff_t>(at_.pick(published_.size())))->first;
}

std::string workflow_changes::some_run(const run_test& fits) {
  std::vector<std::string> all;
  for (auto& [ref, known] : runs_)
    if (auto* run = at_.log.find(ref); run && run->events() > 0 && fits(*run, known))
      all.push_back(ref);
  return all.empty() ? std::string{} : all[at_.pick(all.size())];
}

void workflow_changes::retry() {
  auto ref = some_run([](auto& run, auto&) { return run.run().status() == RUN_FAILED; });
  if (ref.empty())
    return;
  if (runs_[ref].mendable && at_.pick(3) > 0)
    at_.world.mended.insert(root_of(ref));
  door_.command<Done>(ref, RetryRun{});
}

bool workflow_changes::waits_for_retry(const shadow& run, const known_run& known) const {
  return known.mendable && !known.cancelled && run.run().status() == RUN_FAILED &&
         at_.world.mended.count(root_of(run.ref())) > 0;
}

void workflow_changes::remind() {
  for (auto& [ref, known] : runs_) {
    auto* run = at_.log.find(ref);
    if (!run || !known.mendable || run->run().status() != RUN_FAILED)
      continue;
    if (asked_.insert(ref).second && at_.pick(2) == 0)
      at_.world.mended.insert(root_of(ref));
    if (waits_for_retry(*run, known))
      door_.command<Done>(ref, RetryRun{});
  }
}

bool workflow_changes::is_at_rest() const {
  return std::none_of(runs_.begin(), runs_.end(), [this](auto& one) {
    auto* run = at_.log.find(one.first);
    return run && waits_for_retry(*run, one.second);
  });
}

void workflow_changes::fork() {
  auto from = some_run([](auto&, auto& known) { return !known.cancelled; });
  if (from.empty())
    return;
  std::vector<std::string> begun;
  for (auto& step : at_.log.find(from)->run().steps())
    if (step.status() != STEP_PENDING)
      begun.push_back(step.id());
  if (begun.empty())
    return;
  PlanFork question;
  question.set_step(begun[at_.pick(begun.size())]);
  auto edit = at_.pick(3) == 0 ? std::to_string(at_.pick(50)) : std::string{};
  at_.tell(fmt::format("fork {} from {}", from, question.step()));
  at_.post<StartWorkflow>(from, question, [=, this](caf::expected<StartWorkflow> planned) {
    if (!planned) // it undid what was done, or whoever knows is not there
      return;
    auto start = std::move(*planned);
    for (auto& one : *start.mutable_fork()->mutable_variables())
      if (one.name() == "count" && !edit.empty())
        one.set_value(edit);
    auto ref = fmt::format("{}-f{}", from.substr(0, from.find("-f")), forks_++);
    auto& known = runs_[ref];
    auto& source = runs_[from];
    known.start = start;
    known.workflow = source.workflow;
    known.definitions = source.definitions;
    known.fails = source.fails;
    known.mendable = source.mendable;
    door_.command<WorkflowAccepted>(ref, std::move(start));
  });
}

void workflow_changes::upgrade() {
  auto ref = some_run(
      [](auto& run, auto& known) { return run.run().status() == RUN_RUNNING && known.workflow.empty(); });
  if (ref.empty())
    return;
  auto& known = runs_[ref];
  auto& run = at_.log.find(ref)->run();
  auto next = edit_workflow(at_.chance(), run.definition(), {!known.mendable, !known.fails},
                            [&](const std::string& id) { return !has_begun(run, id); });
  auto hash = content_hash(next);
  known.definitions.insert(hash);
  UpgradeRun command;
  *command.mutable_definition() = std::move(next);
  door_.command<Done>(ref, command, [this, ref, hash](const Done&) { upgraded_[ref].push_back(hash); });
}

void workflow_changes::publish() {
  auto ref = some_workflow();
  auto all = publications(ref);
  if (all.empty())
    return;
  if (all.size() > 1 && at_.pick(5) == 0) {
    RollbackWorkflow back;
    back.set_to(1 + at_.pick(all.size() - 1));
    back.set_expected(all.size());
    auto& target = all[back.to() - 1].definition;
    if (content_hash(target) != content_hash(all.back().definition))
      door_.command<WorkflowRevision>(ref, back);
    return;
  }
  auto strict = at_.pick(3) > 0; // else somebody may not be able to follow
  auto is_open = [&](const std::string& id) {
    if (!strict && at_.pick(4) == 0)
      return true;
    return std::none_of(runs_.begin(), runs_.end(), [&](auto& one) {
      auto* run = at_.log.find(one.first);
      return run && one.second.workflow == ref && !run->has_ended() && has_begun(run->run(), id);
    });
  };
  PublishWorkflow next;
  *next.mutable_definition() = edit_workflow(at_.chance(), all.back().definition, {}, is_open);
  door_.command<WorkflowRevision>(ref, next);
}

std::vector<workflow_changes::publication> workflow_changes::publications(const std::string& workflow) const {
  std::vector<publication> all;
  auto* known = at_.log.find(workflow);
  catalog_book book;
  book.born(workflow);
  if (known)
    for (auto& stored : known->stored()) {
      CatalogEvent event;
      event.ParseFromString(stored);
      book.apply(event);
      if (event.has_published() || event.has_rolled_back()) {
        auto& one = all.emplace_back();
        auto rolls_out = event.published().rolls_out() || event.rolled_back().rolls_out();
        one.revision = book.newest();
        one.definition = event.has_published()
                             ? event.published().definition()
                             : all[event.rolled_back().revision().restores() - 1].definition;
        one.published_ms = rolls_out ? book.catalog.revisions().rbegin()->time_ms() : 0;
      } else if (event.has_rolled_out()) {
        all.back().moved += event.rolled_out().moved();
        all.back().ended_ms = book.catalog.rollout().ended_ms();
      }
    }
  return all;
}

bool workflow_changes::was_published(const std::string& workflow, const std::string& hash) const {
  auto all = publications(workflow);
  return std::any_of(all.begin(), all.end(), [&](auto& one) { return content_hash(one.definition) == hash; });
}

void workflow_changes::judge() {
  for (auto& [workflow, first] : published_) {
    auto all = publications(workflow);
    for (auto& one : all)
      judge_rollout(workflow, one);
    if (!all.empty() && all.back().published_ms > 0 && all.back().ended_ms == 0)
      at_.object("rollout", fmt::format("nobody has looked for runs that follow revision {} of {}",
                                        all.back().revision, workflow));
  }
  for (auto& [ref, hashes] : upgraded_) {
    std::set<std::string> known;
    for (auto& stored : at_.log.find(ref)->stored()) {
      RunEvent event;
      event.ParseFromString(stored);
      if (event.has_upgraded())
        known.insert(content_hash(event.upgraded().definition()));
    }
    for (auto& hash : hashes)
      if (known.count(hash) == 0)
        at_.object("upgraded", fmt::format("{} has said that it goes on with {}, and nothing of it is known",
                                           ref, hash.substr(0, 8)));
  }
}

void workflow_changes::judge_rollout(const std::string& workflow, const publication& one) const {
  uint64_t moved = 0;
  for (auto& [ref, known] : runs_) {
    auto* run = at_.log.find(ref);
    if (!run || known.workflow != workflow)
      continue;
    for (auto& stored : run->stored()) {
      RunEvent event;
      event.ParseFromString(stored);
      moved += event.upgraded().revision() == one.revision && event.has_upgraded() ? 1 : 0;
    }
    auto& state = run->run();
    auto was_open = state.created_ms() <= one.published_ms && state.ended_ms() > one.ended_ms;
    if (one.ended_ms > 0 && was_open && !known.cancelled && state.revision() < one.revision &&
        !differs(state, one.definition, one.ended_ms))
      at_.object("rollout", fmt::format("{} stayed with revision {} though it could have followed {}", ref,
                                        state.revision(), one.revision));
  }
  at_.tell(fmt::format("{} runs follow revision {} of {}", moved, one.revision, workflow));
  if (one.moved > moved)
    at_.object("rollout", fmt::format("{} says that {} runs follow revision {}; they are {}", workflow,
                                      one.moved, one.revision, moved));
}

} // namespace troupe
