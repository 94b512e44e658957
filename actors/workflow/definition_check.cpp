// DEFINITION CHECK: declarations, ids, and the way through all blocks; what they are checked for is in definition/.
// Invariant: blocks are entered to limits::workflow_depth, steps are looked at up to limits::workflow_steps.

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <set>
#include <troupe/actors/workflow/definition/blocks.hpp>
#include <troupe/actors/workflow/definition/edges.hpp>
#include <troupe/actors/workflow/definition/expressions.hpp>
#include <troupe/actors/workflow/definition/kinds.hpp>
#include <troupe/actors/workflow/definition_check.hpp>
#include <troupe/actors/workflow/value_type.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/limits.hpp>
#include <troupe/runtime/workflow_limits.hpp>

namespace troupe {
namespace {

using namespace definitions;

constexpr std::array lua_words{"and",      "break",  "do",   "else", "elseif", "end",  "false", "for",
                               "function", "goto",   "if",   "in",   "local",  "nil",  "not",   "or",
                               "repeat",   "return", "then", "true", "until",  "while"};

bool is_of(const std::string& name, std::string_view more) {
  return !name.empty() && name.size() <= limits::definition_name_bytes &&
         std::all_of(name.begin(), name.end(), [&](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || more.find(c) != more.npos;
         });
}

size_t count(const step_list& steps, size_t depth) {
  auto total = static_cast<size_t>(steps.size());
  if (depth <= limits::workflow_depth)
    for (auto& step : steps)
      if (auto inner = block_in(step); inner.steps)
        total += count(*inner.steps, depth + 1);
  return total;
}

class definition_check {
public:
  definition_check(const WorkflowDefinition* definition, const kind_rules& rules)
      : rules_(rules), definition_(definition), expressions_(definition, ids_, found_) {}

  workflow_problems all(const step_list& steps, const std::string& result, size_t depth) {
    if (auto total = count(steps, depth); total > limits::workflow_steps) {
      found_.add("steps",
                 fmt::format("there are {} steps; at most {} are allowed", total, limits::workflow_steps));
      return found_.sorted();
    }
    ids(steps, "", depth);
    if (definition_)
      declarations();
    block(steps, &result, "", depth, nullptr, {});
    return found_.sorted();
  }

private:
  void ids(const step_list& steps, const std::string& prefix, size_t depth) {
    if (depth > limits::workflow_depth)
      return;
    for (int n = 0; n < steps.size(); ++n) {
      auto& id = steps[n].id();
      auto path = path_of(prefix, static_cast<size_t>(n));
      if (!is_of(id, "_-"))
        found_.add(path + ".id", fmt::format("{} is no step id; allowed are a-z 0-9 _ -, at most {} bytes",
                                             named(id), limits::definition_name_bytes));
      else if (auto [first, is_new] = places_.emplace(id, path); !is_new)
        found_.add(path + ".id",
                   fmt::format("the id {} is that of {} already; each is used once in the whole definition",
                               named(id), first->second));
      ids_.insert(id);
      if (auto inner = block_in(steps[n]); inner.steps)
        ids(*inner.steps, fmt::format("{}.{}", path, inner.path), depth + 1);
    }
  }

  void declarations() {
    check_name(definition_->name(), false, "", "name", found_);
    check_name(definition_->version(), false, "", "version", found_);
    check_duration(definition_->deadline_ms(), 0, "deadline", found_);
    names(definition_->inputs(), "inputs", "an input");
    names(definition_->variables(), "variables", "a variable");
    for (int at = 0; at < definition_->inputs_size(); ++at)
      default_value(definition_->inputs(at), fmt::format("inputs[{}].default_value", at));
    for (int at = 0; at < definition_->variables_size(); ++at)
      if (auto& variable = definition_->variables(at); !variable.initial().empty())
        expressions_.check_initial(variable, fmt::format("variables[{}].initial", at));
  }

  void names(const auto& declared, const std::string& list, std::string_view what) {
    if (static_cast<size_t>(declared.size()) > limits::definition_names)
      found_.add(list, fmt::format("there are {}; at most {} are allowed", declared.size(),
                                   limits::definition_names));
    std::set<std::string_view> seen;
    for (int at = 0; at < declared.size(); ++at) {
      auto& name = declared[at].name();
      auto path = fmt::format("{}[{}]", list, at);
      if (!is_of(name, "_ABCDEFGHIJKLMNOPQRSTUVWXYZ") || (name[0] >= '0' && name[0] <= '9'))
        found_.add(
            path + ".name",
            fmt::format("{} cannot name {}; allowed are A-Z a-z 0-9 _, no digit in front, at most {} bytes",
                        named(name), what, limits::definition_name_bytes));
      else if (std::find(lua_words.begin(), lua_words.end(), name) != lua_words.end())
        found_.add(path + ".name",
                   fmt::format("{} is a word of expressions, which could not read it; choose another name",
                               named(name)));
      else if (!seen.insert(name).second)
        found_.add(path + ".name", fmt::format("{} is declared twice", named(name)));
      if (!ValueType_IsValid(declared[at].type()))
        found_.add(path + ".type",
                   "this type is not known; known are any, string, number, integer, boolean, list, object");
    }
  }

