// UPKEEP: whoever looks after the store of a simulated node: bulky payloads, days that pass, keys.
#pragma once

#include <tests/simulator/client.hpp>

namespace troupe {

/// The deeds that concern the store itself, and what must be so when they are over. Laws it checks:
///   kept      what has ended leaves in time with all its rows; only a dead letter stays
///   sealed, objects   as simulated_storage, at rest
///   shredded  nothing of a shredded tenant is answered
class simulated_upkeep {
public:
  simulated_upkeep(stage& where, client& door) : at_{where}, door_{door} {}

  /// An account of the workload, of whatever tenant.
  std::string some_account();
  /// One or more deposits that are too large for a row.
  void bulk(const std::string& ref);
  /// A day and some hours.
  void day();
  /// A task under a name that is free again.
  void reborn();
  /// New keys, and now and then a new master key.
  void rotate();
  /// All keys of a tenant are destroyed; one is left over.
  void shred();
  /// Something goes wrong in the middle of the journal's next upkeep.
  void trouble();

  /// All is well: so much time passes that whatever is due is done.
  void come_to_rest();
  /// At rest: what is there, what is gone, and who is refused.
  void judge(bool after_all);

private:
  void check_rows();
  void check_shredded();

  stage& at_;
  client& door_;
};

} // namespace troupe
