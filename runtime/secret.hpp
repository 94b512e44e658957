// SECRET: text that never shows itself.
#pragma once

#include <fmt/core.h>
#include <ostream>
#include <string>
#include <utility>

namespace troupe {

/// A token, a password, a key. However it is printed, it reads `***`; only reveal() gives the text. It is no
/// message: it cannot be sent or stored.
class secret {
public:
  secret() = default;
  explicit secret(std::string text) : text_{std::move(text)} {}

  /// The text, for the one call that needs it.
  const std::string& reveal() const {
    return text_;
  }

  bool empty() const {
    return text_.empty();
  }

private:
  std::string text_;
};

/// `***`, as every other way to print one.
inline std::string to_string(const secret&) {
  return "***";
}

inline std::ostream& operator<<(std::ostream& out, const secret&) {
  return out << "***";
}

} // namespace troupe

template <>
struct fmt::formatter<troupe::secret> : fmt::formatter<fmt::string_view> {
  /// Writes `***`.
  auto format(const troupe::secret&, fmt::format_context& context) const -> decltype(context.out()) {
    return fmt::formatter<fmt::string_view>::format("***", context);
  }
};
