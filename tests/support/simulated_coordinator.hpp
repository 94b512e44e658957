// A coordinator of members under virtual time: what it is told and what it tells takes time, gets lost, comes twice; leases end.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <troupe/net/cluster/coordinator.hpp>
#include <troupe/runtime/cluster_limits.hpp>
#include <troupe/runtime/error.hpp>

namespace troupe {

/// The service, and what its members speak through. Everything happens in advance(); the same seed gives the same story.
class simulated_coordinator {
public:
  using milliseconds = std::chrono::milliseconds;

  /// What is sent is under way for up to `longest`.
  explicit simulated_coordinator(uint64_t seed = 1, milliseconds longest = milliseconds{5})
      : random_{seed}, longest_{longest} {}

  /// What a life of a node speaks through; its clock is that of the node. It does not outlive this.
  std::shared_ptr<coordinator> speak(std::function<int64_t()> steady_ms) {
    auto made = std::make_shared<speaker>(*this, std::move(steady_ms));
    std::erase_if(speakers_, [](auto& one) { return one.expired(); });
    speakers_.push_back(made);
    return made;
  }

  /// From now on nothing a node says arrives, and it hears nothing.
  void cut(const std::string& node) {
    cut_.insert(node);
  }
  /// All are heard and hear again.
  void heal() {
    cut_.clear();
  }
  /// Is a node cut off?
  bool is_cut(const std::string& node) const {
    return cut_.count(node) > 0;
  }
  /// A node stands still: what comes for it waits.
  void freeze(const std::string& node) {
    frozen_.insert(node);
  }
  void thaw(const std::string& node) {
    frozen_.erase(node);
  }
  /// The power of a node is gone: its lease runs out.
  void crash(const std::string& node) {
    for (auto& one : speakers_)
      if (auto alive = one.lock(); alive && alive->self == node)
        alive->dead = true;
  }
  /// Of a hundred claims and releases, so many get lost, and so many come twice.
  unsigned lost = 0, twice = 0;

  /// What is so.
  const cluster_view& truth() const {
    return view_;
  }

  /// Lets time pass.
  void advance(milliseconds by) {
    for (auto until = now_ + by.count(); now_ < until;) {
      now_ += std::min<int64_t>(10, until - now_);
      end_leases();
      for (auto& one : std::vector{speakers_})
        if (auto alive = one.lock(); alive && !alive->dead && frozen_.count(alive->self) == 0)
          alive->tick();
      while (!letters_.empty() && letters_.begin()->first <= now_) {
        auto act = std::move(letters_.begin()->second);
        letters_.erase(letters_.begin());
        act();
      }
    }
  }

private:
  struct lease {
    std::string node;
    uint64_t incarnation = 0;
    int64_t ends_ms = 0;
  };

  // One life of a node.
  struct speaker final : coordinator, std::enable_shared_from_this<speaker> {
    speaker(simulated_coordinator& all, std::function<int64_t()> clock)
        : service{all}, steady_ms{std::move(clock)} {}
    ~speaker() override {
      leave();
    }

    void join(const std::string& name, const presence& as, listener hear) override {
      self = name;
      said = as;
      changed = std::move(hear);
      renew();
    }
    void announce(const presence& as) override {
      said = as;
      renew();
    }
    void claim(const std::vector<uint8_t>& shards) override {
      send([=](simulated_coordinator& at, uint64_t id) { at.claimed(id, shards); }, true);
    }
    void release(const std::vector<uint8_t>& shards) override {
      send([=](simulated_coordinator& at, uint64_t id) { at.released(id, shards); }, true);
    }
    int64_t sure_until_ms() const override {
      return sure_until;
    }
    caf::error trouble() const override {
      return service.is_cut(self) ? make_error(ec::unavailable, "nothing is heard of the coordinator")
                                  : caf::error{};
    }
    void leave() override {
      if (!dead && !self.empty())
        service.send(self, [id = lease_id](simulated_coordinator& at) { at.end(id); });
      dead = true;
      sure_until = 0;
    }

    void tick() {
      if (self.empty() || service.now_ < renew_ms)
        return;
      renew();
    }

    // Asks for a lease, or keeps the one there is; the answer counts from now.
    void renew() {
      renew_ms = service.now_ + limits::lease_renewal.count();
      auto sent_ms = steady_ms();
      service.send(self, [this_life = weak_from_this(), node = self, as = said, id = lease_id,
                          sent_ms](simulated_coordinator& at) {
        auto given = at.renewed(node, as, id);
        at.answer(node, this_life, [given, id, sent_ms, node](speaker& mine) {
          if (mine.lease_id != id)
            return; // an answer to an earlier question
          if (given == 0) {
            mine.lease_id = 0;
            mine.sure_until = 0;
            mine.renew_ms = 0; // at once
            return;
          }
          mine.lease_id = given;
          mine.sure_until =
              std::max(mine.sure_until, sent_ms + (limits::lease - limits::lease_slack).count());
        });
      });
    }

