// COMMAND: the common options, and how a session reaches its node.

#include <fmt/format.h>
#include <troupe/net/api/access.hpp>
#include <troupe/net/api/control.hpp>
#include <troupe/net/node/command.hpp>
#include <troupe/runtime/error.hpp>

namespace troupe {
cli_session::cli_session(cli_arguments said, const cli_hooks& hooks, std::ostream& out, std::ostream& err,
                         text_look how)
    : said_{std::move(said)}, hooks_{hooks}, out_{out}, err_{err}, how_{how} {}

caf::expected<control_client*> cli_session::node(const std::string& otherwise) {
  if (client_)
    return &*client_;
  auto& data = said_.data.empty() ? otherwise : said_.data;
  auto tokens = token_list::read(said_.tokens.empty() ? control_tokens(data) : said_.tokens);
  if (!tokens && code_of(tokens.error()) == ec::not_found && said_.tokens.empty())
    return make_error(
        ec::unavailable,
        fmt::format("no node has ever run in {}; start one with `troupe node --data {}`", data, data));
  if (!tokens)
    return std::move(tokens.error());
  client_.emplace(said_.socket.empty() ? control_socket(data) : said_.socket, tokens->first());
  if (said_.timeout_s != 0)
    client_->set_patience(std::chrono::seconds{said_.timeout_s});
  return &*client_;
}

caf::expected<config> cli_session::offline_config() const {
  auto settings = said_.config.empty() ? caf::expected<config>{config{}} : load_config(said_.config);
  if (settings && !said_.data.empty())
    settings->node.data_directory = said_.data;
  return settings;
}

int cli_session::show(const google::protobuf::Message& message, const std::string& text) {
  if (said_.json)
    out_ << to_json(message) << '\n';
  else
    out_ << text;
  return 0;
}

void cli_session::hint(std::string_view text) {
  if (hooks_.terminal && !said_.json)
    err_ << text << '\n';
}

void cli_session::progress(std::string_view text) {
  if (hooks_.terminal && !said_.json)
    err_ << '\r' << text << "\x1b[K" << std::flush; // to the end of the line
}

const std::vector<cli_option>& common_options() {
  static const std::vector<cli_option> options = {
      {"--json", &cli_arguments::json, "Print JSON, with stable names"},
      {"--data", &cli_arguments::data, "Data directory of the node [./troupe-data]"},
      {"--socket", &cli_arguments::socket, "Socket of the node [DATA/control/socket]"},
      {"--token-file", &cli_arguments::tokens, "File whose first token is shown [DATA/control/tokens]"},
      {"--timeout", &cli_arguments::timeout_s, "Seconds to wait for the node [30; with --wait without end]"},
  };
  return options;
}

const std::vector<cli_command>& commands() {
  static const auto all = [] {
    auto list = node_commands();
    for (auto part : {work_commands, run_commands, batch_commands, workflow_commands, template_commands,
                      workflow_catalog_commands, timer_commands, schedule_commands, ledger_commands,
                      store_commands, backup_commands, key_commands, doctor_commands, inquiry_commands,
                      cluster_commands, worker_commands, fleet_commands})
      for (auto& one : part())
        list.push_back(std::move(one));
    return list;
  }();
  return all;
}

} // namespace troupe
