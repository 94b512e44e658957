// WORKFLOW EXPORT: JSON around the exact bytes of a definition.
// Invariant: what is read is what was signed: nothing that the signature does not cover is believed.

#include <algorithm>
#include <fmt/format.h>
#include <sodium.h>
#include <troupe/behaviors/workflow_form.hpp>
#include <troupe/net/api/json.hpp>
#include <troupe/net/node/files.hpp>
#include <troupe/net/node/signing_key.hpp>
#include <troupe/net/node/workflow_export.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/limits.hpp>
#include <troupe/runtime/proto/catalog.pb.h>
#include <troupe/runtime/workflow_limits.hpp>

namespace troupe {
namespace {

constexpr uint32_t newest_format = 1;
constexpr auto base64 = sodium_base64_VARIANT_ORIGINAL;

// A signature for this is one for nothing else.
std::string signed_content(uint32_t format, std::string_view definition) {
  return fmt::format("troupe.SignedWorkflow/{}\n{}", format, definition);
}

std::string encode(std::string_view bytes) {
  std::string text(sodium_base64_encoded_len(bytes.size(), base64), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                    bytes.size(), base64);
  text.pop_back(); // the final zero
  return text;
}

std::optional<std::string> decode(const std::string& text) {
  std::string bytes(text.size(), '\0');
  size_t size = 0;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(),
                        text.size(), nullptr, &size, nullptr, base64) != 0)
    return {};
  bytes.resize(size);
  return bytes;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

caf::error no_export(std::string_view why) {
  return make_error(
      ec::invalid_argument,
      fmt::format("it is no exported workflow: {}; `troupe workflow export NAME --key FILE --out FILE` "
                  "makes one",
                  why));
}

} // namespace

caf::expected<std::string> export_workflow(const WorkflowDefinition& definition,
                                           const std::string& key_file) {
  auto bytes = definition.SerializeAsString();
  auto mark = sign_with(key_file, signed_content(newest_format, bytes));
  if (!mark)
    return std::move(mark.error());
  SignedWorkflow out;
  out.set_format(newest_format);
  out.set_name(definition.name());
  out.set_definition(encode(bytes));
  out.set_hash(content_hash(definition));
  out.set_signer(mark->signer);
  out.set_signature(mark->signature);
  return to_json(out) + "\n";
}

caf::expected<imported_workflow> import_workflow(std::string_view text) {
  SignedWorkflow in;
  if (auto wrong = from_json(text, in))
    return no_export(text_of(wrong));
  if (in.format() > newest_format)
    return make_error(ec::from_future,
                      fmt::format("it is written in format {}, and this version reads up to {}; use a "
                                  "newer one",
                                  in.format(), newest_format));
  if (in.format() == 0)
    return no_export("it names no format");
  auto bytes = decode(in.definition());
  if (!bytes)
    return no_export("its definition is no base64");
  if (bytes->size() > limits::definition_bytes)
    return no_export(fmt::format("its definition has {} bytes, and {} are allowed", bytes->size(),
                                 limits::definition_bytes));
  if (!is_signed({in.signer(), in.signature()}, signed_content(in.format(), *bytes)))
    return make_error(ec::invalid_argument,
                      "its signature does not fit: it was changed after it was signed; get it "
                      "again from whoever signed it");
  imported_workflow read{{}, lower(in.hash()), lower(in.signer())};
  auto whole = read.definition.ParseFromString(*bytes) && read.definition.SerializeAsString() == *bytes;
  if (!whole || content_hash(read.definition) != read.hash || read.definition.name() != in.name())
    return make_error(ec::invalid_argument,
                      "its parts do not fit together: it was changed, or signed by a newer "
                      "version; get it again from whoever signed it");
  return read;
}

caf::expected<std::vector<std::string>> trusted_keys(const std::vector<std::string>& words) {
  std::vector<std::string> keys;
  for (auto& word : words) {
    if (is_public_key(word)) {
      keys.push_back(lower(word));
      continue;
    }
    auto text = read_text_file(word, limits::token_file_bytes);
    if (!text)
      return make_error(code_of(text.error()),
                        fmt::format("'{}' is neither a public key, 64 hex digits, nor a file with some: {}",
                                    word, text_of(text.error())));
    size_t number = 0;
    for (std::string_view rest = *text; !rest.empty();) {
      auto end = std::min(rest.find('\n'), rest.size());
      auto line = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      ++number;
      line = line.substr(0, line.find('#'));
      constexpr std::string_view blank = " \t\r";
      line.remove_prefix(std::min(line.find_first_not_of(blank), line.size()));
      line = line.substr(0, line.find_last_not_of(blank) + 1);
      if (line.empty())
        continue;
      if (!is_public_key(line))
        return make_error(ec::invalid_argument,
                          fmt::format("{}:{}: a public key is written as 64 hex digits", word, number));
      keys.push_back(lower(std::string{line}));
    }
  }
  return keys;
}

} // namespace troupe
