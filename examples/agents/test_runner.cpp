// TEST RUNNER: a copy of a commit, its test command, a verdict.
// Invariant: the work tree of a project is neither read nor written.

#include "test_runner.hpp"

#include "skills.hpp"

#include <fmt/format.h>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/utf8.hpp>

namespace troupe::crew {

caf::expected<test_verdict> test_commit(const workspace& at, const std::filesystem::path& project,
                                        const std::string& commit) {
  passing_folder copy{at.scratch()};
  if (auto failed = at.export_commit(project, commit, copy.path))
    return failed;
  test_verdict verdict;
  if (std::error_code failed; !std::filesystem::exists(copy.path / "ci/test.sh", failed)) {
    verdict.passed = true;
    verdict.output = "this commit has no ci/test.sh";
    return verdict;
  }
  auto ended = run_program({{"sh", "ci/test.sh"}, copy.path, test_limit});
  if (!ended)
    return std::move(ended.error());
  verdict.passed = ended->code == 0 && !ended->timed_out;
  verdict.timed_out = ended->timed_out;
  verdict.code = ended->code;
  verdict.output = std::move(ended->output);
  return verdict;
}

caf::expected<std::string> run_tests(workspace& at, const job& what) {
  auto project = at.project(what.text("project"));
  if (!project)
    return std::move(project.error());
  auto commit = at.commit(*project, what.text("commit").empty() ? "main" : what.text("commit"));
  if (!commit)
    return std::move(commit.error());
  auto expect = what.text("expect").empty() ? "pass" : what.text("expect");
  if (expect != "pass" && expect != "fail" && expect != "either")
    return make_error(ec::invalid_argument,
                      fmt::format("expect is '{}'; allowed are pass, fail, either", expect));
  auto verdict = test_commit(at, *project, *commit);
  if (!verdict)
    return std::move(verdict.error());
  auto last = std::string{clean_utf8(verdict->output)};
  while (!last.empty() && last.back() == '\n')
    last.pop_back();
  if (expect == "pass" && !verdict->passed)
    return make_error(ec::action_failed,
                      verdict->timed_out
                          ? fmt::format("the tests did not end within {} s", test_limit.count())
                          : fmt::format("the tests fail: {}", last.substr(last.rfind('\n') + 1)));
  if (expect == "fail" && verdict->passed)
    return make_error(ec::action_failed,
                      "no test fails, so nothing shows the bug; first commit a test that does");
  return audit::write_json(audit::json_object{{"code", verdict->code},
                                              {"commit", *commit},
                                              {"output", last},
                                              {"passed", verdict->passed},
                                              {"timed_out", verdict->timed_out}});
}

} // namespace troupe::crew
