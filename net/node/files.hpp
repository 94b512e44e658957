// FILES: definitions and requests as people write them.
#pragma once

#include <caf/error.hpp>
#include <caf/expected.hpp>
#include <google/protobuf/message.h>
#include <string>
#include <string_view>
#include <troupe/runtime/proto/common.pb.h>
#include <vector>

namespace troupe {

/// What is in a file of at most so many bytes. Errors: ec::not_found, ec::invalid_argument; both name the file.
caf::expected<std::string> read_text_file(const std::string& path, size_t most);

/// Writes a file, in the place of what was there. Error: ec::invalid_argument, which names it.
caf::error write_text_file(const std::string& path, std::string_view text);

/// Fills a message from a JSON file; see from_json(). Errors: ec::not_found, ec::invalid_argument; both name
/// the file.
caf::error read_json_file(const std::string& path, google::protobuf::Message& message);

/// Adds fields written `name=value`. Error: ec::invalid_argument.
caf::error add_fields(const std::vector<std::string>& written,
                      google::protobuf::RepeatedPtrField<Field>& fields);

} // namespace troupe
