// AUDIT BEHAVIORS: what comes next, and nothing else. Files are touched by tools alone.

#include "audit_behaviors.hpp"

namespace troupe::audit {
namespace {

class take_inventory_first final : public behavior {
public:
  manifest describe() const override {
    return manifest{"inventory"}.can("audit.inventory").describe("Lists the files of a directory.");
  }
  action run(const Task& task) override {
    return call_tool("audit/inventory", {{"root", task.input("root")}});
  }
};

/// Checks all batches at once; the pool of worker threads is what limits them. Each batch is one journaled result.
class check_batches final : public behavior {
public:
  explicit check_batches(std::string check) : check_{std::move(check)} {}
  manifest describe() const override {
    return manifest{check_}.can("audit." + check_).describe("Looks for " + check_ + " in all files.");
  }
  action run(const Task& task) override {
    auto& inventory = task.input("inventory");
    auto batches = std::stoul("0" + inventory_value(inventory, "batches"));
    if (batches == 0)
      return finish();
    std::vector<action> calls;
    for (size_t batch = 0; batch < batches; ++batch)
      calls.push_back(call_tool("audit/" + check_, {{"batch", std::to_string(batch)},
                                                    {"list", inventory_value(inventory, "list")},
                                                    {"root", task.input("root")}}));
    return all_of(std::move(calls)).then([](const Result& all) {
      std::string lines;
      for (auto& part : all.parts())
        lines += part.text() + "\n";
      return finish(lines);
    });
  }

private:
  std::string check_;
};

class write_report final : public behavior {
public:
  manifest describe() const override {
    return manifest{"report"}.can("audit.report").describe("Writes the Markdown and SARIF reports.");
  }
  action run(const Task& task) override {
    std::string findings;
    for (auto* check : checks)
      findings += task.input(check);
    return call_tool("audit/report", {{"findings", findings},
                                      {"list", inventory_value(task.input("inventory"), "list")},
                                      {"out", task.input("out")},
                                      {"root", task.input("root")}});
  }
};

} // namespace

void add_audit_behaviors(behavior_registry& behaviors) {
  behaviors.add<take_inventory_first>();
  for (auto* check : checks)
    behaviors.add<check_batches>(std::string{check});
  behaviors.add<write_report>();
}

WorkflowDefinition audit_workflow() {
  WorkflowDefinition workflow;
  workflow.set_name("repository audit");
  workflow.set_version("1.0.0");
  auto add = [&](const std::string& id, std::initializer_list<const char*> needs) {
    auto* step = workflow.add_steps();
    step->set_id(id);
    step->mutable_task()->add_required("audit." + id);
    for (auto* need : needs)
      step->add_needs(need);
  };
  add("inventory", {});
  for (auto* check : checks)
    add(check, {"inventory"});
  add("report", {"inventory", checks[0], checks[1], checks[2], checks[3]});
  return workflow;
}

std::string inventory_value(const std::string& inventory, std::string_view name) {
  auto at = ("\n" + inventory).find("\n" + std::string{name} + " ");
  if (at == std::string::npos)
    return {};
  auto begin = at + name.size() + 1;
  return inventory.substr(begin, inventory.find('\n', begin) - begin);
}

} // namespace troupe::audit
