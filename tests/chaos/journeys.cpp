// JOURNEYS: each part is done once, whoever dies in between.

#include <fmt/format.h>
#include <set>
#include <tests/chaos/journeys.hpp>

namespace troupe::chaos {
namespace {

// Done, or nothing is left to be done.
bool is_settled(const caf::expected<Done>& done) {
  return done || code_of(done.error()) == ec::conflict;
}

bool has_ended(control_client& node, const std::string& id) {
  DescribeRun ask;
  ask.set_id(id);
  auto view = node.describe(ask);
  return view && shown_end(*view);
}

} // namespace

StartRun start_of_journey(const std::string& id) {
  StartRun start;
  start.set_id(id);
  auto* flow = start.mutable_definition();
  flow->set_name("journey");
  auto add = [&](const std::string& step, const std::string& after) {
    auto* one = flow->add_steps();
    one->set_id(step);
    if (!after.empty())
      one->add_needs(after);
    return one;
  };
  auto task = [](StepDefinition* step, const std::string& capability, const std::string& name,
                 const std::string& value) {
    step->mutable_task()->add_required(capability);
    auto* input = step->mutable_task()->add_inputs();
    input->set_name(name);
    input->set_value(value);
  };
  task(add("deliver", ""), "chaos.deliver", "parcel", id);
  auto* ask = add("ask", "deliver")->mutable_approval();
  ask->set_message("Shall it go on?");
  ask->add_approvers("admin"); // whose token the harness has
  ask->set_timeout_ms(24 * 3600'000);
  add("wait", "ask")->mutable_signal()->set_name("go");
  task(add("say", "wait"), "troupe.echo", "text", "flown " + id);
  return start;
}

caf::expected<Done> approve_journey(control_client& node, const std::string& id) {
  DecideApproval decision;
  decision.set_id(id);
  decision.set_step("ask");
  decision.set_approve(true);
  return node.decide(decision);
}

caf::expected<Done> signal_journey(control_client& node, const std::string& id) {
  TellRun tell;
  tell.set_id(id);
  tell.mutable_signal()->set_name("go");
  return node.tell(tell);
}

void complete_journey(control_client& node, const piece& one) {
  if (!one.signalled)
    for (int tries = 0; tries < 1000 && !is_settled(signal_journey(node, one.id)); ++tries) {
    }
  if (!one.approved)
    for (int tries = 0; tries < 1000 && !is_settled(approve_journey(node, one.id)); ++tries)
      if (has_ended(node, one.id)) // its task was interrupted
        return;
}

std::string doubled_in(const std::vector<std::string>& events) {
  std::set<std::string> seen;
  for (auto& event : events) {
    auto type = event.substr(event.find(' ') + 1);
    type = type.substr(0, type.find(' '));
    auto once = type == "RunEvent.started" || type == "RunEvent.answered" || type == "RunEvent.ended";
    if (once && !seen.insert(type).second)
      return type;
  }
  return {};
}

} // namespace troupe::chaos
