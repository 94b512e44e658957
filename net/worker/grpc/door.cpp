// DOOR: gRPC streams <-> sessions.
// Invariant: identity and policy come before a session; nothing is started on a stream after its Finish; closed() comes from OnDone,
// which is last.

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <troupe/net/api/access.hpp>
#include <troupe/net/link/grpc/engine.hpp>
#include <troupe/net/link/grpc/own_services.hpp>
#include <troupe/net/link/grpc/stream.hpp>
#include <troupe/net/worker/door.hpp>
#include <troupe/runtime/limits.hpp>
#include <troupe/runtime/proto/worker.grpc.pb.h>
#include <troupe/runtime/utf8.hpp>
#include <troupe/runtime/worker_limits.hpp>

namespace troupe {
namespace {

template <class Stream>
class line_to final : public worker_line, public stream_handle<Stream> {
public:
  using stream_handle<Stream>::stream_handle;

  void send(ToWorker&& message) override {
    this->with_stream([&](Stream& stream) { stream.write(std::move(message)); });
  }
  void end(const caf::error& why) override {
    this->with_stream([&](Stream& stream) { stream.end(why); });
  }
};

using greeter = std::function<caf::expected<std::shared_ptr<worker_session>>(
    const grpc::CallbackServerContext& from, std::shared_ptr<worker_line> line)>;

class worker_stream final : public grpc::ServerBidiReactor<FromWorker, ToWorker> {
public:
  explicit worker_stream(grpc::CallbackServerContext* context) : context_{context} {}

  void begin(const greeter& greet) {
    auto user = greet(*context_, line_);
    if (!user) {
      line_->end(user.error());
      return;
    }
    user_ = std::move(*user);
    read_next();
  }

  // Called by the line, under its lock.
  void write(ToWorker&& message) {
    if (ended_)
      return;
    out_ = std::move(message);
    StartWrite(&out_);
  }
  void end(const caf::error& why) {
    if (std::exchange(ended_, true))
      return;
    if (!why)
      return Finish(grpc::Status::OK);
    auto code = code_of(why);
    context_->AddTrailingMetadata("troupe-error", to_string(code));
    Finish({static_cast<grpc::StatusCode>(info(code).grpc_status),
            clean_utf8(cut_utf8(text_of(why), limits::control_error_bytes))});
  }

  void OnReadDone(bool ok) override {
    if (!ok)
      return line_->end({});
    user_->received(in_);
    in_.Clear();
    read_next();
  }
  void OnWriteDone(bool ok) override {
    if (ok)
      user_->written();
  }
  void OnDone() override {
    line_->detach();
    if (user_)
      user_->closed();
    delete this;
  }

private:
  void read_next() {
    line_->with_stream([](worker_stream& self) {
      if (!self.ended_)
        self.StartRead(&self.in_);
    });
  }

  grpc::CallbackServerContext* context_;
  std::shared_ptr<line_to<worker_stream>> line_ = std::make_shared<line_to<worker_stream>>(this);
  std::shared_ptr<worker_session> user_; // set before the first read
  bool ended_ = false;                   // guarded by the line
  FromWorker in_;
  ToWorker out_;
};

class workers_service final : public Workers::CallbackService {
public:
  explicit workers_service(greeter greet) : greet_{std::move(greet)} {}

  grpc::ServerBidiReactor<FromWorker, ToWorker>* Work(grpc::CallbackServerContext* context) override {
    auto* stream = new worker_stream{context}; // deletes itself when it is done
    stream->begin(greet_);
    return stream;
  }

private:
  const greeter greet_;
};

class grpc_door final : public worker_door {
public:
  grpc_door(const worker_plan& plan, std::string tokens, std::shared_ptr<worker_desk> desk, doors_ptr outside)
      : plan_{plan}, tokens_{std::move(tokens)}, desk_{std::move(desk)}, outside_{std::move(outside)},
        service_{[this](auto& from, auto line) { return greet(from, std::move(line)); }} {}
  ~grpc_door() override {
    stop();
  }

