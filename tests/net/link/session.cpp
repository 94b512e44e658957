// Two sessions over a simulated wire, under virtual time: every question ends, whatever happens to the wire.
#define CAF_SUITE net.link.session
#include <tests/support/simulated_wire.hpp>
#include <troupe/net/link/handshake.hpp>
#include <troupe/net/link/session.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

// Keeps what comes; does nothing with it unless told to.
struct keeping_host final : link_host {
  caf::error greet(const Hello& theirs) override {
    log.push_back("hello " + theirs.node());
    return refuse_with;
  }
  void deliver(Envelope& envelope, link_work work, caf::execution_unit*) override {
    log.push_back((work.is_request() ? "request " : "note ") + envelope.payload());
    if (echo && work.is_request())
      work.answer(reply(envelope.payload()));
    else if (!echo)
      held.push_back(std::make_unique<link_work>(std::move(work)));
  }
  void watch(uint64_t correlation, const std::string& target) override {
    log.push_back("watch " + target);
    watched.push_back(correlation);
  }
  void cancel(uint64_t) override {
    log.push_back("cancel");
  }
  void ended(const caf::error& reason) override {
    log.push_back("ended " + describe(reason));
  }

  static Envelope reply(const std::string& payload) {
    Envelope made;
    made.set_kind(Envelope::REPLY);
    made.set_payload(payload);
    return made;
  }

  bool echo = true;
  caf::error refuse_with;
  std::vector<std::string> log;
  std::vector<std::unique_ptr<link_work>> held;
  std::vector<uint64_t> watched;
};

// Notes what it hears.
struct noting_caller final : link_caller {
  explicit noting_caller(std::vector<std::string>& heard_by, bool* there = nullptr)
      : heard{heard_by}, waiting{there} {}
  void answer(Envelope& reply) override {
    heard.push_back(reply.payload());
  }
  void fail(const caf::error& reason) override {
    heard.push_back(to_string(code_of(reason)));
  }
  bool waits() const override {
    return !waiting || *waiting;
  }
  std::vector<std::string>& heard;
  bool* waiting;
};

struct two_nodes {
  explicit two_nodes(std::chrono::milliseconds delay = 5ms, session_bounds bounds = {})
      : links{1, delay}, bounds_{bounds} {
    net.on_tick = [this](std::chrono::milliseconds now) {
      for (auto& one : sessions)
        one->tick(now);
    };
  }

  ~two_nodes() { // work that is kept knows its session, which knows its host
    host_a->held.clear();
    host_b->held.clear();
  }

  // A wire from a to b with a session at each end.
  void link(Hello of_a = make_hello("blue", "a", 1), Hello of_b = make_hello("blue", "b", 1)) {
    std::tie(wire_a, wire_b) = net.connect("a", "b");
    a = std::make_shared<session>(of_a, wire_a, host_a, net.now(), bounds_);
    b = std::make_shared<session>(of_b, wire_b, host_b, net.now(), bounds_);
    wire_a->user = a;
    wire_b->user = b;
    sessions.push_back(a);
    sessions.push_back(b);
    a->opened();
    b->opened();
    net.advance(50ms);
  }

  static Envelope envelope(const std::string& payload, bool urgent = false) {
    Envelope made;
    made.set_target("t/k/1");
    made.set_payload(payload);
    made.set_urgent(urgent);
    return made;
  }

  // Asks b by a; the answer is noted.
  uint64_t ask(const std::string& payload, std::chrono::milliseconds patience = 10s,
               bool* waiting = nullptr) {
    return a->request(envelope(payload), std::make_unique<noting_caller>(heard, waiting), patience);
  }

  rough_links links;
  simulated_net net{links};
  std::shared_ptr<keeping_host> host_a = std::make_shared<keeping_host>();
  std::shared_ptr<keeping_host> host_b = std::make_shared<keeping_host>();
  std::shared_ptr<simulated_net::end> wire_a, wire_b;
  session_ptr a, b;
  std::vector<session_ptr> sessions;
  std::vector<std::string> heard;
  session_bounds bounds_;
};

using texts = std::vector<std::string>;

} // namespace

CAF_TEST(both sides are open after their greetings and ask each other) {
  two_nodes nodes;
  nodes.link();
  CAF_CHECK(nodes.a->open());
  CAF_CHECK(nodes.b->open());
  CAF_CHECK_EQUAL(nodes.a->peer(), "b");
  CAF_CHECK_EQUAL(nodes.b->peer(), "a");
  nodes.ask("one");
  nodes.b->request(two_nodes::envelope("two"), std::make_unique<noting_caller>(nodes.heard), 10s);
  nodes.net.advance(50ms);
  std::sort(nodes.heard.begin(), nodes.heard.end());
  CAF_CHECK_EQUAL(nodes.heard, (texts{"one", "two"}));
  CAF_CHECK_EQUAL(nodes.host_b->log, (texts{"hello a", "request one"}));
  CAF_CHECK_EQUAL(nodes.host_a->log, (texts{"hello b", "request two"}));
}

