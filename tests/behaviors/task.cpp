// A task tells its inputs, and time and chance that repeat; results keep their text alive.
#define CAF_SUITE behaviors.task
#include "tests/behaviors/scripted.hpp"
#include <caf/test/unit_test.hpp>
#include <set>

using namespace troupe;

namespace {

TaskSpec spec() {
  TaskSpec x;
  x.set_type("review");
  x.set_title("Review a file");
  auto* field = x.add_inputs();
  field->set_name("path");
  field->set_value("a.txt");
  return x;
}

} // namespace

CAF_TEST(a task tells what it was given and is empty where nothing was) {
  Task task{spec(), "task-1", 2};
  CAF_CHECK_EQUAL(task.input("path"), "a.txt");
  CAF_CHECK_EQUAL(task.input("other"), "");
  CAF_CHECK(task.has_input("path"));
  CAF_CHECK(!task.has_input("other"));
  CAF_CHECK((task.inputs() == std::vector<argument>{{"path", "a.txt"}}));
  CAF_CHECK_EQUAL(task.type(), "review");
  CAF_CHECK_EQUAL(task.title(), "Review a file");
  CAF_CHECK_EQUAL(task.id(), "task-1");
  CAF_CHECK_EQUAL(task.attempt(), 2u);
  CAF_CHECK_EQUAL(task.spec().title(), "Review a file");
}

CAF_TEST(a task outside of an execution has neither time nor chance) {
  Task task{spec(), "task-1", 1};
  CAF_CHECK(breaks([&] { task.now(); }));
  CAF_CHECK(breaks([&] { task.random(); }));
}

CAF_TEST(a result tells text or error and its parts outlive it) {
  std::vector<Result> parts;
  {
    auto whole = std::make_shared<Outcome>();
    *whole->add_parts() = success("left");
    whole->add_parts()->mutable_failure()->set_code(static_cast<uint32_t>(ec::tool_failed));
    whole->mutable_parts(1)->mutable_failure()->set_text("no such file");
    Result result{whole};
    CAF_CHECK(result.ok());
    CAF_CHECK(!result.error());
    CAF_CHECK(breaks([&] { result.part(2); }));
    parts = result.parts();
    parts.push_back(result.part(0));
  }
  CAF_CHECK_EQUAL(parts.at(0).text(), "left");
  CAF_CHECK_EQUAL(parts.at(2).text(), "left");
  CAF_CHECK(!parts.at(1).ok());
  CAF_CHECK_EQUAL(code_of(parts.at(1).error()), ec::tool_failed);
  CAF_CHECK_EQUAL(text_of(parts.at(1).error()), "no such file");
}

CAF_TEST(random streams follow the published generator and differ by seed and position and draw) {
  // First outputs of SplitMix64 from state 0, as published with its reference implementation.
  CAF_CHECK_EQUAL(random_at(0, 0), 0xe220a8397b1dcdafull);
  CAF_CHECK_EQUAL(random_at(0, 1), 0x6e789e6aa1b965f4ull);
  std::set<uint64_t> all;
  for (uint64_t seed : {1, 2})
    for (auto position : {"", "0.0", "0.1"})
      for (uint64_t n : {0, 1})
        all.insert(random_at(random_stream(seed, position), n));
  CAF_CHECK_EQUAL(all.size(), 12u);
}

CAF_TEST(time starts with the attempt and moves with each result and is the same after a restart) {
  std::vector<int64_t> seen;
  auto script = [&](const Task& task) {
    seen.push_back(task.now());
    return call_tool("a").then([&seen](const Task& t, const Result&) {
      seen.push_back(t.now());
      return all_of({call_tool("b").then([&seen](const Task& u, const Result&) {
                       seen.push_back(u.now());
                       return finish();
                     }),
                     sleep_for(std::chrono::milliseconds{500})})
          .then([&seen](const Task& u, const Result&) {
            seen.push_back(u.now());
            return finish();
          });
    });
  };
  rehearsal play{play_script(script)};
  play.pass(std::chrono::milliseconds{10})
      .answer("")
      .pass(std::chrono::milliseconds{5})
      .answer_at("1.0.0", "");
  play.pass(std::chrono::seconds{1});
  CAF_CHECK(play.done());
  auto start = play.journal().start().started_ms();
  std::vector<int64_t> expected{start, start + 10, start + 15, start + 510};
  CAF_CHECK_EQUAL(seen, expected);
  seen.clear();
  play.restart(play_script(script));
  CAF_CHECK_EQUAL(seen, expected);
}

CAF_TEST(time never goes back when the clock of a host does) {
  std::vector<int64_t> seen;
  TaskState state;
  state.mutable_start()->set_started_ms(1000);
  execution run{play_script([&](const Task&) {
                  return call_tool("a").then([&seen](const Task& t, const Result&) {
                    seen.push_back(t.now());
                    return finish();
                  });
                }),
                "t", state};
  run.complete("0", success(""), 900);
  CAF_CHECK_EQUAL(seen, std::vector<int64_t>{1000});
}

CAF_TEST(a branch draws its own numbers whatever its neighbours do and in whatever order) {
  auto draw = [](const Task& t, const Result&) {
    return finish(std::to_string(t.random()) + " " + std::to_string(t.random()));
  };
  auto script = [&](const Task& task) {
    auto before = std::to_string(task.random());
    return all_of({call_tool("a").then(draw), call_tool("b").then(draw)})
        .then([before](const Task& t, const Result& both) {
          return finish(before + " " + both.part(0).text() + " " + both.part(1).text() + " " +
                        std::to_string(t.random()));
        });
  };
  auto run = [&](std::string_view first, std::string_view second, uint64_t seed) {
    rehearsal play{play_script(script), {}, {}, seed};
    play.answer_at(first, "").answer_at(second, "");
    auto text = play.result().text();
    play.restart(play_script(script));
    CAF_CHECK_EQUAL(play.result().text(), text);
    return text;
  };
  CAF_CHECK_EQUAL(run("0.0.0", "0.1.0", 1), run("0.1.0", "0.0.0", 1));
  CAF_CHECK_NOT_EQUAL(run("0.0.0", "0.1.0", 1), run("0.0.0", "0.1.0", 2));
  std::istringstream words{run("0.0.0", "0.1.0", 1)};
  std::set<std::string> distinct{std::istream_iterator<std::string>{words}, {}};
  CAF_CHECK_EQUAL(distinct.size(), 6u);
}
