// TOOLBOX: tools by name, and how their ends become outcomes.

#include <algorithm>
#include <troupe/actors/agent/toolbox.hpp>
#include <troupe/runtime/error.hpp>

namespace troupe {

std::string_view tool_call::argument(std::string_view name) const {
  for (auto& field : request_.arguments())
    if (field.name() == name)
      return field.value();
  return {};
}

void toolbox::add(tool one) {
  auto name = one.name;
  one.timeout = std::min(one.timeout, longest_);
  gates_[name] = std::make_shared<gate>(name, one.policies);
  tools_[std::move(name)] = std::move(one);
}

const tool* toolbox::find(std::string_view name) const {
  auto i = tools_.find(name);
  return i == tools_.end() ? nullptr : &i->second;
}

Outcome toolbox::run(const tool& one, const ActionRequest& request) {
  Outcome outcome;
  auto fail = [&](ec code, std::string text) {
    outcome.mutable_failure()->set_code(static_cast<uint32_t>(code));
    outcome.mutable_failure()->set_text(std::move(text));
  };
  try {
    auto answer = one.run(tool_call{request});
    if (answer)
      outcome.set_text(std::move(*answer));
    else
      fail(code_of(answer.error()), text_of(answer.error()));
  } catch (const std::exception& e) {
    fail(ec::tool_failed, one.name + " threw: " + e.what());
  } catch (...) {
    fail(ec::tool_failed, one.name + " threw something that is no std::exception");
  }
  return outcome;
}

} // namespace troupe
