// Requests over a link, from an actor of one node to an actor of another and back, beside a bare gRPC stream that echoes the same bytes one
// message a frame. Both over TLS with certificates on both sides, on loopback, in this process.

#include <atomic>
#include <deque>
#include <fmt/format.h>
#include <future>
#include <grpcpp/grpcpp.h>
#include <tests/bench/bench.hpp>
#include <tests/bench/node.hpp>
#include <tests/support/certificates.hpp>
#include <troupe/net/link/grpc/stream.hpp>
#include <troupe/net/link/handshake.hpp>
#include <troupe/net/link/links.hpp>
#include <troupe/net/link/proxy.hpp>
#include <troupe/runtime/actor.hpp>
#include <troupe/runtime/proto/link.grpc.pb.h>
#include <troupe/tests/bench/bench.pb.h>

namespace troupe::bench {
namespace {

using namespace std::chrono_literals;

using echo_actor = caf::typed_actor<rpc<BenchPing, BenchPong>>;
const std::string echo_ref = "bench/task/1"; // an entity, as most of what nodes ask each other
constexpr unsigned rounds = 5;
constexpr size_t askers_at_most = 16; // CAF searches the open questions of one actor from the front

// What one round measures.
struct figure {
  double per_second = 0;
  double p50_s = 0;
};

// A node that echoes, and the links to it.
class node_pair {
public:
  node_pair() : near_{near_config_}, far_{far_config_} {
    echo_ = far_.spawn([](echo_actor::pointer self) -> echo_actor::behavior_type {
      house_rules(self);
      return {[](const BenchPing& message) {
        BenchPong answer;
        answer.set_data(message.data());
        return answer;
      }};
    });
    far_names_->put(echo_ref, caf::actor_cast<caf::actor>(echo_));
    far_links_ = links_of(far_, "b", far_names_);
    near_links_ = links_of(near_, "a", std::make_shared<directory>());
    near_files_ = *open_credentials(authority_.sign("a", "uri:a"));
    far_files_ = *open_credentials(authority_.sign("b", "uri:b"));
    auto listener = listen_for_links("127.0.0.1:0", far_files_, greeter(far_links_));
    listener_ = std::move(*listener);
    dialler_ = dial_link(address(), near_files_, greeter(near_links_), [](const caf::error&) {});
    up_.get_future().wait();
    session_ = *near_links_->to("b");
    proxy_ = proxy_to<echo_actor>({&near_, time_, {}}, session_, echo_ref);
  }

  ~node_pair() {
    proxy_ = nullptr;
    session_ = nullptr;
    near_links_->stop();
    dialler_.reset();
    listener_.reset();
    far_names_->erase(echo_ref, {}, {});
    caf::anon_send_exit(echo_, caf::exit_reason::user_shutdown);
    echo_ = nullptr;
  }

  std::string address() const {
    return "127.0.0.1:" + std::to_string(listener_->port());
  }
  const pem_files& near_files() const {
    return static_cast<const pem_files&>(*near_files_);
  }
  const pem_files& far_files() const {
    return static_cast<const pem_files&>(*far_files_);
  }
  const session_ptr& over() const {
    return session_;
  }

  // Asks `total` questions, so many open at a time.
  figure ask(size_t in_flight, size_t bytes, size_t total) {
    auto data = noise(bytes);
    std::atomic<int64_t> left{static_cast<int64_t>(total)};
    std::atomic<size_t> open{0};
    std::promise<void> done;
    std::mutex mutex;
    std::vector<double> latencies;
    auto actors = std::min(in_flight, askers_at_most);
    auto began = now_s();
    for (size_t i = 0; i < actors; ++i)
      near_.spawn([&, i](caf::event_based_actor* self) {
        house_rules(self);
        auto own = std::make_shared<std::vector<double>>();
        auto next = std::make_shared<std::function<void()>>();
        auto mine = std::make_shared<size_t>(in_flight / actors + (i < in_flight % actors ? 1 : 0));
        ++open;
        *next = [=, &left, &open, &done, &mutex, &latencies, this] {
          if (left.fetch_sub(1) <= 0) {
            if (--*mine == 0) {
              {
                std::lock_guard lock{mutex};
                latencies.insert(latencies.end(), own->begin(), own->end());
              }
              *next = nullptr;
              self->quit();
              if (--open == 0)
                done.set_value();
            }
            return;
          }
          BenchPing message;
          message.set_data(data);
          auto asked = now_s();
          self->request(proxy_, caf::infinite, std::move(message)).then([=](const BenchPong&) {
            own->push_back(now_s() - asked);
            auto go_on = *next;
            go_on();
          });
        };
        for (auto n = *mine; n > 0; --n) {
          auto go = *next;
          if (go)
            go();
        }
      });
    done.get_future().wait();
    auto took = now_s() - began;
    return {static_cast<double>(latencies.size()) / took, quantile(latencies, 0.5)};
  }

private:
  std::shared_ptr<links> links_of(caf::actor_system& system, const std::string& name,
                                  std::shared_ptr<directory> names) {
    auto office = std::make_shared<link_office>();
    auto exports = std::make_shared<link_exports>();
    exports->offer<echo_actor>(echo_ref);
    office->system = &system;
    office->names = std::move(names);
    office->exports = exports;
    office->time = time_;
    std::vector<link_member> members{{"a", "", "uri:a"}, {"b", "", "uri:b"}};
    return std::make_shared<links>(make_hello("bench", name, 1), members, office,
                                   [this, name](const std::string&, const session_ptr& now) {
                                     if (name == "a" && now)
                                       up_.set_value();
                                   });
  }
  static wire_greeter greeter(std::shared_ptr<links> all) {
    return
        [=](std::shared_ptr<wire> over, const std::string& who) { return all->greet(std::move(over), who); };
  }

