// What journal tests share: orders as entities give them, deliveries as entities read them.
#pragma once

#include <troupe/persistence/journal.hpp>
#include <troupe/persistence/memory_store.hpp>
#include <troupe/runtime/messages.hpp>
#include <troupe/runtime/proto/journal.pb.h>

namespace troupe {

/// A clock that shows what it is told to, forwards and back.
class hand_clock final : public clock {
public:
  int64_t now_us() const override {
    return us;
  }
  int64_t us = 1'700'000'000'000'000;
};

/// An append of these events by one incarnation of an entity.
inline append_order append_of(const store& rows, const std::string& ref, uint64_t incarnation,
                              uint64_t first_seq, const std::vector<std::string>& events) {
  append_order order;
  order.entity = identify(ref, rows.naming_key());
  order.incarnation = incarnation;
  order.first_seq = first_seq;
  order.type = record_type("troupe.ProbeEvent");
  for (auto& event : events) {
    JournalRecord record;
    record.set_event(event);
    order.records.push_back(record.SerializeAsString());
  }
  return order;
}

inline open_order open_of(const store& rows, const std::string& ref) {
  open_order order;
  order.ref = ref;
  order.entity = identify(ref, rows.naming_key());
  return order;
}

/// The events of an entity as they lie in the store, "seq:event" each.
inline std::vector<std::string> stored_events(const store& rows, const std::string& ref) {
  std::vector<std::string> events;
  auto entity = identify(ref, rows.naming_key());
  ensure(!rows.scan(space::journal, entity_begin(entity), entity_end(entity),
                    [&](std::string_view key, std::string_view value) {
                      std::string_view payload;
                      ensure(unwrap(value, payload).has_value(), "a whole record");
                      JournalRecord record;
                      record.ParseFromString(std::string{payload});
                      events.push_back(std::to_string(seq_of_journal_key(key)) + ":" + record.event());
                      return true;
                    }));
  return events;
}

/// Headers of all events of a store, in the order they were numbered.
inline std::vector<envelope> stored_headers(const store& rows) {
  std::map<uint64_t, envelope> by_gsn;
  ensure(
      !rows.scan(space::journal, std::string(1, '\0'), "\xff", [&](std::string_view, std::string_view value) {
        std::string_view payload;
        auto header = unwrap(value, payload);
        by_gsn[header->gsn] = *header;
        return true;
      }));
  std::vector<envelope> headers;
  for (auto& [gsn, header] : by_gsn)
    headers.push_back(header);
  return headers;
}

} // namespace troupe
