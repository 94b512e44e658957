// COMMAND: one thing the CLI can do: its words, its options as data, its act.
#pragma once

#include <caf/expected.hpp>
#include <fmt/format.h>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <troupe/net/api/client.hpp>
#include <troupe/net/api/json.hpp>
#include <troupe/net/node/cli.hpp>
#include <troupe/net/node/render.hpp>
#include <troupe/runtime/config.hpp>
#include <variant>
#include <vector>

namespace troupe {

/// What a command line said. Which of these a command reads is in its options.
struct cli_arguments {
  std::string data;
  std::string socket;
  std::string tokens;
  unsigned timeout_s = 0; ///< 0 = nothing was said
  bool json = false;
  std::string config;
  std::string id;
  std::string file;
  std::string capability;
  std::string title;
  std::vector<std::string> inputs;
  std::string status;
  std::string reason;
  std::string step;
  std::string position;
  std::string text;
  std::string level;
  unsigned limit = 0;
  bool wait = false;
  bool restart = false;
  bool repair = false;
  bool accept_loss = false;
  std::string master;
  std::string tenant;
  bool yes = false;
  std::string backups;
  std::string at;
  std::string amount;
  std::string unit;
  std::string command;
  std::string run;
  std::string to;
  std::string name;
  std::vector<std::string> files;
  std::string other;
  std::string format;
  std::string out;
  bool strict = false;
  std::string workflow;
  std::vector<std::string> crons;
  std::string every;
  std::string phase;
  std::string zone;
  std::string overlap;
  std::string catch_up;
  std::string jitter;
  std::string from;
  unsigned runs = 0; ///< 0 = nothing was said
  bool paused = false;
  std::string definition;
  std::string template_name;
  unsigned revision = 0;
  std::string hash;
  std::string note;
  std::string source;
  std::string expect;
  unsigned parent = 0;
  unsigned to_revision = 0;
  std::string key;
  std::vector<std::string> trust;
  bool end = false;
  bool trust_any = false;
  bool undo = false;
  std::string operation;
  std::string principal;
  std::string parent_ref;
  std::string ended_from;
  std::string ended_to;
  bool dry_run = false;
  bool check = false;
  bool all = false;
  std::string on;
  std::string place;
  std::vector<std::string> near;
  std::vector<std::string> apart;
  std::string behavior;
  std::vector<std::string> can;
  unsigned size = 0;
  unsigned slots = 0;
  unsigned floor = 0;
  unsigned ceiling = 0;
  std::string each;
  std::vector<std::string> items;
};

/// A flag (`--wait`), an option with a value (`--id`), or, without dashes, a word by its place (`ID`).
struct cli_option {
  std::string_view name;
  std::variant<bool cli_arguments::*, unsigned cli_arguments::*, std::string cli_arguments::*,
               std::vector<std::string> cli_arguments::*>
      to;
  std::string_view help;
  bool required = false;
};

/// One invocation: what was said, and the way to the node and back to the person.
class cli_session {
public:
  cli_session(cli_arguments said, const cli_hooks& hooks, std::ostream& out, std::ostream& err,
              text_look how);

  const cli_arguments& said() const {
    return said_;
  }
  const cli_hooks& hooks() const {
    return hooks_;
  }
  std::ostream& out() {
    return out_;
  }
  const text_look& how() const {
    return how_;
  }

  /// The node's client; `data` is where it lives if the command line does not say. Errors: ec::unavailable if no node has ever
  /// run there, and those of token_list::read().
  caf::expected<control_client*> node(const std::string& data = "./troupe-data");

  /// The configuration of a node whose store a command works on by itself: the file of --config, and --data above it.
  /// Errors: those of load_config().
  caf::expected<config> offline_config() const;

  /// Prints a message as JSON, or as `text` for people; gives exit code 0.
  int show(const google::protobuf::Message& message, const std::string& text);

  /// Says something to a person who watches; nothing in a script.
  void hint(std::string_view text);

  /// Shows a person how far long work is, in place of what was shown before; empty = it is over. Nothing in a script.
  void progress(std::string_view text);

private:
  cli_arguments said_;
  const cli_hooks& hooks_;
  std::ostream& out_;
  std::ostream& err_;
  text_look how_;
  std::optional<control_client> client_;
};

/// Of a list from several nodes: which of them did not answer, for people; nothing if all did, and for anything else.
template <class Answer>
std::string silent_note(const Answer& answer) {
  if constexpr (requires { answer.silent(), answer.total(); })
    if (!answer.silent().empty())
      return fmt::format("without what is at {}, which did not answer: troupe cluster shards\n",
                         fmt::join(answer.silent(), ", "));
  return {};
}

/// Asks the node, and shows its answer with the show() of that message (views.hpp). Errors: those of cli_session::node() and
/// of the node.
template <class Ask>
caf::expected<int> ask_and_show(cli_session& at, Ask ask) {
  auto node = at.node();
  if (!node)
    return std::move(node.error());
  auto answer = ask(**node);
  if (!answer)
    return std::move(answer.error());
  return at.show(*answer, show(*answer, at.how()) + silent_note(*answer));
}

/// Words as typed after `troupe`; `next` is what to type when what was asked for is not there.
struct cli_command {
  std::string_view words;
  std::string_view summary;
  std::vector<cli_option> options;
  caf::expected<int> (*act)(cli_session&);
  std::string_view next = "troupe status";
};

/// Gives the node a command about what --id or ID names; says what has happened to it.
template <class Tell>
caf::expected<int> tell(cli_session& at, std::string_view happened, Tell tell_node) {
  auto node = at.node();
  if (!node)
    return std::move(node.error());
  caf::expected<Done> done = tell_node(**node);
  if (!done)
    return std::move(done.error());
  return at.show(*done, fmt::format("{} {}\n", at.said().id, happened));
}

/// The options every command takes.
const std::vector<cli_option>& common_options();

/// All commands, in the order they are explained.
const std::vector<cli_command>& commands();

/// The parts of commands(), each in the file of its name.
std::vector<cli_command> node_commands();
std::vector<cli_command> cluster_commands();
std::vector<cli_command> worker_commands();
std::vector<cli_command> work_commands();
std::vector<cli_command> run_commands();
std::vector<cli_command> batch_commands();
std::vector<cli_command> workflow_commands();
std::vector<cli_command> workflow_catalog_commands();
std::vector<cli_command> template_commands();
std::vector<cli_command> timer_commands();
std::vector<cli_command> schedule_commands();
std::vector<cli_command> ledger_commands();
std::vector<cli_command> store_commands();
std::vector<cli_command> backup_commands();
std::vector<cli_command> key_commands();
std::vector<cli_command> doctor_commands();
std::vector<cli_command> inquiry_commands();
std::vector<cli_command> fleet_commands();

} // namespace troupe
