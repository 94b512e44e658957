// Actors of another node behind handles of the same type: answers, refusals, deadlines, ends, and what a lost link does.
#define CAF_SUITE net.link.proxy
#include "tests/support/linked_nodes.hpp"

using namespace troupe;
using namespace std::chrono_literals;

namespace {

using texts = std::vector<std::string>;

// Why an actor of near ended, as who watches it hears.
struct watched {
  watched(linked_nodes& nodes, linked_nodes::counter_actor one) : handle{std::move(one)} {
    who = nodes.near.system.spawn([this](caf::event_based_actor* self) -> caf::behavior {
      self->monitor(handle);
      self->set_down_handler([this, self](const caf::down_msg& down) {
        reason = down.reason == caf::exit_reason::user_shutdown ? "user_shutdown" : describe(down.reason);
        self->quit();
      });
      return {[](const ProbeAsk&) {}};
    });
    nodes.settle();
  }
  ~watched() {
    caf::anon_send_exit(who, caf::exit_reason::kill);
  }
  linked_nodes::counter_actor handle;
  caf::actor who;
  std::string reason = "alive";
};

} // namespace

CAF_TEST(requests and notes reach the actor in the order they were sent) {
  linked_nodes nodes;
  nodes.link();
  nodes.count();
  auto counter = nodes.proxy();
  ProbeNudge nudge;
  nudge.set_amount(5);
  caf::anon_send(counter, nudge);
  CAF_CHECK_EQUAL(nodes.ask(counter, nodes.add(2)), "7");
  CAF_CHECK_EQUAL(nodes.ask(counter, nodes.add(3)), "10");
  CAF_CHECK_EQUAL(nodes.near.link->figures().refused, 0u);
}

CAF_TEST(a refusal comes back with code and text) {
  linked_nodes nodes;
  nodes.link();
  nodes.count();
  CAF_CHECK_EQUAL(nodes.ask(nodes.proxy(), nodes.add(0)), "invalid_argument: amount must not be 0");
}

CAF_TEST(an actor that falls answers unavailable and its proxy ends) {
  linked_nodes nodes;
  nodes.link();
  auto actor = nodes.play(linked_nodes::counter_ref, [](const ProbeAdd&) -> caf::result<ProbeTotal> {
    throw std::runtime_error("thirteen");
  });
  auto counter = nodes.proxy();
  nodes.net.advance(50ms);
  watched end{nodes, counter};
  auto answer = nodes.ask(counter, nodes.add(13));
  CAF_CHECK_EQUAL(answer.substr(0, 8), "internal");
  CAF_CHECK_EQUAL(end.reason, "internal: thirteen");
  CAF_CHECK_EQUAL(nodes.ask(counter, nodes.add(1)),
                  "unavailable: the proxy of acme/counter/1 has ended; resolve the name again");
}

CAF_TEST(the end of an actor is the end of its proxy) {
  linked_nodes nodes;
  nodes.link();
  auto actor = nodes.count();
  watched end{nodes, nodes.proxy()};
  nodes.net.advance(50ms);
  CAF_CHECK_EQUAL(end.reason, "alive");
  caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  nodes.settle();
  nodes.net.advance(50ms);
  CAF_CHECK_EQUAL(end.reason, "user_shutdown");
}

CAF_TEST(a proxy of nobody ends at once) {
  linked_nodes nodes;
  nodes.link();
  watched awake{nodes, nodes.proxy()};
  watched unknown{nodes, nodes.proxy("acme/secret/1")};
  nodes.net.advance(50ms);
  CAF_CHECK_EQUAL(awake.reason, "unavailable: nobody answers to acme/counter/1 now; repeat in a second");
  CAF_CHECK_EQUAL(unknown.reason, "not_found: no actor called acme/secret/1 is offered to other nodes");
}

CAF_TEST(a proxy that is let go is not watched any more) {
  linked_nodes nodes;
  nodes.link();
  nodes.count();
  {
    auto counter = nodes.proxy();
    nodes.net.advance(50ms);
  }
  auto before = nodes.far.link->figures().envelopes_in;
  nodes.net.advance(50ms);
  CAF_CHECK_EQUAL(nodes.far.link->figures().envelopes_in, before + 1); // CANCEL
}

