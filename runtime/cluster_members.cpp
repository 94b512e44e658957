// CLUSTER MEMBERS: a small language, `NAME HOST:PORT [URI]; ...`.

#include <algorithm>
#include <fmt/format.h>
#include <troupe/runtime/cluster_members.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/host_port.hpp>
#include <troupe/runtime/link_limits.hpp>
#include <troupe/runtime/rule_text.hpp>

namespace troupe {
namespace {

std::vector<std::string_view> words_of(std::string_view entry) {
  auto all = parts_of(entry, ' ');
  std::erase(all, std::string_view{});
  return all;
}

} // namespace

caf::expected<std::vector<cluster_member>> parse_cluster_members(std::string_view text) {
  std::vector<cluster_member> all;
  auto refuse = [](std::string why) { return make_error(ec::invalid_argument, std::move(why)); };
  if (trimmed(text).empty())
    return all;
  for (auto entry : parts_of(text, ';')) {
    auto words = words_of(entry);
    if (words.size() < 2 || words.size() > 3 || !is_rule_name(words[0]))
      return refuse(fmt::format(
          "'{}' is no member: NAME HOST:PORT, and the URI in its certificate if it is not the usual one",
          entry));
    if (auto where = parse_host_port(words[1]); !where || where->port == 0)
      return refuse(fmt::format("{}: '{}' is no HOST:PORT with a port from 1 to 65535", words[0], words[1]));
    if (words.size() == 3 &&
        (words[2].find(':') == std::string_view::npos || words[2].size() > limits::link_name_bytes))
      return refuse(
          fmt::format("{}: '{}' is no URI of at most {} bytes", words[0], words[2], limits::link_name_bytes));
    if (all.size() == limits::link_members)
      return refuse(fmt::format("{}: more than {} members", words[0], limits::link_members));
    cluster_member one{std::string{words[0]}, std::string{words[1]},
                       words.size() == 3 ? std::string{words[2]} : std::string{}};
    for (auto& other : all)
      if (other.name == one.name || other.address == one.address ||
          (!one.identity.empty() && other.identity == one.identity))
        return refuse(fmt::format("{}: its name, address or identity is there twice", one.name));
    all.push_back(std::move(one));
  }
  return all;
}

std::optional<std::string> check_cluster_members(std::string_view text) {
  auto read = parse_cluster_members(text);
  return read ? std::nullopt : std::optional{text_of(read.error())};
}

std::string usual_identity(std::string_view cluster, std::string_view node) {
  return fmt::format("troupe://{}/{}", cluster, node);
}

} // namespace troupe
