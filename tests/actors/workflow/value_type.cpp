// A value is of its type, or it is said what it is.
#define CAF_SUITE actors.workflow.value_type
#define FAIL CAF_FAIL
#include <caf/test/dsl.hpp>
#include <troupe/actors/workflow/run/values.hpp>
#include <troupe/actors/workflow/value_type.hpp>
#include <troupe/runtime/error.hpp>

using namespace troupe;

namespace {

std::string fit(ValueType type, std::string_view json) {
  auto wrong = fits(type, json);
  return wrong ? text_of(wrong) : "fits";
}

} // namespace

CAF_TEST(each type takes its own values) {
  struct {
    ValueType type;
    std::vector<std::string> yes, no;
  } rows[] = {
      {TYPE_ANY, {"null", "1", "\"a\"", "[]", "{}"}, {}},
      {TYPE_STRING, {"\"a\"", "\"\"", "null"}, {"1"}},
      {TYPE_NUMBER, {"1", "-1.5", "1e3"}, {"\"1\"", "true"}},
      {TYPE_INTEGER, {"1", "-0", "123456789012345678901234567890"}, {"1.0", "1e3", "1E3"}},
      {TYPE_BOOLEAN, {"true", "false"}, {"0"}},
      {TYPE_LIST, {"[]", " [1] "}, {"{}"}},
      {TYPE_OBJECT, {"{}", "{\"a\":1}"}, {"[]"}},
  };
  for (auto& [type, yes, no] : rows) {
    for (auto& json : yes)
      CAF_CHECK_EQUAL(fit(type, json), "fits");
    for (auto& json : no)
      CAF_CHECK(fit(type, json).ends_with(", not " + std::string{word(type)}));
  }
}

CAF_TEST(the text says what a value is instead) {
  CAF_CHECK_EQUAL(fit(TYPE_STRING, "1"), "it is integer, not string");
  CAF_CHECK_EQUAL(fit(static_cast<ValueType>(99), "[]"), "this type is not known");
  CAF_CHECK(fit(TYPE_ANY, "{").starts_with("line 1"));
  CAF_CHECK_EQUAL(code_of(fits(TYPE_ANY, "{")), ec::invalid_argument);
}
