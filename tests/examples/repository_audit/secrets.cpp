// Every known format is found, stand-ins are told apart, and no excerpt shows a secret.
// All secrets here are put together at run time, so that no scanner of repositories takes them for real ones.
#define CAF_SUITE examples.repository_audit.secrets
#include "rows.hpp"

#include "examples/repository_audit/secrets.hpp"

using namespace troupe::audit;

namespace {

/// Mixed letters and digits that no vendor ever gave out, `size` of them.
std::string noise(std::size_t size) {
  static const std::string letters = "k3J9sLqP0zX7vB2nM5cT8rW1yU4eI6oA9dFgH";
  std::string result;
  while (result.size() < size)
    result += letters[(result.size() * 7 + result.size() / 37) % letters.size()];
  return result;
}

std::string hex(std::size_t size) {
  std::string result;
  while (result.size() < size)
    result += "3f9a0c7e1b5d8264"[(result.size() * 5 + result.size() / 16) % 16];
  return result;
}

std::string pem(std::string_view kind, std::string_view body) {
  return "-----BE" + ("GIN " + std::string{kind}) + "-----\n" + std::string{body} + "\n-----END";
}

const std::string github = std::string{"gh"} + "p_" + noise(36);
const std::string aws_id = std::string{"AK"} + "IA" + "3Z9QK7M2XW5T8RJD";

} // namespace

CAF_TEST(every format is found and its neighbours are not ) {
  const std::vector<row> rows{
      {"a.py", "x = '" + github + "'", "github-token "},
      {"a.py", "x = '" + github + "a'", ""},
      {"a.py", "x = 'a" + github + "'", ""},
      {"a.py", std::string{"gh"} + "o_" + noise(36) + " gh" + "s_" + noise(36), "github-token github-token "},
      {"a.py", std::string{"github"} + "_pat_" + noise(22) + "_" + noise(59), "github-token "},
      {"a.py", std::string{"github"} + "_pat_" + noise(22) + "_" + noise(58), ""},
      {"a.md", "id " + aws_id, "aws-access-key-id "},
      {"a.md", "id " + aws_id.substr(1), ""},
      {"c.ini", "aws_secret_access_key=" + noise(40), "aws-secret-access-key "},
      {"c.ini", "aws_secret_access_key=" + noise(20), "assigned-credential "},
      {"c.ini", "aws_secret_access_key=${SECRET}", ""},
      {"a", std::string{"gl"} + "pat-" + noise(20), "gitlab-token "},
      {"a", std::string{"gl"} + "pat-" + noise(19), ""},
      {"a", std::string{"xo"} + "xb-" + "4815162342-" + noise(24), "slack-token "},
      {"a", std::string{"xo"} + "xb-1", ""},
      {"a", std::string{"https://hooks.sl"} + "ack.com/services/T3Z9QK7M2/B3Z9QK7M2/" + noise(24),
       "slack-webhook "},
      {"a", "https://hooks.slack.com/services/", ""},
      {"a", std::string{"sk_"} + "live_" + noise(24), "stripe-key "},
      {"a", std::string{"sk_"} + "test_" + noise(24), ""},
      {"a", std::string{"AI"} + "za" + noise(35), "google-api-key "},
      {"a", std::string{"AI"} + "za" + noise(34), ""},
      {"a", std::string{"np"} + "m_" + noise(36), "npm-token "},
      {"a", "npm_config_registry", ""},
      {"a", std::string{"py"} + "pi-AgEI" + noise(60), "pypi-token "},
      {"a", std::string{"py"} + "pi-" + noise(60), ""},
      {"a", std::string{"S"} + "G." + noise(22) + "." + noise(43), "sendgrid-key "},
      {"a", std::string{"S"} + "G." + noise(22) + "." + noise(42), ""},
      {"a", std::string{"S"} + "K" + hex(32), "twilio-key "},
      {"a", std::string{"S"} + "K" + hex(33), ""},
      {"a", "4815162342:" + std::string{"A"} + "A" + noise(33), "telegram-token "},
      {"a", "4815162:" + std::string{"A"} + "A" + noise(33), ""},
      {"a", std::string{"ey"} + "J" + noise(20) + ".ey" + "J" + noise(30) + "." + noise(43),
       "json-web-token "},
      {"a", std::string{"ey"} + "J" + noise(20) + ".ey" + "J" + noise(30), ""},
      {"k", pem("RSA PRIVATE KEY", noise(64)), "private-key "},
      {"k", pem("PRIVATE KEY", noise(64)), "private-key "},
      {"k", pem("OPENSSH PRIVATE KEY", noise(64)), "private-key "},
      {"k", pem("RSA PRIVATE KEY", "Proc-Type: 4,ENCRYPTED\nDEK-Info: DES,00\n\n" + noise(64)),
       "private-key "},
      {"k", pem("PUBLIC KEY", noise(64)), ""},
      {"k", "if (line == \"-----BEGIN PRIVATE KEY-----\") read();", ""},
      {"a", "db = 'postgres://joe:" + noise(12) + "@db.corp/x'", "password-in-url "},
      {"a", "postgres://joe:${PW}@db/x http://u:" + noise(9) + "@www.example.com http://u:xxx@h", ""},
      {"a.py", "password = '" + noise(12) + "'", "assigned-credential "},
      {"a.py", "password = " + noise(12), ""},
      {"a.yml", "password: " + noise(12), "assigned-credential "},
      {"a.py", "password = 'changeme1234'; api_key = '<your key 1>'; token = 'access_token'", ""},
  };
  check_rows(rows, secret_rules(), check_secrets);
}

