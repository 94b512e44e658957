// Risky commands of shell scripts.
// Sources: CWE-78, 295, 377, 494, 732; the checks SC2115 and SC2086 of shellcheck.

#include "risky_rules.hpp"

#include "shell_script.hpp"
#include "text.hpp"

#include <algorithm>

namespace troupe::audit {
namespace {

constexpr std::string_view interpreters = "sh bash zsh dash ksh python python3 perl ruby node source . eval";
constexpr std::string_view downloaders = "curl wget fetch";

/// A command with the unmasked text of its words.
struct script_use {
  const shell_command& command;
  std::string_view text; ///< whole script, unmasked
  std::string_view code; ///< whole script, masked

  std::string_view unmasked(std::string_view word) const {
    return text.substr(static_cast<std::size_t>(word.data() - code.data()), word.size());
  }
};

/// Tells whether a masked word holds a variable outside of quotes.
bool has_bare_variable(std::string_view word) {
  constexpr char_set begins{"A-Za-z_{1-9@*"};
  for (std::size_t at = 0; at + 1 < word.size(); ++at)
    if (word[at] == '$' && begins.has(word[at + 1]))
      return true;
  return false;
}

bool evaluates_variable(const script_use& use) {
  if (use.command.name() != "eval" || use.command.words.size() < 2)
    return false;
  const auto first = use.unmasked(use.command.words[1]);
  return first.find('$') != std::string_view::npos && first != "$" &&
         first != "\"$"; // "$(" runs a program of one's own
}

bool runs_download(const script_use& use) {
  const auto& c = use.command;
  const bool piped = listed(c.name(), interpreters) &&
                     std::any_of(c.pipeline.begin(), c.pipeline.end(),
                                 [](std::string_view name) { return listed(name, downloaders); });
  return piped || (listed(c.name(), downloaders) && listed(c.around, interpreters));
}

bool removes_variable(const script_use& use) {
  const auto& c = use.command;
  return c.name() == "rm" && (c.has_flag('r') || c.has_flag('R')) &&
         std::any_of(c.words.begin() + 1, c.words.end(), has_bare_variable);
}

bool opens_to_all(const script_use& use) {
  return use.command.name() == "chmod" &&
         std::any_of(use.command.words.begin() + 1, use.command.words.end(), [](std::string_view word) {
           return listed(word, "777 0777 666 0666 a+w o+w a+rw o+rw a+rwx o+rwx ugo+rwx +w a=rwx");
         });
}

bool is_fixed_temporary(std::string_view word) {
  const auto begin = word.find_first_not_of("\"'>&12");
  const auto path = word.substr(std::min(begin, word.size()));
  return (path.starts_with("/tmp/") || path.starts_with("/var/tmp/")) &&
         path.find_first_of("$`*") == std::string_view::npos && path.find("XXX") == std::string_view::npos &&
         path.back() != '/';
}

/// A file of fixed name in a folder where everyone may write, made here.
bool makes_fixed_temporary(const script_use& use) {
  const auto& words = use.command.words;
  const bool makes = listed(use.command.name(), "tee touch mkdir mkfifo");
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool target =
        words[i].find('>') != std::string_view::npos || (i > 0 && words[i - 1].ends_with('>'));
    if ((target || (makes && i > 0)) && is_fixed_temporary(use.unmasked(words[i])))
      return true;
  }
  return false;
}

bool skips_certificate(const script_use& use) {
  const auto& c = use.command;
  return (c.name() == "curl" && (c.has_flag('k') || c.has("--insecure"))) ||
         (c.name() == "wget" && c.has("--no-check-certificate")) ||
         (c.name() == "git" &&
          (c.has("http.sslVerify=false") || c.settings.starts_with("GIT_SSL_NO_VERIFY="))) ||
         (c.name() == "npm" && c.has("strict-ssl") && c.has("false"));
}

struct shell_rule {
  rule_info info;
  bool (*when)(const script_use&);
};

constexpr shell_rule table[] = {
    {{"code.shell-no-errexit", "ShellNoErrexit", "This script goes on after a command failed.",
      "Begin with `set -euo pipefail`, or `set -eu` in sh.", severity::info},
     nullptr},
    {{"code.shell-eval", "ShellEval", "A variable is run as code.",
      "Call the command directly, with quoted arguments.", severity::medium},
     evaluates_variable},
    {{"code.shell-run-download", "ShellRunDownload", "A download is run without being looked at.",
      "Download to a file, check its hash, then run it.", severity::high},
     runs_download},
    {{"code.shell-remove-variable", "ShellRemoveVariable",
      "A variable that is empty or has blanks removes other files.",
      "Quote it and refuse an empty one: rm -rf \"${dir:?}\".", severity::medium},
     removes_variable},
    {{"code.shell-world-writable", "ShellWorldWritable", "Everyone on the machine may change this file.",
      "Give rights to the owner or a group only.", severity::medium},
     opens_to_all},
    {{"code.shell-temporary-name", "ShellTemporaryName",
      "Another user can make this file first, or a link in its place.", "Use mktemp.", severity::low},
     makes_fixed_temporary},
    {{"code.shell-tls-unverified", "ShellTlsUnverified", "The certificate of the other side is not checked.",
      "Leave the option out, or name the right CA file.", severity::medium},
     skips_certificate},
};

constexpr auto rules = rules_in(table);
constexpr const rule_info& no_errexit = rule_in(rules, "code.shell-no-errexit");

} // namespace

std::span<const rule_info> shell_rules() {
  return rules;
}

void check_shell(std::string_view text, std::string_view code, hit_list& hits) {
  const auto first_line = text.substr(0, text.find('\n'));
  bool stops_at_errors = !first_line.starts_with("#!") || first_line.find(" -e") != std::string_view::npos;
  for_each_command(code, [&](const shell_command& command) {
    const script_use use{command, text, code};
    stops_at_errors =
        stops_at_errors || (command.name() == "set" && (command.has_flag('e') || command.has("errexit")));
    for (std::size_t row = 0; row < std::size(table); ++row)
      if (table[row].when != nullptr && table[row].when(use))
        hits.add(command.offset, rules[row]);
  });
  if (!stops_at_errors)
    hits.add(0, no_errexit);
}

} // namespace troupe::audit
