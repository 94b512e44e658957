// Programs are run without a shell, bounded in time and output, and leave nothing behind.
#define CAF_SUITE examples.agents.program
#include <caf/test/unit_test.hpp>
#include <examples/agents/program.hpp>
#include <tests/support/scratch.hpp>
#include <troupe/runtime/error.hpp>

using namespace troupe::crew;
using namespace std::chrono_literals;

namespace {

struct place {
  troupe::test::scratch home;
  program_end run(std::string script, std::chrono::milliseconds limit = 10s,
                  std::vector<std::string> more = {}) {
    std::vector<std::string> words{"sh", "-c", std::move(script), "sh"};
    words.insert(words.end(), more.begin(), more.end());
    auto ended = run_program({words, home.path(), limit, {"GIVEN=this"}});
    if (!ended)
      CAF_FAIL(troupe::describe(ended.error()));
    return *ended;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(program_tests, place)

CAF_TEST(both outputs and the exit code are told) {
  auto ended = run("echo out; echo err >&2; exit 3");
  CAF_CHECK_EQUAL(ended.output, std::string{"out\nerr\n"});
  CAF_CHECK_EQUAL(ended.code, 3);
  CAF_CHECK(!ended.timed_out);
}

CAF_TEST(it has its directory and what it is given and no more of the environment) {
  ::setenv("TROUPE_TEST_LEAK", "leaked", 1);
  auto ended = run("pwd -P; echo \"$GIVEN$TROUPE_TEST_LEAK$HOME\"; cat");
  auto here = std::filesystem::canonical(home.path()).string();
  CAF_CHECK_EQUAL(ended.output, here + "\nthis" + home.path().string() + "\n");
}

CAF_TEST(arguments reach it as they are) {
  auto ended = run("printf '%s|' \"$@\"", 10s, {"$(id)", "; id", "a b"});
  CAF_CHECK_EQUAL(ended.output, std::string{"$(id)|; id|a b|"});
}

CAF_TEST(what does not end in time is killed with all it has started) {
  auto ended = run("sleep 1000 & sleep 1000", 50ms);
  CAF_CHECK(ended.timed_out);
  CAF_CHECK_EQUAL(ended.code, 128 + 9);
}

CAF_TEST(the end of a long output is kept and bytes that are no text are replaced) {
  auto ended = run("i=0; while [ $i -lt 3000 ]; do echo 0123456789; i=$((i+1)); done; printf '\\377end'");
  CAF_CHECK_EQUAL(ended.output.size(), size_t{program_output});
  CAF_CHECK(ended.output.ends_with("0123456789\n?end"));
}

CAF_TEST(a program that is not there ends with 127) {
  auto ended = run_program({{"no-such-program-anywhere"}, home.path()});
  CAF_REQUIRE(ended);
  CAF_CHECK_EQUAL(ended->code, 127);
}

CAF_TEST_FIXTURE_SCOPE_END()
