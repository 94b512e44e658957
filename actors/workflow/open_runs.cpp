// OPEN RUNS: read a shard, ask its runs, rest.
// Invariant: at most limits::rollout_at_once questions are open; a shard is looked at when all its runs have answered or will not.

#include <fmt/format.h>
#include <troupe/actors/workflow/open_runs.hpp>
#include <troupe/persistence/keys.hpp>
#include <troupe/runtime/interface/cluster.hpp>
#include <troupe/runtime/limits.hpp>
#include <troupe/runtime/proto/shards.pb.h>
#include <troupe/runtime/ref_route.hpp>
#include <troupe/runtime/workflow_limits.hpp>
#include <utility>

namespace troupe {
namespace {

bool is_of_run(const std::string& parent) {
  auto name = parse_ref(parent);
  return name && name->kind == "run";
}

caf::error too_many(uint64_t most) {
  return make_error(ec::overloaded, fmt::format("more than {} runs are open", most));
}

} // namespace

caf::expected<std::vector<WorkSummary>> find_open_runs(const store& rows, const std::string& workflow,
                                                       uint8_t shard, uint64_t most) {
  auto tenant = tenant_of(workflow);
  auto title = workflow.substr(workflow.rfind('/') + 1);
  std::vector<WorkSummary> found;
  auto failed = rows.scan(space::index, index_begin(shard, index_table::runs),
                          index_end(shard, index_table::runs), [&](auto, std::string_view value) {
                            WorkSummary run;
                            if (run.ParseFromArray(value.data(), static_cast<int>(value.size())) &&
                                run.title() == title && run.ended_ms() == 0 &&
                                tenant_of(run.ref()) == tenant && !is_of_run(run.parent()))
                              found.push_back(std::move(run));
                            return found.size() <= most;
                          });
  if (failed)
    return failed;
  if (found.size() > most)
    return too_many(most);
  return found;
}

void open_runs::go_on() {
  if (what_.shard == limits::shards)
    return what_.over({});
  auto shard = static_cast<uint8_t>(what_.shard);
  auto way = what_.names->route();
  if (auto node = way ? way->node_of(shard) : std::string{}; !node.empty())
    return ask_node(node);
  take(find_open_runs(*what_.rows, what_.workflow, shard, what_.most - all_));
}

void open_runs::ask_node(const std::string& node) {
  FindOpenRuns question;
  question.set_workflow(what_.workflow);
  question.set_shard(what_.shard);
  question.set_most(what_.most - all_);
  auto answered = [this, kept = shared_from_this()](caf::expected<std::vector<WorkSummary>> found) {
    if (!stopped_)
      take(std::move(found));
  };
  troupe::ask<OpenRuns>(what_.self, *what_.names, desk_ref(node), limits::request_timeout,
                        std::move(question))
      .then(
          [=](const OpenRuns& found) {
            answered(std::vector<WorkSummary>{found.runs().begin(), found.runs().end()});
          },
          [=](const caf::error& why) { answered(why); });
}

void open_runs::take(caf::expected<std::vector<WorkSummary>> found) {
  if (!found)
    return what_.over(code_of(found.error()) == ec::overloaded ? too_many(what_.most)
                                                               : std::move(found.error()));
  found_ = std::move(*found);
  next_ = 0;
  all_ += found_.size();
  ask_more();
}

void open_runs::ask_more() {
  if (std::exchange(asking_, true))
    return;
  while (open_ < limits::rollout_at_once && next_ < found_.size())
    ask(found_[next_++]);
  asking_ = false;
  if (open_ > 0)
    return;
  what_.looked(++what_.shard);
  if (!stopped_)
    what_.rest();
}

void open_runs::ask(const WorkSummary& run) {
  ++open_;
  auto answered = [this, &run, kept = shared_from_this()](const caf::expected<RunFollows>& answer) {
    --open_;
    if (stopped_)
      return;
    what_.answered(run, answer);
    ask_more();
  };
  auto question = what_.question;
  troupe::ask<RunFollows>(what_.self, *what_.names, run.ref(), limits::request_timeout, std::move(question))
      .then([=](const RunFollows& answer) { answered(answer); },
            [=](const caf::error& why) { answered(why); });
}

} // namespace troupe
