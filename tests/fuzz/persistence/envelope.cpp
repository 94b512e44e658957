// Bytes from a damaged disk are an envelope or nothing; an envelope that was read is written the same.
#include <troupe/persistence/keys.hpp>
#include <troupe/runtime/error.hpp>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view stored{reinterpret_cast<const char*>(data), size};
  std::string_view payload;
  if (auto header = troupe::unwrap(stored, payload))
    troupe::ensure(troupe::wrap(*header, payload) == stored, "an envelope is what was read");
  return 0;
}
