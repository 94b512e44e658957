// Workers over real sockets of loopback, at a real node: who gets in, who does not, and what becomes of tasks. Nothing sleeps: each test
// waits for what it says.
#define CAF_SUITE net.worker.grpc.door
#include <caf/test/unit_test.hpp>
#include <fstream>
#include <future>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <sys/stat.h>
#include <tests/support/certificates.hpp>
#include <tests/support/scratch.hpp>
#include <troupe/net/api/access.hpp>
#include <troupe/net/api/client.hpp>
#include <troupe/net/api/control.hpp>
#include <troupe/net/link/grpc/stream.hpp>
#include <troupe/net/node/node.hpp>
#include <troupe/net/worker/door.hpp>
#include <troupe/runtime/proto/worker.grpc.pb.h>
#include <troupe/runtime/worker_limits.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

constexpr auto patience = 60s; // only a failing test waits so long
const std::string works = std::string(32, 'w');
const std::string views = std::string(32, 'v');
const std::string rules = std::string(32, 'r');

struct shop {
  explicit shop(const std::function<void(config&)>& change = {}) {
    silence_grpc();
    std::filesystem::create_directories(data + "/control");
    ::chmod((data + "/control").c_str(), 0700);
    ::chmod(data.c_str(), 0700);
    std::ofstream{data + "/control/tokens"} << "ada admin " << rules << "\nwilma worker " << works
                                            << "\nvera viewer " << views << "\n";
    ::chmod((data + "/control/tokens").c_str(), 0600);
    settings.node.data_directory = data;
    settings.node.log_level = "off";
    settings.worker_api.address = "127.0.0.1:0";
    settings.tasks.initial_delay_ms = 1;
    if (change)
      change(settings);
    open();
  }
  void open() {
    one = std::make_unique<node>(settings);
    if (auto failed = one->listen())
      CAF_FAIL(describe(failed));
  }
  std::string address() const {
    return "127.0.0.1:" + std::to_string(one->worker_port());
  }
  std::shared_ptr<grpc::Channel> channel() const {
    return grpc::CreateChannel(address(), grpc::InsecureChannelCredentials());
  }
  control_client operate() const {
    return control_client{control_socket(data), secret{rules}};
  }
  // Starts a task for a worker; gives its id.
  std::string begin(const std::string& capability = "print") {
    StartRun start;
    start.mutable_task()->add_required(capability);
    auto started = operate().start(start);
    if (!started)
      CAF_FAIL(describe(started.error()));
    return started->id();
  }
  TaskState await(const std::string& id) {
    DescribeRun question;
    question.set_id(id);
    question.set_wait(true);
    auto client = operate();
    client.set_patience(patience);
    auto view = client.describe(question);
    if (!view)
      CAF_FAIL(describe(view.error()));
    return view->task();
  }
  test::scratch home;
  std::string data = (home.path() / "data").string();
  config settings;
  std::unique_ptr<node> one;
};

