// JSON from outside fills a definition or is refused with text; what was filled survives another round.
#include <troupe/net/api/json.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/messages.hpp>
#include <troupe/runtime/proto/workflow.pb.h>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  troupe::WorkflowDefinition first, second;
  if (auto refused = troupe::from_json({reinterpret_cast<const char*>(data), size}, first)) {
    troupe::ensure(!troupe::text_of(refused).empty(), "a refusal has a text");
    return 0;
  }
  auto printed = troupe::to_json(first);
  troupe::ensure(!troupe::from_json(printed, second), "what we print we read");
  troupe::ensure(troupe::to_json(second) == printed, "a second round changes nothing");
  return 0;
}
