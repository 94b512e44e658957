// Steps of workflows that a worker in another process does, over the public service on loopback, beside a bare gRPC stream of the same
// messages, one task each, to the same program.

#include <atomic>
#include <fmt/format.h>
#include <grpcpp/grpcpp.h>
#include <mutex>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <tests/bench/bench.hpp>
#include <tests/bench/runs.hpp>
#include <tests/bench/staffed_node.hpp>
#include <tests/bench/workers.hpp>
#include <thread>
#include <troupe/net/api/access.hpp>
#include <troupe/net/link/grpc/stream.hpp>
#include <troupe/net/worker/door.hpp>
#include <troupe/runtime/proto/worker.grpc.pb.h>
#include <unistd.h>

namespace troupe::bench {
namespace {

using namespace std::chrono_literals;

constexpr size_t steps = 10;
constexpr size_t result_bytes = 100;
constexpr size_t at_once = 128;
constexpr double window_s = 2;
constexpr unsigned rounds = 3;
constexpr auto look = 5ms;

// This program once more, as a worker; gone with the object.
class worker_process {
public:
  worker_process(int port, std::string_view token) {
    auto address = fmt::format("TROUPE_BENCH_WORKER=127.0.0.1:{}", port);
    auto shown = fmt::format("TROUPE_BENCH_TOKEN={}", token);
    std::string program = "/proc/self/exe";
    char* arguments[] = {program.data(), nullptr};
    char* environment[] = {address.data(), shown.data(), nullptr};
    ensure(posix_spawn(&child_, program.c_str(), nullptr, nullptr, arguments, environment) == 0, "a process");
  }
  ~worker_process() {
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
  }

private:
  pid_t child_ = 0;
};

// The bare thing: has so many tasks open, and sends one for each result.
class bare_workers final : public Workers::CallbackService {
public:
  bare_workers() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  ~bare_workers() override {
    server_->Shutdown(deadline_after(100ms));
  }
  grpc::ServerBidiReactor<FromWorker, ToWorker>* Work(grpc::CallbackServerContext*) override {
    return new stream{*this}; // deletes itself when it is done
  }
  int port = 0;
  std::atomic<uint64_t> done = 0;

private:
  struct stream final : grpc::ServerBidiReactor<FromWorker, ToWorker> {
    explicit stream(bare_workers& of) : all{of} {
      auto* task = out.add_tasks();
      task->set_lease(std::string(26, 'l'));
      task->set_task("default/run/" + std::string(26, 'r') + "#s0");
      task->add_required("say");
      StartRead(&in);
    }
    void OnReadDone(bool ok) override {
      std::lock_guard lock{mutex};
      if (!ok)
        return Finish(grpc::Status::OK);
      all.done += static_cast<uint64_t>(in.results_size());
      waiting += in.has_hello() ? at_once : static_cast<size_t>(in.results_size());
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
      if (writing || waiting == 0)
        return;
      writing = true;
      --waiting;
      StartWrite(&out);
    }
    bare_workers& all;
    std::mutex mutex;
    FromWorker in;
    ToWorker out;
    size_t waiting = 0;
    bool writing = false;
  };
  std::unique_ptr<grpc::Server> server_;
};

double bare_rate() {
  bare_workers server;
  worker_process worker{server.port, "none"};
  while (server.done < at_once)
    std::this_thread::sleep_for(look);
  auto began = now_s();
  auto before = server.done.load();
  std::this_thread::sleep_for(std::chrono::duration<double>{window_s});
  return static_cast<double>(server.done - before) / (now_s() - began);
}

void rates() {
  silence_grpc();
  test::scratch place;
  auto tokens = (place.path() / "tokens").string();
  auto row = std::make_shared<const WorkflowDefinition>(in_a_row(steps));
  std::vector<double> p50, p99, cpu;
  auto ours = [&] {
    auto desk = std::make_shared<worker_desk>();
    auto parts = std::make_shared<agent_parts>();
    add_worker_parts(*parts, desk);
    staffed_node over{parts};
    worker_plan plan;
    plan.address = "127.0.0.1:0";
    plan.lease = 15s;
    auto door = open_worker_door(plan, tokens, desk, {&over.system(), over.shared_doors(), "bench"});
    ensure(static_cast<bool>(door), "a door");
    worker_process worker{(*door)->port(), token_list::read(tokens)->first().reveal()};
    while (!desk->is_present("bench"))
      std::this_thread::sleep_for(look);
    auto found = measure(over, at_once, run_one(over.shared_doors(), row, true), window_s);
    p50.push_back(1e3 * quantile(found.latencies_s, 0.5));
    p99.push_back(1e3 * quantile(found.latencies_s, 0.99));
    cpu.push_back(found.cpu_us / steps);
    return found.per_s * steps;
  };
  auto found = compare(rounds, ours, bare_rate);
  auto name = fmt::format("workers.steps.{}", at_once);
  report(name, found, "steps_per_s", 0);
  metric(name + ".p50", median(p50), "ms_per_run");
  metric(name + ".p99", median(p99), "ms_per_run");
  metric(name + ".cpu", median(cpu), "us_per_step_of_the_node");
  target(name, found.ours, ">=", 10'000);
}

const benchmark all_rates{"workers", "runs of ten steps done by a worker in another process, 128 at once",
                          rates};

} // namespace

int work_at(const std::string& address, const std::string& token) {
  auto stub = Workers::NewStub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  context.AddMetadata("authorization", "Bearer " + token);
  auto stream = stub->Work(&context);
  FromWorker out;
  out.mutable_hello()->set_name("bench");
  out.mutable_hello()->add_capabilities("say");
  out.mutable_hello()->set_slots(1000);
  stream->Write(out);
  auto text = "\"" + std::string(result_bytes - 2, 'x') + "\"";
  for (ToWorker in; stream->Read(&in);) {
    out.Clear();
    for (auto& task : in.tasks()) {
      auto* result = out.add_results();
      result->set_lease(task.lease());
      result->set_text(text);
    }
    if (out.results_size() > 0 && !stream->Write(out))
      break;
  }
  return stream->Finish().ok() ? 0 : 1;
}

} // namespace troupe::bench
