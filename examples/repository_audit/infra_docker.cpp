// Rules about Dockerfiles.
// Sources: Docker's build checks and best practices; CIS Docker Benchmark 1.6,
// sections 4.1, 4.6, 4.7, 4.9, 4.10.

#include "infra_rules.hpp"

#include "credentials.hpp"
#include "dockerfile.hpp"
#include "mask.hpp"
#include "placeholder.hpp"
#include "risky_rules.hpp"
#include "text.hpp"

#include <algorithm>
#include <charconv>
#include <set>
#include <string>
#include <vector>

namespace troupe::audit {
namespace {

constexpr rule_info rules[] = {
    {"infra.docker-root", "DockerRoot", "The program in this image runs as root.",
     "End the file with USER and a name or number other than root.", severity::medium},
    {"infra.docker-floating-image", "DockerFloatingImage", "This base image may be another one tomorrow.",
     "Name a version, better with a digest: image:1.2@sha256:...", severity::medium},
    {"infra.docker-add-url", "DockerAddUrl", "A download becomes part of the image without being checked.",
     "Use ADD --checksum=sha256:..., or download and check in RUN.", severity::medium},
    {"infra.docker-secret", "DockerSecret", "A secret in ENV or ARG can be read from the image.",
     "Use RUN --mount=type=secret, and give secrets to the container when it starts.", severity::high},
    {"infra.docker-recommends", "DockerRecommends", "Packages nobody asked for become part of the image.",
     "Add --no-install-recommends.", severity::info},
    {"infra.docker-healthcheck", "DockerHealthcheck",
     "Nothing tells whether the program in this image works.",
     "Add HEALTHCHECK, unless the platform has checks of its own.", severity::info},
    {"infra.docker-privileged-port", "DockerPrivilegedPort", "A port below 1024 needs root or a capability.",
     "Listen on a higher port and publish it as the lower one.", severity::low},
};

constexpr const rule_info& runs_as_root = rule_in(rules, "infra.docker-root");
constexpr const rule_info& floating_image = rule_in(rules, "infra.docker-floating-image");
constexpr const rule_info& add_url = rule_in(rules, "infra.docker-add-url");
constexpr const rule_info& secret_in_image = rule_in(rules, "infra.docker-secret");
constexpr const rule_info& recommends = rule_in(rules, "infra.docker-recommends");
constexpr const rule_info& no_healthcheck = rule_in(rules, "infra.docker-healthcheck");
constexpr const rule_info& privileged_port = rule_in(rules, "infra.docker-privileged-port");

/// Words of an instruction without its options ("--platform=...") and without line continuations.
std::vector<std::string_view> operands(const docker_instruction& instruction) {
  auto words = words_of(instruction.rest);
  std::erase_if(words, [](std::string_view word) { return word.starts_with("--") || word == "\\"; });
  return words;
}

/// Finds secrets among "NAME=value" pairs, and in the older form "NAME value".
void check_variables(const docker_instruction& instruction, hit_list& hits) {
  const auto words = operands(instruction);
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto sign = words[i].find('=');
    const bool older_form = sign == std::string_view::npos && i == 0 && words.size() > 1;
    const auto value = older_form                       ? words[1]
                       : sign == std::string_view::npos ? std::string_view{}
                                                        : words[i].substr(sign + 1);
    const auto bare = value.substr(std::min(value.find_first_not_of("\"'"), value.size()));
    if (is_telling_name(words[i].substr(0, sign)) && !bare.empty() && !is_placeholder(bare))
      hits.add(instruction.offset, secret_in_image);
    if (older_form)
      return;
  }
}

bool is_privileged(std::string_view port) {
  unsigned number = 0;
  const auto read = std::from_chars(port.data(), port.data() + port.size(), number);
  return read.ec == std::errc{} && number > 0 && number < 1024;
}

/// The commands of all RUN instructions at their offsets, everything else as blanks.
std::string run_commands(std::string_view text, const std::vector<docker_instruction>& all) {
  std::string result(text.size(), ' ');
  for (const auto& instruction : all)
    if (instruction.name == "RUN" && !instruction.rest.starts_with('[')) {
      const auto at = static_cast<std::size_t>(instruction.rest.data() - text.data());
      result.replace(at, instruction.rest.size(), instruction.rest);
      if (at + instruction.rest.size() < result.size())
        result[at + instruction.rest.size()] = '\n';
      for (auto option = at; result.compare(option, 2, "--") == 0; option = skip(result, option, blank_bytes))
        while (option < result.size() && !space_bytes.has(result[option]))
          result[option++] = ' ';
    }
  return result;
}

} // namespace

std::span<const rule_info> docker_rules() {
  return rules;
}

void check_dockerfile(std::string_view text, hit_list& hits) {
  const auto all = docker_instructions(text);
  std::set<std::string> stages;
  const docker_instruction* last_from = nullptr;
  std::string_view user;
  bool health = false;
  for (const auto& instruction : all) {
    const auto words = operands(instruction);
    if (words.empty())
      continue;
    if (instruction.name == "FROM") {
      if (is_floating_image(words[0]) && !stages.contains(lower(words[0])))
        hits.add(instruction.offset, floating_image);
      if (words.size() == 3 && lower(words[1]) == "as")
        stages.insert(lower(words[2]));
      last_from = &instruction;
      user = {};
      health = false;
    } else if (instruction.name == "USER") {
      user = words[0].substr(0, words[0].find(':'));
    } else if (instruction.name == "HEALTHCHECK") {
      health = true;
    } else if (instruction.name == "ADD") {
      if (contains_any(words[0], "http:// https://") &&
          instruction.rest.find("--checksum=") == std::string_view::npos)
        hits.add(instruction.offset, add_url);
    } else if (instruction.name == "ENV" || instruction.name == "ARG") {
      check_variables(instruction, hits);
    } else if (instruction.name == "EXPOSE") {
      if (std::any_of(words.begin(), words.end(), is_privileged))
        hits.add(instruction.offset, privileged_port);
    } else if (instruction.name == "RUN") {
      if (instruction.rest.find("apt-get") != std::string_view::npos &&
          std::find(words.begin(), words.end(), "install") != words.end() &&
          !contains_any(instruction.rest, "--no-install-recommends"))
        hits.add(instruction.offset, recommends);
    }
  }
  if (last_from == nullptr)
    return;
  if (user.empty() || user == "root" || user == "0")
    hits.add(last_from->offset, runs_as_root);
  if (!health)
    hits.add(last_from->offset, no_healthcheck);
  const auto commands = run_commands(text, all);
  check_shell(commands, mask(commands, language::shell), hits);
}

} // namespace troupe::audit
