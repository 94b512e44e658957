// PROMISES: what clients were told, and whether a node keeps it.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <troupe/net/api/client.hpp>
#include <troupe/runtime/error.hpp>
#include <vector>

namespace troupe::chaos {

/// One piece of work, as its client knows it.
struct piece {
  enum class kind { delivery, question, workflow, journey };
  kind what = kind::delivery;
  std::string id;
  std::string ref;                  ///< as acknowledged; empty = its start was never answered
  bool answering = false;           ///< somebody has sent an answer
  bool answered = false;            ///< and it was acknowledged
  bool approved = false;            ///< a journey: so it was acknowledged
  bool signalled = false;           ///< a journey: so it was acknowledged
  std::optional<std::string> end;   ///< the result, once it was shown
  std::vector<std::string> history; ///< its events, as far as they were shown
};

/// What was found when promises were compared with a node.
struct findings {
  uint64_t acknowledged = 0; ///< starts and answers that were acknowledged
  uint64_t unknown = 0;      ///< calls without an answer: done or not, both are right
  uint64_t lost = 0;         ///< acknowledged or shown, and not there
  uint64_t torn = 0;         ///< histories with gaps, or changed
  uint64_t doubled = 0;      ///< effects done again that must not be, ids with two runs
  uint64_t interrupted = 0;  ///< tasks that ended with outcome_unknown: an effect that may not be repeated
  std::vector<std::string> examples; ///< of what is wrong, the first ones

  /// Counts something wrong and keeps the first few as examples.
  void blame(uint64_t& count, std::string what);
  bool clean() const {
    return lost == 0 && torn == 0 && doubled == 0;
  }
};

/// All pieces of work of a campaign. Thread-safe: clients write while they are told, checks read when nobody works.
class promises {
public:
  /// Remembers a piece whose start is about to be sent.
  void plan(const piece& one);
  /// What is known of one.
  piece of(const std::string& id) const;
  /// Changes what is known of one.
  template <class Change>
  void note(const std::string& id, Change change) {
    std::lock_guard lock{mutex_};
    change(pieces_.at(id));
  }
  /// A random piece that was acknowledged; nothing if there is none.
  std::optional<piece> some(std::mt19937_64& chance) const;
  /// Journeys that were acknowledged and wait for somebody.
  size_t open() const;
  /// A question nobody answers yet; it is marked as being answered.
  std::optional<piece> take_question(std::mt19937_64& chance);
  /// Ids planned since the last call.
  std::vector<std::string> take_recent();
  std::vector<std::string> all() const;

private:
  mutable std::mutex mutex_;
  std::map<std::string, piece> pieces_;
  std::vector<std::string> order_;
  std::vector<std::string> questions_; // acknowledged, not being answered
  size_t recent_ = 0;
};

/// What a start of a piece says; the same whenever it is sent.
StartRun start_of(const piece& one);
/// The answer to a question.
std::string answer_to(const piece& one);
/// The result as people see it, once there is one.
std::optional<std::string> shown_end(const RunView& view);
/// All events of a piece as text, `seq type json` each. Errors: those of the client.
caf::expected<std::vector<std::string>> read_events(control_client& node, const std::string& id);

/// Compares promises with a node that runs.
class auditor {
public:
  auditor(promises& told, findings& found) : told_{told}, found_{found} {}

  /// One piece: acknowledged means there; shown means unchanged; the same id means the same run; a start that was not
  /// answered is sent again, as its client would.
  void check(control_client& node, const std::string& id);
  /// The same, and it comes to its end.
  void check_end(control_client& node, const std::string& id);
  /// The world outside: no effect twice that must not be, none again whose result was recorded.
  void check_effects(const std::string& file);

private:
  promises& told_;
  findings& found_;
};

} // namespace troupe::chaos
