// TENURE: what follows from a view, a lease, and what store and shard host have said.
// Invariant: a shard is open only from an epoch of this lease on until the lease is not sure any more, another holds it, or it has moved.

#include <algorithm>
#include <troupe/net/cluster/tenure.hpp>
#include <troupe/runtime/link_limits.hpp>

namespace troupe {
namespace {

constexpr int64_t not_yet = std::numeric_limits<int64_t>::max();

template <class Member>
std::vector<std::string> names_of(const cluster_view& view, Member is_meant) {
  std::vector<std::string> names;
  for (auto& [name, known] : view.members)
    if (is_meant(known) && names.size() < limits::link_members)
      names.push_back(name);
  return names;
}

} // namespace

std::array<std::string, limits::shards> wanted_owners(const cluster_view& now) {
  std::array<std::string, limits::shards> wanted;
  auto takers = names_of(now, [](const presence& one) { return !one.draining; });
  auto all_drain = takers.empty();
  if (all_drain)
    takers = names_of(now, [](const presence&) { return true; });
  if (takers.empty())
    return wanted;
  auto map = shard_map::create({}, std::move(takers));
  for (size_t shard = 0; shard < wanted.size(); ++shard) {
    auto& holder = now.holders[shard];
    wanted[shard] =
        all_drain && now.members.count(holder) > 0 ? holder : map.owner(static_cast<uint8_t>(shard));
  }
  return wanted;
}

tenure::tenure(std::string self) : self_{std::move(self)} {}

void tenure::saw(const cluster_view& now, tenure_time at) {
  note(at);
  if (now.revision < view_.revision)
    return;
  view_ = now;
  if (sure_)
    trust_ms_ = 0;
  wanted_ = wanted_owners(view_);
}

void tenure::raised(uint8_t shard, const caf::expected<uint64_t>& epoch) {
  auto& one = shards_[shard];
  one.asked = false;
  if (one.where == stage::raising && epoch)
    one.epoch = *epoch;
}

void tenure::closed(uint8_t shard) {
  shards_[shard].asleep = true;
}

void tenure::not_closed(uint8_t shard) {
  shards_[shard].unheard = true;
}

void tenure::deposed(uint8_t shard) {
  shards_[shard].deposed = true;
}

// A lease that was renewed only after it had ceased to be sure is not the same one for us: others may have owned meanwhile. What a view from
// before says this node holds is doubtful then: the next one says it again, or, if nothing has changed, none comes.
void tenure::note(tenure_time at) {
  auto ran_out = sure_ && at.now_ms >= sure_until_ms_;
  auto is_sure = at.now_ms + limits::tenure_tick.count() < at.sure_until_ms;
  now_ms_ = at.now_ms;
  sure_until_ms_ = at.sure_until_ms;
  if (ran_out || !is_sure) {
    lapsed_ = lapsed_ || sure_;
    sure_ = false;
    trust_ms_ = not_yet;
  }
  if (at.sure_until_ms == 0)
    view_.revision = 0; // the next one may come from a coordinator that counts anew
  if (is_sure && !sure_) {
    sure_ = true;
    if (trust_ms_ == not_yet)
      trust_ms_ = now_ms_ + limits::lease_renewal.count();
  }
}

bool tenure::holds(uint8_t shard) const {
  return view_.holders[shard] == self_ && now_ms_ >= trust_ms_;
}

tenure_orders tenure::due(tenure_time at) {
  note(at);
  tenure_orders orders;
  for (unsigned i = 0; i < limits::shards; ++i) {
    auto shard = static_cast<uint8_t>(i);
    if (lapsed_)
      lose(shard, orders);
    look(shard, orders);
  }
  lapsed_ = false;
  if (sure_)
    make_room(orders);
  return orders;
}

void tenure::look(uint8_t shard, tenure_orders& orders) {
  if (at(shard) == stage::ending)
    while_ending(shard, orders);
  if (!sure_)
    return;
  if (at(shard) == stage::open || at(shard) == stage::closing)
    while_held(shard, orders);
  if (at(shard) == stage::absent || at(shard) == stage::claiming || at(shard) == stage::releasing)
    while_absent(shard, orders);
  if (at(shard) == stage::raising)
    while_raising(shard, orders);
}

void tenure::while_held(uint8_t shard, tenure_orders& orders) {
  auto& one = shards_[shard];
  if (one.deposed || !holds(shard))
    return lose(shard, orders);
  if (one.where == stage::open)
    return;
  if (one.asleep) {
    orders.shut.push_back(shard);
    go(shard, stage::absent); // and to whom it is to go, or open here again
  } else if (now_ms_ - one.since_ms >= limits::shard_closing.count()) {
    lose(shard, orders);
  } else if (is_time(shard, limits::shard_host_patience)) {
    orders.close.push_back(shard);
  }
}

void tenure::while_absent(uint8_t shard, tenure_orders& orders) {
  auto& one = shards_[shard];
  auto& holder = view_.holders[shard];
  auto is_wanted = wanted_[shard] == self_;
  auto has_room = [&] { return count(stage::claiming, stage::raising) < limits::shards_moving; };
  if (holds(shard) && !is_wanted) {
    if (one.where != stage::releasing)
      go(shard, stage::releasing);
    if (is_time(shard, limits::tenure_retry))
      orders.release.push_back(shard);
  } else if (holds(shard) && is_wanted) {
    if (one.where == stage::claiming || (now_ms_ >= one.again_ms && has_room()))
      go(shard, stage::raising);
    else if (one.where == stage::releasing)
      go(shard, stage::absent);
  } else if (holder.empty() && is_wanted) {
    if (one.where == stage::releasing)
      go(shard, stage::absent);
    if (one.where == stage::absent && has_room() && now_ms_ >= one.again_ms)
      go(shard, stage::claiming);
    if (one.where == stage::claiming && is_time(shard, limits::tenure_retry))
      orders.claim.push_back(shard);
  } else if (one.where != stage::absent) {
    go(shard, stage::absent);
  }
}

void tenure::while_raising(uint8_t shard, tenure_orders& orders) {
  auto& one = shards_[shard];
  if (!holds(shard) || wanted_[shard] != self_) {
    go(shard, stage::absent);
  } else if (one.epoch != 0) {
    orders.open.push_back({shard, one.epoch});
    go(shard, stage::open);
  } else if (!one.asked && is_time(shard, limits::tenure_retry)) {
    one.asked = true;
    orders.raise.push_back(shard);
  }
}

void tenure::while_ending(uint8_t shard, tenure_orders& orders) {
  auto& one = shards_[shard];
  if (one.asleep) {
    auto not_before_ms = one.deposed ? one.since_ms + limits::tenure_retry.count() : 0;
    go(shard, stage::absent);
    one.again_ms = not_before_ms;
  } else if (is_time(shard, limits::shard_host_patience)) {
    orders.end.push_back(shard);
  }
}

// Shards that others are to own: some at a time, and not more to one than it takes at a time.
void tenure::make_room(tenure_orders& orders) {
  auto leaving = count(stage::closing, stage::releasing);
  std::map<std::string_view, size_t> expected;
  for (size_t shard = 0; shard < limits::shards; ++shard)
    if (auto where = shards_[shard].where;
        view_.holders[shard].empty() || where == stage::closing || where == stage::releasing)
      ++expected[wanted_[shard]];
  for (unsigned i = 0; i < limits::shards && leaving < limits::shards_moving; ++i) {
    auto shard = static_cast<uint8_t>(i);
    auto& to = wanted_[shard];
    if (at(shard) != stage::open || to == self_ || to.empty() || expected[to] >= limits::shards_moving)
      continue;
    ++leaving;
    ++expected[to];
    go(shard, stage::closing);
    is_time(shard, limits::shard_host_patience);
    orders.close.push_back(shard);
  }
}

// As if it had never been there; what is awake is ended first.
void tenure::lose(uint8_t shard, tenure_orders& orders) {
  auto& one = shards_[shard];
  if (one.where == stage::ending)
    return;
  if (one.where != stage::open && one.where != stage::closing)
    return go(shard, stage::absent);
  auto was_deposed = one.deposed;
  go(shard, stage::ending);
  one.deposed = was_deposed;
  is_time(shard, limits::shard_host_patience);
  orders.shut.push_back(shard);
  orders.end.push_back(shard);
}

void tenure::go(uint8_t shard, stage next) {
  auto& one = shards_[shard];
  auto asked = one.asked;
  one = {};
  one.where = next;
  one.since_ms = now_ms_;
  one.asked = asked;
}

// Whether something is to be tried, again perhaps; if so, not again for a while.
bool tenure::is_time(uint8_t shard, std::chrono::milliseconds until_next) {
  auto& one = shards_[shard];
  if (std::exchange(one.unheard, false))
    one.again_ms = now_ms_ + limits::tenure_retry.count();
  if (now_ms_ < one.again_ms)
    return false;
  one.again_ms = now_ms_ + until_next.count();
  return true;
}

size_t tenure::count(stage one, stage other) const {
  return static_cast<size_t>(std::count_if(shards_.begin(), shards_.end(), [&](const place& each) {
    return each.where == one || each.where == other;
  }));
}

} // namespace troupe