  certificates authority_;
  config near_config_;
  config far_config_;
  caf::actor_system near_;
  caf::actor_system far_;
  std::shared_ptr<system_clock> time_ = std::make_shared<system_clock>();
  std::shared_ptr<directory> far_names_ = std::make_shared<directory>();
  std::promise<void> up_;
  echo_actor echo_;
  std::shared_ptr<links> near_links_, far_links_;
  std::shared_ptr<link_credentials> near_files_, far_files_;
  std::unique_ptr<link_listener> listener_;
  std::unique_ptr<link_dialler> dialler_;
  session_ptr session_;
  echo_actor proxy_;
};

// The bare thing: reads a frame, writes it back.
class bare_echo final : public NodeLink::CallbackService {
public:
  explicit bare_echo(const node_pair& nodes) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", nodes.far_files().for_server(), &port);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  ~bare_echo() override {
    server_->Shutdown(deadline_after(100ms));
  }
  grpc::ServerBidiReactor<Frame, Frame>* Connect(grpc::CallbackServerContext*) override {
    struct echo final : grpc::ServerBidiReactor<Frame, Frame> {
      echo() {
        StartRead(&in);
      }
      void OnReadDone(bool ok) override {
        std::lock_guard lock{mutex};
        if (!ok)
          return Finish(grpc::Status::OK);
        waiting.push_back(std::move(in));
        in.Clear();
        StartRead(&in);
        write();
      }
      void OnWriteDone(bool) override {
        std::lock_guard lock{mutex};
        writing = false;
        write();
      }
      void OnDone() override {
        delete this;
      }
      void write() {
        if (writing || waiting.empty())
          return;
        writing = true;
        out = std::move(waiting.front());
        waiting.pop_front();
        StartWrite(&out);
      }
      std::mutex mutex;
      std::deque<Frame> waiting;
      Frame in, out;
      bool writing = false;
    };
    return new echo;
  }
  int port = 0;

private:
  std::unique_ptr<grpc::Server> server_;
};

// Its client: so many frames in flight, each answered one is sent again.
class bare_client final : public grpc::ClientBidiReactor<Frame, Frame> {
public:
  bare_client(NodeLink::Stub& stub, size_t in_flight, size_t bytes, size_t total)
      : left_to_send_{total}, left_to_read_{total}, free_{in_flight} {
    frame_.add_envelopes()->set_payload(noise(bytes));
    stub.async()->Connect(&context_, this);
    AddHold();
    StartRead(&in_);
    StartCall();
    began_ = now_s();
    std::lock_guard lock{mutex_};
    write();
  }
  figure await() {
    done_.get_future().wait();
    return {static_cast<double>(latencies_.size()) / took_, quantile(latencies_, 0.5)};
  }
  void OnReadDone(bool ok) override {
    if (!ok)
      return RemoveHold();
    std::lock_guard lock{mutex_};
    latencies_.push_back(now_s() - asked_.front());
    asked_.pop_front();
    ++free_;
    if (--left_to_read_ == 0)
      took_ = now_s() - began_;
    in_.Clear();
    StartRead(&in_);
    if (left_to_read_ == 0)
      StartWritesDone();
    else
      write();
  }
  void OnWriteDone(bool) override {
    std::lock_guard lock{mutex_};
    writing_ = false;
    write();
  }
  void OnDone(const grpc::Status&) override {
    done_.set_value();
  }

private:
  void write() {
    if (writing_ || free_ == 0 || left_to_send_ == 0)
      return;
    writing_ = true;
    --free_;
    --left_to_send_;
    asked_.push_back(now_s());
    StartWrite(&frame_);
  }
  grpc::ClientContext context_;
  std::mutex mutex_;
  std::deque<double> asked_;
  std::vector<double> latencies_;
  size_t left_to_send_, left_to_read_, free_;
  bool writing_ = false;
  double began_ = 0;
  double took_ = 0;
  Frame frame_, in_;
  std::promise<void> done_;
};

void requests() {
  silence_grpc();
  node_pair nodes;
  bare_echo bare{nodes};
  auto stub = NodeLink::NewStub(
      grpc::CreateChannel("127.0.0.1:" + std::to_string(bare.port), nodes.near_files().for_client()));
  for (auto bytes : {100u, 10'000u})
    for (auto in_flight : {1u, 200u, 1000u}) {
      auto total = in_flight == 1 ? 3'000u : bytes == 100 ? 60'000u : 15'000u;
      auto name = fmt::format("links.{}.{}", bytes, in_flight);
      std::vector<double> ours_p50, bare_p50;
      auto result = compare(
          rounds,
          [&] {
            auto seen = nodes.ask(in_flight, bytes, total);
            ours_p50.push_back(seen.p50_s);
            return seen.per_second;
          },
          [&] {
            bare_client client{*stub, in_flight, bytes, total};
            auto seen = client.await();
            bare_p50.push_back(seen.p50_s);
            return seen.per_second;
          });
      report(name, result, "per_s", 0.7);
      auto ours = 1e6 * median(ours_p50);
      auto theirs = 1e6 * median(bare_p50);
      metric(name + ".p50", ours, "us");
      metric(name + ".bare_p50", theirs, "us");
      if (in_flight == 1)
        target(name + ".p50_ratio", ours / theirs, "<=", 1.5);
    }
  auto seen = nodes.over()->figures();
  metric("links.envelopes_per_frame",
         static_cast<double>(seen.envelopes_out) / static_cast<double>(seen.frames_out), "");
}

const benchmark links_benchmark{
    "links", "requests per second between actors of two nodes over TLS, and their median time", requests};

} // namespace
} // namespace troupe::bench
