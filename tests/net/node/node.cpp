// A real node: store, journal thread, actors and threads. What it has accepted it finishes, in this life or
// the next.
#define CAF_SUITE net.node.node
#include <caf/test/unit_test.hpp>
#include <fstream>
#include <future>
#include <regex>
#include <set>
#include <sstream>
#include <tests/support/scratch.hpp>
#include <troupe/behaviors/workflow_builder.hpp>
#include <troupe/net/api/access.hpp>
#include <troupe/net/api/client.hpp>
#include <troupe/net/api/control.hpp>
#include <troupe/net/node/node.hpp>
#include <troupe/net/node/standard_behaviors.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

constexpr auto patience = 30s; // only a failing test waits so long

config settings_for(const test::scratch& home) {
  config settings;
  settings.node.data_directory = (home.path() / "data").string();
  settings.node.log_level = "error";
  return settings;
}

// A node that can echo, wait, ask and call a tool.
struct living {
  explicit living(const test::scratch& home, const std::string& answer = "tool")
      : living{settings_for(home), answer} {}
  explicit living(config settings, const std::string& answer = "tool") : one{std::move(settings)} {
    add_standard_behaviors(one.behaviors());
    one.tools().add({"name", "says whose tool it is",
                     [answer](const tool_call&) -> caf::expected<std::string> { return answer; }, true});
    auto refused =
        one.behaviors().add(manifest{"caller"}.can("call"), [] { return std::make_unique<caller>(); });
    CAF_REQUIRE(!refused);
  }
  class caller final : public behavior {
  public:
    manifest describe() const override {
      return manifest{"caller"}.can("call");
    }
    action run(const Task&) override {
      return call_tool("name");
    }
  };
  std::string run(const std::string& capability, const std::string& text = {}) {
    auto result = one.run(capability, text, patience);
    return result ? result->text() : describe(result.error());
  }
  node one;
};

workflow_builder waits_then_echoes(int64_t ms) {
  workflow_builder flow{"later"};
  flow.step("pause", "troupe.wait").input("ms", std::to_string(ms));
  flow.step("say", "troupe.echo").needs({"pause"}).input("text", "done");
  return flow;
}

} // namespace

CAF_TEST(a node runs a task and gives its result) {
  test::scratch home;
  living here{home};
  CAF_CHECK_EQUAL(here.run("troupe.echo", "hello"), "hello");
  CAF_CHECK_EQUAL(here.run("call"), "tool");
  CAF_CHECK_EQUAL(here.run("troupe.echo", "again"), "again");
}

CAF_TEST(a running node exposes the metrics of the reference page and no others) {
  test::scratch home;
  living here{home};
  CAF_REQUIRE(!here.one.listen());
  CAF_CHECK_EQUAL(here.run("call"), "tool");
  auto data = here.one.settings().node.data_directory;
  auto tokens = token_list::read(control_tokens(data));
  CAF_REQUIRE(tokens);
  auto text = control_client{control_socket(data), tokens->first()}.metrics();
  CAF_REQUIRE(text);
  std::set<std::string> exposed, explained;
  std::istringstream page{text->text()};
  for (std::string line; std::getline(page, line);)
    if (line.starts_with("# TYPE "))
      exposed.insert(line.substr(7));
  std::ifstream reference{TROUPE_SOURCE_DIR "/docs/reference/metrics.md"};
  std::smatch row;
  for (std::string line; std::getline(reference, line);)
    if (std::regex_match(line, row, std::regex{R"(\| `(\w+)` \| (\w+) \|.*)"}))
      explained.insert(row[1].str() + " " + row[2].str());
  CAF_CHECK_EQUAL(exposed, explained);
  for (std::string line : {R"(troupe_child_events_total{child="root/core/timers",event="running"} 1)",
                           R"(troupe_tool_calls_total{tool="name",outcome="ok"} 1)",
                           R"(troupe_tasks_ended_total{outcome="completed",behavior="caller"} 1)",
                           R"(troupe_log_lines_total{level="info"} 0)", "troupe_notes_dropped_total 0"})
    CAF_CHECK(text->text().find(line) != std::string::npos);
  CAF_CHECK(text->text().find("troupe_journal_batches_total 0") == std::string::npos);
}

