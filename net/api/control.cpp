// CONTROL: gRPC calls <-> the methods.
// Invariant: token, policy and context come before anything else, for every method; a call is finished
// exactly once, by its actor, its client's cancel, or the server's stop; no gRPC thread ever waits for an
// actor.

#include <grpcpp/grpcpp.h>
#include <mutex>
#include <set>
#include <troupe/net/api/access.hpp>
#include <troupe/net/api/control.hpp>
#include <troupe/net/api/socket.hpp>
#include <troupe/runtime/actor.hpp>
#include <troupe/runtime/proto/net.grpc.pb.h>
#include <troupe/runtime/trace.hpp>
#include <troupe/runtime/utf8.hpp>

namespace troupe {
namespace {

using reactor = grpc::ServerUnaryReactor;

// One call, until it is finished.
class open_call {
public:
  open_call(grpc::CallbackServerContext* context, reactor* answers, bool waits)
      : waits_{waits}, context_{context}, reactor_{answers} {}
  virtual ~open_call() = default;

  // Whose ending ends the work; ends it at once if the call is finished already.
  void set_worker(caf::actor worker) {
    std::unique_lock lock{mutex_};
    if (reactor_)
      worker_ = std::move(worker);
    else
      lock.unlock(), caf::anon_send_exit(worker, caf::exit_reason::kill);
  }

