// OPEN RUNS: read a shard, ask its runs, rest.
// Invariant: at most limits::rollout_at_once questions are open; a shard is looked at when all its runs have answered or will not.

#include <fmt/format.h>
#include <troupe/actors/workflow/open_runs.hpp>
#include <troupe/persistence/keys.hpp>
#include <troupe/runtime/limits.hpp>
#include <troupe/runtime/workflow_limits.hpp>
#include <utility>

namespace troupe {
namespace {

bool is_of_run(const std::string& parent) {
  auto name = parse_ref(parent);
  return name && name->kind == "run";
}

} // namespace

void open_runs::go_on() {
  if (what_.shard == limits::shards)
    return what_.over({});
  if (auto failed = read_shard())
    return what_.over(std::move(failed));
  ask_more();
}

caf::error open_runs::read_shard() {
  found_.clear();
  next_ = 0;
  auto tenant = tenant_of(what_.workflow);
  auto title = what_.workflow.substr(what_.workflow.rfind('/') + 1);
  auto shard = static_cast<uint8_t>(what_.shard);
  auto failed = what_.rows->scan(space::index, index_begin(shard, index_table::runs),
                                 index_end(shard, index_table::runs), [&](auto, std::string_view value) {
                                   WorkSummary run;
                                   if (run.ParseFromArray(value.data(), static_cast<int>(value.size())) &&
                                       run.title() == title && run.ended_ms() == 0 &&
                                       tenant_of(run.ref()) == tenant && !is_of_run(run.parent()))
                                     found_.push_back(std::move(run));
                                   return all_ + found_.size() <= what_.most;
                                 });
  all_ += found_.size();
  if (!failed && all_ > what_.most)
    return make_error(ec::overloaded, fmt::format("more than {} runs are open", what_.most));
  return failed;
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