CAF_TEST(a lost link answers what is in flight and ends the proxies and a new one resolves anew) {
  linked_nodes nodes;
  nodes.link();
  nodes.count();
  auto counter = nodes.proxy();
  nodes.net.advance(20ms);
  watched end{nodes, counter};
  nodes.far.names->hold(linked_nodes::counter_ref); // what comes is held, as for a sleeper
  nodes.post(counter, nodes.add(1));
  nodes.net.advance(20ms);
  nodes.wire_far->die();
  nodes.net.advance(50ms);
  CAF_CHECK_EQUAL(nodes.heard,
                  texts{"unavailable: the link to node far is lost (unavailable: the other side cancelled)"});
  CAF_CHECK_EQUAL(end.reason, nodes.heard.back());
  CAF_CHECK_EQUAL(nodes.ask(counter, nodes.add(1)).substr(0, 11), "unavailable");
  nodes.count();
  nodes.link();
  CAF_CHECK_EQUAL(nodes.ask(nodes.proxy(), nodes.add(1)), "2"); // what was in flight was done there
}

CAF_TEST(the deadline of a message ends the wait here and is its deadline there by the date there) {
  linked_nodes nodes;
  nodes.link();
  Context seen;
  nodes.play(linked_nodes::counter_ref, [&](const ProbeAdd& in) -> caf::result<ProbeTotal> {
    seen = in.context();
    return caf::delegated<ProbeTotal>{}; // never, but it is held
  });
  auto late = nodes.add(1);
  late.mutable_context()->set_deadline_ms(nodes.near.time->now_ms() + 2000);
  nodes.post(nodes.proxy(), late);
  nodes.net.advance(50ms);
  auto left = seen.deadline_ms() - nodes.far.time->now_ms();
  CAF_CHECK(left > 1900 && left <= 2000);
  nodes.net.advance(1s);
  CAF_CHECK_EQUAL(nodes.heard.size(), 1u); // dropped there without an answer
  CAF_CHECK_EQUAL(nodes.heard[0].substr(0, 8), "internal");
  late.mutable_context()->set_deadline_ms(nodes.near.time->now_ms() - 1);
  CAF_CHECK_EQUAL(nodes.ask(nodes.proxy(), late),
                  "timeout: the deadline of troupe.ProbeAdd has passed before it was sent");
}

CAF_TEST(an actor that does not answer in time is a timeout) {
  linked_nodes nodes;
  nodes.link();
  std::vector<caf::response_promise> held;
  auto* keep = &held;
  nodes.far.names->put(linked_nodes::counter_ref,
                       nodes.far.system.spawn([keep](caf::event_based_actor* self) -> caf::behavior {
                         return {[=](const ProbeAdd&) -> caf::result<ProbeTotal> {
                           auto promise = self->make_response_promise<ProbeTotal>();
                           keep->push_back(promise);
                           return promise;
                         }};
                       }));
  nodes.settle();
  auto late = nodes.add(1);
  late.mutable_context()->set_deadline_ms(nodes.near.time->now_ms() + 500);
  nodes.post(nodes.proxy(), late);
  nodes.net.advance(400ms);
  CAF_CHECK_EQUAL(nodes.heard, texts{});
  nodes.net.advance(400ms);
  CAF_CHECK_EQUAL(nodes.heard, texts{"timeout: no answer from node far in time"});
  held.clear();
  caf::anon_send_exit(nodes.far.names->find(linked_nodes::counter_ref), caf::exit_reason::kill);
  nodes.settle();
}

CAF_TEST(the trace crosses and the principal is what the other side vouches for) {
  linked_nodes nodes;
  Context seen;
  nodes.play(linked_nodes::counter_ref, [&](const ProbeAdd& in) {
    seen = in.context();
    return ProbeTotal{};
  });
  nodes.link();
  auto message = nodes.add(1);
  message.mutable_context()->set_principal("ada");
  message.mutable_context()->set_trace("00-1-2-01");
  message.mutable_context()->set_command_id("c1");
  CAF_CHECK_EQUAL(nodes.ask(nodes.proxy(), message), "0");
  CAF_CHECK_EQUAL(seen.principal(), "ada");
  CAF_CHECK_EQUAL(seen.trace(), "00-1-2-01");
  CAF_CHECK_EQUAL(seen.command_id(), "c1");
  nodes.ask(nodes.proxy(), nodes.add(1));
  CAF_CHECK_EQUAL(seen.principal(), "node:near");
  nodes.far.office->vouch = [](const std::string& peer,
                               const std::string& claimed) -> caf::expected<std::string> {
    if (claimed == "root")
      return make_error(ec::permission_denied, peer + " may not act as root");
    return peer + "/" + claimed;
  };
  nodes.ask(nodes.proxy(), message);
  CAF_CHECK_EQUAL(seen.principal(), "near/ada");
  message.mutable_context()->set_principal("root");
  CAF_CHECK_EQUAL(nodes.ask(nodes.proxy(), message), "permission_denied: near may not act as root");
}

