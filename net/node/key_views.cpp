// KEY VIEWS: the keys of a store.

#include <fmt/format.h>
#include <troupe/net/node/views.hpp>

namespace troupe {

std::string show(const KeyList& list, const text_look& how) {
  text_table rows{{"KEY", "SEALS", "STATE", "MADE"}};
  for (auto& key : list.keys()) {
    auto tone = key.state() == "active" ? text_tone::good
                : key.state() == "old"  ? text_tone::faint
                                        : text_tone::warning;
    rows.add({key.id(),
              key.tenant().empty() ? "(the store)" : key.tenant(),
              {key.state(), tone},
              short_time(key.made_ms(), how)});
  }
  auto text = rows.show(how);
  text += fmt::format("\nmaster {}; ", list.master());
  if (!list.trouble().empty())
    return text + "not all is sealed: " + printable(list.trouble()) + "\n";
  if (list.sealing())
    return text + fmt::format("sealing: {} rows seen, {} changed\n", list.rows_seen(), list.rows_sealed());
  return text + "all is sealed under the active keys\n";
}

} // namespace troupe
