// INBOUND: gives what comes over a link to actors.
// Invariant: a request is answered once, by its actor, a refusal, or the end of whoever held it; until then it holds its credit.

#include <caf/default_attachable.hpp>
#include <fmt/format.h>
#include <map>
#include <troupe/net/link/inbound.hpp>
#include <troupe/runtime/ref_route.hpp>

namespace troupe {
namespace {

// Whoever asks from another node, as its actor here: no mailbox, no thread. It lives while somebody holds the question.
class remote_asker final : public caf::monitorable_actor {
public:
  remote_asker(caf::actor_config& config, link_work work, const link_method* method,
               std::function<void(uint64_t)> forget)
      : caf::monitorable_actor{config}, work_{std::move(work)}, method_{method}, forget_{std::move(forget)} {}

  ~remote_asker() override {
    if (forget_)
      forget_(work_.correlation());
  }

  const char* name() const override {
    return "remote_asker";
  }

  using caf::abstract_actor::enqueue;
  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit* here) override {
    if (!what->mid.is_response() || answered_.exchange(true))
      return;
    auto& content = what->content();
    Envelope reply;
    if (content.match_elements<caf::error>())
      work_.fail(content.get_as<caf::error>(0));
    else if (auto wrong = method_->encode_answer(content, reply))
      work_.fail(wrong);
    else
      work_.answer(std::move(reply));
    cleanup(caf::exit_reason::normal, here);
  }

private:
  link_work work_;
  const link_method* method_;
  std::function<void(uint64_t)> forget_;
  std::atomic<bool> answered_ = false;
};

// Sees the actors end that the other node watches.
class remote_watcher final : public caf::monitorable_actor {
public:
  using listener = std::function<void(const caf::down_msg&)>;
  remote_watcher(caf::actor_config& config, listener hear)
      : caf::monitorable_actor{config}, hear_{std::move(hear)} {}

  const char* name() const override {
    return "remote_watcher";
  }

  using caf::abstract_actor::enqueue;
  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit*) override {
    if (what->content().match_elements<caf::down_msg>())
      hear_(what->content().get_as<caf::down_msg>(0));
  }

private:
  listener hear_;
};

// The end of an actor as another node is told of it: no error if it ended as it should.
caf::error told_of(const caf::error& reason) {
  bool well = !reason || reason == caf::exit_reason::normal || reason == caf::exit_reason::user_shutdown;
  return well ? caf::error{} : reason;
}

class inbound final : public link_host, public std::enable_shared_from_this<inbound> {
public:
  inbound(std::shared_ptr<const link_office> office, link_events events)
      : office_{std::move(office)}, events_{std::move(events)} {}

  void bind(const session_ptr& over) {
    over_ = over;
    auto hear = [weak = weak_from_this()](const caf::down_msg& down) {
      if (auto self = weak.lock())
        self->ended_here(down);
    };
    watcher_ = spawn<remote_watcher>(hear);
  }

  caf::error greet(const Hello& theirs) override {
    peer_ = theirs.node();
    return events_.greet ? events_.greet(theirs) : caf::error{};
  }

  void deliver(Envelope& envelope, link_work work, caf::execution_unit* here) override {
    auto interface = office_->exports->find(envelope.target());
    if (!interface)
      return refuse(work, interface.error());
    if (auto node = office_->elsewhere ? office_->elsewhere(envelope.target()) : std::string{}; !node.empty())
      return refuse(work,
                    make_error(ec::unavailable, fmt::format("{} belongs to node {} now; repeat in a second",
                                                            envelope.target(), node)));
    auto* method = (*interface)->find(envelope.type());
    if (!method)
      return refuse(work, make_error(ec::invalid_argument, fmt::format("{} does not understand {}",
                                                                       envelope.target(), envelope.type())));
    auto correlation = work.correlation();
    std::function<void(uint64_t)> forget;
    if (correlation != 0)
      forget = [weak = weak_from_this()](uint64_t gone) {
        if (auto self = weak.lock())
          self->forget(gone);
      };
    auto asker = spawn<remote_asker>(std::move(work), method, std::move(forget));
    auto id = caf::message_id{1}; // an asker has one question
    caf::mailbox_element_ptr message;
    auto rule = [&](Context& context) { return settle(envelope, context); };
    if (auto wrong = method->decode(envelope.payload(), rule, asker,
                                    envelope.urgent() ? id.with_high_priority() : id.with_normal_priority(),
                                    message)) {
      if (correlation == 0)
        office_->dropped.add();
      return asker->enqueue(nullptr, id.response_id(), caf::make_message(wrong), nullptr);
    }
    if (correlation != 0) {
      std::lock_guard lock{mutex_};
      askers_.emplace(correlation, caf::actor_cast<caf::weak_actor_ptr>(asker));
    }
    auto is_entity =
        is_sharded(kind_of(envelope.target())); // they neither read nor wait: their turn is short
    office_->names->deliver(envelope.target(), std::move(message), is_entity ? here : nullptr);
  }

