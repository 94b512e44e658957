// SERVICE BOOK: what nodes tell each other of their agents, and what each keeps of it. Pure.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <troupe/runtime/proto/fleet.pb.h>
#include <vector>

namespace troupe {

/// The rows of this node, and which of them are new to whom. A row that changes gets the next number of the counter; one that leaves stays
/// as gone, as long as there is room for it.
class told_services {
public:
  /// `incarnation` is above those of all earlier ones of this node.
  told_services(std::string node, uint64_t incarnation);

  /// How it is now: agents that are not among the rows have left.
  void set(const std::vector<ServiceRow>& rows, uint64_t queued, uint64_t running);

  /// What somebody does not know who has our rows of an incarnation up to a number.
  ServiceReport report(uint64_t incarnation, uint64_t since) const;

  /// All that are there.
  std::vector<ServiceRow> rows() const;

private:
  ServiceReport now_; // without rows
  std::map<std::string, ServiceRow> rows_;
  std::deque<std::pair<std::string, uint64_t>> left_; // and when
  uint64_t forgotten_ = 0;                            // what left up to here is no more told
};

/// What other nodes have told. Merge rule: a node is the only writer of its rows; a report of a later incarnation replaces all of them, of one of
/// the same each row with a higher version replaces the one there is, and what is older changes nothing. So the order in which reports
/// come, or come twice, does not matter, and nodes that have heard the newest report of each other agree.
class service_book {
public:
  /// A node's part.
  struct part {
    uint64_t incarnation = 0;
    uint64_t version = 0;
    int64_t heard_ms = 0; ///< Unix time
    uint64_t queued = 0;
    uint64_t running = 0;
    std::map<std::string, ServiceRow> rows; ///< by agent; those that are gone are not here
  };

  /// Takes a report; false if it is older than what is known, or cannot be read without one before it.
  bool merge(const ServiceReport& report, int64_t now_ms);
  /// The node does not answer: its agents are gone.
  void drop(const std::string& node);
  /// What to ask a node.
  ReportServices question(const std::string& node) const;

  /// By node; those that were dropped are not here.
  const std::map<std::string, part>& parts() const {
    return parts_;
  }

private:
  std::map<std::string, part> parts_;
};

} // namespace troupe
