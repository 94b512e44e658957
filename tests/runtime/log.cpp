// A log line is one JSON object that says who wrote it, and never carries a secret.
#define CAF_SUITE runtime.log
#include "tests/support/scratch.hpp"
#include <atomic>
#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>
#include <fmt/format.h>
#include <fstream>
#include <limits>
#include <sstream>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/limits.hpp>
#include <troupe/runtime/log.hpp>
#include <troupe/runtime/secret.hpp>

using namespace troupe;

namespace {

struct fixed_clock final : clock {
  int64_t us = 1'700'000'000'007'999;
  int64_t now_us() const override {
    return us;
  }
};

struct fixture {
  fixed_clock time;
  log_capture capture;
  logger log = capture.log(time);

  std::string last() const {
    auto lines = capture.lines();
    return lines.empty() ? "nothing" : lines.back();
  }
  bool last_has(std::string_view part) const {
    return last().find(part) != std::string::npos;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(log_tests, fixture)

CAF_TEST(a line is one json object in a fixed order) {
  log.for_trace("00-1")
      .for_entity("t/ledger/g")
      .for_actor("ledger")
      .info("purse opened", {{"left", 30}, {"ok", true}});
  CAF_CHECK_EQUAL(
      last(),
      R"({"time":"2023-11-14T22:13:20.007Z","level":"info","message":"purse opened","actor":"ledger",)"
      R"("entity":"t/ledger/g","trace":"00-1","left":30,"ok":true})");
  log.warning("bare");
  CAF_CHECK_EQUAL(last(), R"({"time":"2023-11-14T22:13:20.007Z","level":"warning","message":"bare"})");
}

CAF_TEST(lines are counted by level and those below the lowest are not ) {
  struct nowhere final : log_sink {
    bool write(std::string_view) override {
      return true;
    }
  };
  node_metrics meters;
  logger counted{std::make_unique<nowhere>(), log_level::info, time, meters};
  counted.debug("unseen");
  counted.info("seen");
  counted.for_actor("a").error("seen");
  counted.error("seen");
  CAF_CHECK_EQUAL(meters.log_lines.with({"debug"}).value(), 0);
  CAF_CHECK_EQUAL(meters.log_lines.with({"info"}).value(), 1);
  CAF_CHECK_EQUAL(meters.log_lines.with({"error"}).value(), 2);
}

CAF_TEST(values of every type are json) {
  log.info("x", {{"text", std::string{"t"}},
                 {"view", std::string_view{"v"}},
                 {"negative", int8_t{-1}},
                 {"large", std::numeric_limits<uint64_t>::max()},
                 {"half", 0.5},
                 {"infinite", std::numeric_limits<double>::infinity()}});
  CAF_CHECK(last_has(
      R"("text":"t","view":"v","negative":-1,"large":18446744073709551615,"half":0.5,"infinite":null})"));
}

CAF_TEST(hostile text cannot break the line) {
  log.for_actor("a\"}\n").info("line\nbreak \xFF \"quote\"", {{"k\"\n", "v\\\x01"}});
  CAF_CHECK(last_has("\"message\":\"line\\nbreak \uFFFD "
                     "\\\"quote\\\"\",\"actor\":\"a\\\"}\\n\",\"k\\\"\\n\":\"v\\\\\\u0001\"}"));
  CAF_CHECK_EQUAL(last().find('\n'), std::string::npos);
}

CAF_TEST(long text is cut and says how long it was) {
  log.info(std::string(limits::log_text_bytes, 'm'), {{"f", std::string(limits::log_text_bytes + 1, 'f')}});
  CAF_CHECK(last_has(std::string(limits::log_text_bytes, 'm') + "\""));
  CAF_CHECK(last_has(std::string(limits::log_text_bytes, 'f') + "... (4097 bytes)\""));
}

CAF_TEST(a field cannot stand twice or pass for ours) {
  log.for_trace("old").info(
      "x", {{"trace", "new"}, {"time", 1}, {"level", 2}, {"message", 3}, {"k", 1}, {"k", 2}});
  CAF_CHECK(last().ends_with(R"("message":"x","trace":"new","time_":1,"level_":2,"message_":3,"k":1})"));
}

CAF_TEST(a secret is never readable) {
  secret token{"hunter2"};
  log.info(fmt::format("token {}", token), {{"token", token}});
  std::ostringstream out;
  out << token;
  CAF_CHECK(last_has(R"("message":"token ***","token":"***"})"));
  CAF_CHECK_EQUAL(out.str() + to_string(token), "******");
  CAF_CHECK_EQUAL(token.reveal(), "hunter2");
  CAF_CHECK(secret{}.empty() && !token.empty());
}

CAF_TEST(the level can be changed for all copies while they are in use) {
  auto copy = log.for_actor("a");
  log.set_lowest(log_level::warning);
  CAF_CHECK(!copy.enabled(log_level::info));
  CAF_CHECK(copy.enabled(log_level::warning));
  copy.info("not written");
  CAF_CHECK_EQUAL(last(), "nothing");
  copy.set_lowest(log_level::debug);
  CAF_CHECK(log.lowest() == log_level::debug);
  log.debug("written");
  CAF_CHECK(last_has("\"level\":\"debug\""));
  log.set_lowest(log_level::off);
  log.error("not written");
  log.write(log_level::off, "not written either");
  CAF_CHECK_EQUAL(capture.lines().size(), 1u);
}

CAF_TEST(a logger made by default is silent) {
  logger none;
  CAF_CHECK(!none.enabled(log_level::error));
  none.set_lowest(log_level::trace);
  none.for_actor("a").for_entity("e").for_trace("t").error("x");
  CAF_CHECK(none.lowest() == log_level::off);
  CAF_CHECK_EQUAL(none.lost(), 0u);
}

CAF_TEST(every level has a name and other names are refused with the list) {
  for (auto level : {log_level::trace, log_level::debug, log_level::info, log_level::warning,
                     log_level::error, log_level::off})
    CAF_CHECK(parse_log_level(to_string(level)) == level);
  auto wrong = parse_log_level("INFO");
  CAF_REQUIRE(!wrong);
  CAF_CHECK_EQUAL(
      describe(wrong.error()),
      "invalid_argument: 'INFO' is no log level; they are trace, debug, info, warning, error, off");
}

CAF_TEST(a line the sink cannot keep is counted and does no harm) {
  struct broken final : log_sink {
    bool write(std::string_view) override {
      return false;
    }
  };
  logger failing{std::make_unique<broken>(), log_level::info, time};
  failing.info("x");
  CAF_CHECK_EQUAL(failing.lost(), 1u);
  auto full = file_sink("/dev/full");
  CAF_REQUIRE(full);
  logger disk_full{std::move(*full), log_level::info, time};
  disk_full.info("x");
  CAF_CHECK_EQUAL(disk_full.lost(), 1u);
}

CAF_TEST(a file gets each line at once and keeps what it had) {
  test::scratch dir;
  auto path = (dir.path() / "node.log").string();
  auto content = [&] {
    std::stringstream text;
    text << std::ifstream{path}.rdbuf();
    return text.str();
  };
  for (auto text : {"first", "second"}) {
    auto sink = file_sink(path);
    CAF_REQUIRE(sink);
    logger into{std::move(*sink), log_level::info, time};
    into.info(text);
    CAF_CHECK(content().ends_with(fmt::format("\"message\":\"{}\"}}\n", text)));
  }
  auto lines = content();
  CAF_CHECK_EQUAL(std::count(lines.begin(), lines.end(), '\n'), 2);
}

CAF_TEST(a file that cannot be written is refused with its path) {
  auto sink = file_sink("/proc/no/such.log");
  CAF_REQUIRE(!sink);
  CAF_CHECK(code_of(sink.error()) == ec::unavailable);
  CAF_CHECK(text_of(sink.error()).find("/proc/no/such.log") != std::string::npos);
}

CAF_TEST(a log that cannot begin a new file loses lines and goes on when it can) {
  test::scratch dir;
  auto folder = dir.path() / "logs", aside = dir.path() / "aside";
  auto made = file_sink((folder / "node.log").string());
  CAF_REQUIRE(made);
  auto& sink = **made;
  const std::string mebibyte(1 << 20, 'x');
  for (size_t written = 0; written + 2 * mebibyte.size() < limits::log_file_bytes; written += mebibyte.size())
    CAF_CHECK(sink.write(mebibyte));
  std::filesystem::rename(folder, aside);
  std::ofstream{folder} << "in the way";
  CAF_CHECK(!sink.write(mebibyte + mebibyte + mebibyte)); // asks for a new file
  CAF_CHECK(!sink.write("short enough for the old file"));
  std::filesystem::remove(folder);
  auto lost = 0;
  while (!sink.write("again"))
    CAF_REQUIRE(++lost < 100);
  CAF_CHECK(std::filesystem::exists(folder / "node.log"));
}

CAF_TEST_FIXTURE_SCOPE_END()
