// WORKFLOWS: starts, answers, signals and interruptions; what must not depend on them is judged at the end.

#include <algorithm>
#include <fmt/format.h>
#include <tests/simulator/workflow_history.hpp>
#include <tests/simulator/workflows.hpp>
#include <troupe/behaviors/workflow_form.hpp>
#include <troupe/runtime/proto/catalog.pb.h>

namespace troupe {

void simulated_workflows::open() {
  for (auto& [id, what] : {std::pair{"work", "work"}, {"work2", "work"}, {"plan", "plan"}}) {
    RegisterAgent hire;
    hire.mutable_request()->set_id(id);
    hire.mutable_request()->set_behavior(what);
    hire.mutable_request()->add_capabilities(what);
    door_.command<AgentRecord>(std::string{services::registry}, hire);
  }
  auto publish = [this](const WorkflowDefinition& definition) {
    PublishWorkflow command;
    *command.mutable_definition() = definition;
    door_.command<WorkflowRevision>("default/workflow/" + definition.name(), command);
  };
  publish(make_waiting_child());
  for (int i = 0; i < 4; ++i) {
    auto name = fmt::format("child{}", i);
    auto made = make_random_workflow(at_.chance(), name, {}, i == 3 ? random_end::mendable : random_end::any);
    publish(made.definition);
    published_.push_back({name, made.fails, made.mendable});
    children_.emplace(name, std::move(made));
  }
  changes.open(published_);
  at_.pass(std::chrono::seconds{2}); // nothing has failed yet: they are there when the first run begins
}

std::string simulated_workflows::start() {
  auto ref = fmt::format("default/run/w{}", started_++);
  if (at_.pick(3) == 0)
    start_published(ref, changes.some_workflow());
  else
    start_own(ref);
  return ref;
}

void simulated_workflows::start_published(const std::string& ref, const std::string& workflow) {
  random_workflow made;
  made.inputs = changes.inputs_of(workflow);
  made.inputs.push_back({"run", root_of(ref)});
  auto& known = runs_[ref];
  known.start = start_of(made);
  known.workflow = workflow;
  StartPublished start;
  start.set_run(ref);
  *start.mutable_inputs() = known.start.inputs();
  door_.command<WorkflowAccepted>(workflow, start);
}

void simulated_workflows::start_own(const std::string& ref) {
  auto name = root_of(ref);
  auto made = make_random_workflow(at_.chance(), name, published_,
                                   at_.pick(4) == 0 ? random_end::mendable : random_end::any);
  made.inputs.push_back({"run", name});
  auto& known = runs_[ref];
  known.start = start_of(made);
  known.definitions.insert(content_hash(made.definition));
  known.fails = made.fails;
  known.mendable = made.mendable;
  for (auto mended : {false, true}) {
    auto end = end_of(known.start, name, mended, children_);
    auto fails = made.fails && !(made.mendable && mended);
    if (!end.refused.empty())
      at_.object("reference", name + " is refused: " + end.refused);
    if (end.status != (fails ? RUN_FAILED : RUN_COMPLETED))
      at_.object("reference", fmt::format("{} is meant to {}, and ends with: {}", name,
                                          fails ? "fail" : "complete", end.facts["outcome"]));
    if (!made.mendable)
      break;
  }
  std::vector<std::string> early; // sent before they are waited for
  for (auto& step : made.definition.steps())
    if (step.has_signal() && !step.signal().name().starts_with(never_sent) && at_.pick(2) == 0) {
      early.push_back(step.signal().name());
      done_.emplace(ref, step.id(), "signal");
    }
  door_.command<WorkflowAccepted>(ref, known.start, [this, ref, early](const WorkflowAccepted&) {
    for (auto& one : early)
      at_.later(std::chrono::milliseconds{at_.pick(5000)}, [=, this] { signal(ref, one); });
  });
}

std::string simulated_workflows::some_run() {
  if (runs_.empty())
    return {};
  return std::next(runs_.begin(), static_cast<ptrdiff_t>(at_.pick(runs_.size())))->first;
}

void simulated_workflows::pause() {
  auto ref = some_run();
  if (ref.empty())
    return;
  door_.command<Done>(ref, PauseRun{}, [this, ref](const Done&) {
    at_.later(std::chrono::milliseconds{at_.pick(20'000)},
              [this, ref] { door_.command<Done>(ref, UnpauseRun{}); });
  });
}

void simulated_workflows::cancel() {
  auto ref = some_run();
  if (ref.empty())
    return;
  runs_[ref].cancelled = true;
  door_.command<Done>(ref, CancelRun{});
}

void simulated_workflows::look_at(const shadow& entity) {
  if (entity.kind() != "run" || entity.run().status() != RUN_RUNNING)
    return;
  auto& ref = entity.ref();
  RunEvent last;
  last.ParseFromString(entity.stored().back());
  if (last.has_ended()) // it was opened again, and asks anew
    std::erase_if(done_, [&](auto& one) { return std::get<0>(one) == ref; });
  auto once_or_twice = [this](std::function<void()> deed) {
    auto soon = at_.pick(3) == 0 ? at_.pick(60'000) : at_.pick(2000);
    at_.later(std::chrono::milliseconds{soon}, deed);
    if (at_.pick(5) == 0)
      at_.later(std::chrono::milliseconds{at_.pick(5000)}, deed);
  };
  each_step(entity.run().definition(), entity.run(), [&](const known_step& at) {
    if (at.state->status() != STEP_ACTIVE)
      return;
    if (auto& name = at.definition->signal().name();
        !name.empty() && !name.starts_with(never_sent) && done_.emplace(ref, at.path, "signal").second)
      at_.later(std::chrono::milliseconds{at_.pick(30'000)}, [this, ref, name] { signal(ref, name); });
    for (auto& person : at.state->asked())
      if (auto says = answer_in(at.definition->approval().message(), person);
          !says.empty() && done_.emplace(ref, at.path, person).second)
        once_or_twice([=, this, path = at.path] { say(ref, path, person, says == "yes"); });
  });
}

void simulated_workflows::say(const std::string& ref, const std::string& step, const std::string& person,
                              bool yes) {
  AnswerApproval answer;
  answer.mutable_context()->set_principal(person);
  answer.set_step(step);
  answer.set_approve(yes);
  answer.set_reason(yes ? "" : "no");
  door_.command<Done>(ref, answer);
}

void simulated_workflows::signal(const std::string& ref, const std::string& name) {
  SignalRun sent;
  sent.set_name(name);
  sent.set_payload(payload_of(name));
  door_.command<Done>(ref, sent);
}

void simulated_workflows::remind() {
  std::vector<std::string> paused; // by a command that was refused first, and repeated
  at_.log.each([&](const shadow& entity) {
    if (entity.kind() == "run" && entity.run().paused())
      paused.push_back(entity.ref());
  });
  for (auto& ref : paused)
    door_.command<Done>(ref, UnpauseRun{});
  changes.remind();
}

void simulated_workflows::judge() {
  at_.log.each([this](const shadow& entity) {
    if (entity.kind() != "run" || !entity.has_ended())
      return;
    run_history{entity}.judge([this](auto law, auto text) { at_.object(law, text); });
    if (auto known = runs_.find(entity.ref()); known != runs_.end() && !known->second.cancelled)
      compare(entity, known->second);
  });
  changes.judge();
}

// With the definition that the run has in the end; null = it should not have that.
const reference_end* simulated_workflows::end_of_run(const shadow& run, const known_run& known) {
  auto start = known.start;
  *start.mutable_definition() = run.run().definition();
  auto hash = content_hash(start.definition());
  if (known.definitions.count(hash) == 0 &&
      (known.workflow.empty() || !changes.was_published(known.workflow, hash))) {
    at_.object("reference", run.ref() + " ends with a definition that nobody gave it");
    return nullptr;
  }
  auto is_gone = [&](auto& kept) { // by an upgrade
    auto& all = start.definition().variables();
    return std::none_of(all.begin(), all.end(), [&](auto& one) { return one.name() == kept.name(); });
  };
  if (start.has_fork()) {
    auto& kept = *start.mutable_fork()->mutable_variables();
    kept.erase(std::remove_if(kept.begin(), kept.end(), is_gone), kept.end());
  }
  auto root = root_of(run.ref());
  auto [end, is_new] = ends_.try_emplace(run.ref() + hash);
  if (is_new)
    end->second = end_of(start, root, at_.world.mended.count(root) > 0, children_);
  return &end->second;
}

void simulated_workflows::compare(const shadow& run, const known_run& known) {
  auto* end = end_of_run(run, known);
  if (!end)
    return;
  auto facts = facts_of(run.run().definition(), run.run());
  auto wanted = end->facts;
  if (!end->refused.empty())
    wanted["status"] = "refused: " + end->refused;
  for (auto& [name, fact] : facts)
    wanted.emplace(name, "nothing");
  for (auto& [name, fact] : wanted) {
    auto there = facts.find(name);
    auto found = there == facts.end() ? std::string{"nothing"} : there->second;
    if (found != fact)
      return at_.object("reference", fmt::format("{}: {} is '{}'; in a world without crashes it is '{}'",
                                                 run.ref(), name, found, fact));
  }
  compare_effects(run.ref(), *end);
}

void simulated_workflows::compare_effects(const std::string& ref, const reference_end& end) {
  auto name = root_of(ref);
  std::map<std::string, std::string> found;
  for (auto& [key, value] : at_.world.effects)
    if (key.starts_with(name + "#") || key.starts_with(name + "/"))
      found.emplace(key, value);
  for (auto& [key, value] : end.effects)
    if (auto i = found.find(key); i == found.end() || i->second != value)
      return at_.object("effect", fmt::format("{} has done {}; in a world without crashes, {}", key,
                                              i == found.end() ? "nothing" : i->second, value));
  for (auto& [key, value] : found)
    if (end.effects.count(key) == 0)
      return at_.object("effect",
                        fmt::format("{} has done {}; in a world without crashes, nothing", key, value));
}

} // namespace troupe
