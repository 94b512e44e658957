// ACTION: values that say what to do next.
// Invariant: what an action asks for never changes once it is made; copies share it.

#include <algorithm>
#include <fmt/format.h>
#include <troupe/behaviors/action.hpp>
#include <troupe/runtime/proto/workflow.pb.h>

namespace troupe {

struct action::content {
  ActionRequest request;
  std::vector<action> arguments;
  std::shared_ptr<const Outcome> outcome;
};

namespace {

ActionRequest request_of(ActionKind kind, std::string name, std::vector<argument> arguments = {}) {
  std::stable_sort(arguments.begin(), arguments.end(),
                   [](const argument& a, const argument& b) { return a.name < b.name; });
  ActionRequest request;
  request.set_kind(kind);
  request.set_name(std::move(name));
  for (auto& each : arguments) {
    auto* field = request.add_arguments();
    field->set_name(std::move(each.name));
    field->set_value(std::move(each.text));
  }
  return request;
}

action leaf(ActionKind kind, std::string name, std::vector<argument> arguments = {}) {
  return {request_of(kind, std::move(name), std::move(arguments)), {}, nullptr};
}

action ending(ActionKind kind, std::shared_ptr<const Outcome> outcome) {
  return {request_of(kind, {}), {}, std::move(outcome)};
}

} // namespace

action::action(ActionRequest request, std::vector<action> arguments, std::shared_ptr<const Outcome> outcome)
    : content_{std::make_shared<const content>(
          content{std::move(request), std::move(arguments), std::move(outcome)})} {}

action action::with(continuation next) && {
  continuations_.push_back(std::move(next));
  return std::move(*this);
}

const ActionRequest& action::request() const {
  ensure(content_ != nullptr, "a behavior returns an action that was not moved from");
  return content_->request;
}

const std::vector<action>& action::arguments() const {
  return content_->arguments;
}

const std::shared_ptr<const Outcome>& action::outcome() const {
  return content_->outcome;
}

action call_tool(std::string name, std::vector<argument> arguments) {
  return leaf(ACTION_TOOL, std::move(name), std::move(arguments));
}

action call_model(std::string name, std::string prompt, model_options options) {
  std::vector<argument> arguments{{"prompt", std::move(prompt)}};
  if (options.max_tokens > 0)
    arguments.push_back({"max_tokens", std::to_string(options.max_tokens)});
  if (options.temperature)
    arguments.push_back({"temperature", fmt::format("{}", *options.temperature)});
  return leaf(ACTION_MODEL, std::move(name), std::move(arguments));
}

action call_agent(std::string capability, std::vector<argument> inputs) {
  return leaf(ACTION_AGENT, std::move(capability), std::move(inputs));
}

action ask_human(std::string who, std::string question) {
  return leaf(ACTION_HUMAN, std::move(who), {{"question", std::move(question)}});
}

action sleep_for(std::chrono::milliseconds duration) {
  auto request = request_of(ACTION_SLEEP, {});
  request.set_duration_ms(std::max<int64_t>(duration.count(), 0));
  return {std::move(request), {}, nullptr};
}

action all_of(std::vector<action> arguments) {
  return {request_of(ACTION_ALL_OF, {}), std::move(arguments), nullptr};
}

action any_of(std::vector<action> arguments) {
  return {request_of(ACTION_ANY_OF, {}), std::move(arguments), nullptr};
}

action race(std::vector<action> arguments) {
  return {request_of(ACTION_RACE, {}), std::move(arguments), nullptr};
}

action checkpoint(std::string data) {
  return leaf(ACTION_CHECKPOINT, {}, {{"data", std::move(data)}});
}

action finish(std::string text) {
  auto outcome = std::make_shared<Outcome>();
  outcome->set_text(std::move(text));
  return ending(ACTION_FINISH, std::move(outcome));
}

action finish(const Result& result) {
  return ending(ACTION_FINISH, result.outcome());
}

action fail(ec code, std::string text) {
  auto outcome = std::make_shared<Outcome>();
  outcome->mutable_failure()->set_code(static_cast<uint32_t>(code));
  outcome->mutable_failure()->set_text(std::move(text));
  return ending(ACTION_FAIL, std::move(outcome));
}

action fail(const caf::error& error) {
  ensure(static_cast<bool>(error), "fail() is given an error that is one");
  return fail(code_of(error), text_of(error));
}

std::string action_name(const ActionRequest& request) {
  static constexpr std::string_view words[] = {"finish",     "fail",      "call_tool", "call_model",
                                               "call_agent", "ask_human", "sleep_for", "checkpoint",
                                               "all_of",     "any_of",    "race"};
  auto kind = static_cast<size_t>(request.kind());
  std::string text{kind < std::size(words) ? words[kind] : "an action of a newer version"};
  if (!request.name().empty())
    text += " '" + request.name() + "'";
  return text;
}

} // namespace troupe