  void default_value(const InputDefinition& input, const std::string& path) {
    if (input.default_value().empty())
      return;
    if (!input.optional())
      found_.add(
          path,
          fmt::format("the input {0} is not optional, so its default is never used; add `optional: true`",
                      named(input.name())));
    if (input.type() != TYPE_STRING && input.type() != TYPE_ANY) // those are texts, or may be
      if (auto wrong = fits(input.type(), input.default_value()))
        found_.add(path,
                   fmt::format("the default of {} does not fit: {}", named(input.name()), text_of(wrong)));
  }

  void block(const step_list& steps, const std::string* result, const std::string& prefix, size_t depth,
             const block_scope* around, std::vector<std::string_view> names) {
    if (depth > limits::workflow_depth)
      return found_.add(prefix + "steps",
                        fmt::format("at most {} blocks may be inside one another", limits::workflow_depth));
    if (steps.empty())
      return found_.add(prefix + "steps", fmt::format("the {} has no steps; at least one is asked for",
                                                      around || !definition_ ? "block" : "workflow"));
    block_graph graph{steps};
    check_edges(graph, result, prefix, places_, found_);
    block_scope scope{graph, around, std::move(names)};
    for (size_t n = 0; n < graph.size(); ++n) {
      auto path = path_of(prefix, n);
      check_kind(graph.step(n), path, rules_, found_);
      expressions_.begin(scope, n);
      expressions(graph.step(n), path, scope);
      if (auto inner = block_in(graph.step(n)); inner.steps) {
        std::vector<std::string_view> seen;
        if (graph.step(n).has_map())
          seen = {"item", "index"};
        if (graph.step(n).has_loop())
          seen = {"index", "last"};
        block(*inner.steps, inner.result, fmt::format("{}.{}", path, inner.path), depth + 1, &scope,
              std::move(seen));
      }
    }
    expressions_.settle(scope);
  }

  void expressions(const StepDefinition& step, const std::string& path, const block_scope& scope) {
    std::vector<std::string_view> error;
    if (step.catches_size() > 0)
      error = {"error"};
    auto check = [&](const std::string& source, const std::string& field,
                     std::vector<std::string_view> more = {}) {
      more.insert(more.end(), error.begin(), error.end());
      expressions_.check(source, path + "." + field, scope, std::move(more));
    };
    if (!step.when().empty())
      check(step.when(), "when");
    fields(step.with(), path, "with");
    for (auto& one : step.with())
      check(one.value(), "with." + one.name());
    fields(step.set(), path, "set");
    for (auto& one : step.set())
      check(one.value(), "set." + one.name(), {"result"});
    expressions_.check_set(step, path);
    for (int at = 0; at < step.decision().cases_size(); ++at)
      check(step.decision().cases(at).when(), fmt::format("decision.cases[{}].when", at));
    if (step.has_map())
      check(step.map().over(), "map.over");
    if (step.has_loop())
      check(step.loop().until(), "loop.until", {"index", "last"});
    if (!step.loop().budget().cost().empty())
      check(step.loop().budget().cost(), "loop.budget.cost", {"index", "last"});
    if (!step.wait().until().empty())
      check(step.wait().until(), "wait.until");
    if (step.has_monitor())
      check(step.monitor().healthy(), "monitor.healthy", {"sample"});
  }

  void fields(const google::protobuf::RepeatedPtrField<Field>& all, const std::string& path,
              std::string_view list) {
    if (static_cast<size_t>(all.size()) > limits::definition_names)
      found_.add(fmt::format("{}.{}", path, list),
                 fmt::format("there are {}; at most {} are allowed", all.size(), limits::definition_names));
    std::set<std::string_view> seen;
    for (auto& one : all)
      if (one.name().empty() || !seen.insert(one.name()).second)
        found_.add(fmt::format("{}.{}.{}", path, list, one.name()),
                   one.name().empty() ? "a name is asked for" : named(one.name()) + " is given twice");
  }

  const kind_rules& rules_;
  const WorkflowDefinition* definition_;
  mistakes found_;
  step_places places_;
  std::unordered_set<std::string_view> ids_;
  expression_check expressions_;
};

caf::error first_of(const workflow_problems& found) {
  if (found.empty())
    return {};
  auto& [path, text, rule, at] = found.front();
  return make_error(ec::invalid_workflow, path.empty() ? text : path + ": " + text);
}

} // namespace

workflow_problems check(const WorkflowDefinition& definition, const definition_surroundings& around) {
  kind_rules rules{around};
  return definition_check{&definition, rules}.all(definition.steps(), definition.result(), 0);
}

caf::error validate(const WorkflowDefinition& definition) {
  return first_of(check(definition));
}

caf::error validate(const Block& block, size_t depth, const std::vector<std::string>& allowed) {
  definition_surroundings around;
  kind_rules rules{around, &allowed};
  return first_of(definition_check{nullptr, rules}.all(block.steps(), block.result(), depth));
}

} // namespace troupe
