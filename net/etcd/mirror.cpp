// MIRROR. Invariant: what is the same but for its revision is not told anew, and of two views that are told the second has the higher one.

#include <algorithm>
#include <troupe/net/etcd/mirror.hpp>

namespace troupe::etcd {

void mirror::put(cluster_view& in, const row& now) const {
  if (auto node = names_.member_in(now.key)) {
    if (auto as = read_presence(now.value))
      in.members[*node] = *as;
    else
      in.members.erase(*node);
  } else if (auto shard = names_.shard_in(now.key)) {
    in.holders[*shard] = now.value.size() <= limits::name_bytes ? now.value : std::string{};
  }
}

void mirror::publish(cluster_view next) {
  next.revision = std::max(view_.revision + 1, static_cast<uint64_t>(revision_));
  view_ = std::move(next);
}

bool mirror::replace(const range_answer& all) {
  cluster_view next;
  for (auto& one : all.rows)
    put(next, one);
  revision_ = all.revision;
  next.revision = view_.revision;
  if (view_.revision != 0 && next == view_)
    return false;
  publish(std::move(next));
  return true;
}

bool mirror::apply(const watch_answer& told) {
  auto next = view_;
  auto from = revision_;
  for (auto& one : told.changes) {
    if (one.now.mod_revision <= from)
      continue;
    revision_ = std::max(revision_, one.now.mod_revision);
    if (!one.gone)
      put(next, one.now);
    else if (auto node = names_.member_in(one.now.key))
      next.members.erase(*node);
    else if (auto shard = names_.shard_in(one.now.key))
      next.holders[*shard].clear();
  }
  if (next == view_)
    return false;
  publish(std::move(next));
  return true;
}

} // namespace troupe::etcd
