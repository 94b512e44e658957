// RANDOM EDIT: one change or two.

#include <fmt/format.h>
#include <random>
#include <set>
#include <tests/simulator/random_edit.hpp>
#include <tests/simulator/random_maker.hpp>

namespace troupe {
namespace {

using step_list = google::protobuf::RepeatedPtrField<StepDefinition>;

std::string_view given(const TaskSpec& task, std::string_view name) {
  for (auto& one : task.inputs())
    if (one.name() == name)
      return one.value();
  return {};
}

// Ends well, whatever it is given, and calls nobody.
bool is_plain(const StepDefinition& step) {
  auto how = given(step.task(), "how");
  return step.has_task() && (how == "well" || how == "stumble");
}

class editor {
public:
  editor(uint64_t seed, const WorkflowDefinition& of, const std::function<bool(const std::string&)>& is_open)
      : chance_{seed}, made_{of}, is_open_{is_open} {
    made_.set_version(fmt::format("e{}", seed % 100'000));
    for (auto& step : made_.steps()) {
      ids_.insert(step.id());
      named_.insert(step.needs().begin(), step.needs().end());
      named_.insert(step.catches().begin(), step.catches().end());
      if (!step.compensation().empty())
        undo_.insert(step.compensation());
      for (auto& one : step.decision().cases())
        named_.insert(one.then().begin(), one.then().end());
      named_.insert(step.decision().otherwise().begin(), step.decision().otherwise().end());
      if (step.has_join())
        counted_.insert(step.needs().begin(), step.needs().end());
    }
    named_.insert(made_.result());
  }

  WorkflowDefinition edit(const edit_limits& may) {
    for (auto changes = 1 + pick(2); changes > 0; --changes)
      switch (pick(may.grow ? 5 : may.undo ? 2 : 1)) {
      case 0:
        give_more(*made_.mutable_steps(), false);
        break;
      case 1:
        undo();
        break;
      case 2:
        remove();
        break;
      case 3:
        insert();
        break;
      default:
        add(some_needs());
        break;
      }
    return std::move(made_);
  }

private:
  size_t pick(size_t below) {
    return static_cast<size_t>(chance_() % below);
  }
  std::string new_id() {
    auto id = fmt::format("z{}", pick(100'000));
    return ids_.insert(id).second ? id : new_id();
  }
  bool is_open(const StepDefinition& step) const {
    return is_open_(step.id());
  }
  StepDefinition* some_step(const std::function<bool(const StepDefinition&)>& fits) {
    std::vector<StepDefinition*> all;
    for (auto& step : *made_.mutable_steps())
      if (is_open(step) && fits(step))
        all.push_back(&step);
    return all.empty() ? nullptr : all[pick(all.size())];
  }

  // Tasks get another input, or stumble first; those in blocks, too.
  void give_more(step_list& steps, bool inside) {
    for (auto& step : steps) {
      if (!inside && !is_open(step))
        continue;
      if (is_plain(step) && pick(3) == 0)
        put_extra(*step.mutable_task());
      if (step.has_parallel())
        give_more(*step.mutable_parallel()->mutable_steps(), true);
      if (step.has_map())
        give_more(*step.mutable_map()->mutable_body()->mutable_steps(), true);
      if (step.has_loop())
        give_more(*step.mutable_loop()->mutable_body()->mutable_steps(), true);
    }
  }

  void put_extra(TaskSpec& task) {
    for (auto& one : *task.mutable_inputs()) {
      if (one.name() == "how" && pick(2) == 0)
        one.set_value("stumble");
      if (one.name() == "extra") {
        one.set_value(std::to_string(pick(1000)));
        return;
      }
    }
    put(*task.mutable_inputs(), "extra", std::to_string(pick(1000)));
  }

  StepDefinition& task(const std::string& id) {
    auto& one = *made_.add_steps();
    one.set_id(id);
    auto& spec = *one.mutable_task();
    spec.add_required("work");
    spec.mutable_retry()->set_max_retries(200);
    spec.mutable_retry()->set_initial_delay_ms(50);
    spec.mutable_retry()->set_backoff_multiplier(1);
    put(*spec.mutable_inputs(), "how", pick(4) == 0 ? "stumble" : "well");
    if (pick(3) == 0)
      put(*spec.mutable_inputs(), "effect", "once");
    return one;
  }

  void undo() {
    auto* what = some_step([&](auto& step) {
      return is_plain(step) && step.compensation().empty() && undo_.count(step.id()) == 0 &&
             counted_.count(step.id()) == 0;
    });
    if (!what)
      return;
    auto id = new_id();
    what->set_compensation(id);
    undo_.insert(id);
    task(id);
  }

  void remove() {
    auto* what = some_step([&](auto& step) {
      return is_plain(step) && step.catches().empty() && step.compensation().empty() &&
             named_.count(step.id()) == 0 && undo_.count(step.id()) == 0;
    });
    if (!what || made_.steps_size() < 3)
      return;
    auto id = what->id();
    auto& all = *made_.mutable_steps();
    for (int i = 0; i < all.size(); ++i)
      if (all[i].id() == id)
        return all.DeleteSubrange(i, 1);
  }

  // In front of one that waited for the same.
  void insert() {
    auto decides = [&](const std::string& id) {
      return std::any_of(made_.steps().begin(), made_.steps().end(),
                         [&](auto& step) { return step.id() == id && step.has_decision(); });
    };
    auto* what = some_step([&](auto& step) {
      return is_plain(step) && !step.has_join() && !step.needs().empty() && undo_.count(step.id()) == 0 &&
             std::none_of(step.needs().begin(), step.needs().end(), decides);
    });
    if (!what)
      return;
    auto id = add({what->needs(static_cast<int>(pick(static_cast<size_t>(what->needs_size()))))});
    what->add_needs(id);
    named_.insert(id);
  }

  std::string add(const std::set<std::string>& needs) {
    auto id = new_id();
    auto& one = task(id);
    for (auto& need : needs) {
      one.add_needs(need);
      named_.insert(need);
    }
    if (pick(3) == 0)
      one.set_when("inputs.n % 2 == 0");
    if (pick(3) == 0) {
      if (!has_fresh()) {
        auto* fresh = made_.add_variables();
        fresh->set_name("fresh");
        fresh->set_type(TYPE_STRING);
        fresh->set_initial("\"new\" .. inputs.n");
      }
      put(*one.mutable_with(), "run", "inputs.run");
      put(*one.mutable_with(), "fresh", "vars.fresh");
    }
    if (pick(4) == 0) {
      auto undo = new_id();
      one.set_compensation(undo);
      undo_.insert(undo);
      task(undo);
    }
    return id;
  }

  bool has_fresh() const {
    return std::any_of(made_.variables().begin(), made_.variables().end(),
                       [](auto& one) { return one.name() == "fresh"; });
  }

  // Of what is there, but for decisions: who follows one has to be chosen.
  std::set<std::string> some_needs() {
    std::vector<std::string> all;
    for (auto& step : made_.steps())
      if (undo_.count(step.id()) == 0 && !step.has_decision())
        all.push_back(step.id());
    std::set<std::string> needs;
    for (auto count = 1 + pick(3); count > 0; --count)
      needs.insert(all[pick(all.size())]);
    return needs;
  }

  std::mt19937_64 chance_;
  WorkflowDefinition made_;
  const std::function<bool(const std::string&)>& is_open_;
  std::set<std::string> ids_, named_, undo_, counted_;
};

} // namespace

WorkflowDefinition edit_workflow(uint64_t seed, const WorkflowDefinition& of, const edit_limits& may,
                                 const std::function<bool(const std::string& id)>& is_open) {
  return editor{seed, of, is_open}.edit(may);
}

} // namespace troupe