CAF_TEST(what does not fit is refused with a reason on both sides) {
  two_nodes nodes;
  nodes.link(make_hello("blue", "a", 1), make_hello("red", "b", 1));
  CAF_CHECK(!nodes.a->open());
  CAF_CHECK(!nodes.b->open());
  auto told_a = nodes.host_a->log;
  CAF_REQUIRE_EQUAL(told_a.size(), 1u);
  CAF_CHECK_EQUAL(told_a[0], "ended conflict: node b is of cluster red; node a is of cluster blue");
  auto told_b = nodes.host_b->log;
  CAF_REQUIRE_EQUAL(told_b.size(), 1u);
  CAF_CHECK(told_b[0].find("cluster blue") != std::string::npos);
}

CAF_TEST(a host that refuses its guest tells it why) {
  two_nodes nodes;
  nodes.host_b->refuse_with = make_error(ec::stale, "incarnation 1 of node a is over");
  nodes.link();
  CAF_CHECK_EQUAL(nodes.host_a->log.back(),
                  "ended stale: the other side ends the link: incarnation 1 of node a is over");
  nodes.ask("late");
  CAF_CHECK_EQUAL(nodes.heard, texts{"unavailable"});
}

CAF_TEST(a first frame without a hello ends the link) {
  two_nodes nodes;
  auto [one, two] = nodes.net.connect("x", "b");
  auto guarded = std::make_shared<session>(make_hello("blue", "b", 1), two, nodes.host_b, nodes.net.now());
  two->user = guarded;
  guarded->opened();
  Frame frame;
  *frame.add_envelopes() = two_nodes::envelope("too early");
  one->send(std::move(frame));
  nodes.net.advance(50ms);
  CAF_CHECK_EQUAL(nodes.host_b->log, texts{"ended invalid_argument: the first frame has no hello"});
}

CAF_TEST(everything in flight is answered unavailable when the wire dies) {
  two_nodes nodes;
  nodes.link();
  nodes.host_b->echo = false;
  nodes.ask("first");
  nodes.ask("second");
  nodes.a->watch("t/k/1", [&](const caf::error& reason) {
    nodes.heard.push_back("down " + to_string(code_of(reason)));
  });
  nodes.net.advance(50ms);
  CAF_CHECK_EQUAL(nodes.heard, texts{});
  nodes.wire_b->die();
  nodes.net.advance(50ms);
  CAF_CHECK_EQUAL(nodes.heard, (texts{"unavailable", "unavailable", "down unavailable"}));
  CAF_CHECK(!nodes.a->open());
  nodes.ask("third");
  CAF_CHECK_EQUAL(nodes.heard.back(), "unavailable");
  CAF_CHECK_EQUAL(code_of(nodes.a->note(two_nodes::envelope("fourth"))), ec::unavailable);
}

CAF_TEST(a peer that says nothing is given up after the silence and a healthy idle link is not ) {
  two_nodes nodes;
  nodes.link();
  nodes.net.advance(60s);
  CAF_CHECK(nodes.a->open());
  nodes.host_b->echo = false;
  nodes.ask("lost");
  nodes.net.advance(20ms);
  nodes.links.cut("b", "a"); // one way: b still hears a
  nodes.net.advance(limits::link_silence - 1s);
  CAF_CHECK(nodes.a->open());
  nodes.net.advance(2s);
  CAF_CHECK(!nodes.a->open());
  CAF_CHECK_EQUAL(nodes.heard, texts{"unavailable"});
  CAF_CHECK(!nodes.b->open()); // it was told
  CAF_CHECK_EQUAL(nodes.host_b->log.back().substr(0, 17), "ended unavailable");
}

CAF_TEST(a node that stood still does not take the others for dead) {
  two_nodes nodes;
  nodes.link();
  auto tick = std::exchange(nodes.net.on_tick, nullptr);
  nodes.net.advance(60s);
  nodes.net.on_tick = tick;
  nodes.net.advance(10s);
  CAF_CHECK(nodes.a->open());
  CAF_CHECK(nodes.b->open());
}

