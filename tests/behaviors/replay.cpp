// Records fed back give the same state; records that do not fit are refused.
#define CAF_SUITE behaviors.replay
#include "tests/behaviors/scripted.hpp"
#include <caf/test/unit_test.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

auto to(action next) {
  return [next = std::move(next)](const Result&) { return next; };
}

scripted::script always(action first) {
  return [first = std::move(first)](const Task&) { return first; };
}

scripted::script chain(const std::string& a, const std::string& b) {
  return always(
      call_tool(a).then(to(call_tool(b))).then([](const Result& r) { return finish("after " + r.text()); }));
}

/// One record, as a journal would hold it.
ActionRecord record(const std::string& position, const action& asked) {
  ActionRecord x;
  x.set_position(position);
  *x.mutable_request() = asked.request();
  x.set_time_ms(5);
  return x;
}

ActionRecord ended(const std::string& position, const action& asked, const std::string& text = {}) {
  auto x = record(position, asked);
  x.mutable_outcome()->set_text(text);
  return x;
}

ActionRecord failed(const std::string& position, const action& asked) {
  auto x = record(position, asked);
  *x.mutable_outcome() = failure(ec::tool_failed);
  return x;
}

ActionRecord won(const std::string& position, const action& asked, uint32_t winner) {
  auto x = record(position, asked);
  x.set_winner(winner);
  return x;
}

TaskState journal(std::initializer_list<ActionRecord> records) {
  TaskState state;
  state.set_attempt(1);
  state.mutable_start()->set_behavior_version("1.0.0");
  for (auto& each : records)
    *state.add_records() = each;
  return state;
}

std::string next_name(execution& run) {
  return run.take_ready().at(0).request.name();
}

std::string mismatch(scripted::script f, const TaskState& state, const std::string& version = "1.0.0") {
  execution run{play_script(std::move(f), version), "t", state};
  if (run.status() != execution_status::mismatch)
    return "fits";
  CAF_CHECK_EQUAL(run.outcome().failure().code(), static_cast<uint32_t>(ec::nondeterministic));
  CAF_CHECK_EQUAL(run.outcome().failure().text(), run.reason());
  CAF_CHECK(run.take_ready().empty());
  CAF_CHECK(run.take_records().empty());
  CAF_CHECK(!run.waiting_only());
  CAF_CHECK(!run.complete("0", success(""), 1));
  return run.reason();
}

} // namespace

CAF_TEST(a restarted attempt continues where the journal ends) {
  rehearsal play{play_script(chain("a", "b")), {}, {"A"}};
  play.restart(play_script(chain("a", "b")));
  CAF_CHECK_EQUAL(play.next().name(), "b");
  CAF_CHECK_EQUAL(play.answer("B").result().text(), "after B");
  play.restart(play_script(chain("a", "b")));
  CAF_CHECK_EQUAL(play.result().text(), "after B");
  CAF_CHECK_EQUAL(play.journal().records_size(), 2);
}

CAF_TEST(another kind or name at a position is a mismatch that names both) {
  auto state = journal({ended("0", call_tool("a"))});
  CAF_CHECK_EQUAL(mismatch(chain("a", "b"), state), "fits");
  CAF_CHECK_EQUAL(mismatch(chain("x", "b"), state),
                  "position 0: recorded is call_tool 'a', but the behavior asks for call_tool 'x'");
  CAF_CHECK_EQUAL(
      mismatch(always(call_model("a", "")), state, "2.0.0"),
      "position 0: recorded is call_tool 'a', but the behavior asks for call_model 'a'; recorded by version "
      "1.0.0, replayed by version 2.0.0");
}

CAF_TEST(a record the behavior never reaches is a mismatch) {
  auto state = journal({ended("0", call_tool("a")), ended("1", call_tool("b"))});
  CAF_CHECK_EQUAL(mismatch(always(call_tool("a")), state),
                  "position 1: recorded is call_tool 'b', but the behavior ends without it");
  CAF_CHECK_EQUAL(mismatch(always(all_of({call_tool("a")})), state),
                  "position 0: recorded is call_tool 'a', but the behavior asks for all_of");
  CAF_CHECK_EQUAL(mismatch(always(call_tool("a").then(to(all_of({call_tool("c")})))),
                           journal({ended("0", call_tool("a")), ended("1.1.0", call_tool("b"))})),
                  "position 1.1.0: recorded is call_tool 'b', but the behavior asks for nothing there");
}

CAF_TEST(records that nobody makes are a mismatch) {
  CAF_CHECK_EQUAL(mismatch(chain("a", "b"), journal({record("0", call_tool("a"))})),
                  "position 0: recorded is call_tool 'a', but such a record is never made");
  CAF_CHECK_EQUAL(mismatch(always(all_of({call_tool("a")})), journal({ended("0", all_of({}))})),
                  "position 0: recorded is all_of, but such a record is never made");
  CAF_CHECK_EQUAL(mismatch(always(race({call_tool("a")})), journal({won("0", race({}), 0)})),
                  "position 0: recorded is race, but argument 0, its recorded winner, has not won");
}