// A worker as any language would write it: one stream, read and written by one thread.
class wire_worker {
public:
  wire_worker(std::shared_ptr<grpc::Channel> channel, const std::string& token)
      : stub_{Workers::NewStub(std::move(channel))} {
    if (!token.empty())
      context.AddMetadata("authorization", "Bearer " + token);
    context.set_deadline(deadline_after(patience));
    stream_ = stub_->Work(&context);
  }
  ~wire_worker() {
    context.TryCancel();
    finish();
  }
  void say(const FromWorker& message) {
    stream_->Write(message);
  }
  wire_worker& greet(const std::string& name, uint32_t slots = 2) {
    FromWorker message;
    message.mutable_hello()->set_name(name);
    message.mutable_hello()->add_capabilities("print");
    message.mutable_hello()->set_slots(slots);
    say(message);
    return *this;
  }
  // Reads until it was told this; what else it is told is kept.
  template <class Has>
  bool read_until(Has has) {
    while (!has(told)) {
      ToWorker message;
      if (!stream_->Read(&message))
        return false;
      told.MergeFrom(message);
    }
    return true;
  }
  WorkerTask next_task() {
    if (!read_until([](auto& all) { return all.tasks_size() > 0; }))
      CAF_FAIL("no task: " << finish().error_message());
    auto task = told.tasks(0);
    told.mutable_tasks()->DeleteSubrange(0, 1);
    return task;
  }
  void come_in(const std::string& name) {
    greet(name);
    if (!read_until([](auto& all) { return all.has_welcome(); }))
      CAF_FAIL("not in: " << finish().error_message());
  }
  void answer(const std::string& lease, const std::string& text) {
    FromWorker message;
    message.add_results()->set_lease(lease);
    message.mutable_results(0)->set_text(text);
    say(message);
  }
  grpc::Status finish() {
    if (!std::exchange(over_, true))
      status_ = stream_->Finish();
    return status_;
  }
  // How it is refused, and the name of the code.
  std::string refusal() {
    ToWorker message;
    while (stream_->Read(&message))
      ;
    auto status = finish();
    auto& trailer = context.GetServerTrailingMetadata();
    auto code = trailer.find("troupe-error");
    return std::to_string(status.error_code()) + " " +
           (code == trailer.end() ? "" : std::string{code->second.data(), code->second.size()}) + ": " +
           status.error_message();
  }
  grpc::ClientContext context;
  ToWorker told;

private:
  std::unique_ptr<Workers::Stub> stub_;
  std::unique_ptr<grpc::ClientReaderWriter<FromWorker, ToWorker>> stream_;
  grpc::Status status_;
  bool over_ = false;
};

// Calls a method with raw bytes, on one message in and one out.
std::string raw_call(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                     const std::string& bytes) {
  grpc::GenericStub stub{channel};
  grpc::ClientContext context;
  context.set_deadline(deadline_after(patience));
  grpc::CompletionQueue queue;
  auto call = stub.PrepareCall(&context, method, &queue);
  auto next = [&] {
    void* tag = nullptr;
    bool ok = false;
    return queue.Next(&tag, &ok) && ok;
  };
  grpc::Slice slice{bytes};
  grpc::ByteBuffer in{&slice, 1}, out;
  call->StartCall(nullptr);
  if (!next())
    return "no call";
  call->Write(in, nullptr);
  if (!next())
    return "not written";
  call->Read(&out, nullptr);
  if (!next())
    return "no answer";
  std::vector<grpc::Slice> parts;
  out.Dump(&parts);
  std::string text;
  for (auto& part : parts)
    text.append(reinterpret_cast<const char*>(part.begin()), part.size());
  context.TryCancel();
  grpc::Status status;
  call->Finish(&status, nullptr);
  next();
  return text;
}

} // namespace

CAF_TEST(by default a node lets no worker in) {
  shop place{[](config& settings) { settings.worker_api.address = ""; }};
  CAF_CHECK_EQUAL(place.one->worker_port(), 0);
  CAF_CHECK_EQUAL(code_of(place.operate().workers().error()), ec::unavailable);
}

CAF_TEST(a node that has never run makes a token and takes it) {
  test::scratch home;
  config settings;
  settings.node.data_directory = (home.path() / "new").string();
  settings.node.log_level = "off";
  settings.worker_api.address = "127.0.0.1:0";
  node one{settings};
  if (auto failed = one.listen())
    CAF_FAIL(describe(failed));
  auto tokens = token_list::read(control_tokens(settings.node.data_directory));
  CAF_REQUIRE(tokens);
  auto channel = grpc::CreateChannel("127.0.0.1:" + std::to_string(one.worker_port()),
                                     grpc::InsecureChannelCredentials());
  wire_worker worker{channel, tokens->first().reveal()};
  worker.come_in("w1");
  CAF_CHECK(worker.told.has_welcome());
}

