// TOOLBOX: the in-process tools of a node, by name.
#pragma once

#include <caf/expected.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <troupe/actors/agent/gates.hpp>
#include <troupe/actors/agent/gathering.hpp>
#include <troupe/behaviors/task.hpp>
#include <troupe/runtime/limits.hpp>
#include <troupe/runtime/proto/workflow.pb.h>

namespace troupe {

/// What a tool is given.
class tool_call {
public:
  explicit tool_call(const ActionRequest& request) : request_{request} {}
  /// An argument by name; empty if there is none.
  std::string_view argument(std::string_view name) const;
  const ActionRequest& request() const {
    return request_;
  }

private:
  const ActionRequest& request_;
};

/// One call of a tool that is done elsewhere, as its agent tells of it.
struct call_elsewhere {
  std::string agent;            ///< id
  std::string lease;            ///< of the attempt: the same for all its calls, and for nothing else
  const Task& task;             ///< valid until `start` returns
  const ActionRequest& request; ///< likewise
  int64_t timeout_ms = 0;       ///< what is left of the attempt
  std::string trace;            ///< of what caused it
  /// Takes the outcome, once, from any thread. A failure ec::no_agent says that nobody there has begun it: the attempt is left
  /// to other agents, as it is.
  std::function<void(Outcome)> answer;
};

/// A function an agent may call. It runs on a worker thread, so it may block and compute.
struct tool {
  std::string name; ///< e.g. "fs/read_file"; a model is the tool "model/<name>" with the argument `prompt`
  std::string description; ///< one sentence
  /// The answer, or why there is none. Exceptions count as ec::tool_failed with their text.
  std::function<caf::expected<std::string>(const tool_call& call)> run;
  /// May it be done again when a crash leaves it unknown whether it was done? If not, its intent is journaled first, and after
  /// such a crash the action fails with ec::outcome_unknown instead of being repeated.
  bool repeatable = false;
  gate_options policies = {}; ///< what the agents of this node keep to when they call it
  /// A call that has not answered for this long, waiting for its turn included, fails with ec::timeout. The
  /// function is not stopped, and keeps its thread and its place until it returns.
  std::chrono::milliseconds timeout = limits::tool_timeout;
  /// Does several calls at once: an answer for each, in their order. If it is set, calls are gathered as `batch` says, and `run` is
  /// not used.
  std::function<std::vector<caf::expected<std::string>>(const std::vector<tool_call>& calls)> run_many = {};
  batch_options batch = {};
  /// Has the call done elsewhere, at once and without blocking. If it is set, the call is repeatable, may take as long as its attempt,
  /// and passes no policies. What it gives the attempt keeps, the same for each call if there are several: when that is destroyed,
  /// nobody waits any more.
  std::function<std::shared_ptr<void>(call_elsewhere call)> start = {};
};

/// Tools by name. Filled before the node starts, then read by all threads.
class toolbox {
public:
  /// No tool gets a longer timeout than `longest`.
  explicit toolbox(std::chrono::milliseconds longest = limits::tool_timeout_longest) : longest_{longest} {}

  /// Adds or replaces a tool.
  void add(tool one);
  const tool* find(std::string_view name) const;
  /// The gate all calls of a tool pass through.
  gate& gate_of(const tool& one) const {
    return *gates_.at(one.name);
  }
  /// Where its calls wait for each other; null unless it does several at once.
  gathering* gathering_of(const tool& one) const;
  /// Runs a tool and turns whatever happens into outcomes, one for each request; more than one only if it does several at once.
  static std::vector<Outcome> run(const tool& one, const std::vector<const ActionRequest*>& requests);

private:
  std::chrono::milliseconds longest_;
  std::map<std::string, tool, std::less<>> tools_;
  std::map<std::string, std::shared_ptr<gate>> gates_;
  std::map<std::string, std::shared_ptr<gathering>> gatherings_;
};

} // namespace troupe
