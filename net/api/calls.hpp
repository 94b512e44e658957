// CALLS: gRPC calls in flight. For the control service only; the only header that sees gRPC.
#pragma once

#include <algorithm>
#include <functional>
#include <grpcpp/grpcpp.h>
#include <iterator>
#include <mutex>
#include <set>
#include <troupe/runtime/messages.hpp>
#include <troupe/runtime/utf8.hpp>
#include <vector>

namespace troupe {

/// One call, until it is finished: exactly once, by whoever comes first.
class open_call {
public:
  /// Hears once how a call has ended; ec{} is no failure.
  using end_listener = std::function<void(ec)>;

  open_call(grpc::CallbackServerContext* context, grpc::ServerUnaryReactor* answers, bool waits,
            end_listener ended)
      : waits_{waits}, ended_{std::move(ended)}, context_{context}, reactor_{answers} {}
  virtual ~open_call() = default;

  /// Whose ending ends the work; ends it at once if the call is finished already.
  void set_worker(caf::actor worker) {
    {
      std::lock_guard lock{mutex_};
      if (reactor_)
        worker_.swap(worker);
    }
    if (worker)
      caf::anon_send_exit(worker, caf::exit_reason::kill);
  }

  /// Finishes with an error and ends the work; nothing if somebody was faster.
  void fail(const caf::error& reason) {
    caf::actor worker;
    if (auto* answers = claim(worker)) {
      ended_(code_of(reason));
      context_->AddTrailingMetadata("troupe-error", to_string(code_of(reason)));
      auto text = text_of(reason);
      answers->Finish({static_cast<grpc::StatusCode>(info(code_of(reason)).grpc_status),
                       clean_utf8(cut_utf8(text.empty() ? to_string(code_of(reason)) : text,
                                           limits::control_error_bytes))});
    }
    if (worker)
      caf::anon_send_exit(worker, caf::exit_reason::kill);
  }

  bool waits() const {
    return waits_;
  }

protected:
  void ended_well() const {
    ended_({});
  }

  /// The right to finish: for one caller only.
  grpc::ServerUnaryReactor* claim(caf::actor& worker) {
    std::lock_guard lock{mutex_};
    worker = std::exchange(worker_, nullptr);
    return std::exchange(reactor_, nullptr);
  }

private:
  const bool waits_;
  const end_listener ended_;
  grpc::CallbackServerContext* context_; // these two are valid until Finish
  grpc::ServerUnaryReactor* reactor_;
  caf::actor worker_;
  std::mutex mutex_;
};

/// One that is replied with a message of this type.
template <class Out>
class typed_call final : public open_call {
public:
  typed_call(grpc::CallbackServerContext* context, grpc::ServerUnaryReactor* answers, bool waits,
             end_listener ended, Out* out)
      : open_call{context, answers, waits, std::move(ended)}, out_{out} {}

  /// Ends the call, unless it has ended. A reply above limits::message_bytes becomes ec::internal.
  void reply(caf::expected<Out> answer) {
    if (answer)
      if (auto oversize = check_size(*answer))
        answer = make_error(ec::internal, "the reply is too large: " + text_of(oversize));
    if (!answer)
      return fail(answer.error());
    caf::actor worker;
    if (auto* answers = claim(worker)) {
      ended_well();
      *out_ = std::move(*answer);
      answers->Finish(grpc::Status::OK);
    }
  }

private:
  Out* out_;
};

/// The calls in flight, and whether more are welcome.
class call_book {
public:
  explicit call_book(size_t most) : most_{most} {}

  /// One more call. Errors: ec::unavailable while stopping, ec::overloaded above the bound.
  caf::error enter(const std::shared_ptr<open_call>& call) {
    std::lock_guard lock{mutex_};
    if (stopping_)
      return make_error(ec::unavailable, "the node is stopping");
    if (calls_.size() >= most_)
      return make_error(ec::overloaded, std::to_string(most_) +
                                            " calls are in flight, as many as "
                                            "[system] max_concurrent_requests allows; repeat in a second");
    calls_.insert(call);
    return {};
  }

  /// The call has ended.
  void leave(const std::shared_ptr<open_call>& call) {
    std::lock_guard lock{mutex_};
    calls_.erase(call);
  }

  /// Refuses new calls and ends those that wait with ec::unavailable; the others finish.
  void stop() {
    std::vector<std::shared_ptr<open_call>> waiting;
    {
      std::lock_guard lock{mutex_};
      stopping_ = true;
      std::copy_if(calls_.begin(), calls_.end(), std::back_inserter(waiting),
                   [](auto& call) { return call->waits(); });
    }
    for (auto& call : waiting)
      call->fail(
          make_error(ec::unavailable, "the node is stopping; what you wait for goes on when it is back"));
  }

private:
  const size_t most_;
  std::mutex mutex_;
  std::set<std::shared_ptr<open_call>> calls_;
  bool stopping_ = false;
};

} // namespace troupe
