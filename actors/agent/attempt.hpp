// ATTEMPT: one agent's attempt at one task: does what the behavior asks for, in the order that makes it durable.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <troupe/actors/agent/toolbox.hpp>
#include <troupe/behaviors/execution.hpp>
#include <troupe/runtime/proto/workflow.pb.h>

namespace troupe {

/// What an attempt needs of its agent.
class attempt_host {
public:
  virtual ~attempt_host() = default;
  /// Unix time, ms.
  virtual int64_t now_ms() const = 0;
  /// 64 random bits: the seed of an attempt.
  virtual uint64_t random() = 0;
  /// A tool by name; null if the agent has none of that name.
  virtual const tool* find_tool(const std::string& name) const = 0;
  /// A fresh behavior of the agent's kind. Errors: ec::not_found if the node does not know it.
  virtual caf::expected<std::unique_ptr<behavior>> make_behavior() const = 0;
  /// Starts a tool; its end comes to attempt::completed(). If it is done elsewhere, gives what the attempt keeps until it is over.
  virtual std::shared_ptr<void> run_tool(const class attempt& on, const std::string& position,
                                         const tool& one, const ActionRequest& request) = 0;
  /// Sends to the owner of the task; step, claim and agent are filled in by the attempt.
  virtual void tell_owner(const std::string& owner, RecordActions message) = 0;
  virtual void tell_owner(const std::string& owner, TaskDone message) = 0;
  virtual void tell_owner(const std::string& owner, ParkTask message) = 0;
};

/// Invariant: an action is begun only when everything recorded before is durable; what must not be done twice only when
/// its intent is.
class attempt {
public:
  attempt(attempt_host& host, std::string agent, std::string owner, std::string step, std::string claim);

  /// What its owner knows, as it came with the call or answers OpenTask: begins, or learns what was recorded meanwhile.
  void opened(TaskState state);
  /// The owner has made message `number` durable.
  void recorded(uint64_t number, bool suspended);
  /// A tool has ended.
  void completed(const std::string& position, Outcome outcome);
  /// If it has ended: says so again, since a message may be lost with a crash of either side. False if it goes on.
  bool repeat_last_word();
  /// Ends the attempt with ec::timeout if it runs for longer than it may; true if so. `agent_ms` is the bound of the agent,
  /// 0 if it has none. Ends tools that run for longer than tool::timeout likewise.
  bool expire(int64_t now_ms, int64_t agent_ms);

  const std::string& owner() const {
    return owner_;
  }
  const std::string& step() const {
    return step_;
  }
  const std::string& claim() const {
    return claim_;
  }
  /// Does the owner know who works on its task? Else it cannot say that nobody needs to any more.
  bool is_announced() const {
    return announced_;
  }
  /// Its owner is about to be asked, and knows then.
  void announce() {
    announced_ = true;
  }
  /// Capabilities that were asked for; none before it has begun.
  const google::protobuf::RepeatedPtrField<std::string>& required() const {
    return (execution_ ? execution_->spec() : TaskSpec::default_instance()).required();
  }
  int64_t begun_ms() const {
    return begun_ms_;
  }
  /// The task, from inside; only while it runs a tool.
  const Task& task() const {
    return execution_->task();
  }
  /// How long it may take in all; `agent_ms` as in expire().
  int64_t bound_ms(int64_t agent_ms) const {
    return timeout_ms_ > 0 ? timeout_ms_ : agent_ms > 0 ? agent_ms : default_timeout_ms_;
  }
  /// Does it wait for a call that is done elsewhere?
  bool is_elsewhere(const std::string& position) const {
    auto i = running_.find(position);
    return i != running_.end() && i->second.what->start;
  }
  /// The owner keeps the task without an agent.
  bool is_suspended() const {
    return suspended_;
  }
  /// How it ended; meaningful after the owner has settled it.
  bool succeeded() const {
    return ended_ && !outcome_.has_failure();
  }
  bool has_ended() const {
    return ended_;
  }

private:
  void completed_by_owner(const ActionRecord& record);
  void drive();
  void send(std::vector<ActionRecord> records, bool suspend);
  void begin(const open_action& leaf);
  void begin_tool(const open_action& leaf);
  void run(const open_action& leaf, const tool& one);
  void fail(const std::string& position, ec code, std::string text);
  void end(Outcome outcome);
  template <class Message>
  Message addressed() const;

  attempt_host& host_;
  std::string agent_;
  std::string owner_;
  std::string step_;
  std::string claim_;
  std::unique_ptr<execution> execution_;
  AttemptStart start_;
  bool start_is_new_ = false;
  int64_t begun_ms_ = 0;
  int64_t timeout_ms_ = 0;     // as the task says; 0 = it does not
  int64_t default_timeout_ms_; // what the task was created with
  struct running_tool {
    const tool* what;
    int64_t give_up_ms;
  };
  std::map<std::string, running_tool> running_; // by position
  std::shared_ptr<void> elsewhere_;             // as long as it is kept, somebody there works on it
  std::set<std::string> waiting_;               // positions whose end the owner will tell
  std::vector<open_action> ready_;              // begin when everything recorded before is durable
  std::vector<open_action> intended_;           // begin when their intent is durable
  uint64_t number_ = 0;
  uint64_t unacknowledged_ = 0; // number of the message not yet answered; 0 = none
  RecordActions last_records_;  // that message; repeated if the owner asks again
  size_t notes_sent_ = 0;
  bool announced_ = false;
  bool suspended_ = false;
  bool stay_ = false; // the owner has refused to suspend
  bool ended_ = false;
  bool parked_ = false;
  Outcome outcome_;
  TaskDone last_word_; // repeated if the owner asks again
};

} // namespace troupe