CAF_TEST(a worker needs a token and the right to work) {
  shop place;
  CAF_CHECK_EQUAL(wire_worker(place.channel(), "").greet("w1").refusal(),
                  "16 unauthenticated: no token: send the metadata `authorization: Bearer TOKEN`");
  CAF_CHECK_EQUAL(wire_worker(place.channel(), std::string(32, 'x')).greet("w1").refusal(),
                  "16 unauthenticated: nobody has this token");
  CAF_CHECK_EQUAL(wire_worker(place.channel(), views).greet("w1").refusal(),
                  "7 permission_denied: vera is viewer and Work needs worker");
  CAF_CHECK_EQUAL(place.operate().workers()->workers_size(), 0);
}

CAF_TEST(a hello that is wrong is refused with what is allowed) {
  shop place;
  CAF_CHECK_EQUAL(
      wire_worker(place.channel(), works).greet("not a name").refusal(),
      "3 invalid_argument: hello.name: 'not a name' is no name: 1 to 200 bytes of A-Z a-z 0-9 _ . -");
  CAF_CHECK_EQUAL(wire_worker(place.channel(), works).greet("w1", limits::worker_slots + 1).refusal(),
                  "3 invalid_argument: hello.slots: 1001; 1 to 1000 are allowed");
  wire_worker first{place.channel(), works};
  first.come_in("w1");
  CAF_CHECK(wire_worker(place.channel(), works)
                .greet("w1")
                .refusal()
                .find("6 already_exists: a worker 'w1' is connected") == 0);
}