CAF_TEST(a record of what ended by itself changes nothing) {
  execution run{play_script(always(all_of({}).then(to(call_tool("a"))))), "t",
                journal({ended("0", all_of({}))})};
  CAF_CHECK_EQUAL(run.take_ready().size(), 1u);
  CAF_CHECK(run.complete("1", success("A"), 1));
  CAF_CHECK_EQUAL(run.outcome().text(), "A");
}

CAF_TEST(changed arguments of a finished action are noted and its result stands) {
  auto asked = [](const std::string& path) { return call_tool("read", {{"path", path}, {path, "1"}}); };
  execution run{play_script(always(asked("new"))), "t", journal({ended("0", asked("old"), "kept")})};
  CAF_CHECK(run.status() == execution_status::done);
  CAF_CHECK_EQUAL(run.outcome().text(), "kept");
  CAF_CHECK_EQUAL(run.notes(),
                  std::vector<std::string>{
                      "position 0, call_tool 'read': changed since it was recorded: new, old, path"});
  execution slept{play_script(always(sleep_for(2s))), "t", journal({ended("0", sleep_for(1s))})};
  CAF_CHECK_EQUAL(slept.notes().size(), 1u);
}

CAF_TEST(what has begun is carried on as it was recorded) {
  auto asked = [](const std::string& path) { return call_tool("read", {{"path", path}}); };
  auto begun = record("0", asked("old"));
  begun.set_started(true);
  execution run{play_script(always(asked("new"))), "t", journal({begun})};
  auto ready = run.take_ready();
  CAF_REQUIRE_EQUAL(ready.size(), 1u);
  CAF_CHECK(ready[0].intent_recorded);
  CAF_CHECK(!ready[0].wait_until_ms);
  CAF_CHECK_EQUAL(ready[0].request.arguments(0).value(), "old");
  CAF_CHECK_EQUAL(run.notes().size(), 1u);
  auto waiting = record("0", ask_human("alice", "?"));
  waiting.set_wait_until_ms(0);
  execution asking{play_script(always(ask_human("alice", "?"))), "t", journal({waiting})};
  CAF_CHECK_EQUAL(asking.take_ready().at(0).wait_until_ms.value_or(-1), 0);
}

CAF_TEST(the arguments of an action are recorded once) {
  execution run{play_script(always(call_tool("read", {{"path", "a"}}))), "t", journal({})};
  run.record_intent("0", 1);
  run.record_wait("0", 9, 2);
  run.complete("0", success("x"), 3);
  auto records = run.take_records();
  CAF_REQUIRE_EQUAL(records.size(), 3u);
  CAF_CHECK(records[0].started());
  CAF_CHECK_EQUAL(records[0].request().arguments_size(), 1);
  CAF_CHECK_EQUAL(records[1].wait_until_ms(), 9);
  CAF_CHECK_EQUAL(records[2].request().arguments_size(), 0);
  CAF_CHECK_EQUAL(records[2].time_ms(), 3);
  auto state = journal({records[0], records[1], records[2]});
  execution again{play_script(always(call_tool("read", {{"path", "a"}}))), "t", state};
  CAF_CHECK_EQUAL(again.outcome().text(), "x");
  CAF_CHECK(again.notes().empty());
}

CAF_TEST(a winner that was not recorded is decided again and one that was recorded is not ) {
  auto both = [] { return race({call_tool("a"), call_tool("b")}); };
  execution undecided{play_script(always(both())), "t", journal({ended("0.1.0", call_tool("b"), "B")})};
  auto records = undecided.take_records();
  CAF_REQUIRE_EQUAL(records.size(), 1u);
  CAF_CHECK_EQUAL(records[0].winner(), 1u);
  CAF_CHECK_EQUAL(records[0].time_ms(), 5);
  execution decided{play_script(always(both())), "t",
                    journal({ended("0.1.0", call_tool("b"), "B"), records[0]})};
  CAF_CHECK(decided.take_records().empty());
  CAF_CHECK_EQUAL(decided.outcome().text(), "B");
  for (auto& lost : {ended("0.1.0", call_tool("b")), failed("0.0.0", call_tool("a"))})
    CAF_CHECK_EQUAL(
        mismatch(always(any_of({call_tool("a"), call_tool("b")})), journal({lost, won("0", any_of({}), 0)})),
        "position 0: recorded is any_of, but argument 0, its recorded winner, has not won");
}

