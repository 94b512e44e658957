// Every rule of every check is listed once.
#define CAF_SUITE examples.repository_audit.rules
#include <caf/test/unit_test.hpp>

#include "examples/repository_audit/rules.hpp"

#include <set>

using namespace troupe::audit;

CAF_TEST(ids are unique and in order and names are unique) {
  const auto rules = all_rules();
  std::set<std::string_view> names;
  std::set<std::string_view> categories;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    CAF_CHECK(i == 0 || rules[i - 1].id < rules[i].id);
    names.insert(rules[i].name);
    categories.insert(category_of(rules[i].id));
  }
  CAF_CHECK_EQUAL(names.size(), rules.size());
  CAF_CHECK((categories == std::set<std::string_view>{"audit", "code", "dependency", "infra", "secret"}));
}

CAF_TEST(every rule has its texts as sentences) {
  for (const auto& rule : all_rules()) {
    CAF_CHECK(rule.text.ends_with('.'));
    CAF_CHECK(rule.help.ends_with('.'));
    CAF_CHECK(rule.name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") ==
              std::string_view::npos);
  }
}
