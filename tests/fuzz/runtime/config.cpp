// Any bytes are a configuration or a refusal with text; what is read is written as JSON without harm.
#include <troupe/runtime/config.hpp>
#include <troupe/runtime/error.hpp>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto read = troupe::parse_config({reinterpret_cast<const char*>(data), size}, "fuzz.toml");
  if (read)
    troupe::config_to_json(*read);
  else
    troupe::ensure(!troupe::text_of(read.error()).empty(), "a refusal has a text");
  return 0;
}
