// Secrets that stand in a text.
// Invariant: every secret that check_secrets reports is also among secrets_in, so no excerpt shows it.

#include "secrets.hpp"

#include "credentials.hpp"
#include "hits.hpp"
#include "language.hpp"
#include "pattern.hpp"
#include "placeholder.hpp"
#include "text.hpp"

#include <algorithm>
#include <array>

namespace troupe::audit {
namespace {

constexpr std::string_view revoke =
    "Revoke it where it was issued, then read it from the environment or a secret store.";

struct secret_rule {
  rule_info info;
  std::string_view patterns; ///< separated by '|'; empty for a rule that is not about a format
};

constexpr secret_rule table[] = {
    {{"secret.assigned-credential", "AssignedCredential", "A credential is written into the file.", revoke,
      severity::medium},
     ""},
    {{"secret.aws-secret-access-key", "AwsSecretAccessKey",
      "An AWS secret access key is written into the file.", revoke, severity::critical},
     ""},
    {{"secret.password-in-url", "PasswordInUrl", "A URL contains a password.", revoke, severity::high}, ""},
    {{"secret.private-key", "PrivateKey", "A private key is written into the file.",
      "Replace the key pair, and keep the new private key out of the repository.", severity::critical},
     "-----BEGIN PRIVATE KEY-----|-----BEGIN RSA PRIVATE KEY-----|-----BEGIN EC PRIVATE KEY-----|"
     "-----BEGIN DSA PRIVATE KEY-----|-----BEGIN OPENSSH PRIVATE KEY-----|-----BEGIN ENCRYPTED PRIVATE "
     "KEY-----|"
     "-----BEGIN PGP PRIVATE KEY BLOCK-----"},
    {{"secret.aws-access-key-id", "AwsAccessKeyId", "An AWS access key id is written into the file.", revoke,
      severity::high},
     "AKIA[A-Z0-9]{16}|ASIA[A-Z0-9]{16}"},
    {{"secret.github-token", "GithubToken", "A GitHub token is written into the file.", revoke,
      severity::critical},
     "ghp_[A-Za-z0-9]{36}|gho_[A-Za-z0-9]{36}|ghu_[A-Za-z0-9]{36}|ghs_[A-Za-z0-9]{36}|ghr_[A-Za-z0-9]{36}|"
     "github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}"},
    {{"secret.gitlab-token", "GitlabToken", "A GitLab token is written into the file.", revoke,
      severity::critical},
     "glpat-[A-Za-z0-9_.-]{20,64}|gldt-[A-Za-z0-9_.-]{20,64}|glrt-[A-Za-z0-9_.-]{20,64}"},
    {{"secret.slack-token", "SlackToken", "A Slack token is written into the file.", revoke, severity::high},
     "xoxa-[A-Za-z0-9-]{20,250}|xoxb-[A-Za-z0-9-]{20,250}|xoxp-[A-Za-z0-9-]{20,250}|xoxr-[A-Za-z0-9-]{20,250}"
     "|"
     "xoxs-[A-Za-z0-9-]{20,250}"},
    {{"secret.slack-webhook", "SlackWebhook", "The address of a Slack webhook is written into the file.",
      revoke, severity::medium},
     "hooks.slack.com/services/T[A-Z0-9]{8,12}/B[A-Z0-9]{8,12}/[A-Za-z0-9]{24}"},
    {{"secret.stripe-key", "StripeKey", "A live Stripe key is written into the file.", revoke,
      severity::critical},
     "sk_live_[A-Za-z0-9]{16,128}|rk_live_[A-Za-z0-9]{16,128}"},
    {{"secret.google-api-key", "GoogleApiKey", "A Google API key is written into the file.", revoke,
      severity::high},
     "AIza[A-Za-z0-9_-]{35}"},
    {{"secret.npm-token", "NpmToken", "An npm token is written into the file.", revoke, severity::critical},
     "npm_[A-Za-z0-9]{36}"},
    {{"secret.pypi-token", "PypiToken", "A PyPI token is written into the file.", revoke, severity::critical},
     "pypi-AgEI[A-Za-z0-9_-]{50,250}"},
    {{"secret.sendgrid-key", "SendgridKey", "A SendGrid key is written into the file.", revoke,
      severity::high},
     "SG.[A-Za-z0-9_-]{22}.[A-Za-z0-9_-]{43}"},
    {{"secret.twilio-key", "TwilioKey", "A Twilio API key is written into the file.", revoke, severity::high},
     "SK[0-9a-f]{32}"},
    {{"secret.telegram-token", "TelegramToken", "The token of a Telegram bot is written into the file.",
      revoke, severity::high},
     "[0-9]{8,10}:AA[A-Za-z0-9_-]{33}"},
    {{"secret.json-web-token", "JsonWebToken", "A signed JSON web token is written into the file.",
      "Let it expire or revoke it; issue tokens at run time.", severity::medium},
     "eyJ[A-Za-z0-9_-]{8,4096}.eyJ[A-Za-z0-9_-]{8,4096}.[A-Za-z0-9_-]{16,4096}"},
};

constexpr auto stand_in_message = "This has the format of a secret but is visibly a stand-in.";

constexpr auto rules = rules_in(table);
constexpr const rule_info& assigned_rule = rule_in(rules, "secret.assigned-credential");
constexpr const rule_info& aws_secret_rule = rule_in(rules, "secret.aws-secret-access-key");
constexpr const rule_info& url_rule = rule_in(rules, "secret.password-in-url");
constexpr const rule_info& private_key_rule = rule_in(rules, "secret.private-key");

/// A token of a known format.
struct token {
  std::size_t begin;
  std::size_t end;
  const rule_info* rule;
};

/// All patterns, listed under each byte they may begin with.
struct pattern_index {
  struct entry {
    pattern form;
    const rule_info* rule;
  };
  std::vector<entry> entries;
  std::array<std::vector<std::size_t>, 256> by_first;

