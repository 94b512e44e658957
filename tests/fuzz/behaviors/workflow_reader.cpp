// Any bytes are a definition or a problem with text; what is read is printed in both forms and read again as the same.
#include <troupe/behaviors/workflow_form.hpp>
#include <troupe/behaviors/workflow_reader.hpp>
#include <troupe/runtime/error.hpp>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text{reinterpret_cast<const char*>(data), size};
  troupe::read_block(text);
  auto read = troupe::read_workflow(text);
  for (auto& problem : read.problems)
    troupe::ensure(!problem.text.empty(), "a problem has a text");
  if (!read.problems.empty())
    return 0;
  auto hash = troupe::content_hash(read.definition);
  for (auto& form : {troupe::to_yaml(read.definition), troupe::to_json(read.definition)}) {
    auto again = troupe::read_workflow(form);
    troupe::ensure(again.problems.empty(), "what is printed is read");
    troupe::ensure(troupe::content_hash(again.definition) == hash, "it is read as the same");
  }
  return 0;
}
