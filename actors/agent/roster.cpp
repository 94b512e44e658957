// ROSTER: the children of one supervisor.
// Invariant: a child starts only when it is down, and in a group only when nobody is being stopped and
// everybody before it is up or done; so no child runs twice and the order holds.

#include <algorithm>
#include <fmt/format.h>
#include <troupe/actors/agent/roster.hpp>
#include <troupe/runtime/error.hpp>

namespace troupe {
namespace {

bool alive(const roster_child& child) {
  return child.now != phase::idle && child.now != phase::waiting;
}

bool on_the_way_up(const roster_child& child) {
  return child.now == phase::waiting || child.now == phase::starting;
}

bool on_the_way_down(const roster_child& child) {
  return child.doomed || child.now == phase::stopping || child.now == phase::stuck;
}

bool group(strategy how) {
  return how == strategy::one_for_all || how == strategy::rest_for_one;
}

} // namespace

roster::roster(restart_rules rules) : rules_{rules}, window_{rules.intensity, rules.period} {}

void roster::add(std::string id, restart kind, bool added, instant now) {
  ensure(!find(id), "the id of a child is new");
  auto& child = children_.emplace_back();
  child.id = std::move(id);
  child.kind = kind;
  child.added = added;
  child.due = now;
  if (closed_)
    child.now = phase::idle;
}

bool roster::held_up(size_t index) const {
  if (rules_.how == strategy::simple_one_for_one)
    return false;
  auto grouped = group(rules_.how);
  if (grouped && std::any_of(children_.begin(), children_.end(), on_the_way_down))
    return true;
  return std::any_of(children_.begin(), children_.begin() + static_cast<ptrdiff_t>(index),
                     [&](auto& earlier) { return on_the_way_up(earlier) && (grouped || !earlier.settled); });
}

roster_step roster::next(instant now) {
  auto at_once = rules_.how == strategy::simple_one_for_one;
  auto stopping =
      std::any_of(children_.begin(), children_.end(), [](auto& c) { return c.now == phase::stopping; });
  if (at_once || !stopping) {
    for (auto i = children_.size(); i-- > 0;) {
      if (children_[i].doomed) {
        children_[i].doomed = false;
        children_[i].now = phase::stopping;
        return {roster_step::stop, i, {}};
      }
    }
  }
  roster_step result;
  for (size_t i = 0; i < children_.size(); ++i) {
    auto& child = children_[i];
    if (child.now != phase::waiting || held_up(i))
      continue;
    if (child.due <= now) {
      child.now = phase::starting;
      child.again = false;
      ++child.starts;
      return {roster_step::start, i, {}};
    }
    if (result.what == roster_step::rest || child.due < result.at)
      result = {roster_step::wake, i, child.due};
  }
  if (closed_ && std::none_of(children_.begin(), children_.end(),
                              [](auto& c) { return alive(c) && c.now != phase::stuck; }))
    result.what = roster_step::finished;
  return result;
}

void roster::started(size_t index, instant now) {
  auto& child = children_[index];
  if (child.now != phase::starting)
    return;
  child.now = phase::running;
  child.settled = true;
  child.up_since = now;
}

bool roster::down(size_t index, const std::string& failure, instant now, uint64_t random_bits) {
  auto& child = children_[index];
  auto told = on_the_way_down(child);
  auto lived = child.now == phase::running;
  child.doomed = false;
  if (!failure.empty())
    child.last_failure = failure;
  if (told) {
    end(index);
    return true;
  }
  if (lived && now - child.up_since >= rules_.pause.quiet)
    child.failures = 0;
  ++child.failures;
  std::vector<child_view> views;
  for (auto& c : children_)
    views.push_back({c.kind, &c != &child && alive(c), c.failures});
  auto result = decide(rules_, window_, views, index, failure.empty(), now, random_bits);
  if (result.escalate) {
    escalation_ =
        fmt::format("child '{}' ended more than {} times within {} ms; last: {}", child.id, rules_.intensity,
                    std::chrono::duration_cast<std::chrono::milliseconds>(rules_.period).count(),
                    failure.empty() ? "a normal end" : child.last_failure);
    child.now = phase::idle;
    close();
    return false;
  }
  for (auto i : result.stop)
    children_[i].doomed = children_[i].now == phase::starting || children_[i].now == phase::running;
  for (auto i : result.start) {
    auto& c = children_[i];
    c.again = !c.leaving;
    c.due = std::max(c.due, now + result.wait);
    if (i != index && c.now == phase::idle && c.again)
      c.now = phase::waiting;
  }
  end(index);
  return true;
}

void roster::end(size_t index) {
  auto& child = children_[index];
  if (child.again && !closed_) {
    child.now = phase::waiting;
  } else if (child.leaving || child.added) {
    children_.erase(children_.begin() + static_cast<ptrdiff_t>(index));
  } else {
    child.now = phase::idle;
    child.settled = true;
  }
}

void roster::remove(size_t index) {
  auto& child = children_[index];
  child.leaving = true;
  child.again = false;
  if (!alive(child))
    end(index);
  else
    child.doomed = child.now == phase::starting || child.now == phase::running;
}

void roster::abandon(size_t index) {
  ensure(children_[index].now == phase::stopping, "only a child that was told to stop is abandoned");
  children_[index].now = phase::stuck;
}

void roster::close() {
  closed_ = true;
  for (auto& child : children_) {
    child.again = false;
    if (child.now == phase::waiting)
      child.now = phase::idle;
    child.doomed = child.now == phase::starting || child.now == phase::running;
  }
}

std::optional<size_t> roster::find(const std::string& id) const {
  auto i = std::find_if(children_.begin(), children_.end(), [&](auto& child) { return child.id == id; });
  return i == children_.end() ? std::nullopt : std::optional<size_t>(i - children_.begin());
}

bool roster::settled() const {
  return std::none_of(children_.begin(), children_.end(), on_the_way_up);
}

} // namespace troupe
