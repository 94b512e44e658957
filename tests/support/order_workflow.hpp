// A small workflow with a decision, a map, a catch and a compensation, and others as they are written in protobuf's text form.
#pragma once

#include <google/protobuf/text_format.h>
#include <string>
#include <troupe/runtime/proto/definition.pb.h>

namespace troupe {

inline WorkflowDefinition workflow_of(const std::string& text) {
  WorkflowDefinition made;
  if (!google::protobuf::TextFormat::ParseFromString(text, &made))
    made.set_name("this is no text form");
  return made;
}

inline WorkflowDefinition order_workflow() {
  return workflow_of(R"(
    name: "order" version: "1.2.0"
    steps { id: "price" task { required: "shop.price" } timeout_ms: 90000 compensation: "refund" }
    steps { id: "large" needs: "price" decision { cases { name: "big" when: "price > 100" then: "ask" } otherwise: "pack" } }
    steps { id: "ask" needs: "large" approval { approvers: "boss" } }
    steps { id: "pack" needs: "large" map { over: "inputs.items" body { steps { id: "wrap" task { required: "shop.wrap" } } } } }
    steps { id: "sorry" catches: "ask" catches: "pack" task { required: "mail.send" } }
    steps { id: "refund" task { required: "shop.refund" } })");
}

/// A fan: `first`, so many steps that need it, and `last`, which needs them all.
inline WorkflowDefinition fan_workflow(int steps) {
  WorkflowDefinition made;
  made.set_name("fan");
  made.add_steps()->set_id("first");
  for (int i = 0; i < steps; ++i) {
    auto* step = made.add_steps();
    step->set_id("s" + std::to_string(i));
    step->add_needs("first");
  }
  auto* last = made.add_steps();
  last->set_id("last");
  for (int i = 0; i < steps; ++i)
    last->add_needs("s" + std::to_string(i));
  return made;
}

} // namespace troupe
