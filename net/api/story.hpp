// STORY: what happened to a run or lone task, and to those it began, as lines of a tree. Pure.
#pragma once

#include <map>
#include <string>
#include <troupe/net/api/records.hpp>
#include <troupe/runtime/proto/inquiry.pb.h>
#include <vector>

namespace troupe {

/// The story of one run or task; those it began are only named.
struct story_tree {
  struct node {
    StoryLine line;
    std::vector<size_t> below; ///< indices of nodes, in the order they began
    std::string begins;        ///< ref of the run or task whose story belongs here
  };
  std::vector<node> nodes; ///< the first is the run or task itself; none if there are no events
  StoryCosts costs;
  std::string title, status;
  std::string trace; ///< its id

  /// Refs of the runs and tasks it began.
  std::vector<std::string> begun() const;
};

/// Tells what the events of a run or task (as its ref says) are about. Records that cannot be read are lines that say so.
story_tree tell_story(const std::string& ref, const std::vector<journal_entry>& records, int64_t now_ms);

/// The story of one run or task as another node has written it, with all that is in it.
story_tree read_story(const Story& told);

/// Writes down the story of `ref` with those of the others where they began; at most limits::story_lines.
Story write_story(const std::string& ref, const std::map<std::string, story_tree>& all);

} // namespace troupe