  pattern_index() {
    for (std::size_t row = 0; row < std::size(table); ++row)
      for (auto rest = table[row].patterns; !rest.empty();) {
        const auto end = std::min(rest.find('|'), rest.size());
        entries.push_back({pattern{rest.substr(0, end)}, &rules[row]});
        rest.remove_prefix(std::min(end + 1, rest.size()));
      }
    for (std::size_t i = 0; i < entries.size(); ++i)
      for (unsigned c = 0; c < by_first.size(); ++c)
        if (entries[i].form.first().has(static_cast<char>(c)))
          by_first[c].push_back(i);
  }
};

/// End of the private key whose first line ends at `at`, or 0 when no key follows: many programs mention that
/// line.
std::size_t private_key_end(std::string_view text, std::size_t at) {
  constexpr char_set body_bytes{"A-Za-z0-9+/="};
  constexpr std::size_t header_window = 300; // "Proc-Type" and "DEK-Info" come first in older keys
  constexpr std::size_t least_body = 40;     // shorter than one full line of any key
  constexpr std::size_t most_body = 16'384;  // an RSA key of 16384 bits has about 12600 bytes
  const auto headers = text.substr(at, header_window);
  for (std::size_t i = 0; i < headers.size(); ++i) {
    const auto run = skip(headers, i, body_bytes);
    if (run - i >= least_body) {
      const auto body = text.substr(at, most_body);
      return at + std::min(body.find("-----END"), body.size());
    }
    i = run;
  }
  return 0;
}

std::vector<token> find_tokens(std::string_view text) {
  static const pattern_index index;
  std::vector<token> result;
  for (std::size_t at = 0; at < text.size(); ++at)
    for (auto i : index.by_first[static_cast<unsigned char>(text[at])]) {
      const auto length = index.entries[i].form.match(text, at);
      if (length == 0)
        continue;
      auto end = at + length;
      if (index.entries[i].rule == &private_key_rule)
        end = private_key_end(text, end);
      if (end == 0)
        continue;
      result.push_back({at, end, index.entries[i].rule});
      at = end - 1;
      break;
    }
  return result;
}

bool is_for_tests(std::string_view path) {
  return contains_any("/" + lower(path),
                      "/test /spec /fixture /example /sample /demo /mock _test. .test. .spec.");
}

bool allows_bare_values(std::string_view path) {
  switch (language_of(path, {})) {
  case language::ini:
  case language::yaml:
  case language::toml:
  case language::shell:
  case language::dockerfile:
    return true;
  default:
    return false;
  }
}

/// Tells whether a password in a URL is no real one: a variable, a word for it, or one for a host that cannot
/// exist (RFC 2606).
bool is_stand_in(const credential& c) {
  return is_placeholder(c.value) || entropy_bits(c.value) == 0 ||
         listed(lower(c.value), "pass pwd pw passwd user") || c.host.empty() || c.host == "host" ||
         c.host.find("example") != std::string_view::npos;
}

bool is_local(std::string_view host) {
  return host == "localhost" || host.starts_with("127.");
}

bool overlaps(const std::vector<token>& tokens, std::size_t begin, std::size_t end) {
  const auto next =
      std::partition_point(tokens.begin(), tokens.end(), [&](const token& t) { return t.end <= begin; });
  return next != tokens.end() && next->begin < end;
}

} // namespace

std::span<const rule_info> secret_rules() {
  return rules;
}

std::vector<finding> check_secrets(std::string_view path, std::string_view text) {
  hit_list hits;
  const auto tokens = find_tokens(text);
  const bool for_tests = is_for_tests(path);
  for (const auto& t : tokens) {
    const auto value = text.substr(t.begin, t.end - t.begin);
    const bool stand_in =
        t.rule != &private_key_rule && (is_placeholder(value) || entropy_bits(value) < secret_entropy_bits);
    if (stand_in)
      hits.add(t.begin, *t.rule, severity::info, stand_in_message);
    else if (for_tests && t.rule == &private_key_rule)
      hits.add(t.begin, *t.rule, severity::low);
    else
      hits.add(t.begin, *t.rule);
  }
  for (const auto& c : find_assignments(text, allows_bare_values(path)))
    if (overlaps(tokens, c.offset, c.offset + c.value.size()))
      continue;
    else if (c.aws_secret && is_placeholder(c.value))
      hits.add(c.offset, aws_secret_rule, severity::info, stand_in_message);
    else if (c.aws_secret)
      hits.add(c.offset, aws_secret_rule);
    else if (looks_secret(c.value))
      hits.add(c.offset, assigned_rule, for_tests ? severity::low : assigned_rule.level,
               "A credential is assigned to " + std::string{c.name} + ".");
  for (const auto& c : find_url_passwords(text))
    if (!is_stand_in(c))
      hits.add(c.offset, url_rule, for_tests || is_local(c.host) ? severity::low : url_rule.level);
  return std::move(hits).take(path, text);
}

std::vector<secret_span> secrets_in(std::string_view text) {
  constexpr char_set opaque_bytes{"A-Za-z0-9+/_=-"};
  constexpr std::size_t opaque_run = 32; // shorter runs are names and numbers
  std::vector<secret_span> all;
  const auto add = [&](std::size_t begin, std::size_t end) { all.push_back({begin, end, 0}); };
  for (const auto& t : find_tokens(text))
    add(t.begin, t.end);
  for (const auto& c : find_assignments(text, true))
    add(c.offset, c.offset + c.value.size());
  for (const auto& c : find_url_passwords(text))
    add(c.offset, c.offset + c.value.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto end = skip(text, at, opaque_bytes);
    const auto run = text.substr(at, end - at);
    if (run.size() >= opaque_run && run.find_first_of("0123456789") != std::string_view::npos &&
        lower(run) != run)
      add(at, end);
    at = end;
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.begin < b.begin; });
  std::vector<secret_span> result;
  for (const auto& span : all)
    if (!result.empty() && span.begin < result.back().end)
      result.back().end = std::max(result.back().end, span.end);
    else
      result.push_back(span);
  for (auto& span : result)
    span.shown = std::min<std::size_t>(4, (span.end - span.begin) / 4);
  return result;
}

} // namespace troupe::audit
