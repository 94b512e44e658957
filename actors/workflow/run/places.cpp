// COURSE: paths -> steps, and everything that is still to be looked at.

#include <algorithm>
#include <charconv>
#include <functional>
#include <troupe/actors/workflow/run/course.hpp>
#include <troupe/actors/workflow/task_life.hpp>

namespace troupe {
namespace {

std::string_view take_segment(std::string_view& path) {
  auto dot = path.find('.');
  auto segment = path.substr(0, dot);
  path.remove_prefix(dot == std::string_view::npos ? path.size() : dot + 1);
  return segment;
}

ScopeState* scope_of(StepState& step, std::string_view number_text) {
  uint32_t number = 0;
  std::from_chars(number_text.data(), number_text.data() + number_text.size(), number);
  auto& scopes = *step.mutable_scopes(); // by number: they begin in this order
  auto i = std::lower_bound(scopes.begin(), scopes.end(), number,
                            [](auto& scope, uint32_t wanted) { return scope.number() < wanted; });
  return i != scopes.end() && i->number() == number ? &*i : nullptr;
}

} // namespace

const std::string& item_of(const scope_place& scope) {
  static const std::string null = "null";
  auto position = static_cast<int>(scope.state->number()) - 1;
  return position < scope.owner->items_size() ? scope.owner->items(position) : null;
}

std::optional<step_place> run_course::find(std::string_view path) const {
  if (!plan_ || path.ends_with('.'))
    return {};
  step_place at;
  at.path = path;
  auto& root = const_cast<RunState&>(state); // places lead both ways; react() does not write
  at.scopes.push_back({{}, &plan_->root, root.mutable_steps(), nullptr, nullptr, nullptr});
  for (auto rest = path;;) {
    auto& scope = at.scopes.back();
    at.plan = scope.block->find(take_segment(rest));
    if (!at.plan)
      return {};
    at.step = scope.steps->Mutable(at.plan->index);
    if (rest.empty())
      return at;
    auto* inner = scope_of(*at.step, take_segment(rest));
    if (!inner || rest.empty())
      return {};
    auto inner_path = std::string{path.substr(0, path.size() - rest.size() - 1)};
    auto* body = at.plan->body.get();
    if (!body) {
      auto i = expanded_.find(inner_path.substr(0, inner_path.rfind('.')));
      if (i == expanded_.end())
        return {};
      body = i->second.get();
    }
    at.scopes.push_back({std::move(inner_path), body, inner->mutable_steps(), inner, at.step, at.plan});
  }
}

std::optional<scope_place> run_course::find_scope(std::string_view path) const {
  if (path.empty()) {
    auto& root = const_cast<RunState&>(state);
    return scope_place{{}, &plan_->root, root.mutable_steps(), nullptr, nullptr, nullptr};
  }
  auto dot = path.rfind('.');
  auto owner = find(path.substr(0, dot));
  if (!owner)
    return {};
  auto* inner = scope_of(*owner->step, path.substr(dot + 1));
  if (!inner)
    return {};
  auto expanded = expanded_.find(owner->path);
  auto* body = owner->plan->body             ? owner->plan->body.get()
               : expanded == expanded_.end() ? nullptr
                                             : expanded->second.get();
  if (!body)
    return {};
  return scope_place{std::string{path}, body, inner->mutable_steps(), inner, owner->step, owner->plan};
}

void run_course::look_at_everything() {
  agenda_.clear();
  look_at(*find_scope({}));
  if (state.ends_as() != RUN_RUNNING)
    agenda_.push_back({matter::wrap_up, {}});
}

void run_course::look_at(const scope_place& scope) {
  for (auto& plan : scope.block->steps) {
    auto& step = *scope.steps->Mutable(plan.index);
    auto path = scope.path_of(step.id());
    if (step.status() == STEP_PENDING && !plan.undoes && (step.open() == 0 || plan.definition->has_join()))
      agenda_.push_back({matter::begin, path});
    if (step.status() != STEP_ACTIVE)
      continue;
    agenda_.push_back({matter::advance, path});
    if (plan.definition->has_signal())
      agenda_.push_back({matter::signal, plan.definition->signal().name()});
    for (auto& inner : step.scopes())
      if (auto at = find_scope(path + "." + std::to_string(inner.number())); at && !inner.ended())
        look_at(*at);
  }
  if ((scope.state ? scope.state->unsettled() : state.unsettled()) == 0)
    agenda_.push_back({matter::finish, scope.path});
}

RunState run_course::save() const {
  auto saved = state;
  if (plan_)
    *saved.mutable_definition() = plan_->definition;
  return saved;
}

void run_course::load(const RunState& saved) {
  plan_ = workflow_plan::of(saved.definition());
  state = saved;
  state.clear_definition();
  expanded_.clear();
  waiting_.clear();
  called_.clear();
  agenda_.clear();
  std::function<void(step_states&, const block_plan&, const std::string&)> walk =
      [&](step_states& steps, const block_plan& block, const std::string& prefix) {
        for (auto& plan : block.steps) {
          auto& step = *steps.Mutable(plan.index);
          auto path = prefix + step.id();
          if (step.status() == STEP_ACTIVE && plan.definition->has_signal())
            waiting_[plan.definition->signal().name()].insert(path);
          if (task_life::is_called(step.task()))
            called_.insert(path);
          if (step.has_expanded())
            expanded_[path] = plan_block(step.expanded());
          for (auto& inner : *step.mutable_scopes())
            walk(*inner.mutable_steps(), plan.body ? *plan.body : *expanded_.at(path),
                 path + "." + std::to_string(inner.number()) + ".");
        }
      };
  walk(*state.mutable_steps(), plan_->root, {});
}

} // namespace troupe
