// What arrives in headers and names: whatever is read is printed as it was.
#include <troupe/runtime/directory.hpp>
#include <troupe/runtime/id.hpp>
#include <troupe/runtime/trace.hpp>
#include <troupe/runtime/utf8.hpp>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text{reinterpret_cast<const char*>(data), size};
  troupe::time_of_id(text);
  if (auto name = troupe::parse_ref(text))
    troupe::ensure(to_string(*name) == text, "a ref is what was read");
  if (auto place = troupe::parse_trace(text); place && text.starts_with("00"))
    troupe::ensure(troupe::parse_trace(to_string(*place)) == place, "a trace is what was read");
  auto clean = troupe::clean_utf8(text);
  troupe::ensure(troupe::clean_utf8(clean) == clean, "clean text stays as it is");
  troupe::ensure(troupe::cut_utf8(clean, size / 2).size() <= size / 2, "a cut is as short as asked");
  return 0;
}
