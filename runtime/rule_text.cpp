// RULE TEXT: parts and names.

#include <troupe/runtime/limits.hpp>
#include <troupe/runtime/rule_text.hpp>

namespace troupe {

std::string_view trimmed(std::string_view text) {
  auto begin = text.find_first_not_of(' ');
  return begin == std::string_view::npos ? std::string_view{}
                                         : text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

std::vector<std::string_view> parts_of(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    auto end = text.find(separator);
    parts.push_back(trimmed(text.substr(0, end)));
    if (end == std::string_view::npos)
      return parts;
    text.remove_prefix(end + 1);
  }
}

bool is_rule_name(std::string_view text) {
  constexpr std::string_view allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
  return !text.empty() && text.size() <= limits::name_bytes &&
         text.find_first_not_of(allowed) == std::string_view::npos;
}

} // namespace troupe
