// RUN COMMANDS: what people tell and ask a run, and the approvals that wait for them.

#include <fmt/format.h>
#include <troupe/net/node/command.hpp>
#include <troupe/net/node/files.hpp>
#include <troupe/net/node/upgrade_words.hpp>
#include <troupe/net/node/views.hpp>
#include <troupe/runtime/error.hpp>

namespace troupe {
namespace {

caf::expected<int> tell_run(cli_session& at, std::string_view happened, TellRun in) {
  in.set_id(at.said().id);
  return tell(at, happened, [&](control_client& node) { return node.tell(in); });
}

caf::expected<int> pause(cli_session& at) {
  TellRun in;
  in.mutable_pause()->set_reason(at.said().reason);
  return tell_run(at, "is paused", std::move(in));
}

caf::expected<int> terminate(cli_session& at) {
  TellRun in;
  in.mutable_terminate()->set_reason(at.said().reason);
  return tell_run(at, "is terminated", std::move(in));
}

caf::expected<int> retry(cli_session& at) {
  TellRun in;
  in.mutable_retry();
  return tell_run(at, "is tried again", std::move(in));
}

caf::expected<int> upgrade(cli_session& at) {
  auto upgrade = read_upgrade(at);
  if (!upgrade)
    return std::move(upgrade.error());
  TellRun in;
  *in.mutable_upgrade() = std::move(*upgrade);
  return tell_run(at,
                  at.said().check ? "could go on with the new definition" : "goes on with the new definition",
                  std::move(in));
}

caf::expected<int> signal(cli_session& at) {
  TellRun in;
  in.mutable_signal()->set_name(at.said().name);
  in.mutable_signal()->set_payload(at.said().text);
  return tell_run(at, "has the signal", std::move(in));
}

caf::expected<int> set(cli_session& at) {
  TellRun in;
  in.mutable_set()->set_name(at.said().name);
  in.mutable_set()->set_value(at.said().text);
  return tell_run(at, "has the value", std::move(in));
}

caf::expected<int> query(cli_session& at) {
  auto node = at.node();
  if (!node)
    return std::move(node.error());
  AskRun in;
  in.set_id(at.said().id);
  in.set_expression(at.said().text);
  auto answer = (*node)->ask(in);
  if (!answer)
    return std::move(answer.error());
  return at.show(*answer, answer->json() + "\n");
}

caf::expected<int> fork(cli_session& at) {
  ForkRun in;
  in.set_id(at.said().id);
  in.set_step(at.said().step);
  in.set_new_id(at.said().command);
  if (auto failed = add_fields(at.said().inputs, *in.mutable_variables()))
    return failed;
  auto node = at.node();
  if (!node)
    return std::move(node.error());
  auto started = (*node)->fork(in);
  if (!started)
    return std::move(started.error());
  at.hint("follow it: troupe run describe " + started->id() + " --wait");
  return at.show(*started, started->id() + "\n");
}

caf::expected<int> list_approvals(cli_session& at) {
  ListApprovals in;
  in.set_limit(at.said().limit);
  in.set_principal(at.said().to);
  return ask_and_show(at, [&](control_client& node) { return node.approvals(in); });
}

// The one approval of a run that waits, if its step was not named.
caf::expected<std::string> find_step(cli_session& at, control_client& node) {
  if (!at.said().step.empty())
    return at.said().step;
  DescribeRun ask;
  ask.set_id(at.said().id);
  auto view = node.describe(ask);
  if (!view)
    return std::move(view.error());
  auto open = open_approvals(*view);
  if (open.empty())
    return make_error(ec::not_found, printable(ask.id()) + " waits for no approval");
  if (open.size() > 1) {
    std::vector<std::string> steps;
    for (auto& one : open)
      steps.push_back(one.step);
    return make_error(ec::conflict, fmt::format("{} waits for {} approvals; name one with --step: {}",
                                                printable(ask.id()), steps.size(), fmt::join(steps, ", ")));
  }
  return open.front().step;
}

caf::expected<int> decide(cli_session& at, bool approve) {
  return tell(at, approve ? "is approved" : "is rejected", [&](control_client& node) -> caf::expected<Done> {
    auto step = find_step(at, node);
    if (!step)
      return std::move(step.error());
    DecideApproval in;
    in.set_id(at.said().id);
    in.set_step(*step);
    in.set_approve(approve);
    in.set_reason(at.said().reason);
    return node.decide(in);
  });
}

caf::expected<int> approve(cli_session& at) {
  return decide(at, true);
}

caf::expected<int> reject(cli_session& at) {
  return decide(at, false);
}

caf::expected<int> delegate(cli_session& at) {
  return tell(at, "waits for " + at.said().to, [&](control_client& node) -> caf::expected<Done> {
    auto step = find_step(at, node);
    if (!step)
      return std::move(step.error());
    DelegateAnswer in;
    in.set_id(at.said().id);
    in.set_step(*step);
    in.set_to(at.said().to);
    return node.delegate(in);
  });
}

} // namespace

std::vector<cli_command> run_commands() {
  const cli_option id{"ID", &cli_arguments::id, "Id or ref of a run", true};
  const cli_option why{"--reason", &cli_arguments::reason, "Kept in its history"};
  const cli_option step{"--step", &cli_arguments::step, "Which approval, if several wait"};
  const cli_option value{"VALUE", &cli_arguments::text, "Text or JSON", true};
  auto upgraded = upgrade_options();
  upgraded.insert(upgraded.begin(), id);
  upgraded.push_back({"--check", &cli_arguments::check, "Only say whether it could"});
  return {
      {"run upgrade", "Let a run go on with another definition of its workflow", std::move(upgraded), upgrade,
       "troupe run describe ID"},
      {"run pause", "Begin no step of a run until `run resume`", {id, why}, pause, "troupe run list"},
      {"run terminate", "End a run at once; nothing is compensated", {id, why}, terminate, "troupe run list"},
      {"run retry", "Run a failed run again from what failed", {id}, retry, "troupe run list"},
      {"run signal",
       "Tell a run something it waits for",
       {id,
        {"NAME", &cli_arguments::name, "Name of the signal", true},
        {"VALUE", &cli_arguments::text, "Text or JSON to send along"}},
       signal,
       "troupe run describe ID"},
      {"run set",
       "Write a variable of a run",
       {id, {"NAME", &cli_arguments::name, "Name of the variable", true}, value},
       set,
       "troupe run describe ID"},
      {"run query",
       "Ask a run: an expression over inputs, vars and steps",
       {id, {"EXPRESSION", &cli_arguments::text, "e.g. steps.build.version", true}},
       query,
       "troupe run describe ID"},
      {"run fork",
       "Start a run that takes over what another has done before a step",
       {id,
        {"--step", &cli_arguments::step, "Begins anew, with what follows from it", true},
        {"--set", &cli_arguments::inputs, "name=value of a variable; may be repeated"},
        {"--id", &cli_arguments::command, "Id of the new run [made by the node]"}},
       fork,
       "troupe run describe ID"},
      {"approvals",
       "What waits for people's approval, oldest first",
       {{"--for", &cli_arguments::to, "Only what this principal may answer"},
        {"--limit", &cli_arguments::limit, "At most this many [100]"}},
       list_approvals},
      {"approve", "Approve what a run asks", {id, step, why}, approve, "troupe approvals"},
      {"reject", "Reject what a run asks", {id, step, why}, reject, "troupe approvals"},
      {"delegate",
       "Let somebody else answer for you",
       {id, {"--to", &cli_arguments::to, "A principal", true}, step},
       delegate,
       "troupe approvals"},
  };
}

} // namespace troupe
