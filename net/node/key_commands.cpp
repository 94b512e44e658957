// KEY COMMANDS: a new master key, and the keys of a running node's store.

#include <filesystem>
#include <fmt/format.h>
#include <troupe/net/node/command.hpp>
#include <troupe/net/node/views.hpp>
#include <troupe/persistence/key_source.hpp>
#include <troupe/runtime/error.hpp>

namespace troupe {
namespace {

caf::expected<int> new_master_key(cli_session& at) {
  auto& file = at.said().file;
  if (auto failed = make_master_key(file))
    return failed;
  at.hint(fmt::format(
      "name it in the configuration: [keys] master_key_file = \"{}\"; keep a copy elsewhere: without it the "
      "store cannot be read",
      file));
  return 0;
}

caf::expected<int> list_keys(cli_session& at) {
  return ask_and_show(at, [](control_client& node) { return node.keys(); });
}

caf::expected<int> rotate(cli_session& at) {
  RotateKeys in;
  if (!at.said().master.empty()) // the node may have another working directory
    in.set_master_file(std::filesystem::absolute(at.said().master).lexically_normal().string());
  auto code = ask_and_show(at, [&](control_client& node) { return node.new_keys(in); });
  if (code && !in.master_file().empty())
    at.hint(fmt::format("from now on the node needs this master key: [keys] master_key_file = \"{}\"",
                        in.master_file()));
  return code;
}

caf::expected<int> shred(cli_session& at) {
  ShredTenant in;
  in.set_tenant(at.said().tenant);
  if (!at.said().yes)
    return make_error(
        ec::invalid_argument,
        fmt::format("nobody can read anything of tenant {} again after this; if that is meant: `troupe keys "
                    "shred {} --yes`",
                    in.tenant(), in.tenant()));
  return ask_and_show(at, [&](control_client& node) { return node.shred(in); });
}

} // namespace

std::vector<cli_command> key_commands() {
  return {
      {"keys new",
       "Make a master key that seals a store",
       {{"FILE", &cli_arguments::file, "Where to; must not exist", true}},
       new_master_key,
       "troupe keys new FILE"},
      {"keys list", "Which keys seal the store, and whether all of it is sealed", {}, list_keys},
      {"keys rotate",
       "New keys for what is written from now on; what is stored follows",
       {{"--master", &cli_arguments::master,
         "File with a new master key, which takes the place of the old one"}},
       rotate,
       "troupe keys list"},
      {"keys shred",
       "Destroy the keys of a tenant, and with them all it has stored",
       {{"TENANT", &cli_arguments::tenant, "Whose", true},
        {"--yes", &cli_arguments::yes, "It is meant, and cannot be undone"}},
       shred,
       "troupe keys list"},
  };
}

} // namespace troupe
