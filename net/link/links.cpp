// LINKS: members and the sessions to them.
// Invariant: a member has one session at most; the listener hears of each that was admitted, and of its end if no younger one has taken
// its place.

#include <algorithm>
#include <fmt/format.h>
#include <troupe/net/link/links.hpp>

namespace troupe {

links::links(Hello self, std::vector<link_member> members, std::shared_ptr<const link_office> office,
             listener changed, session_bounds bounds)
    : self_{std::move(self)}, office_{std::move(office)}, changed_{std::move(changed)}, bounds_{bounds} {
  for (auto& member : members)
    if (member.node != self_.node())
      places_.emplace_back().member = std::move(member);
}

const links::place* links::find(const std::string& node) const {
  auto i = std::find_if(places_.begin(), places_.end(), [&](auto& one) { return one.member.node == node; });
  return i == places_.end() ? nullptr : &*i;
}

links::place* links::find(const std::string& node) {
  return const_cast<place*>(std::as_const(*this).find(node));
}

caf::expected<std::shared_ptr<wire_end>> links::greet(std::shared_ptr<wire> over,
                                                      const std::string& identity) {
  std::lock_guard lock{mutex_};
  if (stopping_)
    return make_error(ec::unavailable, fmt::format("node {} stops", self_.node()));
  auto i = std::find_if(places_.begin(), places_.end(),
                        [&](auto& one) { return one.member.identity == identity; });
  if (i == places_.end())
    return make_error(ec::permission_denied, fmt::format("{} is no member of cluster {} on node {}", identity,
                                                         self_.cluster(), self_.node()));
  auto made = std::make_shared<std::weak_ptr<session>>(); // known after the host
  link_events events;
  events.greet = [self = shared_from_this(), node = i->member.node, made](const Hello& theirs) {
    return self->admit(node, theirs, made->lock());
  };
  events.ended = [self = shared_from_this(), node = i->member.node, made](const caf::error& reason) {
    auto that = made->lock();
    self->ended(node, reason, that.get());
  };
  auto host = make_inbound(office_, std::move(events));
  auto hello = self_;
  if (office_->address)
    office_->address(i->member.node, hello);
  auto speaker = std::make_shared<session>(std::move(hello), std::move(over), host, now_, bounds_);
  bind_session(*host, speaker);
  *made = speaker;
  std::erase_if(all_, [](auto& one) { return one.expired(); });
  all_.push_back(speaker);
  return std::shared_ptr<wire_end>{std::move(speaker)};
}

caf::error links::admit(const std::string& node, const Hello& theirs, const session_ptr& over) {
  if (theirs.node() != node)
    return make_error(
        ec::permission_denied,
        fmt::format("its certificate is of node {}, and it says that it is {}", node, theirs.node()));
  session_ptr older;
  {
    std::lock_guard lock{mutex_};
    auto& at = *find(node);
    if (theirs.incarnation() < at.incarnation)
      return make_error(ec::stale, fmt::format("incarnation {} of node {} is over: {} was seen",
                                               theirs.incarnation(), node, at.incarnation));
    at.incarnation = theirs.incarnation();
    at.version = theirs.version();
    at.trouble = {};
    older = std::exchange(at.over, over);
  }
  if (office_->met)
    office_->met(theirs);
  if (older)
    older->close(make_error(ec::stale, "a younger link has taken its place"));
  say(node, over);
  return {};
}

void links::ended(const std::string& node, const caf::error& reason, const session* over) {
  session_ptr gone; // its destructor runs outside of the lock
  {
    std::lock_guard lock{mutex_};
    auto& at = *find(node);
    if (at.over && at.over.get() != over)
      return; // a younger one is there
    gone = std::exchange(at.over, nullptr);
    at.trouble = reason;
  }
  if (gone)
    say(node, nullptr);
}

// The listener hears what holds when its turn comes, not what somebody saw before.
void links::say(const std::string& node, const session_ptr& over) {
  if (!changed_)
    return;
  std::lock_guard turn{saying_};
  {
    std::lock_guard lock{mutex_};
    if (find(node)->over != over)
      return; // it has changed again, and whoever changed it says so
  }
  changed_(node, over);
}

void links::failed(const std::string& node, const caf::error& reason) {
  std::lock_guard lock{mutex_};
  if (auto* at = find(node); at && !at->over)
    at->trouble = reason;
}

caf::expected<session_ptr> links::to(const std::string& node) const {
  std::lock_guard lock{mutex_};
  auto* at = find(node);
  if (!at)
    return make_error(ec::not_found,
                      fmt::format("no other node of cluster {} is called {}", self_.cluster(), node));
  if (!at->over)
    return make_error(ec::unavailable, fmt::format("node {} is not reachable now ({}); repeat in a second",
                                                   node, describe(at->trouble)));
  return at->over;
}

std::vector<link_standing> links::standing() const {
  std::lock_guard lock{mutex_};
  std::vector<link_standing> all;
  for (auto& at : places_) {
    auto& one = all.emplace_back(
        link_standing{at.member, at.over != nullptr, at.incarnation, at.version, at.trouble, {}});
    if (at.over)
      one.figures = at.over->figures();
  }
  return all;
}

std::vector<session_ptr> links::living() const {
  std::lock_guard lock{mutex_};
  std::vector<session_ptr> all;
  for (auto& one : all_)
    if (auto over = one.lock())
      all.push_back(std::move(over));
  return all;
}

void links::tick(std::chrono::milliseconds now) {
  {
    std::lock_guard lock{mutex_};
    now_ = now;
  }
  for (auto& over : living())
    over->tick(now);
}

void links::stop() {
  {
    std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  for (auto& over : living())
    over->close(make_error(ec::unavailable, fmt::format("node {} stops", self_.node())));
}

} // namespace troupe
