// TREE JUDGE: follows what supervisors report and holds it against their rules.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <troupe/actors/agent/restart.hpp>
#include <troupe/runtime/proto/ops.pb.h>
#include <vector>

namespace troupe {

/// The law of supervision, seen from outside:
///   intensity   no supervisor grants more restarts within its period than it may, or any after it has given up
///   group       in a group a child starts only when all later ones are down
class tree_judge {
public:
  /// `object` takes what is wrong: the law, then the case.
  explicit tree_judge(std::function<void(std::string law, std::string text)> object)
      : object_{std::move(object)} {}

  /// Makes a supervisor known: its path, its rules, its children in start order.
  void know(const std::string& path, restart_rules rules, std::vector<std::string> children);
  /// A supervisor reports; `now_us` is time that never jumps.
  void reported(const ChildEvent& event, int64_t now_us);
  /// All are gone.
  void new_life();

private:
  struct supervised_children {
    restart_rules rules;
    std::vector<std::string> children;
    std::map<std::string, bool> up;
    std::map<std::string, bool> told_to_stop;
    std::deque<int64_t> granted_us;
    std::string dead; // not yet known whether its restart is granted; empty = nobody
    int64_t death_us = 0;
    bool gave_up = false;
  };
  static void close(supervised_children& all);
  void grant(const std::string& path, supervised_children& all);

  std::function<void(std::string, std::string)> object_;
  std::map<std::string, supervised_children> known_;
};

} // namespace troupe
