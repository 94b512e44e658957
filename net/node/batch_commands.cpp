// BATCH COMMANDS: the same for many runs.

#include <array>
#include <fmt/format.h>
#include <troupe/net/node/command.hpp>
#include <troupe/net/node/filter_words.hpp>
#include <troupe/net/node/upgrade_words.hpp>
#include <troupe/net/node/views.hpp>
#include <troupe/runtime/error.hpp>

namespace troupe {
namespace {

constexpr std::array<std::string_view, 8> operations{"cancel", "pause",  "resume",    "retry",
                                                     "set",    "signal", "terminate", "upgrade"};

caf::expected<TellRun> read_operation(cli_session& at) {
  auto& said = at.said();
  TellRun what;
  auto& word = said.operation;
  if (word == "cancel")
    what.mutable_cancel()->set_reason(said.reason);
  else if (word == "pause")
    what.mutable_pause()->set_reason(said.reason);
  else if (word == "terminate")
    what.mutable_terminate()->set_reason(said.reason);
  else if (word == "resume")
    what.mutable_unpause();
  else if (word == "retry")
    what.mutable_retry();
  else if (word == "signal" && !said.name.empty()) {
    what.mutable_signal()->set_name(said.name);
    what.mutable_signal()->set_payload(said.text);
  } else if (word == "set" && !said.name.empty()) {
    what.mutable_set()->set_name(said.name);
    what.mutable_set()->set_value(said.text);
  } else if (word == "upgrade") {
    auto upgrade = read_upgrade(at);
    if (!upgrade)
      return std::move(upgrade.error());
    *what.mutable_upgrade() = std::move(*upgrade);
  } else if (word == "signal" || word == "set")
    return make_error(ec::invalid_argument, fmt::format("`{}` needs a --name", word));
  else
    return make_error(ec::invalid_argument,
                      fmt::format("'{}' is none of {}", printable(word), fmt::join(operations, ", ")));
  return what;
}

caf::expected<int> batch(cli_session& at) {
  auto what = read_operation(at);
  if (!what)
    return std::move(what.error());
  auto filter = read_filter(at.said());
  if (!filter)
    return std::move(filter.error());
  TellRuns in;
  *in.mutable_filter() = std::move(*filter);
  *in.mutable_what() = std::move(*what);
  in.set_limit(at.said().limit);
  in.set_dry_run(at.said().dry_run);
  auto node = at.node();
  if (!node)
    return std::move(node.error());
  auto result = (*node)->tell_all(in);
  if (!result)
    return std::move(result.error());
  at.show(*result, show(*result, at.how()) + silent_note(*result));
  for (auto& one : result->answers())
    if (!one.refusal().empty())
      return info(ec::action_failed).exit_code;
  return 0;
}

} // namespace

std::vector<cli_command> batch_commands() {
  auto options = filter_options();
  options.insert(options.begin(),
                 {"OPERATION", &cli_arguments::operation,
                  "One of cancel, pause, resume, retry, set, signal, terminate, upgrade", true});
  for (auto& one : upgrade_options())
    options.push_back(one);
  options.insert(options.end(),
                 {{"--dry-run", &cli_arguments::dry_run, "Only show which runs are meant"},
                  {"--limit", &cli_arguments::limit, "At most this many, the newest [100, at most 1000]"},
                  {"--why", &cli_arguments::reason, "Kept in their history"},
                  {"--name", &cli_arguments::name, "Of the signal or variable"},
                  {"--value", &cli_arguments::text, "Of it, text or JSON"}});
  return {{"run batch", "Do the same to all runs that fit", std::move(options), batch, "troupe run list"}};
}

} // namespace troupe
