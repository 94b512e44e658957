// REPLAY: what a run or a task decided, decided again from its records. Pure.
#pragma once

#include <caf/expected.hpp>
#include <map>
#include <string>
#include <troupe/runtime/proto/run.pb.h>
#include <vector>

namespace troupe {

/// One record of a journal: a serialized RunEvent or TaskEvent.
struct decision_record {
  uint64_t seq = 0;
  bool ends_append = false; ///< what was decided at once ends here
  std::string event;
};

/// What agents say about repetitions, by their refs: an agent tells it with each failure, and it stands in the agent's own record.
using agent_policies = std::map<std::string, RetryPolicy>;

/// What came of deciding again. What was decided at once is one append: it begins with what came from outside, and goes on with what
/// followed from it.
struct decision_replay {
  uint64_t first = 0, last = 0; ///< the append
  std::string cause;            ///< in words, what it followed from
  size_t given = 0;             ///< records at its beginning that were taken as they are: facts from outside
  size_t repeated = 0;          ///< records that came out as they are stored, byte by byte
  uint64_t differs = 0;         ///< the first that did not; 0 = none
  std::string stored, again;    ///< that record, and what came out; empty = there is none
  std::string reason;           ///< why nothing came out, if something else than the state says so

  bool is_identical() const {
    return differs == 0;
  }
};

/// Repeats the append that holds the record `seq` of a run: applies all records before it, takes the same command, signal, answer or end of
/// a task, and compares what comes out with what is stored. Times are those of the records, and so are the defaults of new tasks. Records
/// are those from 1 to the end of the append, without gaps. Errors: ec::not_found (no such record), ec::corrupt.
caf::expected<decision_replay> replay_run(const std::string& ref, const std::vector<decision_record>& records,
                                          uint64_t seq, const agent_policies& agents);

/// The same of a lone task.
caf::expected<decision_replay> replay_task(const std::vector<decision_record>& records, uint64_t seq,
                                           const agent_policies& agents);

} // namespace troupe