CAF_TEST(a task that fails gives its reason) {
  test::scratch home;
  living here{home};
  auto failed = here.one.run("troupe.wait", "", patience); // it wants ms
  CAF_REQUIRE(!failed);
  CAF_CHECK_EQUAL(code_of(failed.error()), ec::invalid_argument);
  CAF_CHECK_EQUAL(here.one.complain(failed.error()), 2);
}

CAF_TEST(a wait for what nobody can do ends with patience) {
  test::scratch home;
  living here{home};
  auto nobody = here.one.run("fly", "", 50ms);
  CAF_REQUIRE(!nobody);
  CAF_CHECK_EQUAL(code_of(nobody.error()), ec::timeout);
}

CAF_TEST(two nodes in one process know nothing of each other) {
  test::scratch here, there;
  living first{here, "first"}, second{there, "second"};
  CAF_CHECK_EQUAL(first.run("call"), "first");
  CAF_CHECK_EQUAL(second.run("call"), "second");
  auto run = first.one.start_run("r", waits_then_echoes(1).definition(), {});
  CAF_REQUIRE(run);
  auto elsewhere = second.one.describe_run(*run);
  CAF_REQUIRE(!elsewhere);
  CAF_CHECK_EQUAL(code_of(elsewhere.error()), ec::not_found);
}

CAF_TEST(a second node on the same directory is refused) {
  test::scratch home;
  living first{home};
  CAF_REQUIRE(!first.one.start());
  {
    living second{home};
    auto refused = second.one.start();
    CAF_CHECK_EQUAL(code_of(refused), ec::locked);
    CAF_CHECK(text_of(refused).find(home.path().string()) != std::string::npos);
    auto nothing = second.one.run("troupe.echo", "x", patience);
    CAF_CHECK(!nothing);
  }
  CAF_CHECK_EQUAL(first.run("troupe.echo", "still here"), "still here");
}

CAF_TEST(a directory is free again when its node has ended) {
  test::scratch home;
  for (int i = 0; i < 3; ++i) {
    living here{home};
    CAF_CHECK_EQUAL(here.run("troupe.echo", "hello"), "hello");
  }
}

CAF_TEST(an unfinished run goes on in the next life) {
  test::scratch home;
  std::string run;
  {
    living here{home};
    auto started = here.one.start_run("r", waits_then_echoes(300).definition(), {});
    CAF_REQUIRE(started);
    run = *started;
  }
  living again{home};
  CAF_REQUIRE(!again.one.start());
  auto end = again.one.await_run(run, patience);
  CAF_REQUIRE(end);
  CAF_CHECK_EQUAL(end->status(), RUN_COMPLETED);
  CAF_CHECK_EQUAL(std::string{end->outcome().text()}, "done");
  auto same = again.one.start_run("r", waits_then_echoes(300).definition(), {});
  CAF_REQUIRE(same);
  CAF_CHECK_EQUAL(*same, run);
  auto other = again.one.start_run("r", waits_then_echoes(5).definition(), {});
  CAF_REQUIRE(!other);
  CAF_CHECK_EQUAL(code_of(other.error()), ec::already_exists);
}

CAF_TEST(what is asked of a node that was never started is refused) {
  test::scratch home;
  living here{home};
  auto run = here.one.describe_run("default/run/r");
  CAF_REQUIRE(!run);
  CAF_CHECK_EQUAL(code_of(run.error()), ec::unavailable);
  CAF_CHECK(!here.one.await_run("default/run/r", patience));
}

