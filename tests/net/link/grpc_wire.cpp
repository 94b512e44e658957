// Links over real sockets of loopback, with certificates: who gets in, who does not, and what becomes of what is in flight. Nothing sleeps:
// each test waits for what it says.
#define CAF_SUITE net.link.grpc_wire
#include <condition_variable>
#include <future>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <tests/support/certificates.hpp>
#include <tests/support/tcp_relay.hpp>
#include <troupe/net/link/handshake.hpp>
#include <troupe/net/link/links.hpp>
#include <troupe/net/link/proxy.hpp>
#include <troupe/runtime/actor.hpp>
#include <troupe/runtime/proto/common.pb.h>
#include <troupe/runtime/proto/link.grpc.pb.h>
#include <troupe/tests/support/probe.pb.h>

using namespace troupe;
using namespace std::chrono_literals;

namespace troupe {
void add_probe_messages(caf::actor_system_config& config);
}

namespace {

using counter_actor = caf::typed_actor<rpc<ProbeAdd, ProbeTotal>>;
const std::string counter_ref = "acme/counter/1";

std::string uri(const std::string& node) {
  return "troupe://blue/" + node;
}

std::string at_port(int port) {
  return "127.0.0.1:" + std::to_string(port);
}

// Something that becomes true on another thread.
class board {
public:
  void set(const std::string& what, const std::string& value) {
    std::lock_guard lock{mutex_};
    values_[what] = value;
    changed_.notify_all();
  }
  // Waits until it is this; the suite's own time limit is the end of patience.
  std::string await_that(const std::string& what, const std::function<bool(const std::string&)>& is) {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return is(values_[what]); });
    return values_[what];
  }
  std::string await(const std::string& what, const std::string& value) {
    return await_that(what, [&](const std::string& now) { return now == value; });
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::string> values_;
};

// A node of the cluster blue with actors and a listener.
struct node_of_links {
  node_of_links(std::string called, const link_files& files, const std::vector<std::string>& members,
                uint64_t incarnation = 1)
      : name{std::move(called)}, system{config} {
    silence_grpc();
    auto office = std::make_shared<link_office>();
    auto exports = std::make_shared<link_exports>();
    exports->offer<counter_actor>(counter_ref);
    office->system = &system;
    office->names = names;
    office->exports = exports;
    office->time = time;
    std::vector<link_member> others;
    for (auto& member : members)
      others.push_back({member, "", uri(member)});
    all = std::make_shared<links>(make_hello("blue", name, incarnation), others, office,
                                  [this](const std::string& node, const session_ptr& over) {
                                    if (over)
                                      seen.set(node + " links", std::to_string(++links_seen[node]));
                                    seen.set(node, over ? "up" : "down");
                                  });
    auto opened = open_credentials(files);
    if (!opened)
      CAF_FAIL(describe(opened.error()));
    credentials = *opened;
  }
  ~node_of_links() {
    all->stop();
    diallers.clear();
    listener.reset();
    for (auto& ref : names->awake()) {
      caf::anon_send_exit(names->find(ref), caf::exit_reason::kill);
      names->erase(ref, {}, {});
    }
  }

  wire_greeter greeter() {
    return [over = all](std::shared_ptr<wire> door, const std::string& identity) {
      return over->greet(std::move(door), identity);
    };
  }
  void listen(int port = 0) {
    auto made = listen_for_links(at_port(port), credentials, greeter());
    if (!made)
      CAF_FAIL(describe(made.error()));
    listener = std::move(*made);
  }
  void dial(int port, const std::string& node = "b") {
    diallers.push_back(dial_link(at_port(port), credentials, greeter(), [this, node](const caf::error& why) {
      all->failed(node, why);
      seen.set("failed", describe(why));
    }));
  }
  // Answers as the test wants; silent = never.
  void count(bool silent = false) {
    names->put(counter_ref, caf::actor_cast<caf::actor>(system.spawn(
                                [this, silent](counter_actor::pointer self) -> counter_actor::behavior_type {
                                  house_rules(self);
                                  return {[=, this](const ProbeAdd& in) -> caf::result<ProbeTotal> {
                                    if (silent) {
                                      held = promise<ProbeTotal>{self};
                                      seen.set("asked", std::to_string(in.amount()));
                                      return held.pending();
                                    }
                                    ProbeTotal total;
                                    total.set_total(2 * in.amount());
                                    return total;
                                  }};
                                })));
  }
  // Asks an actor of another node; the answer goes to the board.
  void ask(const std::string& node, int64_t amount) {
    auto over = all->to(node);
    if (!over)
      return seen.set("answer", describe(over.error()));
    auto to = proxy_to<counter_actor>({&system, time, {}}, *over, counter_ref);
    ProbeAdd message;
    message.set_amount(amount);
    system.spawn([=, this](caf::event_based_actor* self) {
      house_rules(self);
      troupe::ask(self, to, 1h, message)
          .then([this](const ProbeTotal& total) { seen.set("answer", std::to_string(total.total())); },
                [this](const caf::error& reason) { seen.set("answer", to_string(code_of(reason))); });
    });
  }

