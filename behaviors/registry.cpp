// REGISTRY: names and factories.
// Invariant: every entry is found under its manifest's name and under each of its capabilities.

#include <algorithm>
#include <numeric>
#include <troupe/behaviors/registry.hpp>
#include <troupe/runtime/limits.hpp>

namespace troupe {
namespace {

bool is_name(const std::string& text) {
  return !text.empty() && text.size() <= limits::name_bytes &&
         text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-") ==
             std::string::npos;
}

// Insertions, deletions and replacements between two texts. Source: Wagner, Fischer: The string-to-string
// correction problem, JACM 21, 1974, algorithm X; two rows of its matrix.
size_t edits(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    auto diagonal = std::exchange(row[0], i + 1);
    for (size_t j = 0; j < b.size(); ++j) {
      auto replaced = diagonal + (a[i] != b[j]);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

} // namespace

caf::error behavior_registry::add(manifest who, factory make_one) {
  auto name = who.name();
  if (!is_name(name))
    return make_error(ec::invalid_argument, "'" + name + "' is no name of a behavior: 1 to " +
                                                std::to_string(limits::name_bytes) + " of A-Z a-z 0-9 _ . -");
  if (entries_.count(name))
    return make_error(ec::already_exists, "a behavior named '" + name + "' is registered already");
  for (auto capabilities = who.capabilities(); auto& capability : capabilities)
    capable_[capability].insert(name);
  entries_.emplace(name, entry{std::move(who), std::move(make_one)});
  return {};
}

caf::error behavior_registry::unknown(const std::string& name) const {
  auto text = "no behavior is named '" + name + "'";
  auto nearest = std::min_element(entries_.begin(), entries_.end(), [&](auto& a, auto& b) {
    return edits(name, a.first) < edits(name, b.first);
  });
  if (nearest == entries_.end())
    return make_error(ec::not_found, text + "; none is registered");
  return make_error(ec::not_found, text + "; the nearest is '" + nearest->first + "'");
}

caf::expected<std::unique_ptr<behavior>> behavior_registry::make(const std::string& name) const {
  auto i = entries_.find(name);
  if (i == entries_.end())
    return unknown(name);
  return i->second.make_one();
}

caf::expected<manifest> behavior_registry::find(const std::string& name) const {
  auto i = entries_.find(name);
  if (i == entries_.end())
    return unknown(name);
  return i->second.who;
}

std::vector<std::string> behavior_registry::who_can(const std::string& capability) const {
  auto i = capable_.find(capability);
  if (i == capable_.end())
    return {};
  return {i->second.begin(), i->second.end()};
}

std::vector<manifest> behavior_registry::all() const {
  std::vector<manifest> manifests;
  for (auto& [name, each] : entries_)
    manifests.push_back(each.who);
  return manifests;
}

} // namespace troupe
