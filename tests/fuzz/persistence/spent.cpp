// Bytes from a damaged disk are marks or refused; marks that were read are written the same.
#include <troupe/persistence/spent_marks.hpp>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view stored{reinterpret_cast<const char*>(data), size};
  static const std::string key(32, 'k');
  if (auto content = troupe::decode_spent(stored, key))
    troupe::ensure(*troupe::decode_spent(troupe::encode(*content, key), key) == *content,
                   "marks are what was read");
  return 0;
}