    void hear(const cluster_view& now) {
      if (now.revision < heard)
        return;
      heard = now.revision;
      changed(now);
    }

    void send(std::function<void(simulated_coordinator&, uint64_t id)> what, bool may_get_lost) {
      auto chance = service.random_() % 100;
      if (may_get_lost && chance < service.lost)
        return;
      auto times = may_get_lost && chance < service.lost + service.twice ? 2 : 1;
      for (; times > 0; --times)
        service.send(self, [what, id = lease_id](simulated_coordinator& at) { what(at, id); });
    }

    simulated_coordinator& service;
    const std::function<int64_t()> steady_ms;
    std::string self;
    presence said;
    listener changed;
    uint64_t lease_id = 0;
    int64_t sure_until = 0;
    int64_t renew_ms = 0;
    uint64_t heard = 0;
    bool dead = false;
  };

  void post(std::function<void()> act) {
    letters_.emplace(now_ + static_cast<int64_t>(random_() % static_cast<uint64_t>(longest_.count() + 1)),
                     std::move(act));
  }
  void send(const std::string& from, std::function<void(simulated_coordinator&)> what) {
    if (!is_cut(from))
      post([this, what = std::move(what)] { what(*this); });
  }
  void answer(const std::string& to, const std::weak_ptr<speaker>& who, std::function<void(speaker&)> what) {
    if (is_cut(to))
      return;
    post([=, this] {
      auto alive = who.lock();
      if (!alive || alive->dead)
        return;
      if (frozen_.count(to) > 0) // it hears it when it moves again
        letters_.emplace(now_ + 10, [=, this] { answer(to, who, what); });
      else
        what(*alive);
    });
  }

  // The lease of a member; 0 = the one it had is over.
  uint64_t renewed(const std::string& node, const presence& as, uint64_t id) {
    auto known = leases_.find(id);
    if (id != 0 && known == leases_.end())
      return 0;
    if (id == 0) {
      for (auto& [other, one] : std::map{leases_})
        if (one.node == node)
          end(other); // an earlier life, or an answer that was lost
      id = ++last_id_;
    }
    leases_[id] = {node, as.incarnation, now_ + limits::lease.count()};
    auto before = view_.members.find(node);
    if (before == view_.members.end() || before->second != as) {
      view_.members[node] = as;
      tell_all();
    } else {
      tell(node); // who was cut off hears what it has missed
    }
    return id;
  }
  void end(uint64_t id) {
    auto known = leases_.find(id);
    if (known == leases_.end())
      return;
    auto node = known->second.node;
    leases_.erase(known);
    view_.members.erase(node);
    for (auto& holder : view_.holders)
      if (holder == node)
        holder.clear();
    tell_all();
  }
  void end_leases() {
    for (auto& [id, one] : std::map{leases_})
      if (one.ends_ms <= now_)
        end(id);
  }
  void claimed(uint64_t id, const std::vector<uint8_t>& shards) {
    change(id, shards, [](std::string& holder, const std::string& node) {
      if (holder.empty())
        holder = node;
    });
  }
  void released(uint64_t id, const std::vector<uint8_t>& shards) {
    change(id, shards, [](std::string& holder, const std::string& node) {
      if (holder == node)
        holder.clear();
    });
  }
  template <class How>
  void change(uint64_t id, const std::vector<uint8_t>& shards, How how) {
    auto known = leases_.find(id);
    if (known == leases_.end())
      return;
    auto before = view_.holders;
    for (auto shard : shards)
      how(view_.holders[shard], known->second.node);
    if (view_.holders != before)
      tell_all();
  }

  void tell_all() {
    ++view_.revision;
    for (auto& one : speakers_)
      if (auto alive = one.lock())
        tell(alive->self);
  }
  void tell(const std::string& node) {
    for (auto& one : speakers_)
      if (auto alive = one.lock(); alive && alive->self == node && !alive->dead)
        answer(node, alive, [now = view_](speaker& mine) { mine.hear(now); });
  }

  std::mt19937_64 random_;
  const milliseconds longest_;
  int64_t now_ = 0;
  cluster_view view_;
  std::map<uint64_t, lease> leases_;
  uint64_t last_id_ = 0;
  std::multimap<int64_t, std::function<void()>> letters_;
  std::vector<std::weak_ptr<speaker>> speakers_;
  std::set<std::string> cut_, frozen_;
};

} // namespace troupe
