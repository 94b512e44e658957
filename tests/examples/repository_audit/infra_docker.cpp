// Risky Dockerfiles are found, careful ones are not.
#define CAF_SUITE examples.repository_audit.infra_docker
#include "rows.hpp"

#include "examples/repository_audit/infra_rules.hpp"
#include "examples/repository_audit/infrastructure.hpp"

using namespace troupe::audit;

namespace {

/// A careful Dockerfile with one more line.
std::string careful(const std::string& line) {
  return "FROM debian:12\n" + line + "\nUSER app\nHEALTHCHECK CMD true\n";
}

const std::string value = "k3J9sLqP0zX7vB2n";

} // namespace

CAF_TEST(each rule holds where it should and nowhere else) {
  check_rows(
      {
          {"Dockerfile", careful(""), ""},
          {"Dockerfile", "FROM debian:12\nHEALTHCHECK CMD true", "docker-root "},
          {"Dockerfile", "FROM debian:12\nUSER app\nUSER root:root\nHEALTHCHECK CMD true", "docker-root "},
          {"Dockerfile", "FROM a:1\nUSER app\nHEALTHCHECK CMD true\nFROM b:1",
           "docker-healthcheck docker-root "},
          {"Dockerfile", "FROM debian:12\nUSER app", "docker-healthcheck "},
          {"Dockerfile", "FROM debian\nUSER app\nHEALTHCHECK CMD true", "docker-floating-image "},
          {"Dockerfile", "FROM --platform=a debian:latest\nUSER app\nHEALTHCHECK CMD true",
           "docker-floating-image "},
          {"Dockerfile", "FROM a:1 AS Build\nFROM build\nUSER app\nHEALTHCHECK CMD true", ""},
          {"Dockerfile", careful("ADD https://h/a.tgz /"), "docker-add-url "},
          {"Dockerfile", careful("ADD --checksum=sha256:0 https://h/a.tgz /\nADD a.tgz /"), ""},
          {"Dockerfile", careful("ENV DB_PASSWORD=" + value), "docker-secret "},
          {"Dockerfile", careful("ENV A=b API_KEY=\"" + value + "\""), "docker-secret "},
          {"Dockerfile", careful("ENV API_KEY " + value), "docker-secret "},
          {"Dockerfile", careful("ARG NPM_TOKEN\nENV TOKEN=${TOKEN} PATH=/a NAME b"), ""},
          {"Dockerfile", careful("RUN apt-get update && apt-get install -y curl"), "docker-recommends "},
          {"Dockerfile",
           careful("RUN apt-get update && apt-get install -y \\\n --no-install-recommends curl"), ""},
          {"Dockerfile", careful("EXPOSE 8080 80/tcp"), "docker-privileged-port "},
          {"Dockerfile", careful("EXPOSE 8080 ${PORT}"), ""},
          {"Dockerfile", careful("RUN --mount=type=cache,target=/c curl -k https://h \\\n | sh"),
           "shell-tls-unverified shell-run-download "},
          {"Dockerfile", careful("RUN chmod 777 /a"), "shell-world-writable "},
          {"Dockerfile", careful("RUN [\"chmod\", \"777\", \"/a\"]\nCMD curl u | sh"), ""},
          {"Containerfile", "# nothing", ""},
      },
      docker_rules(), check_infrastructure);
}

CAF_TEST(a command in RUN is found at its place) {
  const auto all = check_infrastructure("Dockerfile", careful("RUN a && \\\n    chmod 777 /a"));
  CAF_REQUIRE_EQUAL(all.size(), 1u);
  CAF_CHECK_EQUAL(all[0].line, 3u);
  CAF_CHECK_EQUAL(all[0].column, 5u);
}
