// A question whose link is lost: what cannot have been done is unavailable, a command that had left may have been done.
#define CAF_SUITE net.link.letter
#include <caf/test/unit_test.hpp>
#include <tests/support/linked_nodes.hpp>
#include <troupe/net/link/letter.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

using texts = std::vector<std::string>;

// Sends letters from near without a proxy.
struct letters : linked_nodes {
  template <proto_message M>
  void write(M message) {
    near.system.spawn([=, this](caf::event_based_actor* self) {
      house_rules(self);
      auto id = self->new_request_id(caf::message_priority::normal);
      auto what = caf::make_mailbox_element(self->ctrl(), id, {}, message);
      if (auto refused =
              send_letter(*what, near.link, counter_ref, interface_of<counter_actor>(), *near.time, nullptr))
        refuse_letter(*what, refused, nullptr, dropped);
      caf::response_handle<caf::event_based_actor, caf::detail::type_list<ProbeTotal>, false>{
          id.response_id(), self}
          .then([this](const ProbeTotal& total) { heard.push_back(std::to_string(total.total())); },
                [this](const caf::error& reason) { heard.push_back(to_string(code_of(reason))); });
    });
    settle();
  }
  static ProbeAdd command(int64_t amount) {
    auto message = add(amount);
    message.mutable_context()->set_command_id("00000000000000000000000001");
    return message;
  }
};

} // namespace

CAF_TEST(a letter is answered without a proxy) {
  letters nodes;
  nodes.link();
  nodes.count();
  nodes.write(letters::add(3));
  nodes.write(letters::add(0));
  nodes.net.advance(100ms);
  CAF_CHECK_EQUAL(nodes.heard, (texts{"3", "invalid_argument"}));
}

CAF_TEST(a command with an id that had left when the link was lost may have been done) {
  letters nodes;
  nodes.link();
  nodes.count();
  nodes.write(letters::command(3));
  nodes.write(letters::add(4)); // nothing tells a repeat of it from a second one, so it is nobody's to say
  nodes.write(ProbeAsk{});
  nodes.near.link->closed(make_error(ec::unavailable, "cut"));
  nodes.settle();
  CAF_CHECK_EQUAL(nodes.heard, (texts{"outcome_unknown", "unavailable", "unavailable"}));
}

CAF_TEST(a command that had not left was not done) {
  letters nodes;
  nodes.link();
  nodes.count();
  nodes.write(letters::add(1)); // the wire is busy with it
  nodes.write(letters::command(3));
  nodes.near.link->closed(make_error(ec::unavailable, "cut"));
  nodes.settle();
  CAF_CHECK_EQUAL(nodes.heard, (texts{"unavailable", "unavailable"}));
}

CAF_TEST(what cannot be sent is refused at once and a note is counted) {
  letters nodes;
  nodes.link();
  nodes.near.link->closed(make_error(ec::unavailable, "cut"));
  nodes.write(letters::command(3));
  CAF_CHECK_EQUAL(nodes.heard, texts{"unavailable"});
  auto note = caf::make_mailbox_element(nullptr, caf::make_message_id(), {}, ProbeNudge{});
  refuse_letter(*note, make_error(ec::unavailable), nullptr, nodes.dropped);
  CAF_CHECK_EQUAL(nodes.dropped.value(), 1);
}
