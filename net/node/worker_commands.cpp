// WORKER COMMANDS: who is connected to do tasks, and what each does.

#include <fmt/format.h>
#include <troupe/net/node/command.hpp>
#include <troupe/net/node/views.hpp>

namespace troupe {
namespace {

caf::expected<int> workers(cli_session& at) {
  return ask_and_show(at, [](control_client& node) { return node.workers(); });
}

// What it does, one line for each task.
std::string tasks_of(const ConnectedWorker& worker, const text_look& how) {
  std::string lines;
  for (auto& one : worker.leases())
    lines += fmt::format("  {} attempt {}, since {}{}\n", printable(one.task()), one.attempt(),
                         short_time(one.since_ms(), how),
                         one.progress().empty() ? "" : ": " + printable(one.progress()));
  auto more = static_cast<int64_t>(worker.busy()) - worker.leases_size();
  return more > 0 ? fmt::format("{}  and {} more\n", lines, more) : lines;
}

} // namespace

std::string show(const WorkerList& list, const text_look& how) {
  if (list.workers().empty())
    return "no worker is connected\n";
  text_table table{{"WORKER", "STATE", "BUSY", "DONE", "REFUSED", "HEARD", "VERSION", "PRINCIPAL", "FROM"}};
  std::string tasks;
  for (auto& one : list.workers()) {
    table.add(
        {printable(one.name()),
         one.draining() ? text_cell{"draining", text_tone::warning} : text_cell{"connected", text_tone::good},
         fmt::format("{}/{}", one.busy(), one.slots()), std::to_string(one.done()),
         std::to_string(one.refused()), short_time(one.heard_ms(), how), printable(one.version()),
         printable(one.principal()), printable(one.address())});
    if (one.busy() > 0)
      tasks += fmt::format("\n{}\n{}", printable(one.name()), tasks_of(one, how));
  }
  return table.show(how) + tasks;
}

std::vector<cli_command> worker_commands() {
  return {
      {"workers", "Programs in other languages that are connected to do tasks", {}, workers},
  };
}

} // namespace troupe
