// Bytes from a damaged disk open under no key, and lines of a key ring are read as they are written or not at all.
#include <troupe/persistence/key_set.hpp>
#include <troupe/persistence/seal.hpp>
#include <troupe/runtime/error.hpp>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view stored{reinterpret_cast<const char*>(data), size};
  std::string out;
  troupe::data_key key{troupe::sealing_key_of(stored).value_or(1), {}};
  troupe::ensure(!troupe::open_value(out, troupe::space::journal, "key", stored, key),
                 "nobody has sealed this");
  troupe::ensure(!troupe::open_bytes(out, "context", stored, key), "nobody has sealed this");
  if (auto keys = troupe::key_set::from_lines(stored)) {
    auto again = troupe::key_set::from_lines(keys->lines());
    troupe::ensure(again && again->lines() == keys->lines(), "a key set is what was read");
  }
  return 0;
}