  caf::error listen() {
    std::shared_ptr<grpc::ServerCredentials> shown = grpc::InsecureServerCredentials();
    if (plan_.files) {
      auto opened = open_credentials(*plan_.files);
      if (!opened)
        return std::move(opened.error());
      credentials_ = std::move(*opened);
      shown = static_cast<pem_files&>(*credentials_).for_server();
    } else {
      auto place = tokens_.substr(0, tokens_.rfind('/'));
      if (auto failed = make_private_directory(place))
        return failed;
      if (auto tokens = token_list::open(tokens_); !tokens)
        return std::move(tokens.error());
    }
    keep_engine();
    grpc::ServerBuilder builder;
    builder.AddListeningPort(plan_.address, shown, &port_);
    builder.RegisterService(&service_);
    builder.SetOption(
        std::make_unique<own_services>(std::make_unique<grpc::reflection::ProtoServerReflectionPlugin>()));
    builder.SetMaxReceiveMessageSize(static_cast<int>(limits::worker_message_bytes));
    keep_connections_alive(builder);
    builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, limits::worker_streams_per_connection);
    auto had_health = grpc::DefaultHealthCheckServiceEnabled(); // a switch of the whole process
    grpc::EnableDefaultHealthCheckService(true);
    server_ = builder.BuildAndStart();
    grpc::EnableDefaultHealthCheckService(had_health);
    if (!server_ || port_ <= 0)
      return make_error(ec::unavailable, "cannot listen on " + plan_.address + " for workers");
    if (auto* health = server_->GetHealthCheckService())
      health->SetServingStatus(Workers::service_full_name(), true);
    return {};
  }

  int port() const override {
    return port_;
  }

  void stop() override {
    desk_->stop();
    if (auto server = std::move(server_)) {
      if (auto* health = server->GetHealthCheckService())
        health->SetServingStatus(false);
      server->Shutdown(deadline_after(limits::worker_shutdown));
      server->Wait();
    }
  }

private:
  caf::expected<identity> identify(const grpc::CallbackServerContext& from) const {
    if (plan_.files) {
      auto uri = identity_of(from.auth_context().get());
      if (!uri)
        return std::move(uri.error());
      if (plan_.principals.count(*uri) == 0)
        return make_error(ec::permission_denied,
                          "'" + *uri + "' may not work here: [worker_api] principals does not name it");
      return identity{std::move(*uri), access_role::worker};
    }
    auto tokens = token_list::read(tokens_); // a token that was struck off lets nobody in any more
    if (!tokens)
      return make_error(ec::unauthenticated, "the tokens of the node cannot be read");
    constexpr std::string_view scheme = "Bearer ";
    auto header = from.client_metadata().find("authorization");
    std::string_view token;
    if (header != from.client_metadata().end())
      token = {header->second.data(), header->second.size()};
    return tokens->identify(token.starts_with(scheme) ? token.substr(scheme.size()) : std::string_view{});
  }

  caf::expected<std::shared_ptr<worker_session>> greet(const grpc::CallbackServerContext& from,
                                                       std::shared_ptr<worker_line> line) {
    auto who = identify(from);
    auto refused = who ? permit(*who, "Work") : who.error();
    auto session = refused ? caf::expected<std::shared_ptr<worker_session>>{refused}
                           : desk_->greet(std::move(line), who->principal, from.peer());
    if (!session)
      outside_->log.warning("a worker was refused",
                            {{"from", from.peer()}, {"reason", describe(session.error())}});
    return session;
  }

  const worker_plan plan_;
  const std::string tokens_;
  const std::shared_ptr<worker_desk> desk_;
  const doors_ptr outside_;
  std::shared_ptr<link_credentials> credentials_;
  workers_service service_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

} // namespace

caf::expected<std::unique_ptr<worker_door>> open_worker_door(const worker_plan& plan, std::string tokens,
                                                             std::shared_ptr<worker_desk> desk,
                                                             worker_office office) {
  auto outside = office.outside;
  office.lease = plan.lease;
  desk->open(std::move(office));
  auto door = std::make_unique<grpc_door>(plan, std::move(tokens), std::move(desk), outside);
  if (auto failed = door->listen())
    return failed;
  outside->log.info("workers may connect",
                    {{"address", plan.address}, {"port", std::to_string(door->port())}});
  return std::unique_ptr<worker_door>{std::move(door)};
}

} // namespace troupe
