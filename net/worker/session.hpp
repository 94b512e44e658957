// SESSION: one worker on one stream: its hello, its leases, its credit, what it is told and what it says.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <troupe/actors/agent/toolbox.hpp>
#include <troupe/net/worker/worker_line.hpp>
#include <troupe/runtime/proto/agent.pb.h>
#include <troupe/runtime/proto/staff.pb.h>
#include <troupe/runtime/proto/worker.pb.h>
#include <vector>

namespace troupe {

class worker_session;

/// What a session needs of its desk. Thread-safe; it calls no session from within.
class worker_host {
public:
  virtual ~worker_host() = default;
  /// Unix time, ms.
  virtual int64_t now_ms() const = 0;
  /// What a worker that comes in is told: the node's name, and the lease.
  virtual const WorkerWelcome& welcome() const = 0;
  /// The name is this session's from now on. Error: ec::already_exists.
  virtual caf::error take_name(const std::string& name, worker_session* who) = 0;
  /// Makes sure that there is such an agent; `then` hears of it later: ec::already_exists, ec::permission_denied, or as the registry says.
  virtual void hire(AgentCreationRequest agent, const std::string& principal,
                    std::function<void(caf::error refused)> then) = 0;
  /// The worker takes tasks, or none any more.
  virtual void set_present(const std::string& name, bool present) = 0;
  /// The session is over.
  virtual void leave(worker_session* who, const std::string& name, const std::string& why) = 0;
  /// A lease has ended without a result; what is said of it later is refused with this.
  virtual void remember(const std::string& lease, std::string why) = 0;
  /// Why a lease that nobody holds has ended.
  virtual std::string fate_of(const std::string& lease) const = 0;
};

/// Invariant: a call is answered at most once, and every open one when the worker is lost; what was not sent yet was not begun. After it is
/// over it does nothing.
class worker_session final : public worker_line_end, public std::enable_shared_from_this<worker_session> {
public:
  worker_session(std::shared_ptr<worker_host> host, std::shared_ptr<worker_line> line, std::string principal,
                 std::string address);

  void received(FromWorker& message) override;
  void written() override;
  void closed() override;

  /// An agent wants an attempt to be done, or goes on with one behind a checkpoint. As tool::start.
  std::shared_ptr<void> begin(call_elsewhere call);
  /// Nobody waits for this attempt any more.
  void release(const std::string& lease);
  /// Time has passed: a silent worker is lost.
  void tick();
  /// The node stops: the worker is told, and its attempts go on in the node's next life.
  void stop();
  /// How it stands; false if it is not in.
  bool show(ConnectedWorker& row) const;

private:
  enum class standing { greeting, joining, open, draining, over };
  struct held_lease {
    std::string task;
    uint32_t attempt = 0;
    int64_t since_ms = 0;
    bool sent = false;                   // the worker may have begun it
    std::function<void(Outcome)> answer; // null = its agent makes a checkpoint durable
    std::deque<Outcome> said;            // by the worker, while nobody waits for it
    uint32_t kept = 0;                   // checkpoints on disk
    bool ended = false;                  // the last that was said is its result
    std::string progress;
    std::weak_ptr<void> grip; // what its attempt holds
  };
  struct answer {
    std::function<void(Outcome)> to;
    Outcome what;
  };
  struct frame {
    ToWorker message;
    size_t bytes = 0;
  };
  using answers = std::vector<answer>;

  // These are called under the lock.
  caf::error greet(FromWorker& message);
  caf::error listen(FromWorker& message, answers& out);
  void take(WorkerCheckpoint& checkpoint, answers& out);
  void take(WorkerProgress& progress);
  void take(WorkerResult& result, answers& out);
  void say(std::map<std::string, held_lease>::iterator of, Outcome what, answers& out);
  std::optional<Outcome> hand_over(const call_elsewhere& call, std::shared_ptr<void>& grip);
  std::optional<Outcome> go_on(held_lease& with, const call_elsewhere& call, std::shared_ptr<void>& grip);
  void refuse(const std::string& lease, ec code, std::string text);
  void rest_if_drained();
  ToWorker& room_for(size_t bytes);
  void flush();

  void hired(const caf::error& refused);
  void lose(const std::string& how, const caf::error& told);

  const std::shared_ptr<worker_host> host_;
  const std::shared_ptr<worker_line> line_;
  const std::string principal_;
  const std::string address_;
  const int64_t since_ms_;
  mutable std::mutex mutex_;
  standing standing_ = standing::greeting;
  bool has_left_ = false; // its desk
  WorkerHello hello_;
  int64_t heard_ms_;
  std::map<std::string, held_lease> leases_;
  uint64_t done_ = 0;
  uint64_t refused_ = 0;
  std::deque<frame> out_;
  size_t out_bytes_ = 0;
  bool writing_ = false;
  std::optional<caf::error> ending_; // when all is written
};

} // namespace troupe
