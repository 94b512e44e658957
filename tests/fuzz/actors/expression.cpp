// Any source is an expression or refused with text; an expression gives the same bytes for a document twice, or the same refusal.
#include <troupe/actors/workflow/expression.hpp>
#include <troupe/runtime/error.hpp>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view all{reinterpret_cast<const char*>(data), size};
  auto source = all.substr(0, all.find('\0')); // what follows is the document
  auto json = source.size() == all.size() ? std::string_view{"{\"a\":[1,\"x\",null]}"}
                                          : all.substr(source.size() + 1);
  auto compiled = troupe::expression::compile(source);
  if (!compiled) {
    troupe::ensure(!troupe::text_of(compiled.error()).empty(), "a refusal has a text");
    return 0;
  }
  troupe::named_json scope[] = {{"inputs", "", json}};
  auto first = compiled->evaluate(scope), second = compiled->evaluate(scope);
  troupe::ensure(first ? second && *first == *second
                       : !second && troupe::text_of(first.error()) == troupe::text_of(second.error()),
                 "equal documents give equal bytes");
  return 0;
}
