// CLIENT: the simulated door of people and programs. Commands are repeated, doubled and reordered under their ids until they
// are answered; what is answered is held against what is durable.
#pragma once

#include <tests/simulator/stage.hpp>

namespace troupe {

/// Everybody who sends commands. Laws it checks:
///   same      a command id is answered the same
///   durable   an answer shows only what is on disk, and everything that was answered before
///   answered  every command and question is answered in the end
class client {
public:
  explicit client(stage& where) : at_{where} {}

  /// Sends a command under a new id, and again until it is answered. `then` hears the first answer.
  template <class Reply, proto_message M>
  void command(const std::string& ref, M message, std::function<void(const Reply&)> then = {}) {
    auto id = at_.ids.next(at_.time->now_ms());
    message.mutable_context()->set_command_id(id);
    at_.tell(fmt::format("send {} to {} as {}: {}", M::descriptor()->name(), ref, id, to_log_text(message)));
    auto& one = commands_[id];
    one.ref = ref;
    one.acts = std::is_same_v<M, AccountDeposit> || std::is_same_v<M, AccountAlarm>;
    one.send = [=, this] {
      at_.post<Reply>(ref, message, [=, this](caf::expected<Reply> reply) {
        if (!reply)
          return refused(id, reply.error());
        if constexpr (std::is_same_v<Reply, AccountSeen>)
          check(ref, *reply, 0); // a repeated command is answered as it was then
        if (answered(id, reply->SerializeAsString()) && then)
          then(*reply);
      });
    };
    one.send();
    if (at_.pick(4) == 0) // doubled on its way
      at_.later(std::chrono::milliseconds{at_.pick(3000)}, one.send);
  }

  /// Sends some old command again, as after a lost answer.
  void again();
  /// Sends a note to an account.
  void nudge(const std::string& ref);
  /// Asks an account, a task or a run how it stands.
  void ask_state(const std::string& ref);
  /// Same, when all is at rest: the answer must be the newest there is.
  void ask_last_state(const std::string& ref);
  /// The node has come up again: whatever is open is sent again.
  void reconnect();
  /// Commands that were not answered yet.
  size_t open() const;
  /// Sends everything that is open again; objects to what will not be answered when `last`.
  void insist(bool last);

  /// Was this one cancelled by somebody?
  std::set<std::string> cancelled;

private:
  struct sent {
    std::string ref;
    std::function<void()> send;
    bool acts = false;     // it makes an event
    bool answered = false; // with an answer or a refusal that stands
    bool refused = false;
    std::string answer;
  };
  uint64_t look(const std::string& ref) const;
  void check(const std::string& ref, const AccountSeen& seen, uint64_t at_least);
  bool answered(const std::string& id, const std::string& bytes);
  void refused(const std::string& id, const caf::error& why);
  void ask(const std::string& ref, bool newest);

  stage& at_;
  std::map<std::string, sent> commands_; // by id
  std::map<std::string, uint64_t> seen_; // events of an account that somebody was told of
};

} // namespace troupe
