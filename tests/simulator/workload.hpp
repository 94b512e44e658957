// WORKLOADS: what people do to a node and what happens to it, as tables of weights.
#pragma once

#include <chrono>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe {

/// One thing somebody may do.
enum class deed {
  deposit,  ///< to an account, under a command id
  burst,    ///< a hundred deposits to one account, all at once
  alarm,    ///< set a timer
  nudge,    ///< a note, answered by nobody
  ask,      ///< a question to an account, task or run
  again,    ///< a command that was sent before, under its id
  task,     ///< a task that comes alone
  run,      ///< a run of a random graph
  cancel,   ///< of a task or run
  poison,   ///< a deposit that makes its account throw, among others, while the disk may be slow
  bulk,     ///< a deposit, or some, too large for a row
  day,      ///< a day passes
  reborn,   ///< a task under the name of one that was erased
  rotate,   ///< new keys
  shred,    ///< a tenant leaves
  kill,     ///< a child of the drill is killed, hangs or ends
  workflow, ///< a run of a random definition, with every kind of step
  pause,    ///< of such a run, which goes on later
  give_up,  ///< of such a run: it is cancelled
  retry,    ///< of one that has failed, after it was mended or not
  fork,     ///< of one, from some step, with other values of variables
  upgrade,  ///< of one at work, to another definition
  publish,  ///< what open runs follow, or an earlier revision again
  nothing,
};

/// One thing that may go wrong.
enum class mishap {
  none,
  power_cut, ///< between any two steps; the last batch may be gone if nobody was told of it
  service,   ///< a service dies, and its supervisor has to see to it
  sync,      ///< the next sync fails; its batch may be there or not
  full,      ///< the disk is full for a while
  slow,      ///< writes take up to seconds
  reads,     ///< reads fail
  reopen,    ///< a sync fails, and so does reopening
  straggler, ///< an append reaches the journal late, after others of its entity
  clock,     ///< somebody sets the date: hours forward, minutes back
  upkeep,    ///< power cut, failing sync or reads in the middle of the journal's next upkeep
};

/// A story to live through.
struct workload {
  std::string_view name;
  std::string_view about; ///< one line
  std::vector<std::pair<deed, unsigned>> deeds;
  std::vector<std::pair<mishap, unsigned>> mishaps;
  unsigned rounds = 40;
  std::chrono::milliseconds idle{60'000};  ///< accounts, tasks and runs sleep after this long
  std::chrono::milliseconds at_the_end{0}; ///< time that passes with nothing to do, before the judgement
  unsigned accounts = 5;
  bool drill = false; ///< a supervisor with dummies for children is in the tree
  bool whispers =
      false; ///< whoever falls asleep is spoken to at that moment, as long as it takes to be waked
  int64_t keep_days = -1; ///< runs and tasks are erased so long after their end; 0 = never; -1 = nobody looks
  bool objects = false;   ///< payloads too large for a row are objects, and some are too large
  bool sealed = false;    ///< the store is sealed
  unsigned tenants = 1;   ///< the accounts belong to these, in turn
  bool workflows = false; ///< there are people and agents for runs of random definitions
};

/// All, in the order they are listed.
const std::vector<workload>& workloads();

/// By name; null if there is none.
const workload* find_workload(std::string_view name);

} // namespace troupe