CAF_TEST(a recorded winner stands even if the result of another was recorded before) {
  execution run{play_script(always(race({call_tool("a"), call_tool("b")}))), "t",
                journal({ended("0.0.0", call_tool("a"), "A"), ended("0.1.0", call_tool("b"), "B"),
                         won("0", race({}), 1)})};
  CAF_CHECK_EQUAL(run.outcome().text(), "B");
  CAF_CHECK(run.take_records().empty());
}

CAF_TEST(late answers of losers are ignored wherever they are nested) {
  auto script =
      always(race({all_of({call_tool("a").then(to(call_tool("c"))), call_tool("d")}), call_tool("b")})
                 .then(to(call_tool("e"))));
  execution run{
      play_script(script), "t",
      journal({ended("0.1.0", call_tool("b")), won("0", race({}), 1), ended("0.0.0.0.0", call_tool("a")),
               ended("0.0.0.0.1", call_tool("c")), ended("0.1.0", call_tool("b"))})};
  CAF_CHECK(run.status() == execution_status::running);
  CAF_CHECK_EQUAL(next_name(run), "e");
  auto begun = record("0.0.0.1.0", call_tool("d"));
  begun.set_started(true);
  CAF_CHECK_EQUAL(
      mismatch(script, journal({begun, ended("0.1.0", call_tool("b")), ended("0.1.1", call_tool("c"))})),
      "position 0.1.1: recorded is call_tool 'c', but the behavior asks for nothing there");
}

CAF_TEST(a winner within a branch that has lost does not matter any more) {
  auto script = always(race({race({call_tool("a"), call_tool("c")}), ask_human("alice", "?")}));
  execution run{play_script(script), "t",
                journal({ended("0.1.0", ask_human("alice", "?"), "yes"), ended("0.0.0.1.0", call_tool("c")),
                         won("0.0.0", race({}), 1)})};
  CAF_CHECK_EQUAL(run.outcome().text(), "yes");
}

CAF_TEST(a recorded checkpoint keeps its data and its time) {
  auto script = [](const std::string& data) {
    return always(checkpoint(data).then([](const Task& t, const Result& mark) {
      return finish(mark.text() + " " + std::to_string(t.now()));
    }));
  };
  execution run{play_script(script("new")), "t", journal({ended("0", checkpoint("old"), "old")})};
  CAF_CHECK_EQUAL(run.outcome().text(), "old 5");
  CAF_CHECK_EQUAL(run.notes().size(), 1u);
  CAF_CHECK(run.take_records().empty());
  CAF_CHECK_EQUAL(mismatch(script("x"), journal({ended("0", call_tool("a"))})),
                  "position 0: recorded is call_tool 'a', but the behavior asks for checkpoint");
  CAF_CHECK_EQUAL(mismatch(script("x"), journal({won("0", race({}), 0)})),
                  "position 0: recorded is race, but the behavior asks for checkpoint");
  CAF_CHECK_EQUAL(mismatch(always(race({finish()})), journal({ended("0", checkpoint("x"))})),
                  "position 0: recorded is checkpoint, but the behavior asks for race");
}

CAF_TEST(a new attempt keeps everything up to the last checkpoint but begins open sleeps anew) {
  auto slept = record("1.0.0", sleep_for(1s)), waiting = record("1.1.0", ask_human("alice", "?"));
  auto over = record("0.0.0", sleep_for(1s));
  for (auto* each : {&slept, &waiting, &over})
    each->set_wait_until_ms(7);
  std::vector<ActionRecord> records{
      over,    ended("0.0.0", sleep_for(1s)),    ended("0", checkpoint("1")),   slept,
      waiting, ended("2", checkpoint("2"), "2"), ended("1.0.0", sleep_for(1s)), ended("3", call_tool("b"))};
  auto kept = records_to_keep(records);
  CAF_REQUIRE_EQUAL(kept.size(), 5u);
  CAF_CHECK_EQUAL(kept[0].position(), "0.0.0");
  CAF_CHECK_EQUAL(kept[3].position(), "1.1.0");
  CAF_CHECK_EQUAL(kept[4].outcome().text(), "2");
  records.erase(records.begin() + 5);
  records.erase(records.begin() + 2);
  CAF_CHECK(records_to_keep(records).empty());
}

CAF_TEST(an attempt begins behind its last checkpoint) {
  auto script = always(call_tool("a").then(to(checkpoint())).then(to(call_tool("b"))));
  rehearsal play{play_script(script), {}, {"A"}};
  play.refuse(ec::tool_failed);
  TaskState next = play.journal();
  next.set_attempt(2);
  std::vector<ActionRecord> all{next.records().begin(), next.records().end()};
  next.clear_records();
  for (auto& each : records_to_keep(all))
    *next.add_records() = each;
  execution run{play_script(script), "t", next};
  CAF_CHECK_EQUAL(next_name(run), "b");
}
