// Actions: what a behavior may ask its host to do next. Values that describe; nothing happens here.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <troupe/behaviors/task.hpp>
#include <type_traits>

namespace troupe {

class ActionRequest;

/// A durable action with what follows it. Cheap to copy.
///
/// The host journals the result of every action before it continues, under the action's position: actions of
/// a branch count 0, 1, 2, …; argument i of an all_of, any_of or race at 2 is a branch of its own and
/// counts 2.i.0, 2.i.1, … A branch (the task itself is one) ends with finish(), with fail(), or with its last
/// result when nothing follows.
class action {
public:
  /// A step that follows: exactly one of the two is set.
  struct continuation {
    std::function<action(const Task&, const Result&)> on_result;
    std::function<action(const Task&, const caf::error&)> on_error;
  };

  /// An action without continuations. `outcome` is what finish and fail end with.
  action(ActionRequest request, std::vector<action> arguments, std::shared_ptr<const Outcome> outcome);

  /// What comes next if this succeeded: a callable taking (const Result&) or (const Task&, const Result&)
  /// that returns an action. A failure passes it by.
  template <class F>
  action then(F next) const& {
    return action{*this}.with(after_success(std::move(next)));
  }
  template <class F>
  action then(F next) && {
    return std::move(*this).with(after_success(std::move(next)));
  }

  /// What comes next if this, or anything before it in the chain, failed: a callable taking (const
  /// caf::error&) or (const Task&, const caf::error&) that returns an action. A success passes it by.
  template <class F>
  action otherwise(F next) const& {
    return action{*this}.with(after_failure(std::move(next)));
  }
  template <class F>
  action otherwise(F next) && {
    return std::move(*this).with(after_failure(std::move(next)));
  }

  /// Kind, name and arguments, as the host will see them.
  const ActionRequest& request() const;
  /// Arguments of all_of, any_of, race.
  const std::vector<action>& arguments() const;
  /// What finish and fail end with; null for other actions.
  const std::shared_ptr<const Outcome>& outcome() const;
  /// In the order they were attached.
  const std::vector<continuation>& continuations() const {
    return continuations_;
  }

private:
  struct content;
  action with(continuation next) &&;
  template <class F>
  static continuation after_success(F next);
  template <class F>
  static continuation after_failure(F next);

  std::shared_ptr<const content> content_; // null = moved from
  std::vector<continuation> continuations_;
};

/// Bounds of one model call; 0 or nothing means the model's default.
struct model_options {
  int64_t max_tokens = 0;                           ///< of the answer
  std::optional<double> temperature = std::nullopt; ///< >= 0
};

/// Runs a tool, e.g. "fs/read_file". The result's text is what it printed or returned.
action call_tool(std::string name, std::vector<argument> arguments = {});

/// Asks a model by its registered name. The result's text is its answer.
action call_model(std::string name, std::string prompt, model_options options = {});

/// Gives a task to an agent with this capability. The result is the task's.
action call_agent(std::string capability, std::vector<argument> inputs = {});

/// Asks a person or a group and waits, for days if need be. The result's text is the answer.
action ask_human(std::string who, std::string question);

/// Waits; survives restarts. A negative duration counts as 0.
action sleep_for(std::chrono::milliseconds duration);

/// All at once. Ends when all have ended; fails with the first failure in argument order. parts() of the
/// result are in argument order.
action all_of(std::vector<action> arguments);

/// All at once; the first success wins and the others are abandoned. Fails when all have failed.
action any_of(std::vector<action> arguments);

/// All at once; the first to end wins, whether it succeeded or failed, and the others are abandoned.
action race(std::vector<action> arguments);

/// A mark in the journal: a later attempt continues behind the last one instead of starting over. The
/// result's text is `data`.
action checkpoint(std::string data = {});

/// Ends the branch with a result and skips what would have followed.
action finish(std::string text = {});

/// Ends the branch with a result obtained earlier, parts included.
action finish(const Result& result);

/// Ends the branch with a failure, unless an otherwise() encloses it.
action fail(ec code, std::string text);

/// Same, with a failure obtained earlier.
action fail(const caf::error& error);

/// An action in words, e.g. `call_tool 'fs/read_file'`.
std::string action_name(const ActionRequest& request);

template <class F>
action::continuation action::after_success(F next) {
  static_assert(std::is_copy_constructible_v<F>,
                "a continuation must be copyable: capture shared_ptr, not unique_ptr");
  if constexpr (std::is_invocable_r_v<action, F&, const Task&, const Result&>) {
    return {std::move(next), nullptr};
  } else {
    static_assert(std::is_invocable_r_v<action, F&, const Result&>,
                  "then() takes (const Result&) or (const Task&, const Result&) and returns an action");
    return {[next = std::move(next)](const Task&, const Result& result) mutable -> action {
              return next(result);
            },
            nullptr};
  }
}

template <class F>
action::continuation action::after_failure(F next) {
  static_assert(std::is_copy_constructible_v<F>,
                "a continuation must be copyable: capture shared_ptr, not unique_ptr");
  if constexpr (std::is_invocable_r_v<action, F&, const Task&, const caf::error&>) {
    return {nullptr, std::move(next)};
  } else {
    static_assert(
        std::is_invocable_r_v<action, F&, const caf::error&>,
        "otherwise() takes (const caf::error&) or (const Task&, const caf::error&) and returns an action");
    return {nullptr, [next = std::move(next)](const Task&, const caf::error& error) mutable -> action {
              return next(error);
            }};
  }
}

} // namespace troupe
