// MEMBER. Invariant: whatever answer is lost, asking again does no harm; what was held under a lease that ended is never taken for held.

#include <algorithm>
#include <fmt/format.h>
#include <troupe/net/etcd/etcd_limits.hpp>
#include <troupe/net/etcd/member.hpp>
#include <troupe/runtime/error.hpp>

namespace troupe::etcd {

void member::join(std::string self, const presence& as) {
  self_ = std::move(self);
  wanted_ = as;
}

void member::announce(const presence& as) {
  wanted_ = as;
}

void member::claim(const std::vector<uint8_t>& shards) {
  for (auto shard : shards) {
    releases_.erase(shard);
    claims_.insert(shard);
  }
}

void member::release(const std::vector<uint8_t>& shards) {
  for (auto shard : shards) {
    claims_.erase(shard);
    releases_.insert(shard);
  }
}

void member::leave() {
  leaving_ = true;
}

// -- asking -------------------------------------------------------------------

call member::ask(call::to what, std::string path, std::string body) const {
  return {what, std::move(path), std::move(body), wanted_, {}};
}

// Anew under this lease, or else if nobody is there (then the lease is 0); or else who is.
call member::place() const {
  auto key = names_.member(self_);
  operation put{operation::kind::put, key, presence_text(wanted_), lease_, {}};
  operation first{operation::kind::nested,
                  {},
                  {},
                  0,
                  {{{condition::of::lease, key, 0}}, {put}, {{operation::kind::read, key, {}, 0, {}}}}};
  return ask(call::to::place, "/v3/kv/txn",
             transaction_text({{{condition::of::lease, key, lease_}}, {put}, {first}}));
}

// Claims under this lease, or gives up what is held under it; each shard for itself.
call member::hold(call::to what, const std::set<uint8_t>& shards) const {
  transaction all;
  std::vector<uint8_t> some;
  if (what == call::to::claim)
    all.when.push_back({condition::of::lease, names_.member(self_), lease_});
  for (auto shard : shards) {
    if (some.size() == limits::etcd_shards_at_once)
      break;
    some.push_back(shard);
    auto key = names_.shard(shard);
    transaction one;
    if (what == call::to::claim)
      one = {
          {{condition::of::create_revision, key, 0}}, {{operation::kind::put, key, self_, lease_, {}}}, {}};
    else
      one = {{{condition::of::lease, key, lease_}}, {{operation::kind::remove, key, {}, 0, {}}}, {}};
    all.then.push_back({operation::kind::nested, {}, {}, 0, std::move(one)});
  }
  auto asked = ask(what, "/v3/kv/txn", transaction_text(all));
  asked.shards = std::move(some);
  return asked;
}

std::optional<call> member::next(int64_t now_ms) {
  if (self_.empty() || left())
    return {};
  if (leaving_)
    return ask(call::to::end, "/v3/lease/revoke", lease_text(lease_));
  if (lease_ == 0)
    return ask(call::to::grant, "/v3/lease/grant", grant_text((times_.lease.count() + 999) / 1000));
  if (now_ms >= renew_ms_)
    return ask(call::to::renew, "/v3/lease/keepalive", lease_text(lease_));
  if (rival_lease_ != 0)
    return ask(call::to::oust, "/v3/lease/revoke", lease_text(rival_lease_));
  if (!placed_ || *placed_ != wanted_)
    return now_ms >= wait_ms_ ? std::optional{place()} : std::nullopt;
  if (!releases_.empty())
    return hold(call::to::release, releases_);
  if (!claims_.empty())
    return hold(call::to::claim, claims_);
  return {};
}

int64_t member::due_ms() const {
  if (self_.empty() || left())
    return INT64_MAX;
  return placed_ ? renew_ms_ : std::min(renew_ms_, wait_ms_);
}

// -- hearing ------------------------------------------------------------------

void member::lost() {
  lease_ = sure_ms_ = renew_ms_ = rival_lease_ = wait_ms_ = 0;
  placed_.reset();
  claims_.clear();
  releases_.clear();
}

// Somebody else has this name.
void member::meet(const row& other, int64_t now_ms) {
  placed_.reset();
  auto as = read_presence(other.value);
  if (!as || as->incarnation < wanted_.incarnation) {
    rival_lease_ = other.lease;
    return;
  }
  other_life_ = as->incarnation;
  wait_ms_ = now_ms + times_.renewal.count();
}

caf::error member::answered(const call& asked, std::string_view text, int64_t sent_ms, int64_t now_ms) {
  switch (asked.what) {
  case call::to::grant:
  case call::to::renew: {
    auto lease = asked.what == call::to::grant ? read_lease(text) : read_renewal(text);
    if (!lease)
      return lease.error();
    if (asked.what == call::to::grant)
      lease_ = lease->id;
    else if (lease->id != lease_)
      return make_error(ec::unavailable, "etcd answered for another lease");
    if (lease->ttl_s == 0) {
      lost();
      return {};
    }
    auto lasts_ms = std::min(std::min<int64_t>(lease->ttl_s, 1'000'000) * 1000, times_.lease.count());
    sure_ms_ = std::max(sure_ms_, sent_ms + lasts_ms - times_.slack.count());
    renew_ms_ = sent_ms + times_.renewal.count();
    return {};
  }
  case call::to::end:
    lost();
    return {};
  case call::to::oust:
    rival_lease_ = 0;
    return {};
  case call::to::place:
  case call::to::claim:
  case call::to::release: {
    auto done = read_transaction(text);
    if (!done)
      return done.error();
    if (asked.what == call::to::place) {
      if (done->held || done->inner_held) {
        placed_ = asked.as;
        placed_revision_ = done->revision;
        other_life_.reset();
      } else if (!done->found.empty()) {
        meet(done->found.front(), now_ms);
      } else {
        return make_error(ec::unavailable, "etcd answered neither that this member is placed nor who is");
      }
      return {};
    }
    if (asked.what == call::to::claim && !done->held) {
      placed_.reset(); // somebody took its place; the claims wait
      return {};
    }
    for (auto shard : asked.shards)
      (asked.what == call::to::claim ? claims_ : releases_).erase(shard);
    return {};
  }
  }
  return {};
}

bool member::refused(const call& asked, ec why) {
  if (why != ec::not_found)
    return false;
  if (asked.what == call::to::oust)
    rival_lease_ = 0;
  else
    lost();
  return true;
}

void member::seen(int64_t revision, const cluster_view& now) {
  if (placed_ && revision >= placed_revision_ && !now.members.contains(self_))
    placed_.reset();
}

int64_t member::sure_until_ms() const {
  return placed_ && !leaving_ ? sure_ms_ : 0;
}

caf::error member::trouble() const {
  if (!other_life_ || placed_)
    return {};
  return make_error(
      ec::unavailable,
      fmt::format("another life of {} is a member, of incarnation {}: this one waits until that has ended",
                  self_, *other_life_));
}

} // namespace troupe::etcd
