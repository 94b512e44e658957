// Two nodes with actors and a simulated wire between them, under virtual time. Include after CAF_SUITE is defined.
#pragma once

#include <caf/scheduler/test_coordinator.hpp>
#include <tests/support/simulated_wire.hpp>
#include <troupe/net/link/handshake.hpp>
#include <troupe/net/link/inbound.hpp>
#include <troupe/net/link/proxy.hpp>
#include <troupe/runtime/actor.hpp>
#include <troupe/tests/support/probe.pb.h>

namespace troupe {

void add_probe_messages(caf::actor_system_config& config);

/// Two nodes, `near` and `far`; tests speak from near to actors of far.
struct linked_nodes {
  using counter_actor =
      caf::typed_actor<rpc<ProbeAdd, ProbeTotal>, rpc<ProbeAsk, ProbeTotal>, note<ProbeNudge>>;
  static inline const std::string counter_ref = "acme/counter/1";

  /// The date of one node: virtual, and not the other's.
  struct date final : clock {
    date(const simulated_net& by, int64_t ahead) : net{by}, ahead_ms{ahead} {}
    int64_t now_us() const override {
      return 1000 * (1'700'000'000'000 + net.now().count() + ahead_ms);
    }
    const simulated_net& net;
    int64_t ahead_ms;
  };

  /// One of the two.
  struct side {
    struct types : caf::actor_system_config {
      types() {
        set("scheduler.policy", caf::atom("testing"));
        add_messages(*this);
        add_probe_messages(*this);
      }
    };
    side(const simulated_net& net, int64_t ahead_ms)
        : system{config}, time{std::make_shared<date>(net, ahead_ms)} {
      office->system = &system;
      office->names = names;
      office->exports = exports;
      office->time = time;
    }
    bool run() {
      return dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler()).run() > 0;
    }
    types config;
    caf::actor_system system;
    std::shared_ptr<const clock> time;
    std::shared_ptr<directory> names = std::make_shared<directory>();
    std::shared_ptr<link_exports> exports = std::make_shared<link_exports>();
    std::shared_ptr<link_office> office = std::make_shared<link_office>();
    session_ptr link;
  };

  linked_nodes() {
    near.office->dropped = dropped;
    far.office->dropped = dropped;
    far.exports->offer<counter_actor>(counter_ref);
    net.on_tick = [this](std::chrono::milliseconds now) {
      near.link->tick(now);
      far.link->tick(now);
    };
    net.after_event = [this] { settle(); };
  }
  ~linked_nodes() {
    for (auto& one : started)
      caf::anon_send_exit(one, caf::exit_reason::kill);
    settle();
    net.on_tick = nullptr;
    for (auto* one : {&near, &far}) // whoever still waits is answered
      if (one->link)
        one->link->closed(make_error(ec::unavailable, "the test is over"));
    settle();
    near.link.reset();
    far.link.reset();
  }

  void settle() {
    while (near.run() || far.run()) {
    }
  }

  /// A new wire, greeted.
  void link() {
    auto [one, two] = net.connect("near", "far");
    wire_near = one;
    wire_far = two;
    near.link = begin(near, "near", one);
    far.link = begin(far, "far", two);
    net.advance(std::chrono::milliseconds{50});
  }

  /// Starts an actor of far and gives it the ref.
  template <class... Handlers>
  caf::actor play(const std::string& ref, Handlers... handlers) {
    auto actor = far.system.spawn([=](caf::event_based_actor* self) -> caf::behavior {
      house_rules(self);
      return {handlers...};
    });
    started.push_back(actor);
    far.names->put(ref, actor);
    settle();
    return actor;
  }

  /// A counter of far that adds.
  caf::actor count() {
    auto total = std::make_shared<int64_t>(0);
    auto add = [total](int64_t amount) {
      ProbeTotal now;
      now.set_total(*total += amount);
      return now;
    };
    return play(
        counter_ref,
        [add](const ProbeAdd& in) -> caf::result<ProbeTotal> {
          if (in.amount() == 0)
            return make_error(ec::invalid_argument, "amount must not be 0");
          return add(in.amount());
        },
        [add](const ProbeAsk&) { return add(0); }, [add](const ProbeNudge& in) { add(in.amount()); });
  }

  counter_actor proxy(const std::string& ref = counter_ref) {
    return proxy_to<counter_actor>({&near.system, near.time, dropped}, near.link, ref);
  }

  /// Asks from an actor of near; the answer is noted when it comes.
  template <class Handle, proto_message M>
  caf::actor post(const Handle& to, M message, std::chrono::milliseconds patience = std::chrono::hours{1}) {
    auto asker = near.system.spawn([=, this](caf::event_based_actor* self) {
      house_rules(self);
      troupe::ask(self, to, patience, message)
          .then([this](const ProbeTotal& total) { heard.push_back(std::to_string(total.total())); },
                [this](const caf::error& reason) { heard.push_back(describe(reason)); });
    });
    settle();
    return asker;
  }

  /// Same, and lets it travel; gives what was heard.
  template <class Handle, proto_message M>
  std::string ask(const Handle& to, M message) {
    auto before = heard.size();
    post(to, message);
    net.advance(std::chrono::milliseconds{100});
    return heard.size() > before ? heard.back() : "nothing";
  }

  static ProbeAdd add(int64_t amount) {
    ProbeAdd message;
    message.set_amount(amount);
    return message;
  }

  rough_links links{1, std::chrono::milliseconds{5}};
  simulated_net net{links};
  metric dropped =
      metrics{}.family({"dropped_total", metric_kind::counter, "Notes that reached nobody.", {}}).with({});
  side near{net, 0};
  side far{net, 60'000}; // its date is a minute ahead
  std::shared_ptr<simulated_net::end> wire_near, wire_far;
  std::vector<caf::actor> started;
  std::vector<std::string> heard;

private:
  session_ptr begin(side& at, const std::string& name, const std::shared_ptr<simulated_net::end>& over) {
    auto host = make_inbound(at.office, {});
    auto made = std::make_shared<session>(make_hello("blue", name, 1), over, host, net.now());
    bind_session(*host, made);
    over->user = made;
    made->opened();
    return made;
  }
};

} // namespace troupe
