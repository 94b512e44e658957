// LOG JUDGE: the law of the log.

#include <algorithm>
#include <fmt/format.h>
#include <tests/simulator/log_judge.hpp>
#include <troupe/runtime/directory.hpp>
#include <troupe/runtime/id.hpp>
#include <troupe/runtime/limits.hpp>
#include <troupe/runtime/proto/journal.pb.h>

namespace troupe {
namespace {

uint64_t mix(uint64_t hash, std::string_view text) { // FNV-1a, 64 bits; of what is long, over another hash
  if (text.size() > 4096)
    return mix(hash, std::to_string(std::hash<std::string_view>{}(text)));
  for (unsigned char byte : text)
    hash = (hash ^ byte) * 0x100000001b3;
  return (hash ^ 0xff) * 0x100000001b3;
}

constexpr uint64_t nothing_yet = 0xcbf29ce484222325;

uint64_t hash_of(const row_change& row) {
  auto hash = mix(nothing_yet, to_string(row.where));
  hash = mix(hash, row.key);
  return row.value ? mix(hash, *row.value) : hash;
}

// Shard and entity: what all keys of an entity in journal and snapshot share.
std::string token_of(const entity_id& entity) {
  return entity_begin(entity).substr(1, 17);
}

std::string token_of(const std::string& key) {
  return key.substr(1, 17);
}

std::string tenant_and_kind(const std::string& ref) {
  return ref.substr(0, ref.rfind('/'));
}

// The journal counts with every batch of events, and with no other.
bool is_upkeep(const write_batch& batch) {
  static const std::string counters = journal_counters(0, 0).key;
  return std::none_of(batch.begin(), batch.end(),
                      [](auto& row) { return row.where == space::meta && row.key == counters; });
}

} // namespace

void log_judge::ordered(std::span<const journal_order> orders) {
  expected_.clear();
  for (auto& order : orders) {
    if (auto* open = std::get_if<open_order>(&order)) {
      auto& seat = seats_[token_of(open->entity)];
      if (seat.replay.ref().empty()) {
        seat.replay = shadow{open->ref};
        by_ref_[open->ref] = &seat;
      }
      seat.opening = true;
    } else if (auto* append = std::get_if<append_order>(&order)) {
      expected one;
      one.token = token_of(append->entity);
      auto& seat = seats_[one.token];
      one.stale = seat.opening || append->incarnation != seat.incarnation;
      one.first = append->first_seq;
      one.records = append->records;
      for (auto& row : append->rows)
        one.rows.push_back(hash_of(row));
      one.snapshot = !append->snapshot.empty();
      owners_[append->owner->id()] = one.token;
      expected_.push_back(std::move(one));
    } else if (auto* close = std::get_if<close_order>(&order)) {
      auto& seat = seats_[token_of(close->entity)];
      if (seat.incarnation == close->incarnation)
        seat.incarnation = 0;
    }
  }
}

// Of each order the batch holds everything or nothing, and it holds nothing that nobody ordered.
void log_judge::check_decisions(const write_batch& batch, std::vector<expected>& orders) {
  std::unordered_map<std::string, std::pair<std::string_view, uint8_t>> events; // key -> payload, flags
  std::unordered_map<uint64_t, int> others;
  std::set<std::string> snapshots;
  for (auto& row : batch) {
    if (row.where == space::journal && row.value) {
      std::string_view payload;
      if (auto header = unwrap(*row.value, payload))
        events[row.key] = {payload, header->flags};
    } else if (row.where == space::snapshot) {
      snapshots.insert(row.key);
    } else if (row.where == space::index) {
      ++others[hash_of(row)];
    }
  }
  // Who may append first: what two incarnations have decided alike is the newer one's.
  std::stable_partition(orders.begin(), orders.end(), [](auto& order) { return !order.stale; });
  for (auto& order : orders) {
    auto& seat = seats_[order.token];
    auto key = [&](uint64_t seq) {
      std::string key_of_seq = std::string(1, '\1') + order.token;
      for (int shift = 56; shift >= 0; shift -= 8)
        key_of_seq += static_cast<char>(seq >> shift);
      return key_of_seq;
    };
    auto first = events.find(key(order.first));
    if (order.records.empty() || first == events.end() || first->second.first != order.records[0])
      continue;
    if (order.stale)
      object("newest",
             fmt::format("{} appends event {} although a newer incarnation has begun, or a write has failed",
                         seat.replay.ref(), order.first));
    for (size_t n = 0; n < order.records.size(); ++n) {
      auto i = events.find(key(order.first + n));
      if (i == events.end() || i->second.first != order.records[n])
        object("whole", fmt::format("{}: event {} of the decision at {} is missing", seat.replay.ref(),
                                    order.first + n, order.first));
      else if (((i->second.second & last_of_append) != 0) != (n + 1 == order.records.size()))
        object("whole", fmt::format("{}: event {} says wrongly where its decision ends", seat.replay.ref(),
                                    order.first + n));
      events.erase(key(order.first + n));
    }
    for (auto row : order.rows)
      if (others[row]-- <= 0)
        object("whole",
               fmt::format("{}: a row of the decision at {} is missing", seat.replay.ref(), order.first));
    if (order.snapshot) {
      auto last = key(~(order.first + order.records.size() - 1));
      if (snapshots.count(last) == 0)
        object("whole", fmt::format("{}: the snapshot at {} is missing", seat.replay.ref(), order.first));
    }
  }
  for (auto& [row, left] : others)
    if (left > 0)
      object("whole", "a batch holds a row that none of its decisions ordered");
}

void log_judge::written(const write_batch& batch, bool late) {
  left_.clear();
  if (is_upkeep(batch))
    maintained(batch);
  remember(batch);
  if (is_upkeep(batch))
    return;
  check_decisions(batch, late ? unknown_ : expected_);
  gsn_before_ = gsn_;
  time_us_before_ = time_us_;
  for (auto& row : batch)
    if (row.where == space::journal && row.value)
      take_event(row.key, *row.value);
}

// Nobody's decision: what is rewritten says what it said, and who leaves does so at his time, whole.
void log_judge::maintained(const write_batch& batch) {
  gsn_before_ = gsn_;
  time_us_before_ = time_us_;
  std::map<std::string, size_t> gone;
  for (auto& row : batch) {
    auto known = rows_.find({row.where, row.key});
    if (row.value && (row.where == space::index || row.where == space::snapshot) &&
        (known == rows_.end() || mix(nothing_yet, *row.value) != known->second))
      object("kept", fmt::format("a row in {} is an older one after upkeep", to_string(row.where)));
    if (row.where != space::journal)
      continue;
    auto token = token_of(row.key);
    auto& seat = seats_[token];
    auto seq = seq_of_journal_key(row.key);
    std::string_view payload;
    if (!row.value)
      ++gone[token];
    else if (is_shredded(seat.replay.ref()))
      object("kept", fmt::format("{}: event {} of a shredded tenant is written", seat.replay.ref(), seq));
    else if (seq > seat.hashes.size() || !unwrap(*row.value, payload) ||
             mix(nothing_yet, payload) != seat.hashes[seq - 1])
      object("kept", fmt::format("{}: event {} is another one after upkeep", seat.replay.ref(), seq));
  }
  for (auto& [token, events] : gone) {
    auto& seat = seats_[token];
    auto& entity = seat.replay;
    if (is_shredded(entity.ref()))
      continue;
    if (events != entity.events())
      object("kept", fmt::format("{} of {} events of {} are erased", events, entity.events(), entity.ref()));
    if (seat.opening || seat.incarnation != 0)
      object("kept", entity.ref() + " is erased while it is awake");
    if (!may_go || !may_go(entity))
      object("kept", entity.ref() + " is erased before its time");
    auto& last = ended_[tenant_and_kind(entity.ref())];
    last = std::max(last, entity.ended_ms());
    erased_[entity.ref()] = entity.ended_ms();
    left_[token] = seat;
    leave(seat);
  }
}

void log_judge::remember(const write_batch& batch) {
  rows_before_.clear();
  for (auto& row : batch) {
    if (row.where != space::index && row.where != space::snapshot)
      continue;
    row_place place{row.where, row.key};
    auto known = rows_.find(place);
    rows_before_.emplace_back(place, known == rows_.end() ? std::nullopt : std::optional{known->second});
    if (row.value)
      rows_[place] = mix(nothing_yet, *row.value);
    else if (known != rows_.end())
      rows_.erase(known);
  }
}

void log_judge::leave(sitter& seat) {
  auto ref = seat.replay.ref();
  seat.replay = shadow{ref};
  seat.hashes.clear();
  seat.acknowledged = 0;
}

void log_judge::shredded(const std::string& tenant) {
  if (!shredded_.insert(tenant).second)
    return;
  for (auto& [ref, seat] : by_ref_)
    if (tenant_of(ref) == tenant)
      leave(*seat);
}

bool log_judge::is_shredded(const std::string& ref) const {
  return !shredded_.empty() && shredded_.count(std::string{tenant_of(ref)}) > 0;
}

bool log_judge::may_be_expired(const std::string& ref, const std::string& command_id) const {
  auto last = ended_.find(tenant_and_kind(ref));
  auto made_ms = time_of_id(command_id);
  return last != ended_.end() && made_ms && *made_ms <= last->second + limits::clock_skew.count();
}

void log_judge::take_event(const std::string& key, const std::string& stored) {
  auto token = token_of(key);
  auto& seat = seats_[token];
  auto seq = seq_of_journal_key(key);
  std::string_view payload;
  auto header = unwrap(stored, payload);
  JournalRecord record;
  if (!header || !record.ParseFromArray(payload.data(), static_cast<int>(payload.size())))
    return object("order", fmt::format("{}: event {} is torn", seat.replay.ref(), seq));
  if (seq != seat.replay.events() + 1)
    return object("order", fmt::format("{}: event {} is written after event {}", seat.replay.ref(), seq,
                                       seat.replay.events()));
  if (header->gsn <= gsn_ || header->time_us <= time_us_)
    object("order", fmt::format("{}: event {} has number {} and time {} after {} and {}", seat.replay.ref(),
                                seq, header->gsn, header->time_us, gsn_, time_us_));
  gsn_ = header->gsn;
  time_us_ = header->time_us;
  if (!seat.replay.follow(record.event()))
    object("order", fmt::format("{}: event {} does not parse", seat.replay.ref(), seq));
  seat.hashes.push_back(mix(nothing_yet, payload));
  if (record.has_reply() && !commands_.emplace(record.reply().command_id(), token).second)
    object("once",
           fmt::format("{} acts twice on command {}", seat.replay.ref(), record.reply().command_id()));
  if (on_event)
    on_event(seat.replay, seq);
}

void log_judge::undone(const write_batch& batch) {
  for (auto& [token, seat] : std::exchange(left_, {}))
    seats_[token] = seat;
  for (auto before = std::exchange(rows_before_, {}); !before.empty(); before.pop_back())
    if (auto& [place, value] = before.back(); value)
      rows_[place] = *value;
    else
      rows_.erase(place);
  if (is_upkeep(batch))
    return;
  std::map<std::string, size_t> gone;
  for (auto& row : batch) {
    if (row.where != space::journal || !row.value)
      continue;
    ++gone[token_of(row.key)];
    std::string_view payload;
    JournalRecord record;
    if (unwrap(*row.value, payload) &&
        record.ParseFromArray(payload.data(), static_cast<int>(payload.size())) && record.has_reply())
      commands_.erase(record.reply().command_id());
  }
  gsn_ = gsn_before_;
  time_us_ = time_us_before_;
  for (auto& [token, events] : gone) {
    auto& seat = seats_[token];
    seat.replay.forget(events);
    seat.hashes.resize(seat.replay.events());
    if (seat.acknowledged > seat.replay.events())
      object("told", fmt::format("{}: {} events were acknowledged, {} survive a power cut", seat.replay.ref(),
                                 seat.acknowledged, seat.replay.events()));
  }
}

void log_judge::failed() {
  unknown_ = expected_;
  for (auto& [token, seat] : seats_)
    seat.incarnation = 0;
}

void log_judge::telling(const journal_delivery& delivery) {
  auto& content = delivery.message->content();
  if (content.match_elements<Appended>()) {
    auto owner = owners_.find(delivery.to->id());
    if (owner == owners_.end())
      return object("told", "somebody is told of an append that nobody ordered");
    auto& seat = seats_[owner->second];
    if (is_shredded(seat.replay.ref()))
      return;
    auto seq = content.get_as<Appended>(0).seq();
    if (seq > seat.replay.events())
      object("told", fmt::format("{} is told that event {} is on disk, which holds {}", seat.replay.ref(),
                                 seq, seat.replay.events()));
    seat.acknowledged = std::max(seat.acknowledged, seq);
  } else if (content.match_elements<Replayed>()) {
    auto& answer = content.get_as<Replayed>(0);
    auto seat = by_ref_.find(answer.ref());
    if (seat == by_ref_.end() || is_shredded(answer.ref()))
      return;
    seat->second->opening = false;
    seat->second->incarnation = answer.has_failure() ? 0 : answer.incarnation();
    auto read = answer.snapshot_seq() + static_cast<uint64_t>(answer.events_size());
    if (auto there = seat->second->replay.events(); !answer.has_failure() && read != there)
      object("order",
             fmt::format("{} is replayed with {} events, the disk holds {}", answer.ref(), read, there));
  }
}

void log_judge::new_life() {
  owners_.clear();
  expected_.clear();
  for (auto& [token, seat] : seats_) {
    seat.incarnation = 0;
    seat.opening = false;
  }
}

void log_judge::compare(const store& rows) const {
  std::map<std::string, uint64_t> found;
  auto failed = rows.scan(space::journal, "", "\xff", [&](std::string_view key, std::string_view stored) {
    auto token = token_of(std::string{key});
    auto i = seats_.find(token);
    auto seq = ++found[token];
    std::string_view payload;
    auto header = unwrap(stored, payload);
    if (i != seats_.end() && is_shredded(i->second.replay.ref()))
      return true;
    if (i == seats_.end() || seq > i->second.hashes.size() || seq != seq_of_journal_key(key) || !header ||
        mix(nothing_yet, payload) != i->second.hashes[seq - 1])
      object("order", fmt::format("event {} of {} is not what was written", seq,
                                  i == seats_.end() ? "nobody" : i->second.replay.ref()));
    return true;
  });
  if (failed)
    object("order", "the journal cannot be read: " + describe(failed));
  for (auto& [token, seat] : seats_)
    if (auto there = found[token];
        !is_shredded(seat.replay.ref()) && (there < seat.acknowledged || there != seat.replay.events()))
      object("told", fmt::format("{}: {} events were acknowledged, {} written, {} are there",
                                 seat.replay.ref(), seat.acknowledged, seat.replay.events(), there));
}

void log_judge::compare_rows(const store& rows, const std::vector<entity_kind>& kinds) const {
  std::map<std::string, std::string> wanted;
  for (auto& [ref, seat] : by_ref_) {
    auto kind =
        std::find_if(kinds.begin(), kinds.end(), [&](auto& one) { return one.name == seat->replay.kind(); });
    if (kind == kinds.end() || is_shredded(ref))
      continue;
    auto replay = kind->replay(ref, rows.naming_key());
    auto entity = identify(ref, rows.naming_key());
    auto failed = rows.scan(space::journal, entity_begin(entity), entity_end(entity),
                            [&](std::string_view key, std::string_view stored) {
                              std::string_view payload;
                              auto header = unwrap(stored, payload);
                              ReplayedEvent event;
                              event.set_seq(seq_of_journal_key(key));
                              event.set_type(header->type);
                              event.set_version(header->version);
                              event.set_time_us(header->time_us);
                              event.set_record(std::string{payload});
                              if (auto refused = replay->add(event))
                                object("rows", ref + " cannot be replayed: " + describe(refused));
                              return true;
                            });
    if (failed)
      object("rows", ref + " cannot be read: " + describe(failed));
    wanted.insert(replay->rows().begin(), replay->rows().end());
  }
  std::map<std::string, std::string> found;
  auto failed = rows.scan(space::index, "", "\xff", [&](std::string_view key, std::string_view value) {
    found.emplace(key, value);
    return true;
  });
  if (failed)
    object("rows", "the index cannot be read: " + describe(failed));
  for (auto& [key, value] : wanted)
    if (auto i = found.find(key); i == found.end() || i->second != value)
      object("rows", "a row that follows from the events is " +
                         std::string{i == found.end() ? "missing" : "another one"});
  for (auto& [key, value] : found)
    if (wanted.count(key) == 0)
      object("rows", "a row is there that follows from no event");
}

const shadow* log_judge::find(const std::string& ref) const {
  auto i = by_ref_.find(ref);
  return i == by_ref_.end() ? nullptr : &i->second->replay;
}

uint64_t log_judge::hash() const {
  auto hash = nothing_yet;
  for (auto& [ref, seat] : by_ref_) {
    hash = mix(hash, ref);
    for (auto one : seat->hashes)
      hash = mix(hash, fmt::format("{:x}", one));
  }
  return hash;
}

} // namespace troupe