  struct types : caf::actor_system_config {
    types() {
      add_messages(*this);
      add_probe_messages(*this);
      set("scheduler.max-threads", size_t{2});
    }
  };
  const std::string name;
  board seen;
  std::map<std::string, int> links_seen;
  types config;
  caf::actor_system system;
  std::shared_ptr<system_clock> time = std::make_shared<system_clock>();
  std::shared_ptr<directory> names = std::make_shared<directory>();
  promise<ProbeTotal> held;
  std::shared_ptr<links> all;
  std::shared_ptr<link_credentials> credentials;
  std::unique_ptr<link_listener> listener;
  std::vector<std::unique_ptr<link_dialler>> diallers;
};

// Two nodes that are linked: a has dialled b.
struct two_hosts {
  two_hosts() {
    b.listen();
    relay = std::make_unique<tcp_relay>(b.listener->port());
    a.dial(relay->port());
    a.seen.await("b", "up");
    b.seen.await("a", "up");
  }
  // The link still answers.
  void check_healthy() {
    b.count();
    a.ask("b", ++questions);
    auto answer = std::to_string(2 * questions);
    CAF_CHECK_EQUAL(a.seen.await("answer", answer), answer);
  }
  int64_t questions = 100;
  certificates blue;
  std::unique_ptr<tcp_relay> relay;
  node_of_links b{"b", blue.sign("b", uri("b")), {"a", "b"}};
  node_of_links a{"a", blue.sign("a", uri("a")), {"a", "b"}};
};

// A channel as some stranger would open it.
std::shared_ptr<grpc::Channel> stranger(int port, const link_files& files) {
  namespace tls = grpc::experimental;
  tls::TlsChannelCredentialsOptions options;
  if (files.certificate.empty()) {
    options.set_certificate_provider(
        std::make_shared<tls::FileWatcherCertificateProvider>(files.authority, 1));
  } else {
    options.set_certificate_provider(std::make_shared<tls::FileWatcherCertificateProvider>(
        files.key, files.certificate, files.authority, 1));
    options.watch_identity_key_cert_pairs();
  }
  options.watch_root_certs();
  options.set_certificate_verifier(std::make_shared<tls::NoOpCertificateVerifier>());
  options.set_check_call_host(false);
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(at_port(port), tls::TlsCredentials(options), arguments);
}

// How a stream ends on which this is said.
grpc::Status say(const std::shared_ptr<grpc::Channel>& channel, const Frame& frame) {
  auto stub = NodeLink::NewStub(channel);
  grpc::ClientContext context;
  auto stream = stub->Connect(&context);
  stream->Write(frame);
  Frame answer;
  while (stream->Read(&answer)) {
  }
  return stream->Finish();
}

} // namespace

CAF_TEST(two members are linked and ask each other whoever has dialled) {
  two_hosts hosts;
  hosts.check_healthy();
  hosts.a.count();
  hosts.b.ask("a", 4);
  CAF_CHECK_EQUAL(hosts.b.seen.await("answer", "8"), "8");
  auto standing = hosts.a.all->standing();
  CAF_REQUIRE_EQUAL(standing.size(), 1u);
  CAF_CHECK(standing[0].reachable);
  CAF_CHECK_EQUAL(standing[0].member.node, "b");
}

