// SHARD CLOSING: which shards of a host are being closed, who is still awake there, and who waits for the end.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace troupe {

/// Knows no actor; used by one. Times are those of any clock that never jumps, in milliseconds.
class shard_closing {
public:
  /// These shards are to be closed, and these refs are awake in them: by `deadline_ms` they have to be gone. Those that are
  /// being closed already go on with the earlier deadline. `done` is called, here or later, when nobody is left.
  void begin(const std::map<uint8_t, std::set<std::string>>& awake, int64_t deadline_ms,
             std::function<void()> done);

  /// Is this shard being closed?
  bool has(uint8_t shard) const {
    return shards_.count(shard) > 0;
  }

  bool is_idle() const {
    return shards_.empty();
  }

  /// Somebody wants to wake there: remembered until the shard is closed.
  void put_off(uint8_t shard, const std::string& ref) {
    shards_[shard].put_off.insert(ref);
  }

  /// This one is not awake any more. Returns who wanted to wake meanwhile, if the shard is closed now.
  std::vector<std::string> gone(uint8_t shard, const std::string& ref);

  /// Those that are awake, and those of them that have had their time.
  std::vector<std::string> left() const;
  std::vector<std::string> late(int64_t now_ms) const;

  /// The host stops: nobody is told any more.
  void stop() {
    shards_.clear();
    questions_.clear();
  }

private:
  struct closing {
    std::set<std::string> left, put_off;
    int64_t deadline_ms = 0;
  };
  struct question {
    std::set<uint8_t> shards;
    std::function<void()> done;
  };
  void answer(uint8_t shard);

  std::map<uint8_t, closing> shards_;
  std::vector<question> questions_;
};

} // namespace troupe
