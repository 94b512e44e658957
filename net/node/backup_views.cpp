// BACKUP VIEWS: what there is, and how the schedule is kept.

#include <fmt/format.h>
#include <troupe/net/node/views.hpp>

namespace troupe {
namespace {

std::string size_of(uint64_t bytes) {
  if (bytes < 1'000'000)
    return fmt::format("{:.1f} kB", 1e-3 * static_cast<double>(bytes));
  if (bytes < 1'000'000'000)
    return fmt::format("{:.1f} MB", 1e-6 * static_cast<double>(bytes));
  return fmt::format("{:.2f} GB", 1e-9 * static_cast<double>(bytes));
}

} // namespace

text_cell backup_health(const BackupStatus& status, const text_look& how) {
  auto& last = status.last_good();
  auto text = last.id() == 0 ? std::string{"none yet"}
                             : fmt::format("{}, {}, up to event {}", short_time(last.created_ms(), how),
                                           size_of(last.bytes()), last.gsn());
  if (status.overdue())
    text += "; that is too old";
  if (!status.last_failure().empty())
    text += "; since then: " + printable(status.last_failure());
  auto tone = status.overdue()                 ? text_tone::bad
              : !status.last_failure().empty() ? text_tone::warning
                                               : text_tone::plain;
  return {std::move(text), tone};
}

std::string show(const BackupMark& backup, const text_look& how) {
  text_table facts{{}};
  facts.add_fact("backup", std::to_string(backup.id()));
  facts.add_fact("store", backup.store());
  facts.add_fact("events",
                 fmt::format("up to {}, of {}", backup.gsn(), short_time(backup.time_us() / 1000, how)));
  facts.add_fact("taken", fmt::format("{}, in {}", short_time(backup.created_ms(), how),
                                      human_duration(backup.took_ms())));
  facts.add_fact("size",
                 fmt::format("{}, of which {} new", size_of(backup.bytes()), size_of(backup.new_bytes())));
  facts.add_fact("program", "troupe " + backup.version());
  return facts.show(how);
}

std::string show(const BackupList& list, const text_look& how) {
  if (list.backups_size() == 0)
    return fmt::format("no backups in {}\n", printable(list.directory()));
  text_table rows{{"ID", "TAKEN", "LAST EVENT", "OF", "SIZE", "NEW", "TROUBLE"}};
  for (auto& entry : list.backups()) {
    auto& mark = entry.mark();
    auto known = mark.created_ms() != 0; // else its mark cannot be read
    rows.add({std::to_string(mark.id()),
              short_time(mark.created_ms(), how),
              known ? std::to_string(mark.gsn()) : "",
              short_time(mark.time_us() / 1000, how),
              known ? size_of(mark.bytes()) : "",
              known ? size_of(mark.new_bytes()) : "",
              {entry.trouble(), text_tone::bad}});
  }
  auto text = rows.show(how);
  if (list.unfinished() > 0)
    text += "one more was begun and not ended; the next backup removes it\n";
  return text;
}

std::string show(const RestoreReport& report, const text_look& how) {
  text_table facts{{}};
  facts.add_fact("restored",
                 fmt::format("backup {} of store {}", report.backup().id(), report.backup().store()));
  facts.add_fact("into", report.directory());
  facts.add_fact("events",
                 fmt::format("up to {}, of {}", report.gsn(), short_time(report.time_us() / 1000, how)));
  if (report.dropped() > 0)
    facts.add_fact("left out", fmt::format("{} later ones", report.dropped()));
  if (report.moved())
    facts.add_fact("moved", "the point lay within one decision: it was kept whole");
  facts.add_fact("next", "troupe node --data " + report.directory());
  return facts.show(how);
}

} // namespace troupe
