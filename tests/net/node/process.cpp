// A process that is a node ends with a code that says why.
#define CAF_SUITE net.node.process
#include <caf/test/unit_test.hpp>
#include <csignal>
#include <future>
#include <sys/resource.h>
#include <tests/support/scratch.hpp>
#include <troupe/net/node/process.hpp>
#include <troupe/net/node/standard_behaviors.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

constexpr auto patience = 60s; // only a failing test waits so long

config settings_for(const test::scratch& home) {
  config settings;
  settings.node.data_directory = (home.path() / "data").string();
  settings.node.log_level = "off";
  return settings;
}

void kill_service(const node& one, std::string_view name) {
  caf::anon_send_exit(one.outside()->names->find(std::string{name}), caf::exit_reason::kill);
}

} // namespace

CAF_TEST(a node whose tree gives up ends with the reason and a code) {
  test::scratch home;
  auto settings = settings_for(home);
  settings.supervision.max_restarts = 0;
  node one{settings};
  CAF_REQUIRE(!one.start());
  CAF_CHECK(one.end().wait_for(0s) == std::future_status::timeout);
  auto code = std::async(std::launch::async, [&] { return serve(one); });
  kill_service(one, services::timers);
  CAF_REQUIRE(one.end().wait_for(patience) == std::future_status::ready);
  auto& reason = one.end().get();
  CAF_CHECK_EQUAL(code_of(reason), ec::internal);
  CAF_CHECK(text_of(reason).find("timers") != std::string::npos);
  CAF_REQUIRE(code.wait_for(patience) == std::future_status::ready);
  CAF_CHECK_EQUAL(code.get(), info(ec::internal).exit_code);
}

CAF_TEST(a service that may be restarted does not end the node) {
  test::scratch home;
  auto settings = settings_for(home);
  settings.supervision.backoff_first_ms = 1;
  node one{settings};
  add_standard_behaviors(one.behaviors());
  CAF_REQUIRE(!one.start());
  kill_service(one, services::timers);
  auto echoed = one.run("troupe.echo", "still here", patience);
  CAF_REQUIRE(echoed);
  CAF_CHECK_EQUAL(echoed->text(), "still here");
  CAF_CHECK(one.end().wait_for(0s) == std::future_status::timeout);
}

CAF_TEST(a node that cannot open its store ends with the code of the trouble) {
  test::scratch home;
  node first{settings_for(home)};
  CAF_REQUIRE(!first.start());
  node second{settings_for(home)};
  CAF_CHECK_EQUAL(serve(second), info(ec::locked).exit_code);
}

CAF_TEST(a prepared process takes a file that may grow no further for an error) {
  auto before = std::signal(SIGXFSZ, SIG_DFL), pipe_before = std::signal(SIGPIPE, SIG_DFL);
  sigset_t mask;
  pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  prepare_process();
  sigset_t blocked;
  pthread_sigmask(SIG_SETMASK, &mask, &blocked);
  CAF_CHECK_EQUAL(sigismember(&blocked, SIGTERM), 1);
  CAF_CHECK_EQUAL(sigismember(&blocked, SIGINT), 1);
  CAF_CHECK(std::signal(SIGXFSZ, before) == SIG_IGN);
  CAF_CHECK(std::signal(SIGPIPE, pipe_before) == SIG_IGN);
}
