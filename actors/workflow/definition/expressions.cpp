// What an expression may read: the run's inputs and variables, steps that have ended when it is evaluated, and what its
// place gives.

#include <algorithm>
#include <fmt/format.h>
#include <troupe/actors/workflow/definition/expressions.hpp>
#include <troupe/actors/workflow/value_type.hpp>
#include <troupe/runtime/error.hpp>

namespace troupe::definitions {
namespace {

// Names that only some places give, and which.
constexpr std::pair<std::string_view, std::string_view> elsewhere[] = {
    {"error", "in a step that catches another one"},
    {"item", "in the body of a map"},
    {"index", "in the body of a map or a loop"},
    {"last", "in a loop"},
    {"result", "in `set`"},
    {"sample", "in `healthy`"}};

bool is_in(const auto& all, std::string_view one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

std::string place_of(const expression_read& read) {
  return fmt::format("line {}, column {}: ", read.line, read.column);
}

std::string shown(const expression_read& read) {
  return fmt::format("`{}.{}`", read.name, read.field);
}

} // namespace

expression_check::expression_check(const WorkflowDefinition* definition,
                                   const std::unordered_set<std::string_view>& ids, mistakes& found)
    : definition_(definition), ids_(ids), found_(found) {
  if (!definition)
    return;
  for (auto& input : definition->inputs())
    inputs_.push_back(input.name());
  for (auto& variable : definition->variables())
    variables_.push_back(variable.name());
}

void expression_check::begin(block_scope& block, size_t step) const {
  block.step = step;
  block.led_by.resize(block.graph.size());
  for (auto& edge : block.graph.into(step))
    block.led_by[edge.from] = step + 1;
}

std::optional<expression> expression_check::compile(const std::string& source, const std::string& path) {
  if (source.empty()) {
    found_.add(path, "an expression is asked for");
    return {};
  }
  auto compiled = expression::compile(source);
  if (compiled)
    return std::move(*compiled);
  found_.add(path, text_of(compiled.error()));
  return {};
}

void expression_check::check(const std::string& source, const std::string& path, const block_scope& block,
                             std::vector<std::string_view> names) {
  auto compiled = compile(source, path);
  if (!compiled)
    return;
  for (auto* one = &block; one; one = one->around)
    for (auto name : one->names)
      if (!is_in(names, name))
        names.push_back(name);
  for (auto name : {"steps", "vars", "inputs"})
    names.insert(names.begin(), name);
  for (auto& read : compiled->reads()) {
    if (!is_in(names, read.name)) {
      auto* known = std::find_if(std::begin(elsewhere), std::end(elsewhere),
                                 [&](auto& one) { return one.first == read.name; });
      auto why = known == std::end(elsewhere)
                     ? fmt::format("nothing is called {} here; known are {}{}", named(read.name),
                                   fmt::join(names, ", "), found_.hint(read.name, names))
                     : fmt::format("`{}` is known only {}; known here are {}", read.name, known->second,
                                   fmt::join(names, ", "));
      found_.add(path, place_of(read) + why);
    } else if (read.name == "steps")
      step(read, path, block);
    else
      field(read, path);
  }
}

void expression_check::check_initial(const VariableDefinition& variable, const std::string& path) {
  auto compiled = compile(variable.initial(), path);
  if (!compiled)
    return;
  for (auto& read : compiled->reads())
    if (read.name == "inputs")
      field(read, path);
    else
      found_.add(path, fmt::format("{}nothing is called {} here; a first value is made of inputs alone",
                                   place_of(read), named(read.name)));
  if (!compiled->reads().empty())
    return;
  auto value = compiled->evaluate({});
  if (!value)
    found_.add(path, text_of(value.error()));
  else if (auto wrong = fits(variable.type(), *value))
    found_.add(path,
               fmt::format("the first value of {} does not fit: {}", named(variable.name()), text_of(wrong)));
}

void expression_check::check_set(const StepDefinition& step, const std::string& path) {
  for (auto& set : step.set())
    if (!definition_)
      found_.add(path + ".set." + set.name(), "a returned block writes no variables");
    else if (!is_in(variables_, set.name()))
      found_.add(path + ".set." + set.name(),
                 fmt::format("the variable {} is not declared; add it to `variables`{}", named(set.name()),
                             found_.hint(set.name(), variables_)));
}

// A field of `inputs` or `vars`. With no inputs declared a run takes any.
void expression_check::field(const expression_read& read, const std::string& path) {
  auto is_input = read.name == "inputs";
  if ((!is_input && read.name != "vars") || !definition_ || read.field.empty() ||
      (is_input && inputs_.empty()))
    return;
  auto& known = is_input ? inputs_ : variables_;
  if (!is_in(known, read.field))
    found_.add(path, fmt::format("{}it reads {}, but no such {} is declared{}", place_of(read), shown(read),
                                 is_input ? "input" : "variable", found_.hint(read.field, known)));
}

// A step of this block or of one around it, seen from the step that is checked now.
void expression_check::step(const expression_read& read, const std::string& path, const block_scope& block) {
  auto add = [&](std::string text) { found_.add(path, place_of(read) + std::move(text)); };
  if (read.field.empty())
    return add(
        "`steps` is read by the names of steps only: `steps.build`, or `at(steps.build, \"version\")`");
  for (auto* one = &block; one; one = one->around)
    if (auto target = one->graph.find(read.field)) {
      auto reader = one->step;
      if (auto undone = one->graph.undoes(reader)) { // begins after what it undoes
        if (*undone == *target)
          return;
        reader = *undone;
      }
      if (reader == *target && one != &block)
        return add(fmt::format("it reads {}, the result of the step around it, which has not ended yet",
                               shown(read)));
      if (reader == *target)
        return add(
            fmt::format("it reads {}, its own result; only `set` sees that, as `result`", shown(read)));
      if (auto done = one->graph.undoes(*target))
        return add(fmt::format(
            "it reads {}, the compensation of {}, which begins only when the run fails or is cancelled",
            shown(read), named(one->graph.step(*done).id())));
      if (reader != one->step || one->led_by[*target] != reader + 1)
        one->reads.push_back({path, place_of(read) + "it reads " + shown(read), reader, *target});
      return;
    }
  if (ids_.count(read.field))
    return add(
        fmt::format("it reads {}, a step inside of another one; read the result of that one", shown(read)));
  std::vector<std::string_view> known;
  for (auto* one = &block; one; one = one->around)
    for (size_t n = 0; n < one->graph.size() && found_.may_compare(1); ++n) {
      auto& id = one->graph.step(n).id();
      known.push_back(id);
      if (id.starts_with(read.field + "-"))
        return add(
            fmt::format("it reads {}, but there is no such step; write `steps[\"{}\"]` if that is meant",
                        shown(read), id));
    }
  add(fmt::format("it reads {}, but there is no such step{}", shown(read), found_.hint(read.field, known)));
}

void expression_check::settle(const block_scope& block) {
  if (!block.graph.cycles().empty())
    return; // what comes first is not known
  std::vector<std::pair<size_t, size_t>> pairs;
  for (auto& read : block.reads)
    pairs.emplace_back(read.target, read.reader);
  auto before = block.graph.comes_before(pairs);
  std::vector<size_t> early;
  pairs.clear();
  for (size_t i = 0; i < before.size(); ++i)
    if (!before[i]) {
      early.push_back(i);
      pairs.emplace_back(block.reads[i].reader, block.reads[i].target);
    }
  auto after = block.graph.comes_before(pairs);
  for (size_t i = 0; i < early.size(); ++i) {
    auto& read = block.reads[early[i]];
    auto reader = named(block.graph.step(read.reader).id()),
         target = named(block.graph.step(read.target).id());
    found_.add(read.path, after[i] ? fmt::format("{}, which begins only after {}", read.where, reader)
                                   : fmt::format("{}, which may not have ended yet; add {} to `needs` of {}",
                                                 read.where, target, reader));
  }
}

} // namespace troupe::definitions
