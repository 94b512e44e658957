// The edges of one block. Cost: steps + edges.

#include <algorithm>
#include <fmt/format.h>
#include <troupe/actors/workflow/definition/blocks.hpp>
#include <troupe/actors/workflow/definition/edges.hpp>
#include <unordered_set>
#include <utility>

namespace troupe::definitions {
namespace {

using names_of_steps = google::protobuf::RepeatedPtrField<std::string>;

class edge_check {
public:
  edge_check(const block_graph& graph, const std::string& prefix, const step_places& everywhere,
             mistakes& found)
      : graph_(graph), prefix_(prefix), everywhere_(everywhere), found_(found),
        seen_by_(graph.size(), graph.size()) {
    for (size_t n = 0; n < graph.size(); ++n) {
      ids_.push_back(step(n).id());
      for (auto& edge : graph.into(n))
        if (!edge.catches && step(edge.from).has_decision())
          needed_by_[edge.from].insert(n);
      auto choose = [&](const names_of_steps& ids) {
        for (auto& id : ids)
          if (auto other = graph.find(id))
            chosen_[n].insert(*other);
      };
      for (auto& one : step(n).decision().cases())
        choose(one.then());
      choose(step(n).decision().otherwise());
    }
  }

  void all(const std::string* result) {
    for (size_t n = 0; n < graph_.size(); ++n) {
      names(n, step(n).needs(), "needs");
      names(n, step(n).catches(), "catches");
      caught(n);
      choices(n);
      join(n);
      compensation(n);
    }
    cycles();
    if (graph_.cycles().empty())
      reach();
    if (result)
      result_of_block(*result);
  }

private:
  const StepDefinition& step(size_t n) const {
    return graph_.step(n);
  }

  std::string path(size_t n, std::string_view field) const {
    return fmt::format("{}.{}", path_of(prefix_, n), field);
  }

  // Why a name is none of this block.
  std::string unknown(const std::string& id) {
    if (auto other = everywhere_.find(id); other != everywhere_.end() && !graph_.find(id))
      return fmt::format("which is of another block ({}); only steps of the same block lead to each other",
                         other->second);
    return "which does not exist" + found_.hint(id, ids_);
  }

  void names(size_t n, const names_of_steps& ids, std::string_view field) {
    for (int at = 0; at < ids.size(); ++at) {
      auto other = graph_.find(ids[at]);
      auto place = fmt::format("{}[{}]", path(n, field), at);
      if (!other) {
        found_.add(place,
                   fmt::format("{} {} {}, {}", named(step(n).id()), field, named(ids[at]), unknown(ids[at])));
        continue;
      }
      if (auto done = graph_.undoes(*other))
        found_.add(place,
                   fmt::format("{} {} {}, which is the compensation of {} and begins only when the run fails "
                               "or is cancelled",
                               named(step(n).id()), field, named(ids[at]), named(step(*done).id())));
      if (std::exchange(seen_by_[*other], n) == n)
        found_.add(place,
                   fmt::format("{} {} {} twice; once is enough", named(step(n).id()), field, named(ids[at])));
    }
    for (auto& id : ids) // the other list of this step may have the same name
      if (auto other = graph_.find(id))
        seen_by_[*other] = graph_.size();
  }

  void caught(size_t n) {
    for (auto& edge : graph_.into(n))
      if (edge.catches && step(edge.from).may_fail())
        found_.add(fmt::format("{}[{}]", path(n, "catches"), edge.at),
                   fmt::format("{} catches {}, which has `may_fail`: its failure counts as completed and is "
                               "never caught; remove one "
                               "of both",
                               named(step(n).id()), named(step(edge.from).id())));
  }

  void choices(size_t n) {
    if (!step(n).has_decision())
      return;
    auto& decision = step(n).decision();
    for (int at = 0; at < decision.cases_size(); ++at)
      choice(n, decision.cases(at).then(), fmt::format("decision.cases[{}].then", at));
    choice(n, decision.otherwise(), "decision.otherwise");
  }

  void choice(size_t n, const names_of_steps& ids, const std::string& field) {
    for (int at = 0; at < ids.size(); ++at) {
      auto other = graph_.find(ids[at]);
      auto place = fmt::format("{}[{}]", path(n, field), at);
      if (!other)
        found_.add(place, fmt::format("the decision {} chooses {}, {}", named(step(n).id()), named(ids[at]),
                                      unknown(ids[at])));
      else if (needed_by_[n].count(*other) == 0)
        found_.add(
            place,
            fmt::format("the decision {0} chooses {1}, which does not need it; add {0} to `needs` of {1}",
                        named(step(n).id()), named(ids[at])));
    }
  }

  // May the end of the other step lead here?
  bool leads(const block_graph::edge& edge, size_t n) const {
    if (edge.catches)
      return !step(edge.from).may_fail();
    auto chosen = chosen_.find(edge.from);
    return !step(edge.from).has_decision() || (chosen != chosen_.end() && chosen->second.count(n) > 0);
  }

