// TOOLBOX: tools by name, and how their ends become outcomes.

#include <algorithm>
#include <fmt/format.h>
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
  gatherings_.erase(name);
  if (one.run_many)
    gatherings_[name] = std::make_shared<gathering>(one.batch);
  gates_[name] = std::make_shared<gate>(name, one.policies);
  tools_[std::move(name)] = std::move(one);
}

const tool* toolbox::find(std::string_view name) const {
  auto i = tools_.find(name);
  return i == tools_.end() ? nullptr : &i->second;
}

gathering* toolbox::gathering_of(const tool& one) const {
  auto i = gatherings_.find(one.name);
  return i == gatherings_.end() ? nullptr : i->second.get();
}

std::vector<Outcome> toolbox::run(const tool& one, const std::vector<const ActionRequest*>& requests) {
  std::vector<Outcome> outcomes(requests.size());
  auto fail_all = [&](const std::string& text) {
    for (auto& outcome : outcomes) {
      outcome.mutable_failure()->set_code(static_cast<uint32_t>(ec::tool_failed));
      outcome.mutable_failure()->set_text(text);
    }
  };
  std::vector<tool_call> calls;
  for (auto* request : requests)
    calls.emplace_back(*request);
  try {
    std::vector<caf::expected<std::string>> answers;
    if (one.run_many)
      answers = one.run_many(calls);
    else
      answers.push_back(one.run(calls.front()));
    if (answers.size() != calls.size()) {
      fail_all(fmt::format("{} gave {} answers to {} calls", one.name, answers.size(), calls.size()));
      return outcomes;
    }
    for (size_t i = 0; i < answers.size(); ++i)
      if (answers[i])
        outcomes[i].set_text(std::move(*answers[i]));
      else
        *outcomes[i].mutable_failure() = to_failure(answers[i].error());
  } catch (const std::exception& e) {
    fail_all(one.name + " threw: " + e.what());
  } catch (...) {
    fail_all(one.name + " threw something that is no std::exception");
  }
  return outcomes;
}

} // namespace troupe
