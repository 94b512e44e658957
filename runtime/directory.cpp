// DIRECTORY: refs -> handles.
// Invariant: a message to a ref is delivered, held, or refused; a refused question is answered, a refused note is counted.

#include <algorithm>
#include <troupe/runtime/directory.hpp>
#include <troupe/runtime/ref_route.hpp>

namespace troupe {
namespace {

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= limits::name_bytes &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
                  c == '.' || c == '-';
         });
}

std::string kind_of(const std::string& name) {
  auto first = name.find('/');
  auto second = name.find('/', first + 1);
  return second == std::string::npos ? std::string{} : name.substr(first + 1, second - first - 1);
}

} // namespace

caf::expected<ref> parse_ref(std::string_view text) {
  auto first = text.find('/');
  auto second = first == std::string_view::npos ? first : text.find('/', first + 1);
  if (second != std::string_view::npos) {
    ref name{std::string{text.substr(0, first)}, std::string{text.substr(first + 1, second - first - 1)},
             std::string{text.substr(second + 1)}};
    if (is_name(name.tenant) && is_name(name.kind) && is_name(name.key))
      return name;
  }
  return make_error(ec::invalid_argument, "'" + std::string{text} +
                                              "' is no ref: tenant/kind/key, each 1 to " +
                                              std::to_string(limits::name_bytes) + " of A-Z a-z 0-9 _ . -");
}

std::string to_string(const ref& name) {
  return name.tenant + "/" + name.kind + "/" + name.key;
}

directory::directory(const node_metrics& meters) : dropped_{meters.notes_dropped} {}

void directory::refuse(caf::mailbox_element& message, const caf::error& reason) {
  if (message.mid.is_request() && message.sender)
    message.sender->enqueue(nullptr, message.mid.response_id(), caf::make_message(reason), nullptr);
  else
    dropped_.add();
}

void directory::deliver(const std::string& name, caf::mailbox_element_ptr message,
                        caf::execution_unit* here) {
  waker wake;
  {
    std::unique_lock lock{mutex_};
    auto i = entries_.find(name);
    if (i == entries_.end() && route_) { // nothing is known of another node's refs
      auto way = route_;
      lock.unlock();
      if (way->take(name, message))
        return;
      lock.lock();
      i = entries_.find(name);
    }
    if (i != entries_.end() && i->second.actor) {
      auto actor = i->second.actor;
      lock.unlock();
      caf::actor_cast<caf::abstract_actor*>(actor)->enqueue(std::move(message), here);
      return;
    }
    if (i == entries_.end()) {
      auto known = wakers_.find(kind_of(name));
      if (known == wakers_.end()) {
        lock.unlock();
        refuse(*message,
               make_error(ec::unavailable, "nobody answers to " + name + " now; repeat in a second"));
        return;
      }
      wake = known->second;
      i = entries_.emplace(name, entry{}).first;
    }
    if (i->second.held.size() >= limits::sleeping_mailbox) {
      lock.unlock();
      refuse(*message,
             make_error(ec::overloaded, name + " wakes up and holds " +
                                            std::to_string(limits::sleeping_mailbox) + " messages already"));
      return;
    }
    i->second.held.push_back(std::move(message));
  }
  if (wake)
    wake(name);
}

void directory::put(const std::string& name, const caf::actor& actor, caf::execution_unit* here) {
  caf::actor gone; // may run destructors: outside the lock
  std::lock_guard lock{mutex_};
  auto& slot = entries_[name];
  auto* receiver = caf::actor_cast<caf::abstract_actor*>(actor);
  for (auto& message : slot.held) // under the lock: nobody overtakes what was held
    receiver->enqueue(std::move(message), here);
  slot.held.clear();
  gone = std::exchange(slot.actor, actor);
}

void directory::erase(const std::string& name, const caf::actor& actor, caf::error reason) {
  std::vector<caf::mailbox_element_ptr> held;
  caf::actor gone; // may run destructors: outside the lock
  {
    std::lock_guard lock{mutex_};
    auto i = entries_.find(name);
    if (i == entries_.end() || (actor && i->second.actor != actor))
      return;
    held.swap(i->second.held);
    gone = std::move(i->second.actor);
    entries_.erase(i);
  }
  for (auto& message : held)
    refuse(*message, reason);
}

bool directory::release(const std::string& name) {
  std::lock_guard lock{mutex_};
  auto i = entries_.find(name);
  if (i != entries_.end() && !i->second.held.empty())
    return false;
  if (i != entries_.end())
    entries_.erase(i);
  return true;
}

void directory::hold(const std::string& name) {
  caf::actor gone;
  std::lock_guard lock{mutex_};
  gone = std::exchange(entries_[name].actor, nullptr);
}

void directory::set_waker(const std::string& kind, waker wake) {
  std::vector<std::string> names;
  {
    std::lock_guard lock{mutex_};
    wakers_[kind] = wake;
    for (auto& [name, slot] : entries_)
      if (!slot.actor && kind_of(name) == kind)
        names.push_back(name);
  }
  for (auto& name : names) // whoever was to wake them is no more
    wake(name);
}

void directory::set_route(std::shared_ptr<ref_route> route) {
  std::lock_guard lock{mutex_};
  route_ = std::move(route);
}

std::shared_ptr<ref_route> directory::route() const {
  std::lock_guard lock{mutex_};
  return route_;
}

bool directory::is_elsewhere(const std::string& name) const {
  auto way = route();
  return way && !way->node_of(name).empty();
}

caf::error directory::refusal(const std::string& name) const {
  auto way = route();
  return way ? way->refusal(name) : caf::error{};
}

caf::actor directory::find(const std::string& name) const {
  std::lock_guard lock{mutex_};
  auto i = entries_.find(name);
  return i == entries_.end() ? caf::actor{} : i->second.actor;
}

std::vector<std::string> directory::awake() const {
  std::vector<std::string> names;
  {
    std::lock_guard lock{mutex_};
    for (auto& [name, slot] : entries_)
      if (slot.actor)
        names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> directory::known(const std::string& kind) const {
  std::vector<std::string> names;
  {
    std::lock_guard lock{mutex_};
    for (auto& [name, slot] : entries_)
      if (kind_of(name) == kind)
        names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

uint64_t directory::dropped() const {
  return static_cast<uint64_t>(dropped_.value());
}

} // namespace troupe
