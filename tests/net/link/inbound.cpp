// What comes over a link and is wrong gets a typed answer; what is right gives its credit back.
#define CAF_SUITE net.link.inbound
#include "tests/support/linked_nodes.hpp"

using namespace troupe;
using namespace std::chrono_literals;

namespace {

struct noting_reply final : link_caller {
  explicit noting_reply(std::string& into) : heard{into} {}
  void answer(Envelope& reply) override {
    heard = reply.type();
  }
  void fail(const caf::error& reason) override {
    heard = describe(reason);
  }
  bool waits() const override {
    return true;
  }
  std::string& heard;
};

// What the far node answers to an envelope.
std::string answer(linked_nodes& nodes, const std::string& target, const std::string& type,
                   const std::string& payload = {}) {
  std::string heard = "nothing";
  Envelope envelope;
  envelope.set_target(target);
  envelope.set_type(type);
  envelope.set_payload(payload);
  nodes.near.link->request(std::move(envelope), std::make_unique<noting_reply>(heard), 10s);
  nodes.net.advance(100ms);
  return heard;
}

} // namespace

CAF_TEST(a request for an offered actor is answered with the type of the answer) {
  linked_nodes nodes;
  nodes.link();
  nodes.count();
  CAF_CHECK_EQUAL(answer(nodes, "acme/counter/1", "troupe.ProbeAdd", nodes.add(1).SerializeAsString()),
                  "troupe.ProbeTotal");
}

CAF_TEST(unknown names and types and garbage get typed errors) {
  linked_nodes nodes;
  nodes.link();
  nodes.count();
  CAF_CHECK_EQUAL(answer(nodes, "acme/counter/2", "troupe.ProbeAdd"),
                  "not_found: no actor called acme/counter/2 is offered to other nodes");
  CAF_CHECK_EQUAL(answer(nodes, "nonsense", "troupe.ProbeAdd").substr(0, 37),
                  "invalid_argument: 'nonsense' is no re");
  CAF_CHECK_EQUAL(answer(nodes, "acme/counter/1", "troupe.ProbeState"),
                  "invalid_argument: acme/counter/1 does not understand troupe.ProbeState");
  CAF_CHECK_EQUAL(answer(nodes, "acme/counter/1", "troupe.ProbeAdd", "\xff\xff\xff"),
                  "invalid_argument: 3 bytes are no troupe.ProbeAdd");
  CAF_CHECK(nodes.near.link->open());
}

CAF_TEST(an actor that is offered and not there is unavailable) {
  linked_nodes nodes;
  nodes.link();
  CAF_CHECK_EQUAL(answer(nodes, "acme/counter/1", "troupe.ProbeAdd"),
                  "unavailable: nobody answers to acme/counter/1 now; repeat in a second");
}

CAF_TEST(all entities of an offered kind are reached and one that sleeps is woken) {
  linked_nodes nodes;
  nodes.far.exports->offer_kind<linked_nodes::counter_actor>("purse");
  std::string woken;
  nodes.far.names->set_waker("purse", [&](const std::string& name) { woken = name; });
  nodes.link();
  std::string heard = "nothing";
  Envelope envelope;
  envelope.set_target("acme/purse/7");
  envelope.set_type("troupe.ProbeAsk");
  nodes.near.link->request(std::move(envelope), std::make_unique<noting_reply>(heard), 10s);
  nodes.net.advance(50ms);
  CAF_CHECK_EQUAL(woken, "acme/purse/7");
  nodes.play("acme/purse/7", [](const ProbeAsk&) { return ProbeTotal{}; });
  nodes.net.advance(50ms);
  CAF_CHECK_EQUAL(heard, "troupe.ProbeTotal");
}

CAF_TEST(the proxy of an entity outlives its sleep) {
  linked_nodes nodes;
  nodes.far.exports->offer_kind<linked_nodes::counter_actor>("purse");
  nodes.far.names->set_waker("purse", [](const std::string&) {});
  nodes.link();
  auto purse = nodes.proxy("acme/purse/7");
  nodes.post(purse, ProbeAsk{});
  nodes.net.advance(50ms);
  for (auto life : {"1", "2"}) {
    auto awake = nodes.play("acme/purse/7", [life](const ProbeAsk&) {
      ProbeTotal total;
      total.set_total(*life - '0');
      return total;
    });
    nodes.net.advance(50ms);
    CAF_CHECK_EQUAL(nodes.heard.back(), life);
    caf::anon_send_exit(awake, caf::exit_reason::user_shutdown);
    nodes.settle();
    nodes.far.names->hold("acme/purse/7");
    nodes.post(purse, ProbeAsk{});
    nodes.net.advance(50ms);
  }
  nodes.far.names->erase("acme/purse/7", {}, make_error(ec::unavailable, "asleep"));
}

CAF_TEST(an actor that answers with something else is a defect of the other side) {
  linked_nodes nodes;
  nodes.link();
  nodes.play("acme/counter/1", [](const ProbeAdd&) { return ProbeState{}; });
  CAF_CHECK_EQUAL(answer(nodes, "acme/counter/1", "troupe.ProbeAdd"),
                  "internal: the answer to troupe.ProbeAdd cannot be sent: it is no troupe.ProbeTotal");
}

CAF_TEST(an answer above the limit becomes an error and the link stays) {
  linked_nodes nodes;
  nodes.far.exports->offer<caf::typed_actor<rpc<ProbeAsk, Field>>>("acme/large/1");
  nodes.link();
  nodes.play("acme/large/1", [](const ProbeAsk&) {
    Field large;
    large.set_value(std::string(limits::message_bytes, 'x'));
    return large;
  });
  auto heard = answer(nodes, "acme/large/1", "troupe.ProbeAsk");
  CAF_CHECK_EQUAL(heard.substr(0, 8), "internal");
  CAF_CHECK(heard.find("at most") != std::string::npos);
  CAF_CHECK(nodes.near.link->open());
}

CAF_TEST(a note that nobody can take is counted and its credit comes back) {
  linked_nodes nodes;
  nodes.link();
  for (auto target : {"acme/secret/1", "acme/counter/1"}) {
    Envelope note;
    note.set_target(target);
    note.set_type("troupe.ProbeNudge");
    note.set_payload("\xff");
    CAF_CHECK(!nodes.near.link->note(std::move(note)));
  }
  nodes.net.advance(300ms);
  CAF_CHECK_EQUAL(nodes.dropped.value(), 2);
  Frame told;
  uint64_t done = 0;
  for (auto& bytes : nodes.wire_far->frames) {
    told.ParseFromString(bytes);
    done = std::max(done, told.done_envelopes());
  }
  CAF_CHECK_EQUAL(done, 2u);
}

CAF_TEST(credit comes back when the actor has handled a note and not before) {
  linked_nodes nodes;
  nodes.link();
  nodes.far.names->hold("acme/counter/1"); // it holds what comes, as for a sleeper
  Envelope note;
  note.set_target("acme/counter/1");
  note.set_type("troupe.ProbeNudge");
  CAF_CHECK(!nodes.near.link->note(std::move(note)));
  nodes.net.advance(300ms);
  auto done = [&] {
    Frame last;
    last.ParseFromString(nodes.wire_far->frames.back());
    return last.done_envelopes();
  };
  CAF_CHECK_EQUAL(done(), 0u);
  nodes.count();
  nodes.net.advance(300ms);
  CAF_CHECK_EQUAL(done(), 1u);
}
