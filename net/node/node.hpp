// NODE: the whole tree from a configuration; what programs embed.
#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <troupe/actors/spawn.hpp>
#include <troupe/behaviors/behavior.hpp>
#include <troupe/runtime/config.hpp>
#include <troupe/runtime/proto/run.pb.h>

namespace troupe {

/// One node: a store, a supervision tree, agents. A process may hold several, each on its own data directory.
///
///   troupe::node node{argc, argv};
///   node.behaviors().add<greeter>();
///   auto result = node.run("text.greet", "world");
///
/// Behaviors and tools are added before the first call that starts the node. For every behavior an agent of the same name is
/// registered at start, unless there is one.
class node {
public:
  /// The data directory is `--data DIR` of the command line, else ./troupe-data; no port is opened.
  node(int argc, char** argv);
  /// The laboratory is for tests; see store_options.
  explicit node(config settings, std::shared_ptr<const store_laboratory> laboratory = nullptr);
  /// Stops the tree: children in reverse order, the journal last.
  ~node();
  node(const node&) = delete;
  node& operator=(const node&) = delete;

  /// What its agents can be made of; filled before the node starts.
  behavior_registry& behaviors();
  /// What they can call; filled before the node starts.
  toolbox& tools();

  /// Opens the store, brings up the tree and lets workers in, if [worker_api] says so; done by the calls below if need be. Errors: those of open_rocksdb().
  caf::error start();

  /// Also listens on the control socket (see net/api/control.hpp). Errors: ec::unavailable, ec::permission_denied.
  caf::error listen();

  /// Ready when the tree has given up (its root restarted children too often), with the reason: nothing is done any more.
  const std::shared_future<caf::error>& end() const;

  /// The port on which workers connect; 0 if it does not listen for them.
  int worker_port() const;

  /// What its actors share, for programs that speak to them or bring their own. Null before the start.
  const doors_ptr& outside() const;

  /// Runs one task to its end: the input `text` for whoever can `capability`. Waits at most `patience`.
  caf::expected<Result> run(const std::string& capability, const std::string& text,
                            std::chrono::milliseconds patience = limits::task_timeout);

  /// Starts a workflow under an id; the same id again finds the run that exists, and goes on with it. Gives the run's ref.
  caf::expected<std::string> start_run(const std::string& id, const WorkflowDefinition& definition,
                                       const std::vector<argument>& inputs);

  /// How a run stands. Errors: ec::not_found, ec::unavailable (the node has not been started).
  caf::expected<RunState> describe_run(const std::string& ref) const;

  /// Waits for the end of a run. Errors: ec::timeout, ec::not_found, ec::unavailable.
  caf::expected<RunState> await_run(const std::string& ref, std::chrono::milliseconds patience);

  /// Prints a failure to standard error and gives the exit code for it.
  int complain(const caf::error& reason) const;

  /// What the node was started with.
  const config& settings() const;

private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

} // namespace troupe
