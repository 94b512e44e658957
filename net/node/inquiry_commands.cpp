// INQUIRY COMMANDS: why, the story of a run, decisions made again.

#include <troupe/net/node/command.hpp>
#include <troupe/net/node/inquiry_views.hpp>
#include <troupe/runtime/error.hpp>

namespace troupe {
namespace {

caf::expected<int> why(cli_session& at) {
  AskWhy in;
  in.set_id(at.said().id);
  return ask_and_show(at, [&](control_client& node) { return node.why(in); });
}

caf::expected<int> trace(cli_session& at) {
  GetStory in;
  in.set_id(at.said().id);
  return ask_and_show(at, [&](control_client& node) { return node.story(in); });
}

caf::expected<int> replay(cli_session& at) {
  ReplayDecision in;
  in.set_decision(at.said().id);
  auto node = at.node();
  if (!node)
    return std::move(node.error());
  auto answer = (*node)->replay(in);
  if (!answer)
    return std::move(answer.error());
  at.show(*answer, show(*answer, at.how()));
  return answer->identical() ? 0 : info(ec::corrupt).exit_code;
}

} // namespace

std::vector<cli_command> inquiry_commands() {
  return {
      {"why",
       "Why a run, task or agent is as it is, and what would help",
       {{"ID", &cli_arguments::id, "Id or ref of a run, lone task or agent", true}},
       why,
       "troupe run list"},
      {"run trace",
       "The story of a run: steps, attempts, decisions, approvals, costs, and runs it began",
       {{"ID", &cli_arguments::id, "Id or ref of a run or lone task, or the id of its trace", true}},
       trace,
       "troupe run list"},
      {"replay",
       "Decide again what a record says, and compare; exit 9 if it differs",
       {{"--decision", &cli_arguments::id, "RUN#NUMBER, as `run trace` shows it", true}},
       replay,
       "troupe run trace ID"},
  };
}

} // namespace troupe
