// A deterministic house for tests: virtual clock, memory store, crashes on demand. Include after CAF_SUITE is defined.
#pragma once

#define FAIL CAF_FAIL // CAF 0.17.6 uses it without defining it
#include <caf/test/dsl.hpp>
#include <optional>
#include <tests/support/life.hpp>
#include <tests/support/probe.hpp>

namespace troupe {

/// A node with the kinds a test asks for, over a store that outlives its crashes.
struct house {
  explicit house(life::wiring wire = {}) : wire_{std::move(wire)} {
    start();
  }
  virtual ~house() = default;

  /// Brings the node up over what the store holds.
  void start() {
    node.emplace(rows, time, ++lives, wire_, twins{}, objects);
  }

  /// Power cut between two steps, then a new life.
  void crash_and_recover() {
    node.reset();
    rows->crash();
    start();
  }

  /// Asks the actor behind a ref and runs until it has answered or nothing moves any more.
  template <class Reply, proto_message M>
  caf::expected<Reply> ask(const std::string& ref, M message, std::chrono::milliseconds patience = {}) {
    auto result = std::make_shared<caf::expected<Reply>>(make_error(ec::timeout, "no answer"));
    post<Reply>(ref, std::move(message),
                [result](caf::expected<Reply> answer) { *result = std::move(answer); });
    node->settle();
    if (patience.count() > 0)
      node->advance(patience);
    return *result;
  }

  /// Same, and the test fails unless the answer is a Reply.
  template <class Reply, proto_message M>
  Reply request(const std::string& ref, M message, std::chrono::milliseconds patience = {}) {
    auto answer = ask<Reply>(ref, std::move(message), patience);
    if (!answer)
      CAF_FAIL("refused: " << describe(answer.error()));
    return std::move(*answer);
  }

  /// Same, and the test fails unless it is refused; returns the code.
  template <class Reply, proto_message M>
  ec refusal(const std::string& ref, M message, std::chrono::milliseconds patience = {}) {
    auto answer = ask<Reply>(ref, std::move(message), patience);
    if (answer)
      CAF_FAIL("answered: " << to_log_text(*answer));
    return code_of(answer.error());
  }

  /// Asks without running anything; `then` is called when the answer comes.
  template <class Reply, proto_message M>
  void post(const std::string& ref, M message, std::function<void(caf::expected<Reply>)> then) {
    node->system().spawn([=, names = node->outside()->names,
                          root = node->root()](caf::event_based_actor* self) {
      house_rules(self);
      self->link_to(root);
      troupe::ask<Reply>(self, *names, ref, std::chrono::hours{24}, message)
          .then([=](const Reply& reply) { then(reply); }, [=](const caf::error& reason) { then(reason); });
    });
  }

  /// A command id made now.
  std::string command_id() {
    return ids.next(time->now_ms());
  }

  std::shared_ptr<memory_store> rows = open_memory(1);
  std::shared_ptr<memory_objects> objects = std::make_shared<memory_objects>(rows->naming_key());
  std::shared_ptr<virtual_clock> time = std::make_shared<virtual_clock>();
  id_source ids{42};
  std::optional<life> node;
  uint64_t lives = 0;

private:
  life::wiring wire_;
};

} // namespace troupe