CAF_TEST(a question whose time is over is a timeout and the other side is told) {
  two_nodes nodes;
  nodes.link();
  nodes.host_b->echo = false;
  nodes.ask("slow", 300ms);
  nodes.ask("slower", 900ms);
  nodes.net.advance(250ms);
  CAF_CHECK_EQUAL(nodes.heard, texts{});
  nodes.net.advance(300ms);
  CAF_CHECK_EQUAL(nodes.heard, texts{"timeout"});
  CAF_CHECK_EQUAL(nodes.host_b->log, (texts{"hello a", "request slow", "request slower", "cancel"}));
  nodes.host_b->held[0]->answer(keeping_host::reply("late"));
  nodes.host_b->held[1]->answer(keeping_host::reply("in time"));
  nodes.net.advance(50ms);
  CAF_CHECK_EQUAL(nodes.heard, (texts{"timeout", "in time"}));
}

CAF_TEST(a question taken back is cancelled there and not sent if it has not left) {
  two_nodes nodes;
  nodes.link();
  nodes.host_b->echo = false;
  auto sent = nodes.ask("sent");
  nodes.net.advance(50ms);
  nodes.ask("in the frame");
  auto waiting = nodes.ask("waiting"); // the wire has a frame to write
  nodes.a->cancel(sent);
  nodes.a->cancel(waiting);
  nodes.a->cancel(waiting);
  CAF_CHECK_EQUAL(nodes.heard, (texts{"cancelled", "cancelled"}));
  nodes.net.advance(50ms);
  auto there = nodes.host_b->log;
  CAF_CHECK_EQUAL(std::count(there.begin(), there.end(), "request waiting"), 0);
  CAF_CHECK_EQUAL(std::count(there.begin(), there.end(), "request in the frame"), 1);
  CAF_CHECK(std::count(there.begin(), there.end(), "cancel") >= 1);
}

CAF_TEST(who does not wait any more has its question cancelled) {
  two_nodes nodes;
  nodes.link();
  nodes.host_b->echo = false;
  bool waits = true;
  nodes.ask("deserted", 1h, &waits);
  nodes.net.advance(500ms);
  CAF_CHECK_EQUAL(nodes.host_b->log.back(), "request deserted");
  waits = false;
  nodes.net.advance(200ms);
  CAF_CHECK_EQUAL(nodes.host_b->log.back(), "cancel");
  CAF_CHECK_EQUAL(nodes.a->figures().requests, 0u);
}

CAF_TEST(work that is dropped without an answer is answered and gives its credit back) {
  two_nodes nodes;
  nodes.link();
  nodes.host_b->echo = false;
  nodes.ask("dropped");
  nodes.net.advance(50ms);
  nodes.host_b->held.clear();
  nodes.net.advance(50ms);
  CAF_CHECK_EQUAL(nodes.heard, texts{"internal"});
}

CAF_TEST(a slow reader holds no more than its window and an urgent question passes the notes) {
  two_nodes nodes;
  auto of_b = make_hello("blue", "b", 1);
  of_b.set_window_envelopes(80);
  nodes.link(make_hello("blue", "a", 1), of_b);
  nodes.host_b->echo = false;
  for (int i = 0; i < 1000; ++i)
    CAF_REQUIRE(!nodes.a->note(two_nodes::envelope("n")));
  nodes.net.advance(1s);
  CAF_CHECK_EQUAL(nodes.host_b->held.size(), 70u);
  nodes.a->request(two_nodes::envelope("urgent", true), std::make_unique<noting_caller>(nodes.heard), 10s);
  nodes.net.advance(50ms);
  CAF_CHECK_EQUAL(nodes.host_b->log.back(), "request urgent");
  nodes.host_b->held.back()->answer(keeping_host::reply("at once"));
  nodes.net.advance(50ms);
  CAF_CHECK_EQUAL(nodes.heard, texts{"at once"});
  for (int round = 0; round < 100; ++round) {
    nodes.host_b->held.clear();
    nodes.net.advance(100ms);
  }
  CAF_CHECK_EQUAL(std::count(nodes.host_b->log.begin(), nodes.host_b->log.end(), "note n"), 1000);
  CAF_CHECK_EQUAL(nodes.a->figures().waiting, 0u);
}

CAF_TEST(above the bounds requests are overloaded and notes are refused) {
  session_bounds bounds;
  bounds.requests = 3;
  bounds.outbox_bytes = 32 * limits::link_envelope_bytes;
  two_nodes nodes{5ms, bounds};
  auto of_b = make_hello("blue", "b", 1);
  of_b.set_window_envelopes(8);
  nodes.link(make_hello("blue", "a", 1), of_b);
  nodes.host_b->echo = false;
  for (int i = 0; i < 5; ++i)
    nodes.ask("q");
  CAF_CHECK_EQUAL(nodes.heard, (texts{"overloaded", "overloaded"}));
  int refused = 0;
  for (int i = 0; i < 100; ++i)
    refused += code_of(nodes.a->note(two_nodes::envelope(""))) == ec::overloaded;
  CAF_CHECK(refused > 60);
  CAF_CHECK_EQUAL(nodes.a->figures().refused, static_cast<uint64_t>(refused) + 2);
}