  // Finishes with an error and ends the work; nothing if somebody was faster.
  void fail(const caf::error& reason) {
    caf::actor worker;
    if (auto* answers = claim(worker)) {
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
  // The right to finish: for one caller only.
  reactor* claim(caf::actor& worker) {
    std::lock_guard lock{mutex_};
    worker = std::exchange(worker_, nullptr);
    return std::exchange(reactor_, nullptr);
  }

private:
  const bool waits_;
  grpc::CallbackServerContext* context_; // these two are valid until Finish
  reactor* reactor_;
  caf::actor worker_;
  std::mutex mutex_;
};

template <class Out>
class typed_call final : public open_call {
public:
  typed_call(grpc::CallbackServerContext* context, reactor* answers, bool waits, Out* out)
      : open_call{context, answers, waits}, out_{out} {}

  void reply(caf::expected<Out> answer) {
    if (answer)
      if (auto oversize = check_size(*answer))
        answer = make_error(ec::internal, "the reply is too large: " + text_of(oversize));
    if (!answer)
      return fail(answer.error());
    caf::actor worker;
    if (auto* answers = claim(worker)) {
      *out_ = std::move(*answer);
      answers->Finish(grpc::Status::OK);
    }
  }

private:
  Out* out_;
};

// The calls in flight, and whether more are welcome.
class call_book {
public:
  explicit call_book(size_t most) : most_{most} {}

  caf::error enter(const std::shared_ptr<open_call>& call) {
    std::lock_guard lock{mutex_};
    if (stopping_)
      return make_error(ec::unavailable, "the node is stopping");
    if (calls_.size() >= most_)
      return make_error(ec::overloaded, std::to_string(most_) + " calls are in flight; repeat in a second");
    calls_.insert(call);
    return {};
  }

  void leave(const std::shared_ptr<open_call>& call) {
    std::lock_guard lock{mutex_};
    calls_.erase(call);
  }

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

class unary final : public reactor {
public:
  explicit unary(std::shared_ptr<call_book> book) : book_{std::move(book)} {}

  void bind(std::shared_ptr<open_call> call) {
    call_ = std::move(call);
  }
  void OnCancel() override {
    call_->fail(make_error(ec::cancelled, "the client has gone"));
  }
  void OnDone() override {
    book_->leave(call_);
    delete this;
  }

private:
  std::shared_ptr<call_book> book_;
  std::shared_ptr<open_call> call_;
};

template <class In>
bool waits_for_end(const In& in) {
  if constexpr (requires { in.wait(); })
    return in.wait();
  return false;
}

class service final : public Control::CallbackService {
public:
  service(control_options options, token_list tokens)
      : system_{*options.system}, tokens_{std::move(tokens)}, book_{std::make_shared<call_book>(
                                                                  options.most_calls)},
        desk_{std::make_shared<control_desk>(control_desk{std::move(options.outside),
                                                          std::move(options.hooks), std::move(options.node),
                                                          std::move(options.version), options.started_ms})} {}

  void stop() {
    book_->stop();
  }

  using context = grpc::CallbackServerContext;
#define TROUPE_METHOD(name, In, Out)                                                                         \
  reactor* name(context* from, const In* in, Out* out) override {                                            \
    return begin(#name, from, *in, out);                                                                     \
  }
  TROUPE_METHOD(Status, GetStatus, NodeStatus)
  TROUPE_METHOD(Tree, GetTree, TreeNode)
  TROUPE_METHOD(Agents, ListAgents, AgentList)
  TROUPE_METHOD(Agent, GetAgent, AgentRecord)
  TROUPE_METHOD(RegisterNewAgent, RegisterAgent, AgentRecord)
  TROUPE_METHOD(RetireAgent, UnregisterAgent, AgentRecord)
  TROUPE_METHOD(Start, StartRun, RunStarted)
  TROUPE_METHOD(Runs, ListRuns, RunList)
  TROUPE_METHOD(Describe, DescribeRun, RunView)
  TROUPE_METHOD(RunHistory, GetHistory, History)
  TROUPE_METHOD(Cancel, StopRun, Done)
  TROUPE_METHOD(Answer, AnswerRun, Done)
  TROUPE_METHOD(Resume, ResumeRun, Done)
  TROUPE_METHOD(DeadLetters, ListDeadLetters, DeadLetterList)
  TROUPE_METHOD(Requeue, RequeueDeadLetter, Done)
  TROUPE_METHOD(Drop, DropDeadLetter, Done)
  TROUPE_METHOD(LogLevel, SetLogLevel, Done)
  TROUPE_METHOD(Metrics, GetMetrics, MetricsText)
#undef TROUPE_METHOD

private:
  template <class In, class Out>
  reactor* begin(std::string_view method, context* from, const In& in, Out* out) {
    auto* answers = new unary{book_};
    auto call = std::make_shared<typed_call<Out>>(from, answers, waits_for_end(in), out);
    answers->bind(call);
    auto how = admit(method, *from, call->waits());
    if (!how) {
      call->fail(how.error());
    } else if (auto refused = book_->enter(call)) {
      call->fail(refused);
    } else {
      call->set_worker(
          system_.spawn([call, desk = desk_, how = std::move(*how), in](caf::event_based_actor* self) {
            house_rules(self);
            serve(self, *desk, how, in, [=](caf::expected<Out> answer) {
              call->reply(std::move(answer));
              self->quit();
            });
          }));
    }
    return answers;
  }

  // Identity, permission, context: the decision, or the context its commands carry.
  caf::expected<control_call> admit(std::string_view method, const context& from, bool waits) const {
    constexpr std::string_view scheme = "Bearer ";
    auto header = from.client_metadata().find("authorization");
    std::string_view token;
    if (header != from.client_metadata().end())
      token = {header->second.data(), header->second.size()};
    token = token.substr(0, scheme.size()) == scheme ? token.substr(scheme.size()) : std::string_view{};
    auto who = tokens_.identify(token);
    if (!who)
      return std::move(who.error());
    if (auto denied = permit(*who, method))
      return denied;
    control_call call;
    call.patience = waits ? limits::door_wait : limits::door_timeout;
    auto now = std::chrono::system_clock::now(); // gRPC's deadlines are of this clock
    if (from.deadline() < now + call.patience)
      call.patience = std::chrono::duration_cast<std::chrono::milliseconds>(from.deadline() - now);
    if (call.patience.count() <= 0)
      return make_error(ec::timeout, "the deadline passed before the call was looked at");
    auto now_ms = desk_->outside->time->now_ms();
    call.context.set_trace(to_string(new_trace(*desk_->outside->ids)));
    call.context.set_principal(who->principal);
    if (needed_role(method) == role::viewer)
      call.context.set_deadline_ms(now_ms + call.patience.count());
    else // a command outlives its call: what it brings about must not inherit the caller's patience
      call.context.set_command_id(desk_->outside->ids->next(now_ms));
    return call;
  }

  caf::actor_system& system_;
  token_list tokens_;
  std::shared_ptr<call_book> book_;
  std::shared_ptr<const control_desk> desk_;
};

class grpc_server final : public control_server {
public:
  grpc_server(control_options options, token_list tokens) : service_{std::move(options), std::move(tokens)} {}

  ~grpc_server() override {
    stop(limits::control_shutdown);
  }

  caf::error listen(const std::string& socket) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("unix:" + socket, grpc::InsecureServerCredentials());
    builder.SetMaxReceiveMessageSize(limits::control_receive_bytes);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    return server_ ? caf::error{} : make_error(ec::unavailable, "cannot listen on " + socket);
  }

  void stop(std::chrono::milliseconds grace) override {
    service_.stop();
    if (auto server = std::move(server_))
      server->Shutdown(std::chrono::system_clock::now() + grace);
  }

private:
  service service_;
  std::unique_ptr<grpc::Server> server_;
};

} // namespace

std::string control_socket(const std::string& data) {
  return data + "/control/socket";
}

std::string control_tokens(const std::string& data) {
  return data + "/control/tokens";
}

caf::expected<std::unique_ptr<control_server>> start_control(control_options options) {
  auto socket = options.socket;
  auto claim = claim_socket(socket);
  if (!claim)
    return std::move(claim.error());
  auto tokens = token_list::open(options.tokens);
  if (!tokens)
    return std::move(tokens.error());
  auto server = std::make_unique<grpc_server>(std::move(options), std::move(*tokens));
  if (auto failed = server->listen(socket))
    return failed;
  return std::unique_ptr<control_server>{std::move(server)};
}

} // namespace troupe