CAF_TEST(a task goes out and its result comes back) {
  shop place;
  wire_worker worker{place.channel(), works};
  worker.come_in("w1");
  CAF_CHECK_EQUAL(worker.told.welcome().node(), "node");
  CAF_CHECK_EQUAL(worker.told.welcome().lease_ms(), 15'000);
  auto result = std::async(std::launch::async, [&] { return place.one->run("print", "seven", patience); });
  auto task = worker.next_task();
  CAF_CHECK_EQUAL(task.inputs(0).value(), "seven");
  CAF_CHECK_EQUAL(task.attempt(), 1u);
  auto list = place.operate().workers();
  CAF_REQUIRE(list && list->workers_size() == 1);
  CAF_CHECK_EQUAL(list->workers(0).principal(), "wilma");
  CAF_CHECK_EQUAL(list->workers(0).leases(0).task(), task.task());
  worker.answer(task.lease(), "printed");
  auto got = result.get();
  CAF_REQUIRE(got);
  CAF_CHECK_EQUAL(got->text(), "printed");
}

CAF_TEST(the lease of a connection that is gone is lost and its late result is refused) {
  shop place;
  std::string lost;
  auto first = std::make_unique<wire_worker>(place.channel(), works);
  first->come_in("w1");
  auto id = place.begin();
  auto task = first->next_task();
  lost = task.lease();
  FromWorker mark;
  mark.add_checkpoints()->set_lease(lost);
  mark.mutable_checkpoints(0)->set_data("half");
  first->say(mark);
  CAF_REQUIRE(first->read_until([](auto& all) { return all.kept_size() > 0; }));
  CAF_CHECK_EQUAL(first->told.kept(0).number(), 1u);
  wire_worker second{place.channel(), works};
  second.come_in("w2");
  first.reset();
  auto again = second.next_task();
  CAF_CHECK_EQUAL(again.task(), task.task());
  CAF_CHECK_EQUAL(again.attempt(), 2u);
  CAF_CHECK_EQUAL(again.checkpoint(), "half");
  second.answer(lost, "late");
  CAF_REQUIRE(second.read_until([](auto& all) { return all.refusals_size() > 0; }));
  CAF_CHECK_EQUAL(second.told.refusals(0).lease(), lost);
  CAF_CHECK_EQUAL(second.told.refusals(0).code(), "stale");
  CAF_CHECK(second.told.refusals(0).text().find("lost the lease of attempt 1: its connection ended") !=
            std::string::npos);
  second.answer(again.lease(), "in time");
  CAF_CHECK_EQUAL(place.await(id).outcome().text(), "in time");
}

CAF_TEST(a cancel reaches the worker) {
  shop place;
  wire_worker worker{place.channel(), works};
  worker.come_in("w1");
  auto id = place.begin();
  auto task = worker.next_task();
  StopRun stop;
  stop.set_id(id);
  CAF_REQUIRE(place.operate().cancel(stop));
  CAF_REQUIRE(worker.read_until([](auto& all) { return all.cancels_size() > 0; }));
  CAF_CHECK_EQUAL(worker.told.cancels(0).lease(), task.lease());
  CAF_CHECK_EQUAL(place.await(id).status(), TASK_CANCELLED);
}

CAF_TEST(a node that restarts tells its workers and gives them their tasks again) {
  shop place;
  std::string id, lease;
  {
    wire_worker worker{place.channel(), works};
    worker.come_in("w1");
    id = place.begin();
    lease = worker.next_task().lease();
    place.one.reset();
    CAF_CHECK_EQUAL(worker.refusal(), "14 unavailable: the node stops; connect again");
  }
  place.open();
  wire_worker worker{place.channel(), works};
  worker.come_in("w1");
  auto task = worker.next_task();
  CAF_CHECK_EQUAL(task.attempt(), 1u);
  CAF_CHECK(task.lease() != lease);
  worker.answer(task.lease(), "after all");
  CAF_CHECK_EQUAL(place.await(id).outcome().text(), "after all");
}

CAF_TEST(with certificates the URI is who works and others do not get in) {
  certificates authority;
  certificates foreign;
  auto own = authority.sign("node", "troupe://shop/node");
  shop place{[&](config& settings) {
    settings.worker_api.certificate = own.certificate;
    settings.worker_api.key = own.key;
    settings.worker_api.authority = own.authority;
    settings.worker_api.principals = "spiffe://shop/wilma";
  }};
  auto channel = [&](const link_files& files) {
    auto opened = open_credentials(files);
    CAF_REQUIRE(opened);
    return grpc::CreateChannel(place.address(), static_cast<pem_files&>(**opened).for_client());
  };
  wire_worker worker{channel(authority.sign("wilma", "spiffe://shop/wilma")), ""};
  worker.come_in("w1");
  CAF_CHECK_EQUAL(place.operate().workers()->workers(0).principal(), "spiffe://shop/wilma");
  CAF_CHECK_EQUAL(
      wire_worker(channel(authority.sign("fred", "spiffe://shop/fred")), rules).greet("w2").refusal(),
      "7 permission_denied: 'spiffe://shop/fred' may not work here: [worker_api] principals does not name "
      "it");
  CAF_CHECK(wire_worker(channel(foreign.sign("wilma", "spiffe://shop/wilma")), "")
                .greet("w2")
                .refusal()
                .find("14 ") == 0);
  CAF_CHECK(wire_worker(place.channel(), works).greet("w2").refusal().find("14 ") == 0);
}

CAF_TEST(health and reflection are there) {
  shop place;
  auto channel = place.channel();
  const std::string serving{"\x08\x01", 2};
  CAF_CHECK(raw_call(channel, "/grpc.health.v1.Health/Check", "") == serving);
  CAF_CHECK(raw_call(channel, "/grpc.health.v1.Health/Check", "\x0a\x0etroupe.Workers") == serving);
  auto services = raw_call(channel, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
                           std::string{"\x3a\x01*", 3});
  CAF_CHECK(services.find("troupe.Workers") != std::string::npos);
  CAF_CHECK(services.find("grpc.health.v1.Health") != std::string::npos);
  CAF_CHECK(services.find("troupe.Control") == std::string::npos);
}