  void watch(uint64_t correlation, const std::string& target) override {
    auto over = over_.lock();
    auto offered = office_->exports->find(target);
    if (!offered)
      return over->down(correlation, offered.error());
    if (office_->exports->is_entity(target))
      return; // it sleeps and wakes; only the link ends
    auto actor = office_->names->find(target);
    if (!actor)
      return over->down(correlation, make_error(ec::unavailable,
                                                "nobody answers to " + target + " now; repeat in a second"));
    bool first = false;
    {
      std::lock_guard lock{mutex_};
      if (watched_by_.size() >= limits::link_watches) {
        actor = nullptr;
      } else {
        auto& all = watched_[actor.address()];
        first = all.empty();
        all.push_back(correlation);
        watched_by_.emplace(correlation, actor.address());
      }
    }
    if (!actor)
      over->down(correlation, make_error(ec::overloaded,
                                         fmt::format("{} actors are watched already", limits::link_watches)));
    else if (first)
      actor->attach(caf::default_attachable::make_monitor(actor.address(), watcher_->get()->address(),
                                                          caf::message_priority::high));
  }

  void cancel(uint64_t correlation) override {
    caf::weak_actor_ptr asker;
    caf::actor_addr deserted;
    {
      std::lock_guard lock{mutex_};
      if (auto i = askers_.find(correlation); i != askers_.end()) {
        asker = std::move(i->second);
        askers_.erase(i);
      } else if (auto w = watched_by_.find(correlation); w != watched_by_.end()) {
        auto& all = watched_[w->second];
        all.erase(std::remove(all.begin(), all.end(), correlation), all.end());
        if (all.empty()) {
          watched_.erase(w->second);
          deserted = w->second;
        }
        watched_by_.erase(w);
      }
    }
    end(asker, make_error(ec::cancelled, "nobody waits for the answer"));
    if (auto actor = caf::actor_cast<caf::strong_actor_ptr>(deserted))
      actor->get()->detach(caf::default_attachable::observe_token{watcher_->get()->address(),
                                                                  caf::default_attachable::monitor});
  }

  void ended(const caf::error& reason) override {
    std::map<uint64_t, caf::weak_actor_ptr> askers;
    std::map<caf::actor_addr, std::vector<uint64_t>> watched;
    {
      std::lock_guard lock{mutex_};
      askers.swap(askers_);
      watched.swap(watched_);
      watched_by_.clear();
    }
    for (auto& [correlation, asker] : askers)
      end(asker, make_error(ec::unavailable, "the link of whoever asked is lost"));
    for (auto& [address, all] : watched)
      if (auto actor = caf::actor_cast<caf::strong_actor_ptr>(address))
        actor->get()->detach(caf::default_attachable::observe_token{watcher_->get()->address(),
                                                                    caf::default_attachable::monitor});
    if (events_.ended)
      events_.ended(reason);
  }

private:
  template <class Actor, class... Args>
  caf::strong_actor_ptr spawn(Args&&... args) {
    caf::actor_config config;
    auto& system = *office_->system;
    return caf::make_actor<Actor, caf::strong_actor_ptr>(system.next_actor_id(), system.node(), &system,
                                                         config, std::forward<Args>(args)...);
  }

  // Whoever monitors the asker hears that nobody waits.
  static void end(const caf::weak_actor_ptr& asker, caf::error reason) {
    if (auto strong = asker.lock())
      static_cast<caf::monitorable_actor*>(strong->get())->cleanup(std::move(reason), nullptr);
  }

  void refuse(link_work& work, const caf::error& reason) {
    if (work.is_request())
      work.fail(reason);
    else
      office_->dropped.add();
  }

  // What a peer says of a command becomes what this node says of it.
  caf::error settle(const Envelope& envelope, Context& context) const {
    if (envelope.left_ms() != 0)
      context.set_deadline_ms(office_->time->now_ms() + envelope.left_ms());
    if (office_->vouch) {
      auto principal = office_->vouch(peer_, context.principal());
      if (!principal)
        return std::move(principal.error());
      context.set_principal(*principal);
    } else if (context.principal().empty()) {
      context.set_principal("node:" + peer_);
    }
    return {};
  }

  void forget(uint64_t correlation) {
    caf::weak_actor_ptr gone; // outside of the lock
    std::lock_guard lock{mutex_};
    if (auto i = askers_.find(correlation); i != askers_.end()) {
      gone = std::move(i->second);
      askers_.erase(i);
    }
  }

  void ended_here(const caf::down_msg& down) {
    std::vector<uint64_t> all;
    {
      std::lock_guard lock{mutex_};
      if (auto i = watched_.find(down.source); i != watched_.end()) {
        all = std::move(i->second);
        watched_.erase(i);
      }
      for (auto correlation : all)
        watched_by_.erase(correlation);
    }
    if (auto over = over_.lock())
      for (auto correlation : all)
        over->down(correlation, told_of(down.reason));
  }

  const std::shared_ptr<const link_office> office_;
  const link_events events_;
  std::string peer_;
  std::weak_ptr<session> over_;
  caf::strong_actor_ptr watcher_;
  std::mutex mutex_;
  std::map<uint64_t, caf::weak_actor_ptr> askers_;
  std::map<caf::actor_addr, std::vector<uint64_t>> watched_;
  std::map<uint64_t, caf::actor_addr> watched_by_;
};

} // namespace

std::shared_ptr<link_host> make_inbound(std::shared_ptr<const link_office> office, link_events events) {
  return std::make_shared<inbound>(std::move(office), std::move(events));
}

void bind_session(link_host& host, const session_ptr& over) {
  static_cast<inbound&>(host).bind(over);
}

} // namespace troupe
