// STORE VIEWS: what the store holds, for people.

#include <array>
#include <fmt/format.h>
#include <troupe/net/node/views.hpp>

namespace troupe {
namespace {

// Three digits are enough to compare by.
std::string size_text(uint64_t bytes) {
  constexpr std::array<std::string_view, 5> units{"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes);
  size_t unit = 0;
  for (; value >= 1024 && unit + 1 < units.size(); ++unit)
    value /= 1024;
  return fmt::format("{:.{}f} {}", value, unit == 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2, units[unit]);
}

std::string count_of(uint64_t count, uint64_t bytes) {
  return count == 0 ? "" : fmt::format("{}, {}", count, size_text(bytes));
}

} // namespace

std::string show(const StoreUsage& usage, const text_look& how) {
  text_table kinds{
      {"TENANT", "KIND", "COUNT", "EVENTS", "SNAPSHOTS", "OBJECTS", "MEAN", "LARGEST", "LEAVING NEXT"}};
  for (auto& kind : usage.kinds())
    kinds.add({kind.tenant(), kind.kind(), std::to_string(kind.entities()),
               count_of(kind.events(), kind.event_bytes()), count_of(kind.snapshots(), kind.snapshot_bytes()),
               count_of(kind.objects(), kind.object_bytes()), size_text(kind.mean_bytes()),
               size_text(kind.largest_bytes()), count_of(kind.leaving(), kind.leaving_bytes())});
  text_table largest{{"LARGEST", "EVENTS", "BYTES"}};
  for (auto& one : usage.largest())
    largest.add({printable(one.ref()), std::to_string(one.events()), size_text(one.bytes())});
  text_table spaces{{"SPACE", "ROWS", "BYTES"}};
  for (auto& one : usage.spaces())
    spaces.add({one.space(), std::to_string(one.rows()), size_text(one.bytes())});
  spaces.add({"objects", std::to_string(usage.objects()), size_text(usage.object_bytes())});
  return (usage.kinds_size() == 0 ? "nothing is stored\n" : kinds.show(how) + "\n" + largest.show(how)) +
         "\n" + spaces.show(how);
}

} // namespace troupe
