// REVISION VIEWS: published workflows, and their history as a tree.

#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <troupe/net/node/views.hpp>
#include <troupe/runtime/limits.hpp>

namespace troupe {
namespace {

// As many digits of a hash as tell revisions apart.
constexpr size_t hash_digits = 10;

std::string short_hash(const WorkflowRevision& revision) {
  return printable(revision.hash().substr(0, hash_digits));
}

std::string name_of(RevisionSource source) {
  constexpr std::string_view names[] = {"user", "system", "automated"};
  auto index = static_cast<size_t>(source);
  return index < std::size(names) ? std::string{names[index]} : "unknown";
}

std::string name_of(UpgradePolicy policy) {
  constexpr std::string_view names[] = {"pinned", "auto", "migrate"};
  auto index = static_cast<size_t>(policy);
  return index < std::size(names) ? std::string{names[index]} : "unknown";
}

std::string changes(const WorkflowRevision& revision) {
  auto text = printable(revision.changes());
  return revision.restores() == 0 ? text : fmt::format("as revision {}: {}", revision.restores(), text);
}

std::string name_of(const Rollout& rollout) {
  auto state = rollout.looked_ms() == 0 ? " so far" : "";
  return fmt::format("revision {}: {} moved, {} stayed{}", rollout.revision(), rollout.moved(),
                     rollout.stayed(), state);
}

// A revision and what is drawn in front of it.
struct drawn_revision {
  const WorkflowRevision* revision;
  std::string lead;
};

// The line of the current revision goes straight down; what else was made from one of its revisions is drawn in between.
class revision_tree {
public:
  explicit revision_tree(const RevisionList& list) : list_{list} {
    below_.resize(static_cast<size_t>(list.revisions_size()) + 1);
    for (auto& one : list.revisions())
      if (one.parent() < one.number() && one.number() < below_.size())
        below_[one.parent()].push_back(one.number());
    for (auto at = list.workflow().current().number(); at > 0 && at < below_.size();
         at = list.revisions(static_cast<int>(at) - 1).parent())
      straight_.insert(at);
    for (auto first : below_[0])
      draw(first, "", "");
  }

  const std::vector<drawn_revision>& rows() const {
    return rows_;
  }

private:
  void draw(uint64_t at, const std::string& first_lead, const std::string& lead) {
    for (auto* drawn = &first_lead; at > 0; drawn = &lead) {
      rows_.push_back({&list_.revisions(static_cast<int>(at) - 1), *drawn});
      auto& made = below_[at];
      auto next = std::find_if(made.begin(), made.end(), [&](auto one) { return straight_.contains(one); });
      if (next == made.end() && !made.empty())
        next = std::prev(made.end());
      for (auto aside = made.begin(); aside != made.end(); ++aside)
        if (aside != next)
          draw(*aside, lead + "├─ ", lead + "│  ");
      at = next == made.end() ? 0 : *next;
    }
  }

  const RevisionList& list_;
  std::vector<std::vector<uint64_t>> below_; // by number; 0 = without a parent
  std::set<uint64_t> straight_;
  std::vector<drawn_revision> rows_;
};

} // namespace

std::string show_rollout(const WorkflowSummary& workflow, std::string_view lead) {
  if (!workflow.has_rollout())
    return {};
  auto& rollout = workflow.rollout();
  auto text = fmt::format("{}open runs, {}: {}\n", lead, name_of(workflow.policy()), name_of(rollout));
  for (auto& one : rollout.staying())
    text += fmt::format("{}  {} stayed: {}\n", lead, printable(one.run()), printable(one.reason()));
  if (auto named = static_cast<uint64_t>(rollout.staying_size()); rollout.stayed() > named)
    text += fmt::format("{}  and {} more\n", lead, rollout.stayed() - named);
  return text;
}

std::string show(const WorkflowList& list, const text_look& how) {
  if (list.total() == 0)
    return "no workflows\n";
  text_table rows{
      {"WORKFLOW", "REVISION", "LABEL", "HASH", "STEPS", "OPEN RUNS", "PUBLISHED", "BY", "STATUS"}};
  for (auto& one : list.workflows())
    rows.add({printable(one.workflow()), std::to_string(one.current().number()),
              printable(one.current().label()), short_hash(one.current()),
              std::to_string(one.current().steps()), name_of(one.policy()),
              short_time(one.current().time_ms(), how), printable(one.current().by()),
              one.archived() ? text_cell{"archived", text_tone::faint} : text_cell{"open", text_tone::good}});
  auto shown = static_cast<uint64_t>(list.workflows_size());
  return rows.show(how) + (shown == list.total() ? fmt::format("{} in all\n", list.total())
                                                 : fmt::format("{} of {}; more: --limit N, up to {}\n", shown,
                                                               list.total(), limits::list_rows_most));
}

std::string show(const WorkflowSummary& workflow, const text_look& how) {
  text_table facts{{}};
  facts.add_fact("workflow", printable(workflow.workflow()));
  facts.add_fact("revision", std::to_string(workflow.current().number()));
  facts.add_fact("label", printable(workflow.current().label()));
  facts.add_fact("open runs", name_of(workflow.policy()));
  if (workflow.has_rollout())
    facts.add_fact("followed", name_of(workflow.rollout()));
  facts.add_fact("status", workflow.archived() ? text_cell{"archived", text_tone::faint}
                                               : text_cell{"open", text_tone::good});
  return facts.show(how);
}

std::string show(const WorkflowRevision& revision, const text_look& how) {
  text_table facts{{}};
  facts.add_fact("revision", std::to_string(revision.number()));
  facts.add_fact("label", printable(revision.label()));
  facts.add_fact("hash", printable(revision.hash()));
  facts.add_fact("parent", revision.parent() == 0 ? "" : std::to_string(revision.parent()));
  facts.add_fact("source", name_of(revision.source()));
  facts.add_fact("by", printable(revision.by()));
  facts.add_fact("published", short_time(revision.time_ms(), how));
  facts.add_fact("changes", changes(revision));
  facts.add_fact("note", printable(revision.note()));
  facts.add_fact("deprecated", text_cell{printable(revision.deprecated()), text_tone::warning});
  return facts.show(how);
}

std::string show(const RevisionList& list, const text_look& how) {
  text_table rows{{"REVISION", "LABEL", "HASH", "SOURCE", "BY", "WHEN", "STATUS", "CHANGES", "NOTE"}};
  revision_tree tree{list};
  for (auto& [revision, lead] : tree.rows()) {
    auto status = revision->number() == list.workflow().current().number()
                      ? text_cell{"current", text_tone::good}
                  : revision->deprecated().empty() ? text_cell{""}
                                                   : text_cell{"deprecated", text_tone::warning};
    rows.add({lead + std::to_string(revision->number()), printable(revision->label()), short_hash(*revision),
              name_of(revision->source()), printable(revision->by()), short_time(revision->time_ms(), how),
              status, changes(*revision), printable(revision->note())});
  }
  return rows.show(how) + show_rollout(list.workflow());
}

} // namespace troupe
