// Who understands the messages of journal.proto.
#pragma once

#include <caf/fwd.hpp>
#include <caf/typed_actor.hpp>
#include <troupe/runtime/words.hpp>

namespace troupe {

class Activate;
class CloseShards;
class CountFirings;
class Done;
class EndQuarantine;
class FiringCounts;
class ListQuarantined;
class Passivated;
class QuarantineList;
class Redeliver;
class Replayed;
class ShardsChanged;
class Tick;
class TimersChanged;

/// SHARD HOST: wakes entities, puts them to sleep, sets aside those that keep crashing.
using shard_host_actor = caf::typed_actor<
    // A message is held for this sleeping entity.
    note<Activate>,
    // The journal has read it.
    note<Replayed>,
    // It went to sleep, or has work to finish first.
    note<Passivated>,
    // Time to look for idle ones.
    note<Tick>,
    // Who is set aside, by ref.
    rpc<ListQuarantined, QuarantineList>,
    // Wakes one of them, as if it had never crashed. ec::not_found if it is not set aside.
    rpc<EndQuarantine, Done>,
    // Shards leave this node: answered when nobody of theirs is awake.
    rpc<CloseShards, Done>>;

/// TIMERS: sends TimerDue to the owners of due timer rows, until the rows are gone.
using timers_actor = caf::typed_actor<
    // Rows were written or deleted.
    note<TimersChanged>,
    // Somebody has lost what it was sent, or rows may be there that nobody announced: reads them again; what is due is fired
    // anew, outbox rows too.
    note<Redeliver>,
    // Shards have come to this node, or left it.
    note<ShardsChanged>,
    // How often these were fired.
    rpc<CountFirings, FiringCounts>,
    // Something may be due.
    note<Tick>>;

/// RETENTION: has runs and lone tasks erased whose time is over.
using retention_actor = caf::typed_actor<
    // Time to look, or the journal is done with a piece.
    note<Tick>>;

} // namespace troupe
