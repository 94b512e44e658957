// Risky containers and workflows are found, careful ones are not.
#define CAF_SUITE examples.repository_audit.infra_containers
#include "rows.hpp"

#include "examples/repository_audit/infra_rules.hpp"
#include "examples/repository_audit/infrastructure.hpp"

using namespace troupe::audit;

namespace {

std::string service(const std::string& line) {
  return "services:\n  db:\n    " + line + "\n";
}

std::string pod(const std::string& line) {
  return "apiVersion: v1\nkind: Pod\nspec:\n  runAsNonRoot: true\n  limits: some\n  containers:\n    - " +
         line + "\n";
}

std::string careless(const std::string& kind, const std::string& line) {
  return "apiVersion: v1\nkind: " + kind + "\nspec:\n  containers:\n    - image: a:1\n" + line;
}

const std::string workflow = ".github/workflows/ci.yml";

} // namespace

CAF_TEST(each rule holds where it should and nowhere else) {
  check_rows(
      {
          {"docker-compose.yml", service("privileged: true"), "container-privileged "},
          {"docker-compose.yml", service("privileged: false # privileged: true"), ""},
          {"other.yml", service("privileged: true"), ""},
          {"compose.yaml", service("network_mode: \"host\""), "container-host-network "},
          {"compose.yaml", service("network_mode: bridge"), ""},
          {"compose.yaml", service("pid: host"), "container-host-processes "},
          {"compose.yaml", service("volumes:\n      - /var/run/docker.sock:/var/run/docker.sock"),
           "container-engine-socket "},
          {"compose.yaml", service("volumes:\n      - ./data:/data"), ""},
          {"compose.yaml", service("ports:\n      - \"5432:5432\"\n      - 0.0.0.0:6379:6379/tcp"),
           "container-database-port container-database-port "},
          {"compose.yaml", service("ports: [\"3306:3306\"]"), "container-database-port "},
          {"compose.yaml",
           service("ports:\n      - 127.0.0.1:5432:5432\n      - 8080:80\n    expose:\n      - 5432"), ""},
          {"compose.yaml", service("image: postgres"), "container-floating-image "},
          {"compose.yaml", service("image: postgres:16"), ""},
          {"compose.yaml", service("build: .\n    image: mine"), ""},
          {"compose.yaml", service("build: .\n    image: mine:latest"), "container-floating-image "},
          {"k/pod.yaml", pod("image: a:latest"), "container-floating-image "},
          {"k/pod.yaml",
           pod("securityContext:\n        runAsUser: 0\n        allowPrivilegeEscalation: true"),
           "container-root container-escalation "},
          {"k/pod.yaml",
           pod("securityContext:\n        runAsUser: 1000\n        allowPrivilegeEscalation: false"), ""},
          {"k/pod.yaml", pod("x: y\n  hostNetwork: true\n  hostPID: true"),
           "container-host-network container-host-processes "},
          {"k/pod.yaml", pod("securityContext: # none\n        privileged: True"), "container-privileged "},
          {"compose.yaml", service("volumes:\n      - /etc/:/host:ro"), "container-host-path "},
          {"compose.yaml", service("volumes: [\"/:/host\", \"data:/etc\"]"), "container-host-path "},
          {"compose.yaml", service("cap_add:\n      - SYS_ADMIN\n      - CHOWN"), "container-capabilities "},
          {"compose.yaml", service("cap_add: [ALL]\n    cap_drop: [ALL]"), "container-capabilities "},
          {"compose.yaml", service("security_opt:\n      - seccomp:unconfined"), "container-unconfined "},
          {"compose.yaml", service("security_opt:\n      - no-new-privileges:true"), ""},
          {"compose.yaml", service("environment:\n      DB_PASSWORD: hunter2x9\n      DB_USER: shop"),
           "container-secret "},
          {"compose.yaml", service("environment:\n      - API_KEY=hunter2x9"), "container-secret "},
          {"compose.yaml",
           service(
               "environment:\n      DB_PASSWORD: ${DB_PASSWORD}\n      DB_PASSWORD_FILE: db\n      TOKEN:"),
           ""},
          {"k/pod.yaml", careless("Pod", ""), "container-no-limits container-root-allowed "},
          {"k/pod.yaml", careless("Deployment", "      resources:\n        limits:\n          memory: 1Gi\n"),
           "container-root-allowed "},
          {"k/pod.yaml", careless("CronJob", "  securityContext:\n    runAsNonRoot: true\n"),
           "container-no-limits "},
          {"k/pod.yaml", careless("Widget", ""), ""},
          {"k/pod.yaml", pod("volumes:\n        - hostPath:\n            path: /etc"),
           "container-host-path "},
          {"k/pod.yaml", pod("capabilities:\n        add: [\"NET_ADMIN\"]\n        drop: [\"ALL\"]"),
           "container-capabilities "},
          {"k/pod.yaml", pod("capabilities:\n        add:\n          - CAP_SYS_PTRACE"),
           "container-capabilities "},
          {"k/pod.yaml", pod("seccompProfile:\n        type: Unconfined"), "container-unconfined "},
          {"k/pod.yaml", pod("seccompProfile:\n        type: RuntimeDefault"), ""},
          {"k/pod.yaml", pod("env:\n        - name: DB_PASSWORD\n          value: hunter2x9"),
           "container-secret "},
          {"k/pod.yaml",
           pod("env:\n        - name: DB_PASSWORD\n          valueFrom: x\n        - name: DB_USER\n         "
               " value: "
               "shop\n        - name: TOKEN_FILE\n          value: /run/token"),
           ""},
          {workflow, "steps:\n  - uses: a/b@main", "action-not-pinned "},
          {workflow,
           "steps:\n  - uses: a/b@" + std::string(40, 'a') + " # v1\n  - uses: ./local\n  - run: uses", ""},
          {"action.yml", "runs:\n  steps:\n    - name: x\n      uses: a/b@v1", "action-not-pinned "},
          {workflow, "permissions: write-all", "workflow-write-all "},
          {workflow, "permissions:\n  contents: read", ""},
      },
      container_rules(), check_infrastructure);
}

CAF_TEST(a branch is worse than a tag and a tag of GitHub itself is only information) {
  const auto level = [](const std::string& action) {
    return check_infrastructure(workflow, "- uses: " + action).at(0).level;
  };
  CAF_CHECK(level("a/b@main") == severity::medium);
  CAF_CHECK(level("a/b@v1.2") == severity::low);
  CAF_CHECK(level("actions/checkout@v4") == severity::info);
}

CAF_TEST(a secret in the environment is never shown) {
  for (auto& [path, text] :
       {std::pair<std::string, std::string>{
            "k.yaml", pod("env:\n        - name: DB_PASSWORD\n          value: hunter2x9")},
        {"compose.yaml", service("environment:\n      DB_PASSWORD: hunter2x9")},
        {"compose.yaml", service("environment:\n      - DB_PASSWORD=hunter2x9")}}) {
    const auto found = check_infrastructure(path, text);
    CAF_REQUIRE_EQUAL(found.size(), 1u);
    CAF_CHECK(found[0].excerpt.find("hunter2x9") == std::string::npos);
    CAF_CHECK(found[0].excerpt.find("DB_PASSWORD") != std::string::npos);
  }
}
