// STORY TASK: the lines of a story, and what tasks add to them. For story*.cpp only.
#pragma once

#include <map>
#include <troupe/net/api/story.hpp>
#include <troupe/runtime/proto/run.pb.h>

namespace troupe {

/// What was spent of one ledger, in what all of a story has cost.
StoryCharge& charges_of(StoryCosts& costs, const std::string& ledger, const std::string& unit);

/// Writes nodes of one story; a step or block is known by its path until it is opened anew. The root is the empty path.
class story_book {
public:
  story_book(story_tree& into, const std::string& whose) : tree{into}, ref_{whose} {}

  story_tree& tree;

  /// The story begins. Events before are passed over.
  void begin(const std::string& kind, const std::string& name, int64_t time_ms);
  const std::string& ref() const {
    return ref_;
  }
  /// What the run itself, without those it began, has spent of a ledger.
  StoryCharge& charges(const std::string& ledger, const std::string& unit) {
    return charges_of(tree.costs, ledger, unit);
  }
  bool has_begun() const {
    return !tree.nodes.empty();
  }
  story_tree::node& root() {
    return tree.nodes.front();
  }
  /// One more line below the step, block or root that has this path; its index.
  size_t add(const std::string& path, const char* kind, const std::string& name, int64_t time_ms);
  /// The same, below another line.
  size_t add_below(size_t parent, const char* kind, const std::string& name, int64_t time_ms);
  /// A step or block begins.
  size_t open(const std::string& path, const std::string& kind, const std::string& name, int64_t time_ms);
  bool is_open(const std::string& path) const;
  /// It has ended; its index.
  size_t close(const std::string& path, int64_t time_ms, const std::string& text);
  void close(size_t i, int64_t time_ms, const std::string& text);
  void reopen(const std::string& path);
  /// What comes next is a new one.
  void forget(const std::string& path) {
    at_.erase(path);
  }
  /// A line about one moment.
  void note(const std::string& path, const char* kind, int64_t time_ms, const std::string& text);
  size_t last() const {
    return tree.nodes.empty() ? 0 : tree.nodes.size() - 1;
  }
  /// The line is a decision that can be repeated.
  void decided(size_t i, uint64_t seq);
  void end(int64_t time_ms, const std::string& text);
  void reopen_root();
  /// Gives what has not ended its time so far.
  void finish(int64_t now_ms);

private:
  size_t parent_of(const std::string& path) const;

  const std::string& ref_;
  std::map<std::string, size_t> at_; // by path
};

/// How a task ended, for people.
std::string task_ending(const TaskEvent::Ended& ended);

/// Adds the attempts and actions of tasks to a book.
class task_teller {
public:
  task_teller(const std::string& ref, story_book& book) : ref_{ref}, book_{book} {}

  /// An event of the task at this path; empty = a lone task.
  void take(uint64_t seq, const std::string& path, const TaskEvent& event);
  std::string status(const std::string& path) const;

private:
  struct at_work {
    TaskState state;
    size_t attempt = 0;                      // its line; 0 = none
    int64_t since_ms = 0;                    // an agent has it since then; 0 = nobody has
    std::map<std::string, size_t> lines;     // of actions that wait, by position
    std::map<std::string, int64_t> begun_ms; // of actions that have begun, by position
  };
  void begin_attempt(at_work& task, const std::string& path, const AttemptStart& start, int64_t time_ms);
  void end_attempt(at_work& task, int64_t time_ms, const std::string& text);
  void act(at_work& task, const std::string& path, const ActionRecord& record);
  void wait(at_work& task, const std::string& path, const ActionRecord& record);
  void let_go(at_work& task, int64_t time_ms);
  size_t below(const at_work& task, const std::string& path, const char* kind, const std::string& name,
               int64_t time_ms);

  const std::string& ref_;
  story_book& book_;
  std::map<std::string, at_work> tasks_; // by path
};

} // namespace troupe