CAF_TEST(a connection without a certificate or with one of a foreign authority does not get in) {
  two_hosts hosts;
  auto none = say(stranger(hosts.b.listener->port(), {"", "", hosts.blue.path("authority.pem")}), {});
  CAF_CHECK_EQUAL(none.error_code(), grpc::StatusCode::UNAVAILABLE);
  certificates red;
  auto foreign = red.sign("a", uri("a"));
  foreign.authority = hosts.blue.path("authority.pem"); // it believes us; we do not believe it
  CAF_CHECK_EQUAL(say(stranger(hosts.b.listener->port(), foreign), {}).error_code(),
                  grpc::StatusCode::UNAVAILABLE);
  node_of_links other{"a", red.sign("a2", uri("a")), {"b"}};
  other.dial(hosts.b.listener->port());
  CAF_CHECK_EQUAL(
      other.seen.await_that("failed", [](const std::string& why) { return !why.empty(); }).substr(0, 11),
      "unavailable");
  hosts.check_healthy();
}

CAF_TEST(a certificate of the authority that is no member is refused with a reason) {
  two_hosts hosts;
  node_of_links mallory{"mallory", hosts.blue.sign("mallory", uri("mallory")), {"b"}};
  mallory.dial(hosts.b.listener->port());
  CAF_CHECK_EQUAL(mallory.seen.await_that("failed", [](const std::string& why) { return !why.empty(); }),
                  "permission_denied: troupe://blue/mallory is no member of cluster blue on node b");
  hosts.check_healthy();
}

CAF_TEST(whoever answers is a member or it is left) {
  certificates blue;
  node_of_links b{"b", blue.sign("b", uri("b")), {"a"}};
  b.listen();
  node_of_links a{"a", blue.sign("a", uri("a")), {"c"}};
  a.dial(b.listener->port());
  CAF_CHECK_EQUAL(a.seen.await_that("failed", [](const std::string& why) { return !why.empty(); }),
                  "permission_denied: troupe://blue/b is no member of cluster blue on node a");
}

CAF_TEST(a frame above the limit and bytes that are no frame end their stream and nothing else) {
  two_hosts hosts;
  auto member = hosts.blue.sign("a-again", uri("a"));
  Frame huge;
  huge.add_envelopes()->set_payload(std::string(static_cast<size_t>(limits::link_receive_bytes) + 1, 'x'));
  CAF_CHECK(!say(stranger(hosts.b.listener->port(), member), huge).ok());
  grpc::GenericStub generic{stranger(hosts.b.listener->port(), member)};
  grpc::ClientContext context;
  grpc::CompletionQueue done;
  auto call = generic.PrepareCall(&context, "/troupe.NodeLink/Connect", &done);
  void* tag = nullptr;
  bool ok = false;
  call->StartCall(nullptr);
  done.Next(&tag, &ok);
  grpc::Slice garbage{"\xff\xff\xff\xff garbage"};
  call->Write(grpc::ByteBuffer{&garbage, 1}, nullptr);
  done.Next(&tag, &ok);
  grpc::ByteBuffer answer;
  do {
    call->Read(&answer, nullptr);
    done.Next(&tag, &ok);
  } while (ok);
  grpc::Status status;
  call->Finish(&status, nullptr);
  done.Next(&tag, &ok);
  done.Shutdown();
  CAF_CHECK(ok); // the stream has ended
  int fd = tcp_relay::dial(hosts.b.listener->port());
  std::string noise(4096, '\x5a');
  CAF_CHECK(::send(fd, noise.data(), noise.size(), MSG_NOSIGNAL) > 0);
  char byte = 0;
  while (::read(fd, &byte, 1) > 0) { // until it is closed there
  }
  ::close(fd);
  hosts.check_healthy();
}

CAF_TEST(silent connections are closed and a healthy link does not notice) {
  two_hosts hosts;
  std::vector<int> silent;
  for (int i = 0; i < 50; ++i)
    silent.push_back(tcp_relay::dial(hosts.b.listener->port()));
  hosts.check_healthy();
  for (int fd : silent) {
    char byte = 0;
    while (::read(fd, &byte, 1) > 0) {
    }
    ::close(fd);
  }
  hosts.check_healthy();
}

