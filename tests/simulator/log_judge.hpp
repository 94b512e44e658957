// LOG JUDGE: looks at every batch that reaches the disk and at everything the journal tells. Cost: what changed.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <tests/simulator/shadow.hpp>
#include <troupe/persistence/event_sourced.hpp>
#include <troupe/persistence/journal.hpp>
#include <troupe/persistence/rebuild.hpp>
#include <unordered_map>
#include <vector>

namespace troupe {

/// The law of the log. It knows nothing of the journal's insides: it sees orders, batches and deliveries.
///   order     each event follows the one before it; global numbers and times grow
///   whole     of one decision everything is in the batch, or nothing
///   newest    only the newest incarnation appends
///   told      what was acknowledged is on disk, before and after every power cut
///   once      a command id acts once
///   kept      upkeep erases an entity whole, when its time has come, and changes no event of others
///   rows      listings and timers say what the events say
class log_judge {
public:
  /// `object` takes what is wrong: the law, then the case.
  explicit log_judge(std::function<void(std::string law, std::string text)> object)
      : object_{std::move(object)} {}

  void ordered(std::span<const journal_order> orders); ///< the journal is about to work on these
  void written(const write_batch& batch,
               bool late);                        ///< this is on disk now; late: its write had failed before
  void undone(const write_batch& batch);          ///< a power cut took it back
  void failed();                                  ///< a write failed: nobody may go on from memory
  void telling(const journal_delivery& delivery); ///< the journal is about to say this
  void new_life();                                ///< everybody who was awake is gone
  void shredded(const std::string& tenant);       ///< nothing of it can be read any more

  /// Compares all events of a store with what was seen: nothing is lost, nothing has changed.
  void compare(const store& rows) const;

  /// Compares all index and timer rows of a store with those that a replay of the events alone brings about.
  void compare_rows(const store& rows, const std::vector<entity_kind>& kinds) const;

  /// Every entity that was ever opened, by ref.
  void each(const std::function<void(const shadow&)>& visit) const {
    for (auto& [ref, seat] : by_ref_)
      visit(seat->replay);
  }
  const shadow* find(const std::string& ref) const;
  /// Is this command's event on disk?
  bool has_acted(const std::string& command_id) const {
    return commands_.count(command_id) > 0;
  }
  /// Is its tenant shredded?
  bool is_shredded(const std::string& ref) const;
  /// Has an entity of this name been erased?
  bool was_erased(const std::string& ref) const {
    return erased_.count(ref) > 0;
  }
  /// May a command with this id to this entity count as expired? Only as long after its making as somebody of its tenant and
  /// kind had ended that was erased.
  bool may_be_expired(const std::string& ref, const std::string& command_id) const;
  /// Are its time over and its end on disk, so that it may be erased?
  std::function<bool(const shadow& entity)> may_go;
  uint64_t events() const {
    return gsn_;
  }
  /// Of all durable events in order, over what they say: the same on every run.
  uint64_t hash() const;
  /// Called with each durable event, for the trace and the people.
  std::function<void(const shadow& entity, uint64_t seq)> on_event;

private:
  struct sitter {
    shadow replay{""};
    uint64_t acknowledged = 0;
    uint64_t incarnation = 0; // the newest that was told; 0 = none may append
    bool opening = false;
    std::vector<uint64_t> hashes; // of each stored record
  };
  struct expected {
    std::string token;
    bool stale = false;
    uint64_t first = 0;
    std::vector<std::string> records;
    std::vector<uint64_t> rows; // hashes of its other rows
    bool snapshot = false;
  };
  void check_decisions(const write_batch& batch, std::vector<expected>& orders);
  void take_event(const std::string& key, const std::string& stored);
  void maintained(const write_batch& batch);
  void leave(sitter& seat);
  void remember(const write_batch& batch);
  void object(std::string law, std::string text) const {
    object_(std::move(law), std::move(text));
  }

  std::function<void(std::string, std::string)> object_;
  std::map<std::string, sitter> seats_; // by the entity's part of a key
  std::map<std::string, sitter*> by_ref_;
  std::unordered_map<std::string, std::string> commands_; // id -> token
  std::map<std::string, int64_t> erased_;                 // ref -> when the last of that name had ended
  std::map<std::string, int64_t> ended_; // tenant and kind -> when the last that was erased had ended
  std::map<std::string, sitter> left_;   // by token; with the last batch
  using row_place = std::pair<space, std::string>;
  std::map<row_place, uint64_t> rows_; // of index and snapshots: hashes of values
  std::vector<std::pair<row_place, std::optional<uint64_t>>> rows_before_; // with the last batch
  std::set<std::string> shredded_;                                         // tenants
  std::vector<expected> expected_;
  std::vector<expected> unknown_;                    // of the write that failed last
  std::unordered_map<uint64_t, std::string> owners_; // actor id -> token
  uint64_t gsn_ = 0;
  int64_t time_us_ = 0;
  uint64_t gsn_before_ = 0; // the last batch
  int64_t time_us_before_ = 0;
};

} // namespace troupe