CAF_TEST(who sends more than it was granted is thrown out) {
  two_nodes nodes;
  auto of_b = make_hello("blue", "b", 1);
  of_b.set_window_envelopes(4);
  auto [one, two] = nodes.net.connect("x", "b");
  nodes.host_b->echo = false;
  auto guarded = std::make_shared<session>(of_b, two, nodes.host_b, nodes.net.now());
  two->user = guarded;
  guarded->opened();
  Frame frame;
  *frame.mutable_hello() = make_hello("blue", "x", 1);
  for (int i = 0; i < 5; ++i) {
    auto* note = frame.add_envelopes();
    note->set_kind(Envelope::NOTE);
  }
  one->send(std::move(frame));
  nodes.net.advance(50ms);
  CAF_CHECK(nodes.host_b->log.back().find("more than the 4 envelopes") != std::string::npos);
  CAF_CHECK(!guarded->open());
}

CAF_TEST(watched actors are told of once and what is not watched any more is not ) {
  two_nodes nodes;
  nodes.link();
  texts downs;
  auto hear = [&](const caf::error& reason) { downs.push_back(describe(reason)); };
  nodes.a->watch("t/k/1", hear);
  auto second = nodes.a->watch("t/k/2", hear);
  nodes.a->watch("t/k/3", hear);
  nodes.net.advance(50ms);
  CAF_REQUIRE_EQUAL(nodes.host_b->watched.size(), 3u);
  nodes.a->cancel(second);
  for (auto correlation : nodes.host_b->watched)
    nodes.b->down(correlation,
                  correlation == nodes.host_b->watched[2] ? make_error(ec::internal, "fell") : caf::error{});
  nodes.net.advance(50ms);
  CAF_CHECK_EQUAL(downs, (texts{"no error", "internal: fell"}));
}

CAF_TEST(frames of an old wire that come late disturb no newer one) {
  two_nodes nodes;
  nodes.link();
  auto old_host = nodes.host_b;
  auto old_a = nodes.a;
  nodes.links.slow("a", "b", 2s);
  CAF_CHECK(!nodes.a->note(two_nodes::envelope("old")));
  nodes.net.advance(10ms);
  nodes.links.heal();
  nodes.host_b = std::make_shared<keeping_host>();
  nodes.link();
  CAF_CHECK(!nodes.a->note(two_nodes::envelope("new")));
  nodes.net.advance(100ms);
  CAF_CHECK_EQUAL(nodes.host_b->log, (texts{"hello a", "note new"})); // overtaken: the wires share no order
  CAF_CHECK_EQUAL(old_host->log, texts{"hello a"});
  nodes.net.advance(3s);
  CAF_CHECK_EQUAL(old_host->log.back(), "note old");
  CAF_CHECK(old_a->open());
  CAF_CHECK(nodes.a->open());
}

CAF_TEST(a closed link tells the other side why) {
  two_nodes nodes;
  nodes.link();
  nodes.a->close(make_error(ec::unavailable, "the node stops"));
  nodes.net.advance(50ms);
  CAF_CHECK_EQUAL(nodes.host_b->log.back(),
                  "ended unavailable: the other side ends the link: the node stops");
  CAF_CHECK_EQUAL(nodes.host_a->log.back(), "ended unavailable: the node stops");
}

CAF_TEST(whatever the net does every question is answered once and the same seed does the same) {
  auto story = [](uint64_t seed) {
    std::mt19937_64 random{seed};
    two_nodes nodes{30ms};
    uint64_t asked = 0;
    for (int life = 0; life < 5; ++life) {
      nodes.links.heal();
      nodes.link();
      for (int i = 0; i < 200; ++i) {
        ++asked;
        nodes.ask(std::to_string(asked), std::chrono::milliseconds{random() % 2000});
        if (random() % 10 == 0)
          nodes.net.advance(std::chrono::milliseconds{random() % 50});
        if (random() % 100 == 0)
          random() % 2 ? nodes.links.cut("a", "b") : nodes.links.cut("b", "a");
        if (random() % 50 == 0)
          nodes.links.heal();
      }
      if (random() % 2)
        nodes.wire_b->die();
      nodes.net.advance(20s);
    }
    CAF_CHECK_EQUAL(nodes.heard.size(), asked);
    return nodes.heard;
  };
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    auto heard = story(seed);
    CAF_CHECK_EQUAL(heard, story(seed));
  }
}
