// Credentials are found by the name before them or the URL around them.
#define CAF_SUITE examples.repository_audit.credentials
#include <caf/test/unit_test.hpp>

#include "examples/repository_audit/credentials.hpp"

#include <string>

using namespace troupe::audit;

namespace {

std::string assigned(std::string_view text, bool unquoted = false) {
  std::string result;
  for (const auto& c : find_assignments(text, unquoted)) {
    CAF_CHECK_EQUAL(text.substr(c.offset, c.value.size()), c.value);
    result += std::string{c.name} + "=" + std::string{c.value} + " ";
  }
  return result;
}

std::string in_urls(std::string_view text) {
  std::string result;
  for (const auto& c : find_url_passwords(text))
    result += std::string{c.value} + "@" + std::string{c.host} + " ";
  return result;
}

} // namespace

CAF_TEST(a quoted value of a telling name is found) {
  CAF_CHECK_EQUAL(assigned(R"(db_password = "abc";)"), "db_password=abc ");
  CAF_CHECK_EQUAL(assigned(R"({"apiKey": "abc", 'x-api-key' => 'def'})"), "apiKey=abc x-api-key=def ");
  CAF_CHECK_EQUAL(assigned("SECRET := `abc`"), "SECRET=abc ");
}

CAF_TEST(a value in escaped quotes is found) {
  CAF_CHECK_EQUAL(assigned(R"("{\"token\": \"abc\"}")"), "token=abc ");
  CAF_CHECK_EQUAL(assigned(R"("token = \"\"")"), "");
}

CAF_TEST(other names and other expressions are not found) {
  CAF_CHECK_EQUAL(assigned(R"(password_hint = "abc"; tokenizer = "def"; name = "ghi")"), "");
  CAF_CHECK_EQUAL(assigned(R"(if (token == "abc") password = read(); secret = abc)"), "");
  CAF_CHECK_EQUAL(assigned("password = \"never\nclosed\""), "");
  CAF_CHECK_EQUAL(assigned("password ="), "");
}

CAF_TEST(a bare value is found only where the language has them) {
  CAF_CHECK_EQUAL(assigned("TOKEN=abc # note\npassword: def\n"), "");
  CAF_CHECK_EQUAL(assigned("TOKEN=abc # note\npassword: def\n", true), "TOKEN=abc password=def ");
  CAF_CHECK_EQUAL(assigned("TOKEN=$(cat x) password: {{ v }}", true), "");
}

CAF_TEST(an AWS secret is known by name and shape) {
  const auto value = "wJ" + std::string(38, 'a');
  CAF_CHECK(find_assignments("aws_secret_access_key = " + value, true).at(0).aws_secret);
  CAF_CHECK(!find_assignments("aws_secret_access_key = " + value + "a", true).at(0).aws_secret);
  CAF_CHECK(!find_assignments("secret = " + value, true).at(0).aws_secret);
}

CAF_TEST(a password in a URL is found with its host) {
  CAF_CHECK_EQUAL(in_urls("postgres:/"
                          "/joe:s3!x@db.local:5432/a amqp://a:b@c"),
                  "s3!x@db.local b@c ");
  CAF_CHECK_EQUAL(in_urls("http://host:80/ ftp://joe@host/ http://a:b/c@d://"), "");
}

CAF_TEST(a text of four megabytes on one line is read in bounded steps) {
  std::string text;
  while (text.size() < 4u << 20)
    text += "password='://a:password=";
  CAF_CHECK(find_assignments(text, true).size() > 1000u);
  CAF_CHECK(find_url_passwords(text).empty());
}