CAF_TEST(a stand in of a known format is only information) {
  for (const auto& text :
       {std::string{"AK"} + "IAIOSFODNN7EXAMPLE", std::string{"gh"} + "p_" + std::string(36, 'x')}) {
    const auto all = check_secrets("README.md", text);
    CAF_REQUIRE_EQUAL(all.size(), 1u);
    CAF_CHECK(all[0].level == severity::info);
  }
}

CAF_TEST(a password in a test is less severe than elsewhere) {
  const auto text = "password = '" + noise(12) + "'";
  CAF_CHECK(check_secrets("src/a.py", text).at(0).level == severity::medium);
  CAF_CHECK(check_secrets("tests/a.py", text).at(0).level == severity::low);
  CAF_CHECK(check_secrets("src/a_test.py", text).at(0).level == severity::low);
  CAF_CHECK(check_secrets("a", "ftp://joe:" + noise(9) + "@localhost/").at(0).level == severity::low);
}

CAF_TEST(an excerpt shows at most four characters) {
  const auto all = check_secrets("a.py", "x = '" + github + "' # note");
  CAF_REQUIRE_EQUAL(all.size(), 1u);
  CAF_CHECK_EQUAL(all[0].excerpt, "x = 'ghp_…' # note");
  CAF_CHECK_EQUAL(all[0].column, 6u);
  const auto one_line_key =
      check_secrets("a", pem("RSA PRIVATE KEY", "\\n" + noise(200)).substr(0, 31) + "\\n" + noise(200));
  CAF_REQUIRE_EQUAL(one_line_key.size(), 1u);
  CAF_CHECK_EQUAL(one_line_key[0].excerpt, "----…");
}

CAF_TEST(no message and no excerpt contains what the check found) {
  const auto value = noise(40);
  for (const auto& text : {"token = '" + value + "'", "aws_secret_access_key = \"" + value + "\"",
                           "a://b:" + value + "@c", github, "x " + value + " gets() " + github + value})
    for (const auto& f : check_secrets("a.ini", text)) {
      CAF_CHECK(f.excerpt.find(value.substr(0, 5)) == std::string::npos);
      CAF_CHECK(f.message.find(value.substr(0, 5)) == std::string::npos);
    }
}

CAF_TEST(long runs of mixed letters and digits are hidden whatever they are) {
  CAF_CHECK_EQUAL(secrets_in("x " + noise(32) + " y").size(), 1u);
  CAF_CHECK_EQUAL(secrets_in("x " + noise(31) + " y").size(), 0u);
  CAF_CHECK_EQUAL(secrets_in("a_very_long_name_of_a_function_with_42_words").size(), 0u);
}

CAF_TEST(a text of four megabytes on one line is read in bounded steps) {
  for (const auto* part : {"gl"
                           "pat-",
                           "ey"
                           "J",
                           "ey"
                           "Jabcdefghi.",
                           "0123456789:", "-----BEGIN PRIVATE KEY-----",
                           "xo"
                           "xb-",
                           "password=", "A",
                           "sk_"
                           "live_a"})
    CAF_CHECK(check_secrets("a.ini", repeated(part)).size() <= 201u);
}