CAF_TEST(a command line may name the directory) {
  test::scratch home;
  auto path = (home.path() / "named").string();
  std::string words[] = {"program", "--data", path};
  char* argv[] = {words[0].data(), words[1].data(), words[2].data()};
  node named{3, argv}, silent{1, argv};
  CAF_CHECK_EQUAL(named.settings().node.data_directory, path);
  CAF_CHECK_EQUAL(silent.settings().node.data_directory, "./troupe-data");
}

CAF_TEST(the configuration says how often a task is tried and how long a tool may take) {
  for (auto retries : {0, 2}) {
    test::scratch home;
    auto settings = settings_for(home);
    settings.tasks.max_retries = retries;
    settings.tasks.initial_delay_ms = 1;
    settings.tasks.backoff_multiplier = 1;
    settings.tasks.timeout_ms = 77'000;
    settings.tool_ecosystem.max_tool_timeout_seconds = 5;
    living here{settings};
    auto calls = std::make_shared<std::atomic<int>>(0);
    here.one.tools().add({"name", "fails",
                          [=](const tool_call&) -> caf::expected<std::string> {
                            ++*calls;
                            return make_error(ec::tool_failed, "no");
                          },
                          true});
    CAF_CHECK(here.one.tools().find("name")->timeout == 5s);
    CAF_CHECK_EQUAL(here.run("call"), "tool_failed: no");
    CAF_CHECK_EQUAL(calls->load(), retries + 1);
    workflow_builder flow{"one"};
    flow.step("say", "troupe.echo");
    auto run = here.one.start_run("r", flow.definition(), {});
    CAF_REQUIRE(run);
    auto end = here.one.await_run(*run, patience);
    CAF_REQUIRE(end);
    CAF_CHECK_EQUAL(end->steps(0).task().defaults().timeout_ms(), 77'000);
  }
}

CAF_TEST(the configuration says how many calls are served at a time) {
  test::scratch home;
  auto settings = settings_for(home);
  settings.system.max_concurrent_requests = 1;
  std::future<caf::expected<RunView>> waiting;
  {
    living here{settings};
    CAF_REQUIRE(!here.one.listen());
    CAF_REQUIRE(here.one.start_run("r", waits_then_echoes(3'600'000).definition(), {}));
    auto& data = settings.node.data_directory;
    auto tokens = token_list::open(control_tokens(data));
    CAF_REQUIRE(tokens);
    control_client client{control_socket(data), tokens->first()};
    waiting = std::async(std::launch::async, [data, token = tokens->first()] {
      DescribeRun in;
      in.set_id("r");
      in.set_wait(true);
      control_client asker{control_socket(data), token};
      for (;;) // the other client may have been first
        if (auto answer = asker.describe(in); answer || code_of(answer.error()) != ec::overloaded)
          return answer;
    });
    for (;;) // until that one is in
      if (auto served = client.runs(); !served) {
        CAF_CHECK_EQUAL(code_of(served.error()), ec::overloaded);
        break;
      }
  }
  CAF_CHECK(!waiting.get()); // the node has stopped
}

CAF_TEST(a log level that is none is refused at the start) {
  test::scratch home;
  auto settings = settings_for(home);
  settings.node.log_level = "loud";
  node wrong{settings};
  CAF_CHECK_EQUAL(code_of(wrong.start()), ec::invalid_argument);
}

CAF_TEST(what is spent is not marked inside of the data directory) {
  test::scratch home;
  auto settings = settings_for(home);
  for (auto* inside : {"data", "data/", "data/spent", "data/x/../spent"}) {
    settings.node.spent_directory = (home.path() / inside).string();
    node wrong{settings};
    CAF_CHECK_EQUAL(code_of(wrong.start()), ec::invalid_argument);
  }
  settings.node.spent_directory = (home.path() / "data-spent").string();
  node right{settings};
  CAF_CHECK(!right.start());
  CAF_CHECK(!std::filesystem::exists(settings.node.spent_directory)); // it has no ledgers
}
