// Rules about containers in Compose and Kubernetes files, and about GitHub workflows.
// Sources: the Compose specification; Kubernetes Pod Security Standards, "Restricted"; GitHub, "Security
// hardening for GitHub Actions".

#include "infra_rules.hpp"

#include "dockerfile.hpp"
#include "placeholder.hpp"
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
    {"infra.container-root-allowed", "ContainerRootAllowed",
     "Nothing keeps these containers from running as root.",
     "Set runAsNonRoot: true in the securityContext of the pod.", severity::low},
    {"infra.container-no-limits", "ContainerNoLimits",
     "A container without limits may take all memory and processors of its machine.",
     "Set resources.limits for memory and cpu.", severity::low},
    {"infra.container-host-path", "ContainerHostPath", "This container sees files of its machine.",
     "Use a volume of its own.", severity::medium},
    {"infra.container-capabilities", "ContainerCapabilities",
     "This capability comes close to being root on the machine.",
     "Drop ALL, and add the single capabilities that are needed.", severity::high},
    {"infra.container-unconfined", "ContainerUnconfined", "This container may make every system call.",
     "Leave the default profiles of seccomp and AppArmor on.", severity::medium},
    {"infra.container-secret", "ContainerSecret", "A secret stands in the environment of this container.",
     "Take it from a secret: `secretKeyRef`, or `secrets:` in Compose.", severity::high},
    {"infra.action-not-pinned", "ActionNotPinned", "This action runs whatever its branch or tag points to.",
     "Name the full commit hash, with the version as a comment.", severity::medium},
    {"infra.workflow-write-all", "WorkflowWriteAll",
     "Every step of this workflow may write to the repository.", "List the single permissions it needs.",
     severity::medium},
};

constexpr const rule_info& floating_image = rule_in(rules, "infra.container-floating-image");
constexpr const rule_info& database_port = rule_in(rules, "infra.container-database-port");
constexpr const rule_info& engine_socket = rule_in(rules, "infra.container-engine-socket");
constexpr const rule_info& root_allowed = rule_in(rules, "infra.container-root-allowed");
constexpr const rule_info& no_limits = rule_in(rules, "infra.container-no-limits");
constexpr const rule_info& host_path = rule_in(rules, "infra.container-host-path");
constexpr const rule_info& capabilities = rule_in(rules, "infra.container-capabilities");
constexpr const rule_info& unconfined = rule_in(rules, "infra.container-unconfined");
constexpr const rule_info& secret_in_environment = rule_in(rules, "infra.container-secret");
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

/// Folders of a machine whose files are its settings, its devices or its users'.
constexpr std::string_view host_folders =
    "/ /boot /dev /etc /home /lib /proc /root /run /sys /usr /var /var/lib /var/log /var/run";

/// Capabilities after which little else is missing: capabilities(7).
constexpr std::string_view strong_capabilities =
    "ALL SYS_ADMIN NET_ADMIN SYS_MODULE SYS_PTRACE SYS_RAWIO DAC_READ_SEARCH BPF";

/// Names of what must not be known, in lower case.
constexpr std::string_view secret_names =
    "password passwd secret token api_key apikey access_key private_key";

bool names_secret(std::string_view name) {
  const auto lowered = lower(name.substr(0, 128));
  return contains_any(lowered, secret_names) && !lowered.ends_with("_file") && !lowered.ends_with("_path");
}

bool is_literal(std::string_view value) {
  return !value.empty() && value.front() != '$' && value.front() != '/' && !is_placeholder(value);
}

/// Where lists of capabilities and of options stand.
void check_lists(const yaml_line& line, hit_list& hits) {
  const auto place = line.key.empty() ? line.section : line.key;
  if (listed(place, "cap_add add"))
    for (auto name : yaml_list(line.value))
      if (listed(name.starts_with("CAP_") ? name.substr(4) : name, strong_capabilities))
        hits.add(line.offset, capabilities);
  if (place == "security_opt" || line.section == "security_opt")
    for (auto option : yaml_list(line.value))
      if (option.ends_with("unconfined"))
        hits.add(line.offset, unconfined);
  if (line.section == "seccompProfile" && line.key == "type" && line.value == "Unconfined")
    hits.add(line.offset, unconfined);
}

/// What a Compose file mounts of its machine and writes into the environment.
void check_service(const yaml_line& line, hit_list& hits) {
  if ((line.key == "volumes" || (line.section == "volumes" && line.key.empty())) && !line.value.empty())
    for (auto volume : yaml_list(line.value)) {
      auto folder = volume.substr(0, volume.find(':'));
      while (folder.size() > 1 && folder.ends_with('/'))
        folder.remove_suffix(1);
      if (volume.find(':') != std::string_view::npos && listed(folder, host_folders))
        hits.add(line.offset, host_path);
    }
  if (line.section != "environment")
    return;
  const auto equals = line.value.find('=');
  const auto name = line.key.empty() ? line.value.substr(0, equals) : line.key;
  const auto value = !line.key.empty()                  ? line.value
                     : equals == std::string_view::npos ? std::string_view{}
                                                        : line.value.substr(equals + 1);
  if (names_secret(name) && is_literal(value))
    hits.add(line.offset, secret_in_environment);
}

/// What is to be said of all containers of a manifest; stands where the first ones are.
void check_workload(const std::vector<yaml_line>& lines, hit_list& hits) {
  constexpr std::string_view workloads = "Pod Deployment StatefulSet DaemonSet ReplicaSet Job CronJob";
  const auto count = [&](auto is) { return std::count_if(lines.begin(), lines.end(), is); };
  if (count([&](auto& l) { return l.indent == 0 && l.key == "kind" && listed(l.value, workloads); }) == 0)
    return;
  const auto first = std::find_if(lines.begin(), lines.end(), [](auto& l) { return l.key == "containers"; });
  if (first == lines.end())
    return;
  if (count([](auto& l) { return l.key == "image"; }) > count([](auto& l) { return l.key == "limits"; }))
    hits.add(first->offset, no_limits);
  if (count([](auto& l) { return l.key == "runAsNonRoot" && yaml_true(l.value); }) == 0 &&
      count([](auto& l) { return l.key == "runAsUser"; }) == 0)
    hits.add(first->offset, root_allowed);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto& line = lines[i];
    if (line.key == "hostPath")
      hits.add(line.offset, host_path);
    // The value itself is not shown: the place is that of its name.
    if (i + 1 < lines.size() && line.key == "name" && line.section == "env" && names_secret(line.value) &&
        lines[i + 1].key == "value" && lines[i + 1].indent == line.indent && is_literal(lines[i + 1].value))
      hits.add(line.offset, secret_in_environment);
  }
}

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
  if (!workflow && !compose)
    check_workload(lines, hits);
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
    check_lists(line, hits);
    if (compose)
      check_service(line, hits);
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
