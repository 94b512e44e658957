// CONTROL: gRPC calls <-> the methods.
// Invariant: token, policy and context come before anything else, for every method; a call is finished
// exactly once, by its actor, its client's cancel, or the server's stop; no gRPC thread ever waits for an
// actor.

#include <grpcpp/grpcpp.h>
#include <troupe/net/api/access.hpp>
#include <troupe/net/api/anywhere.hpp>
#include <troupe/net/api/calls.hpp>
#include <troupe/net/api/control.hpp>
#include <troupe/net/api/socket.hpp>
#include <troupe/net/link/grpc/engine.hpp>
#include <troupe/net/link/grpc/own_services.hpp>
#include <troupe/runtime/actor.hpp>
#include <troupe/runtime/proto/net.grpc.pb.h>
#include <troupe/runtime/trace.hpp>

namespace troupe {
namespace {

using reactor = grpc::ServerUnaryReactor;

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
                                                          std::move(options.version), options.started_ms,
                                                          std::move(options.retention), start_workers(1)})} {}

  void stop() {
    book_->stop();
  }

  using context = grpc::CallbackServerContext;
#define METHOD(function, name, In, Out)                                                                      \
  reactor* name(context* from, const In* in, Out* out) override {                                            \
    return begin(#name, from, *in, out);                                                                     \
  }
#include <troupe/net/api/control_methods.def>
#undef METHOD

private:
  template <class In, class Out>
  reactor* begin(std::string_view method, context* from, const In& in, Out* out) {
    auto* answers = new unary{book_};
    auto ended = [method, outside = desk_->outside, began_us = desk_->outside->time->now_us()](ec code) {
      auto took_us = std::max<int64_t>(0, outside->time->now_us() - began_us);
      outside->meters.control_requests.with({method, code == ec{} ? "ok" : to_string(code)}).add();
      outside->meters.control_seconds.with({method}).record(1e-6 * static_cast<double>(took_us));
    };
    auto call = std::make_shared<typed_call<Out>>(from, answers, waits_for_end(in), std::move(ended), out);
    answers->bind(call);
    auto how = admit(method, *from, call->waits());
    if (!how) {
      call->fail(how.error());
    } else if (auto refused = book_->enter(call)) {
      call->fail(refused);
    } else {
      call->set_worker(system_.spawn([call, how = std::move(*how), in](caf::event_based_actor* self) mutable {
        house_rules(self);
        how.self = self;
        serve_anywhere<In, Out>(how, in, [=](caf::expected<Out> answer) {
          call->reply(std::move(answer));
          self->quit();
        });
      }));
      // Spawning has given this thread, which is gRPC's, a share in the system's logger; until it is given back, the system cannot end.
      caf::logger::set_current_actor_system(nullptr);
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
    auto refusal = who ? permit(*who, method) : who.error();
    control_call call;
    call.context.set_trace(to_string(new_trace(*desk_->outside->ids)));
    if (desk_->hooks.decided)
      desk_->hooks.decided(method, who ? who->principal : std::string{}, call.context.trace(), refusal);
    if (refusal)
      return refusal;
    call.desk = desk_;
    call.patience = waits ? limits::door_wait : limits::door_timeout;
    auto now = std::chrono::system_clock::now(); // gRPC's deadlines are of this clock
    if (from.deadline() < now + call.patience)
      call.patience = std::chrono::duration_cast<std::chrono::milliseconds>(from.deadline() - now);
    if (call.patience.count() <= 0)
      return make_error(ec::timeout, "the deadline passed before the call was looked at");
    auto now_ms = desk_->outside->time->now_ms();
    call.context.set_principal(who->principal);
    if (needed_role(method) == access_role::viewer)
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
    keep_engine();
    grpc::ServerBuilder builder;
    builder.AddListeningPort("unix:" + socket, grpc::InsecureServerCredentials());
    builder.SetMaxReceiveMessageSize(limits::control_receive_bytes);
    builder.RegisterService(&service_);
    builder.SetOption(std::make_unique<own_services>());
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