CAF_TEST(a message above the limit is refused before it is sent and the link stays) {
  linked_nodes nodes;
  nodes.link();
  nodes.count();
  auto counter = nodes.proxy();
  auto huge = nodes.add(1);
  huge.mutable_context()->set_trace(std::string(limits::message_bytes, 'x'));
  nodes.near.system.spawn([&](caf::event_based_actor* self) { // ask() would refuse it before
    self->request(counter, caf::infinite, huge)
        .then([](const ProbeTotal&) {},
              [&](const caf::error& reason) { nodes.heard.push_back(describe(reason)); });
  });
  nodes.settle();
  CAF_REQUIRE_EQUAL(nodes.heard.size(), 1u);
  CAF_CHECK_EQUAL(nodes.heard[0].substr(0, 16), "invalid_argument");
  CAF_CHECK_EQUAL(nodes.ask(counter, nodes.add(1)), "1");
}

CAF_TEST(who ends does not wait any more and the actor that watches its asker hears so) {
  linked_nodes nodes;
  nodes.link();
  std::string gone;
  std::vector<caf::response_promise> held;
  nodes.far.names->put(
      linked_nodes::counter_ref, nodes.far.system.spawn([&](caf::event_based_actor* self) -> caf::behavior {
        self->set_down_handler([&](const caf::down_msg& down) { gone = describe(down.reason); });
        return {[&, self](const ProbeAdd&) -> caf::result<ProbeTotal> {
          self->monitor(caf::actor_cast<caf::actor>(self->current_sender()));
          auto promise = self->make_response_promise<ProbeTotal>();
          held.push_back(promise);
          return promise;
        }};
      }));
  nodes.settle();
  auto counter = nodes.proxy();
  auto asker = nodes.post(counter, nodes.add(1));
  nodes.net.advance(300ms);
  CAF_CHECK_EQUAL(gone, "");
  caf::anon_send_exit(asker, caf::exit_reason::kill);
  nodes.settle();
  nodes.net.advance(300ms);
  CAF_CHECK_EQUAL(gone, "cancelled: nobody waits for the answer");
  gone.clear();
  nodes.post(counter, nodes.add(1));
  nodes.net.advance(50ms);
  nodes.wire_near->die();
  nodes.net.advance(50ms);
  CAF_CHECK_EQUAL(gone, "unavailable: the link of whoever asked is lost");
  held.clear();
  caf::anon_send_exit(nodes.far.names->find(linked_nodes::counter_ref), caf::exit_reason::kill);
  nodes.settle();
}

CAF_TEST(a proxy in the directory is reached by its ref) {
  linked_nodes nodes;
  nodes.link();
  nodes.count();
  auto here = std::make_shared<directory>();
  here->put("acme/counter/1", caf::actor_cast<caf::actor>(nodes.proxy()));
  nodes.near.system.spawn([&](caf::event_based_actor* self) {
    troupe::ask<ProbeTotal>(self, *here, "acme/counter/1", 1s, nodes.add(4))
        .then([&](const ProbeTotal& total) { nodes.heard.push_back(std::to_string(total.total())); });
  });
  nodes.settle();
  nodes.net.advance(100ms);
  CAF_CHECK_EQUAL(nodes.heard, texts{"4"});
  here->erase("acme/counter/1", {}, {});
}

CAF_TEST(a note that cannot be sent is dropped and counted) {
  linked_nodes nodes;
  nodes.link();
  nodes.count();
  auto counter = nodes.proxy();
  nodes.near.link->close(make_error(ec::unavailable, "the node stops"));
  nodes.net.advance(50ms);
  caf::anon_send(counter, ProbeNudge{});
  nodes.settle();
  CAF_CHECK_EQUAL(nodes.dropped.value(), 1);
}

CAF_TEST(urgent messages stay urgent) {
  linked_nodes nodes;
  nodes.link();
  nodes.count();
  auto counter = nodes.proxy();
  nodes.net.advance(50ms);
  caf::anon_send<caf::message_priority::high>(counter, ProbeNudge{});
  Frame frame;
  frame.ParseFromString(nodes.wire_near->frames.back());
  CAF_REQUIRE_EQUAL(frame.envelopes_size(), 1);
  CAF_CHECK(frame.envelopes(0).urgent());
  CAF_CHECK_EQUAL(frame.envelopes(0).kind(), Envelope::NOTE);
}
