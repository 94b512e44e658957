// What an expression gives for some inputs: JSON, or the text of the refusal.
#pragma once

#include <string>
#include <string_view>
#include <troupe/actors/workflow/expression.hpp>
#include <troupe/runtime/error.hpp>

namespace troupe {

/// The result for a scope, or `code: text`.
inline std::string given(std::string_view source, expression_scope scope) {
  auto compiled = expression::compile(source);
  if (!compiled)
    return "compile: " + text_of(compiled.error());
  auto result = compiled->evaluate(scope);
  return result ? *result : describe(result.error());
}

/// The result for `inputs`.
inline std::string given(std::string_view source, std::string_view inputs = "{}") {
  named_json scope[] = {{"inputs", "", inputs}};
  return given(source, scope);
}

/// Is it refused, and does the text say so?
inline bool refused_with(std::string_view text, std::string_view source, std::string_view inputs = "{}") {
  auto got = given(source, inputs);
  auto refused = got.starts_with("compile: ") || got.starts_with("invalid_argument: ");
  if (refused && got.find(text) != got.npos)
    return true;
  std::fprintf(stderr, "%s: %s\n", std::string{source}.c_str(), got.substr(0, 300).c_str());
  return false;
}

} // namespace troupe