CAF_TEST(a peer that is killed answers what is in flight as unavailable and is dialled again) {
  two_hosts hosts;
  hosts.b.count(true);
  hosts.a.ask("b", 1);
  hosts.b.seen.await("asked", "1");
  hosts.relay->cut();
  CAF_CHECK_EQUAL(hosts.a.seen.await("answer", "unavailable"), "unavailable");
  hosts.a.seen.await("b links", "2");
  hosts.b.held = {};
  hosts.check_healthy();
}

CAF_TEST(a peer that is silent with its connection open is found by keepalive) {
  two_hosts hosts;
  hosts.b.count(true);
  hosts.a.ask("b", 1);
  hosts.b.seen.await("asked", "1");
  hosts.relay->freeze(); // no session ticks here, so this is gRPC alone
  CAF_CHECK_EQUAL(hosts.a.seen.await("answer", "unavailable"), "unavailable");
  CAF_CHECK_EQUAL(hosts.b.seen.await("a", "down"), "down");
  hosts.b.held = {};
}

CAF_TEST(a node that comes back is found again) {
  certificates blue;
  auto files = blue.sign("b", uri("b"));
  node_of_links a{"a", blue.sign("a", uri("a")), {"b"}};
  int port = 0;
  {
    node_of_links first{"b", files, {"a"}, 1};
    first.listen();
    port = first.listener->port();
    a.dial(port);
    a.seen.await("b", "up");
  }
  a.seen.await("b", "down");
  auto gone = a.all->to("b");
  CAF_CHECK_EQUAL(code_of(gone.error()), ec::unavailable);
  node_of_links second{"b", files, {"a"}, 2};
  second.listen(port);
  a.seen.await("b", "up");
  CAF_CHECK_EQUAL(a.all->standing()[0].incarnation, 2u);
}

CAF_TEST(new certificates are used without a restart) {
  struct silent_end final : wire_end {
    void opened() override {}
    void received(Frame&) override {}
    void written() override {}
    void closed(const caf::error&) override {}
  };
  certificates blue;
  node_of_links b{"b", blue.sign("b", uri("b")), {"a"}};
  b.listen();
  auto client = open_credentials(blue.sign("a", uri("a")));
  CAF_REQUIRE(client);
  auto who_answers = [&] {
    auto name = std::make_shared<std::promise<std::string>>();
    auto told = std::make_shared<std::atomic<bool>>(false);
    auto dialler = dial_link(
        at_port(b.listener->port()), *client,
        [=](std::shared_ptr<wire>, const std::string& identity) -> caf::expected<std::shared_ptr<wire_end>> {
          if (!told->exchange(true))
            name->set_value(identity);
          return std::shared_ptr<wire_end>{std::make_shared<silent_end>()};
        },
        [](const caf::error&) {});
    return name->get_future().get();
  };
  CAF_CHECK_EQUAL(who_answers(), uri("b"));
  blue.sign("b", uri("b-renewed"));
  std::string now;
  do // the files are looked at every second
    now = who_answers();
  while (now == uri("b"));
  CAF_CHECK_EQUAL(now, uri("b-renewed"));
}

CAF_TEST(files that are missing or something else are refused by name) {
  certificates blue;
  auto files = blue.sign("b", uri("b"));
  auto missing = files;
  missing.key = blue.path("nobody.key");
  CAF_CHECK_EQUAL(describe(open_credentials(missing).error()),
                  "not_found: " + missing.key + ": no private key can be read here");
  auto mixed = files;
  mixed.certificate = files.key;
  CAF_CHECK_EQUAL(code_of(open_credentials(mixed).error()), ec::invalid_argument);
}

CAF_TEST(an address that cannot be listened on is unavailable) {
  certificates blue;
  node_of_links b{"b", blue.sign("b", uri("b")), {"a"}};
  b.listen();
  auto taken = listen_for_links(at_port(b.listener->port()), b.credentials, b.greeter());
  CAF_CHECK_EQUAL(code_of(taken.error()), ec::unavailable);
}