  // Needs that are skipped do not count: only `n_of` may ask for more than there are.
  void join(size_t n) {
    if (!step(n).has_join())
      return;
    auto& rule = step(n).join();
    if (step(n).needs().empty())
      return found_.add(path(n, "join"), "a join waits for steps it needs; name at least one in `needs`");
    auto& edges = graph_.into(n);
    auto leading = std::count_if(edges.begin(), edges.end(),
                                 [&](auto& edge) { return !edge.catches && leads(edge, n); });
    if (rule.mode() == JOIN_N_OF && std::cmp_greater(rule.count(), leading))
      found_.add(path(n, "join"),
                 fmt::format("the join waits for {} of {} steps that may lead to it, so it can never hold",
                             rule.count(), leading));
  }

  void compensation(size_t n) {
    auto& id = step(n).compensation();
    if (id.empty())
      return;
    auto add = [&](const std::string& text) {
      found_.add(path(n, "compensation"),
                 fmt::format("the compensation of {} is {}, {}", named(step(n).id()), named(id), text));
    };
    auto other = graph_.find(id);
    if (!other)
      return add(unknown(id));
    auto& undo = step(*other);
    if (*other == n)
      return add("which is the step itself; name another one that undoes it");
    if (auto first = *graph_.undoes(*other); first != n)
      add(fmt::format("which is that of {} already; each step has one of its own", named(step(first).id())));
    if (!undo.has_task() && !undo.has_child() && undo.kind_case() != StepDefinition::KIND_NOT_SET)
      add("which is neither a task nor a child; only those undo something");
    if (undo.needs_size() > 0 || undo.catches_size() > 0)
      add("which has `needs` or `catches`; a compensation begins only when the run fails or is cancelled, so "
          "it has neither");
    if (!undo.compensation().empty())
      add("which has a compensation itself; what undoes is not undone");
  }

  void cycles() {
    for (auto& cycle : graph_.cycles()) {
      constexpr size_t shown = 50;
      std::string text;
      for (size_t i = 0; i < cycle.size() && i < shown; ++i)
        text += step(cycle[i]).id() + " -> ";
      if (cycle.size() > shown)
        text += fmt::format("({} more) -> ", cycle.size() - shown);
      found_.add(path(cycle[0], step(cycle[0]).needs().empty() ? "catches" : "needs"),
                 fmt::format("the steps form a cycle: {}{}", text, step(cycle[0]).id()));
    }
  }

  // A step that nothing leads to is named; those that only follow it are not.
  void reach() {
    std::vector<bool> begins(graph_.size());
    for (auto n : graph_.order()) {
      auto& edges = graph_.into(n);
      auto edges_named = step(n).needs_size() + step(n).catches_size();
      auto any_begins = edges.empty(),
           any_leads = static_cast<size_t>(edges_named) > edges.size(); // one that is missing is told already
      for (auto& edge : edges) {
        any_begins = any_begins || begins[edge.from];
        any_leads = any_leads || leads(edge, n);
        begins[n] = begins[n] || (begins[edge.from] && leads(edge, n));
      }
      begins[n] = begins[n] || edges.empty();
      auto told = std::any_of(edges.begin(), edges.end(),
                              [&](auto& edge) { return edge.catches && !leads(edge, n); });
      if (any_begins && !begins[n] && !any_leads && !told)
        found_.add(path(n, "needs"), unreached(n));
    }
  }

  std::string unreached(size_t n) const {
    std::vector<std::string_view> decisions;
    for (auto& edge : graph_.into(n))
      decisions.push_back(step(edge.from).id());
    return fmt::format("{0} can never begin: it needs only the {1} {2}, which never {3} it; name {0} in "
                       "`then` of a case or in "
                       "`otherwise`",
                       named(step(n).id()), decisions.size() > 1 ? "decisions" : "decision",
                       listed(decisions), decisions.size() > 1 ? "choose" : "chooses");
  }

  void result_of_block(const std::string& id) {
    if (id.empty())
      return; // the last one that is no compensation
    auto n = graph_.find(id);
    if (!n)
      return found_.add(prefix_ + "result",
                        fmt::format("the result is that of {}, {}", named(id), unknown(id)));
    if (auto done = graph_.undoes(*n))
      found_.add(
          prefix_ + "result",
          fmt::format("the result is that of {}, which is the compensation of {} and does not begin when "
                      "all goes well; name another step",
                      named(id), named(step(*done).id())));
  }

  const block_graph& graph_;
  const std::string& prefix_;
  const step_places& everywhere_;
  mistakes& found_;
  std::vector<std::string_view> ids_;
  std::vector<size_t> seen_by_; // the step that named this one last
  std::unordered_map<size_t, std::unordered_set<size_t>> chosen_, needed_by_; // of decisions
};

} // namespace

void check_edges(const block_graph& graph, const std::string* result, const std::string& prefix,
                 const step_places& everywhere, mistakes& found) {
  edge_check{graph, prefix, everywhere, found}.all(result);
}

} // namespace troupe::definitions
