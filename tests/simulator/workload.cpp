// WORKLOADS: a row each.

#include <tests/simulator/workload.hpp>

namespace troupe {
namespace {

using namespace std::chrono_literals;
using d = deed;
using m = mishap;

} // namespace

const std::vector<workload>& workloads() {
  static const std::vector<workload> all{
      {"mixed",
       "everything at once, everything fails now and then",
       {{d::deposit, 6},
        {d::again, 2},
        {d::alarm, 2},
        {d::nudge, 1},
        {d::ask, 3},
        {d::task, 5},
        {d::run, 2},
        {d::cancel, 1}},
       {{m::none, 10},
        {m::power_cut, 3},
        {m::service, 2},
        {m::sync, 2},
        {m::full, 1},
        {m::slow, 1},
        {m::reads, 1},
        {m::reopen, 1},
        {m::straggler, 1},
        {m::clock, 1}},
       40,
       20s},
      {"counters",
       "hot accounts: many events, snapshots, commands repeated late",
       {{d::deposit, 6}, {d::burst, 3}, {d::again, 6}, {d::ask, 3}, {d::poison, 3}},
       {{m::none, 8},
        {m::power_cut, 3},
        {m::service, 1},
        {m::sync, 3},
        {m::full, 1},
        {m::slow, 2},
        {m::reads, 1},
        {m::reopen, 1},
        {m::straggler, 3}},
       30,
       3s,
       0s,
       2},
      {"tasks",
       "lone tasks: tools that must not be repeated, people, sub-tasks, cancellation",
       {{d::task, 8}, {d::ask, 2}, {d::cancel, 1}, {d::again, 1}},
       {{m::none, 8}, {m::power_cut, 4}, {m::service, 2}, {m::sync, 2}, {m::slow, 1}},
       40,
       10s},
      {"runs",
       "runs of random graphs",
       {{d::run, 4}, {d::ask, 1}, {d::cancel, 1}, {d::again, 1}},
       {{m::none, 8}, {m::power_cut, 3}, {m::service, 2}, {m::sync, 2}, {m::slow, 1}, {m::reads, 1}},
       30,
       10s},
      {"timers",
       "alarms, while the date jumps and the timers' service dies",
       {{d::alarm, 8}, {d::deposit, 1}, {d::ask, 1}},
       {{m::none, 8}, {m::power_cut, 2}, {m::service, 2}, {m::sync, 1}, {m::clock, 3}},
       40,
       5s},
      {"supervision",
       "children of every strategy die, hang and end; services die under load",
       {{d::kill, 6}, {d::deposit, 2}, {d::task, 1}},
       {{m::none, 6}, {m::service, 2}, {m::power_cut, 1}},
       60,
       20s,
       0s,
       5,
       true},
      {"passivation",
       "entities that sleep after half a second and are spoken to when they fall asleep",
       {{d::deposit, 6}, {d::ask, 6}, {d::nudge, 2}, {d::task, 2}, {d::again, 1}},
       {{m::none, 10}, {m::power_cut, 1}, {m::sync, 1}, {m::slow, 2}},
       60,
       500ms,
       0s,
       5,
       false,
       true},
      {"idle",
       "a little work, then thirty days of nothing",
       {{d::deposit, 2}, {d::alarm, 1}, {d::task, 1}},
       {{m::none, 1}},
       5,
       20s,
       std::chrono::hours{24 * 30}},
  };
  return all;
}

const workload* find_workload(std::string_view name) {
  for (auto& one : workloads())
    if (one.name == name)
      return &one;
  return nullptr;
}

} // namespace troupe
