// TREE JUDGE: the law of supervision.

#include <algorithm>
#include <fmt/format.h>
#include <tests/simulator/tree_judge.hpp>

namespace troupe {
namespace {

bool is_group(strategy how) {
  return how == strategy::one_for_all || how == strategy::rest_for_one;
}

} // namespace

void tree_judge::know(const std::string& path, restart_rules rules, std::vector<std::string> children) {
  auto& all = known_[path];
  all = {};
  all.rules = rules;
  all.children = std::move(children);
}

void tree_judge::reported(const ChildEvent& event, int64_t now_us) {
  auto slash = event.path().rfind('/');
  auto path = event.path().substr(0, slash);
  auto id = event.path().substr(slash + 1);
  auto& what = event.what();
  if (auto itself = known_.find(event.path()); itself != known_.end()) {
    if (what == "starting") // a supervisor that starts has no past
      know(event.path(), itself->second.rules, itself->second.children);
    else if (what == "stopping" || what == "killed")
      close(itself->second);
  }
  auto found = known_.find(path);
  if (found == known_.end())
    return;
  auto& all = found->second;
  if (what == "escalated") {
    all.dead.clear();
    all.gave_up = true;
    return close(all);
  }
  grant(path, all);
  if (what == "starting") {
    auto self = std::find(all.children.begin(), all.children.end(), id);
    if (is_group(all.rules.how) && self != all.children.end())
      for (auto later = self + 1; later != all.children.end(); ++later)
        if (all.up[*later])
          object_("group", fmt::format("{} starts while {} still runs", event.path(), *later));
    if (all.gave_up)
      object_("intensity", fmt::format("{} starts after {} has given up", event.path(), path));
    all.up[id] = true;
    all.told_to_stop[id] = false;
  } else if (what == "stopping" || what == "killed") {
    all.told_to_stop[id] = true;
  } else if (what == "failed" || what == "ended") {
    if (!all.told_to_stop[id])
      all.dead = id;
    all.death_us = now_us;
    all.up[id] = false;
  }
}

// Who dies in a supervisor that ends is not started again, whether it was his turn to be stopped or not.
void tree_judge::close(supervised_children& all) {
  for (auto& [id, told] : all.told_to_stop)
    told = true;
}

// Whatever follows a death but an escalation means that a restart was granted.
void tree_judge::grant(const std::string& path, supervised_children& all) {
  if (all.dead.empty())
    return;
  auto dead = std::exchange(all.dead, {});
  auto after = false;
  for (auto& id : all.children) { // the death of one of a group is an order to stop for the others
    after = after || id == dead;
    if (is_group(all.rules.how) && id != dead && all.up[id] &&
        (after || all.rules.how == strategy::one_for_all))
      all.told_to_stop[id] = true;
  }
  auto period_us = std::chrono::duration_cast<std::chrono::microseconds>(all.rules.period).count();
  all.granted_us.push_back(all.death_us);
  while (all.granted_us.front() + period_us < all.death_us)
    all.granted_us.pop_front();
  if (all.granted_us.size() > all.rules.intensity)
    object_("intensity",
            fmt::format("{} grants {} restarts within {} ms", path, all.granted_us.size(), period_us / 1000));
}

void tree_judge::new_life() {
  for (auto& [path, all] : known_)
    know(path, all.rules, all.children);
}

} // namespace troupe
