// FILES: bytes on disk and words on a command line -> messages.

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <troupe/net/api/json.hpp>
#include <troupe/net/node/files.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/limits.hpp>

namespace troupe {

caf::expected<std::string> read_text_file(const std::string& path, size_t most) {
  std::error_code failed;
  if (!std::filesystem::exists(path, failed))
    return make_error(ec::not_found, fmt::format("there is no file {}", path));
  if (!std::filesystem::is_regular_file(path, failed))
    return make_error(ec::invalid_argument, path + " is no file");
  std::ifstream file{path, std::ios::binary};
  std::string text(most + 1, '\0');
  if (!file)
    return make_error(ec::invalid_argument, fmt::format("cannot read {}: {}", path, std::strerror(errno)));
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(file.gcount()));
  if (text.size() > most)
    return make_error(ec::invalid_argument, fmt::format("{} has more than {} bytes", path, most));
  return text;
}

caf::error write_text_file(const std::string& path, std::string_view text) {
  std::ofstream file{path, std::ios::binary};
  file.write(text.data(), static_cast<std::streamsize>(text.size()));
  file.close();
  if (!file)
    return make_error(ec::invalid_argument, fmt::format("cannot write {}: {}", path, std::strerror(errno)));
  return {};
}

caf::error read_json_file(const std::string& path, google::protobuf::Message& message) {
  auto text = read_text_file(path, limits::message_bytes);
  if (!text)
    return std::move(text.error());
  if (auto wrong = from_json(*text, message))
    return make_error(code_of(wrong), path + ": " + text_of(wrong));
  return {};
}

caf::error add_fields(const std::vector<std::string>& written,
                      google::protobuf::RepeatedPtrField<Field>& fields) {
  for (auto& pair : written) {
    auto equals = pair.find('=');
    if (equals == std::string::npos || equals == 0)
      return make_error(ec::invalid_argument, fmt::format("the input '{}' is not written name=value", pair));
    auto* field = fields.Add();
    field->set_name(pair.substr(0, equals));
    field->set_value(pair.substr(equals + 1));
  }
  return {};
}

} // namespace troupe
