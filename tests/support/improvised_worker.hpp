// A worker without a network: says what a test wants, and keeps what it is told.
#pragma once

#include <optional>
#include <troupe/net/worker/session.hpp>
#include <troupe/net/worker/worker_line.hpp>
#include <vector>

namespace troupe {

/// A line that keeps everything. What it is told counts as written when the test says so: read() or say().
struct improvised_worker final : worker_line {
  std::shared_ptr<worker_session> session; ///< set by the test
  std::optional<WorkerWelcome> welcome;
  std::vector<WorkerTask> tasks;
  std::vector<std::string> cancelled;
  std::vector<uint32_t> kept;
  std::vector<WorkerRefusal> refusals;
  std::optional<std::string> drained;
  std::optional<caf::error> ended;
  size_t messages = 0;
  bool on_its_way = false;

  void send(ToWorker&& message) override {
    ensure(!on_its_way, "one message at a time");
    on_its_way = true;
    ++messages;
    if (message.has_welcome())
      welcome = message.welcome();
    tasks.insert(tasks.end(), message.tasks().begin(), message.tasks().end());
    for (auto& one : message.cancels())
      cancelled.push_back(one.lease());
    for (auto& one : message.kept())
      kept.push_back(one.number());
    refusals.insert(refusals.end(), message.refusals().begin(), message.refusals().end());
    if (message.has_drain())
      drained = message.drain().reason();
  }
  void end(const caf::error& why) override {
    if (!ended)
      ended = why;
  }

  /// Takes all that waits for it.
  void read() {
    while (std::exchange(on_its_way, false))
      session->written();
  }
  void say(FromWorker message) {
    session->received(message);
    read();
  }
  void greet(const std::string& name, const std::vector<std::string>& capabilities, uint32_t slots = 2,
             const std::string& version = "1") {
    FromWorker message;
    message.mutable_hello()->set_name(name);
    for (auto& one : capabilities)
      message.mutable_hello()->add_capabilities(one);
    message.mutable_hello()->set_slots(slots);
    message.mutable_hello()->set_version(version);
    say(std::move(message));
  }
  void answer(const std::string& lease, const std::string& text) {
    FromWorker message;
    message.add_results()->set_lease(lease);
    message.mutable_results(0)->set_text(text);
    say(std::move(message));
  }
  void fail(const std::string& lease, WorkerFailureKind kind, const std::string& text) {
    FromWorker message;
    message.add_results()->set_lease(lease);
    message.mutable_results(0)->mutable_failure()->set_kind(kind);
    message.mutable_results(0)->mutable_failure()->set_text(text);
    say(std::move(message));
  }
  void mark(const std::string& lease, const std::string& data) {
    FromWorker message;
    message.add_checkpoints()->set_lease(lease);
    message.mutable_checkpoints(0)->set_data(data);
    say(std::move(message));
  }
};

} // namespace troupe
