// 3_workflow: a graph of tasks. Two steps run at once, a third joins them; each end is on disk with what it makes possible.
// Run:    build/dev/examples/3_workflow
// Prints: soup + salad = dinner
#include <fmt/format.h>
#include <troupe/troupe.hpp>

/// Makes one dish.
class cook final : public troupe::behavior {
public:
  troupe::manifest describe() const override {
    return troupe::manifest{"cook"}.can("kitchen.cook");
  }
  troupe::action run(const troupe::Task& task) override {
    return troupe::finish(task.input("dish"));
  }
};

/// Joins the results of the steps it needs, which are its inputs.
class waiter final : public troupe::behavior {
public:
  troupe::manifest describe() const override {
    return troupe::manifest{"waiter"}.can("kitchen.serve");
  }
  troupe::action run(const troupe::Task& task) override {
    return troupe::finish(task.input("starter") + " + " + task.input("main") + " = " + task.input("meal"));
  }
};

int main(int argc, char** argv) {
  troupe::node node{argc, argv};
  node.behaviors().add<cook>();
  node.behaviors().add<waiter>();
  troupe::workflow_builder dinner{"dinner"};
  dinner.step("starter", "kitchen.cook").input("dish", "soup");
  dinner.step("main", "kitchen.cook").input("dish", "salad");
  dinner.step("serve", "kitchen.serve").needs({"starter", "main"});
  auto run = node.start_run("dinner-1", dinner.definition(), {{"meal", "dinner"}});
  if (!run)
    return node.complain(run.error());
  auto end = node.await_run(*run, std::chrono::seconds{30});
  if (!end)
    return node.complain(end.error());
  fmt::print("{}\n", end->outcome().text());
}
