// COMMAND: the common options, and how a session reaches its node.

#include <fmt/format.h>
#include <troupe/net/api/access.hpp>
#include <troupe/net/api/control.hpp>
#include <troupe/net/node/command.hpp>
#include <troupe/runtime/error.hpp>

namespace troupe {
namespace {

const std::string default_data = "./troupe-data";

} // namespace

session::session(arguments said, const cli_hooks& hooks, std::ostream& out, std::ostream& err, look how)
    : said_{std::move(said)}, hooks_{hooks}, out_{out}, err_{err}, how_{how} {}

caf::expected<control_client*> session::node() {
  if (client_)
    return &*client_;
  auto& data = said_.data.empty() ? default_data : said_.data;
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

int session::show(const google::protobuf::Message& message, const std::string& text) {
  if (said_.json)
    out_ << to_json(message) << '\n';
  else
    out_ << text;
  return 0;
}

void session::hint(std::string_view text) {
  if (hooks_.terminal && !said_.json)
    err_ << text << '\n';
}

const std::vector<option>& common_options() {
  static const std::vector<option> options = {
      {"--json", &arguments::json, "Print JSON, with stable names"},
      {"--data", &arguments::data, "Data directory of the node [./troupe-data]"},
      {"--socket", &arguments::socket, "Socket of the node [DATA/control/socket]"},
      {"--token-file", &arguments::tokens, "File whose first token is shown [DATA/control/tokens]"},
      {"--timeout", &arguments::timeout_s, "Seconds to wait for the node [30; with --wait without end]"},
  };
  return options;
}

const std::vector<command>& commands() {
  static const auto all = [] {
    auto list = node_commands();
    for (auto& work : work_commands())
      list.push_back(std::move(work));
    return list;
  }();
  return all;
}

} // namespace troupe
