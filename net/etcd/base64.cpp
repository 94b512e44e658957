// BASE64.

#include <sodium.h>
#include <troupe/net/etcd/base64.hpp>

namespace troupe::etcd {
namespace {

constexpr auto variant = sodium_base64_VARIANT_ORIGINAL;

} // namespace

std::string to_base64(std::string_view bytes) {
  std::string text(sodium_base64_encoded_len(bytes.size(), variant), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                    bytes.size(), variant);
  text.pop_back(); // the zero
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  std::string bytes(text.size() / 4 * 3 + 3, '\0');
  size_t size = 0;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(),
                        text.size(), nullptr, &size, nullptr, variant) != 0)
    return {};
  bytes.resize(size);
  return bytes;
}

} // namespace troupe::etcd
