// repository_audit: supervised, durable agents audit a directory. Killed at any moment and started again, it goes on where
// it was.
// Run:    ./dev run [PATH] [--data DIR] [--out DIR]
// Prints: one line of counts; writes audit-report.md and audit-report.sarif

#include "audit_behaviors.hpp"
#include "audit_progress.hpp"
#include "audit_tools.hpp"
#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <troupe/net/node/node.hpp>
#include <unistd.h>

namespace {

namespace fs = std::filesystem;

struct arguments {
  fs::path root = ".";
  fs::path data = "troupe-data";
  fs::path out = ".";
};

bool parse(int argc, char** argv, arguments& result) {
  bool has_root = false;
  for (int i = 1; i < argc; ++i) {
    std::string_view word{argv[i]};
    if ((word == "--data" || word == "--out") && i + 1 < argc)
      (word == "--data" ? result.data : result.out) = argv[++i];
    else if (word.starts_with("-") || has_root)
      return false;
    else
      result.root = argv[i], has_root = true;
  }
  return true;
}

// The run that is under way: its id stands in a file from before it begins until its end has been told.
std::string run_under_way(const fs::path& note) {
  std::string id;
  std::ifstream{note} >> id;
  return id;
}

} // namespace

int main(int argc, char** argv) {
  arguments args;
  if (!parse(argc, argv, args)) {
    fmt::print(stderr, "usage: repository_audit [PATH] [--data DIR] [--out DIR]\n");
    return 2;
  }
  troupe::config settings;
  settings.node.data_directory = args.data.string();
  settings.node.log_level = "error";
  troupe::node node{settings};
  troupe::audit::add_audit_tools(node.tools(), args.data / "audit");
  troupe::audit::add_audit_behaviors(node.behaviors());
  if (auto failed = node.start())
    return node.complain(failed);

  troupe::audit::progress progress{isatty(STDERR_FILENO) == 1};
  auto root = fs::absolute(args.root).lexically_normal().string();
  auto note = args.data / "audit" / "run";
  auto id = run_under_way(note);
  auto before = id.empty() ? caf::expected<troupe::RunState>{troupe::make_error(troupe::ec::not_found)}
                           : node.describe_run("default/run/" + id);
  auto goes_on = before && before->status() == troupe::RUN_RUNNING &&
                 std::any_of(before->inputs().begin(), before->inputs().end(),
                             [&](auto& input) { return input.name() == "root" && input.value() == root; });
  if (goes_on) {
    auto done = std::count_if(before->steps().begin(), before->steps().end(),
                              [](auto& step) { return step.task().status() == troupe::TASK_COMPLETED; });
    long results = 0;
    for (auto& step : before->steps())
      results += std::count_if(step.task().records().begin(), step.task().records().end(),
                               [](auto& record) { return record.has_outcome(); });
    fmt::print(stderr, "continuing the audit of {}: {} of {} steps and {} results are already done\n", root,
               done, before->steps_size(), results);
    progress.show(*before, true);
  } else {
    id = fmt::format("audit-{:x}", troupe::random_seed());
    std::ofstream{note} << id << '\n';
    fmt::print(stderr, "auditing {}\n", root);
  }
  auto run = node.start_run(id, troupe::audit::audit_workflow(),
                            {{"out", fs::absolute(args.out).lexically_normal().string()}, {"root", root}});
  if (!run)
    return node.complain(run.error());

  for (;;) {
    auto ended = node.await_run(*run, std::chrono::milliseconds{200});
    if (!ended && troupe::code_of(ended.error()) != troupe::ec::timeout)
      return node.complain(ended.error());
    auto state = ended ? ended : node.describe_run(*run);
    if (!state)
      return node.complain(state.error());
    progress.show(*state);
    if (!ended)
      continue;
    fs::remove(note);
    if (ended->status() != troupe::RUN_COMPLETED) {
      auto& failure = ended->outcome().failure();
      return node.complain(troupe::make_error(static_cast<troupe::ec>(failure.code()), failure.text()));
    }
    fmt::print("{}\nreports: {} and {}\n", ended->outcome().text(), (args.out / "audit-report.md").string(),
               (args.out / "audit-report.sarif").string());
    return 0;
  }
}
