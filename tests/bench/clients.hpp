// CLIENTS: closed loops. Each client has one thing open, and begins the next when it is over.
#pragma once

#include <functional>
#include <tests/bench/cell.hpp>

namespace troupe::bench {

/// One turn of a client: does something and says when it is over; an error ends the client.
using turn = std::function<void(caf::event_based_actor* self, std::function<void(caf::error)> over)>;

/// Starts a client for each turn; they end when `seen` says so, or when `most` turns are over.
void start_clients(node& over, std::shared_ptr<tally> seen, std::vector<turn> clients,
                   size_t most = ~size_t{0});

/// Asks a ref; over when the answer is there, and what `check` says of it is true.
template <class Answer, class Question>
void ask_once(caf::event_based_actor* self, const doors& outside, const std::string& to, Question question,
              std::function<void(caf::error)> over, bool (*check)(const Answer&) = nullptr,
              std::chrono::seconds patience = std::chrono::seconds{30}) {
  ask<Answer>(self, *outside.names, to, patience, std::move(question))
      .then(
          [=](const Answer& answer) {
            ensure(!check || check(answer), "the answer is as it should be");
            over({});
          },
          over);
}

/// What turns cost while they go on: so many seconds of them, after half a second to warm up.
struct pace {
  double per_s = 0;
  double cpu_us = 0;               ///< CPU time of the process per turn
  std::vector<double> latencies_s; ///< of every turn
};
pace measure(node& over, size_t count, turn one, double seconds);

} // namespace troupe::bench
