// RECORDS: journal rows -> events.
// Invariant: a page reads at most limits::history_page_events rows, and nobody is woken.

#include <fmt/format.h>
#include <troupe/net/api/records.hpp>
#include <troupe/persistence/keys.hpp>
#include <troupe/persistence/object_refs.hpp>
#include <troupe/persistence/own_doors.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/inquiry_limits.hpp>
#include <troupe/runtime/limits.hpp>
#include <troupe/runtime/messages.hpp>
#include <troupe/runtime/proto/journal.pb.h>
#include <troupe/runtime/ref_route.hpp>

namespace troupe {
namespace {

caf::expected<journal_entry> read_entry(const doors& outside, const std::string& ref, std::string_view key,
                                        std::string_view stored) {
  auto seq = seq_of_journal_key(key);
  auto whole = read_record(ref, stored, outside.objects.get());
  if (!whole)
    return std::move(whole.error());
  if (whole->header.key_id != 0)
    return make_error(ec::key_missing, fmt::format("record {} of {} is sealed", seq, ref));
  JournalRecord record;
  if (!record.ParseFromString(whole->payload))
    return make_error(ec::corrupt,
                      fmt::format("record {} of {} is damaged; restore it from a copy", seq, ref));
  return journal_entry{seq, whole->header.time_us, whole->header.type,
                       (whole->header.flags & last_of_append) != 0, std::move(*record.mutable_event())};
}

struct reading {
  std::vector<journal_entry> all;
  size_t bytes = 0;
};

// One page. False: there is no more.
caf::expected<bool> read_page(const doors& all, const std::string& ref, reading& so_far) {
  auto& outside = doors_of(all, kind_of(ref));
  auto id = identify(ref, outside.rows->naming_key());
  auto from = so_far.all.empty() ? 1 : so_far.all.back().seq + 1;
  size_t rows = 0;
  caf::error damaged;
  auto more = false;
  auto failed = outside.rows->scan(
      space::journal, journal_key(id, from), entity_end(id),
      [&](std::string_view key, std::string_view stored) {
        more = rows++ == limits::history_page_events;
        if (more)
          return false;
        auto entry = read_entry(outside, ref, key, stored);
        if (!entry) {
          damaged = entry.error();
          return false;
        }
        so_far.bytes += entry->event.size();
        so_far.all.push_back(std::move(*entry));
        if (so_far.all.size() > limits::inquiry_records || so_far.bytes > limits::inquiry_bytes)
          damaged = make_error(
              ec::overloaded, fmt::format("{} has more than {} records or {} MiB; read them with `troupe run "
                                          "history {}`",
                                          ref, limits::inquiry_records, limits::inquiry_bytes >> 20, ref));
        return !damaged;
      });
  if (failed || damaged)
    return failed ? failed : damaged;
  return more;
}

} // namespace

void read_records(const control_call& call, const std::string& ref,
                  std::function<void(caf::expected<std::vector<journal_entry>>)> done) {
  auto so_far = std::make_shared<reading>();
  call.self->become([=, self = call.self, outside = call.desk->outside](const Tick& tick) {
    auto more = read_page(*outside, ref, *so_far);
    if (!more)
      return done(std::move(more.error()));
    if (!*more)
      return done(std::move(so_far->all));
    self->send(self, tick);
  });
  call.self->send(call.self, Tick{});
}

caf::expected<std::vector<journal_entry>> last_records(const doors& all, const std::string& ref,
                                                       size_t most) {
  auto& outside = doors_of(all, kind_of(ref));
  auto id = identify(ref, outside.rows->naming_key());
  std::vector<journal_entry> entries;
  caf::error damaged;
  auto failed = outside.rows->scan_back(space::journal, journal_key(id, 1), entity_end(id),
                                        [&](std::string_view key, std::string_view stored) {
                                          if (entries.size() == most)
                                            return false;
                                          auto entry = read_entry(outside, ref, key, stored);
                                          if (entry)
                                            entries.push_back(std::move(*entry));
                                          else
                                            damaged = entry.error();
                                          return !damaged;
                                        });
  if (failed || damaged)
    return failed ? failed : damaged;
  return entries;
}

} // namespace troupe
