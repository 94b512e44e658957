// Rules about containers in Compose and Kubernetes files, and about GitHub workflows.
// Sources: the Compose specification; Kubernetes Pod Security Standards, "Restricted"; GitHub, "Security
// hardening for GitHub Actions".

#include "infra_rules.hpp"

#include "dockerfile.hpp"
#include "text.hpp"
#include "yaml_lines.hpp"

#include <algorithm>

namespace troupe::audit {
namespace {

constexpr rule_info rules[] = {
    {"infra.container-privileged", "ContainerPrivileged",
     "A privileged container has all rights on its machine.", "Grant the single capabilities it needs.",
     severity::high},
    {"infra.container-host-network", "ContainerHostNetwork",
     "This container uses the network of its machine.",
     "Use a network of its own and publish the ports it needs.", severity::medium},
    {"infra.container-host-processes", "ContainerHostProcesses",
     "This container sees the processes of its machine.", "Leave it in a namespace of its own.",
     severity::medium},
    {"infra.container-engine-socket", "ContainerEngineSocket",
     "Whoever may use this socket is root on the machine.", "Use a proxy that allows single requests only.",
     severity::high},
    {"infra.container-root", "ContainerRoot", "This container runs as root.",
     "Set runAsNonRoot: true and a user id.", severity::medium},
    {"infra.container-escalation", "ContainerEscalation", "Programs in this container may gain more rights.",
     "Set allowPrivilegeEscalation: false.", severity::medium},
    {"infra.container-floating-image", "ContainerFloatingImage", "This image may be another one tomorrow.",
     "Name a version, better with a digest.", severity::medium},
    {"infra.container-database-port", "ContainerDatabasePort",
     "This port of a database is open to every network.", "Publish it as 127.0.0.1:PORT:PORT, or not at all.",
     severity::medium},
    {"infra.action-not-pinned", "ActionNotPinned", "This action runs whatever its branch or tag points to.",
     "Name the full commit hash, with the version as a comment.", severity::medium},
    {"infra.workflow-write-all", "WorkflowWriteAll",
     "Every step of this workflow may write to the repository.", "List the single permissions it needs.",
     severity::medium},
};

constexpr const rule_info& floating_image = rule_in(rules, "infra.container-floating-image");
constexpr const rule_info& database_port = rule_in(rules, "infra.container-database-port");
constexpr const rule_info& engine_socket = rule_in(rules, "infra.container-engine-socket");
constexpr const rule_info& action_not_pinned = rule_in(rules, "infra.action-not-pinned");
constexpr const rule_info& write_all = rule_in(rules, "infra.workflow-write-all");

/// Rules that hold where a key has a value.
struct key_rule {
  std::string_view keys;
  std::string_view value; ///< empty: anything that means true
  const rule_info* rule;
};

constexpr key_rule key_rules[] = {
    {"privileged", "", &rule_in(rules, "infra.container-privileged")},
    {"network_mode", "host", &rule_in(rules, "infra.container-host-network")},
    {"hostNetwork", "", &rule_in(rules, "infra.container-host-network")},
    {"pid ipc", "host", &rule_in(rules, "infra.container-host-processes")},
    {"hostPID hostIPC", "", &rule_in(rules, "infra.container-host-processes")},
    {"runAsUser", "0", &rule_in(rules, "infra.container-root")},
    {"allowPrivilegeEscalation", "", &rule_in(rules, "infra.container-escalation")},
};

/// Ports that databases and caches listen on by default.
constexpr std::string_view database_ports =
    "1433 1521 2379 3306 5432 5984 6379 7474 7687 8086 9042 9200 9300 11211 26257 27017 28015";

bool is_compose(std::string_view path) {
  const auto name = lower(file_name(path));
  return name.starts_with("docker-compose") || name.starts_with("compose.") || name.starts_with("compose-");
}

bool is_kubernetes(const std::vector<yaml_line>& lines) {
  const auto has = [&](std::string_view key) {
    return std::any_of(lines.begin(), lines.end(),
                       [key](const auto& l) { return l.indent == 0 && l.key == key; });
  };
  return has("apiVersion") && has("kind");
}

bool is_workflow(std::string_view path) {
  return path.find(".github/workflows/") != std::string_view::npos || file_name(path).starts_with("action.y");
}

/// A published port "[host:]public:inner[/protocol]" of a database, open on all interfaces.
bool opens_database(std::string_view port) {
  port = port.substr(0, port.find('/'));
  const auto last = port.rfind(':');
  if (last == std::string_view::npos || !listed(port.substr(last + 1), database_ports))
    return false;
  const auto published = port.substr(0, last);
  const auto host = published.rfind(':');
  return host == std::string_view::npos || published.starts_with("0.0.0.0:") ||
         published.starts_with("[::]:");
}

/// Reports an action that is named by a branch or tag. Actions of GitHub itself, and release tags, move less.
void check_action(const yaml_line& line, hit_list& hits) {
  const auto at = line.value.rfind('@');
  if (line.value.starts_with("./") || line.value.starts_with("docker://") || at == std::string_view::npos)
    return;
  constexpr char_set hex{"0-9a-f"};
  const auto ref = line.value.substr(at + 1);
  if (ref.size() == 40 && skip(ref, 0, hex) == ref.size())
    return;
  const bool release = ref.find_first_of("0123456789") != std::string_view::npos;
  const bool official = line.value.starts_with("actions/") || line.value.starts_with("github/");
  hits.add(line.offset, action_not_pinned,
           !release   ? severity::medium
           : official ? severity::info
                      : severity::low);
}

} // namespace

std::span<const rule_info> container_rules() {
  return rules;
}

void check_containers(std::string_view path, std::string_view text, hit_list& hits) {
  const auto lines = yaml_lines(text);
  const bool workflow = is_workflow(path);
  const bool compose = is_compose(path);
  if (!workflow && !compose && !is_kubernetes(lines))
    return;
  const bool builds = std::any_of(lines.begin(), lines.end(), [](const auto& l) { return l.key == "build"; });
  for (const auto& line : lines) {
    if (workflow) {
      if (line.key == "uses")
        check_action(line, hits);
      if (line.key == "permissions" && line.value == "write-all")
        hits.add(line.offset, write_all);
      continue;
    }
    for (const auto& rule : key_rules)
      if (listed(line.key, rule.keys) &&
          (rule.value.empty() ? yaml_true(line.value) : line.value == rule.value))
        hits.add(line.offset, *rule.rule);
    // Where images are built, one without tag is a name for the result.
    if (line.key == "image" && is_floating_image(line.value) && (!builds || line.value.ends_with(":latest")))
      hits.add(line.offset, floating_image);
    if (line.value.find("docker.sock") != std::string_view::npos ||
        line.value.find("containerd.sock") != std::string_view::npos)
      hits.add(line.offset, engine_socket);
    const bool ports = line.key == "ports" || (line.section == "ports" && line.key.empty());
    if (compose && ports)
      for (auto port : yaml_list(line.value))
        if (opens_database(port))
          hits.add(line.offset, database_port);
  }
}

} // namespace troupe::audit
