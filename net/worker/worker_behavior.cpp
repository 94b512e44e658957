// WORKER BEHAVIOR: calls, checkpoints, the end.
// Invariant: what a task's records hold of checkpoints is bounded, over all its attempts.

#include <fmt/format.h>
#include <troupe/net/worker/worker_behavior.hpp>
#include <troupe/runtime/worker_limits.hpp>

namespace troupe {
namespace {

action go_on(std::string checkpoint_data, size_t bytes_so_far) {
  std::vector<argument> arguments;
  if (!checkpoint_data.empty())
    arguments.push_back({std::string{worker_checkpoint}, std::move(checkpoint_data)});
  return call_tool(std::string{worker_behavior}, std::move(arguments))
      .then([bytes_so_far](const Result& told) -> action {
        auto parts = told.parts();
        if (parts.empty())
          return finish(told);
        auto data = parts[0].text();
        auto bytes = bytes_so_far + data.size();
        if (bytes > limits::worker_checkpoints_bytes)
          return fail(ec::invalid_argument, fmt::format("its checkpoints have more than {} bytes together",
                                                        limits::worker_checkpoints_bytes));
        return checkpoint().then([data, bytes](const Result&) { return go_on(data, bytes); });
      });
}

class done_by_worker final : public behavior {
public:
  manifest describe() const override {
    return manifest{std::string{worker_behavior}}.describe(
        "Has its tasks done by a worker in another process.");
  }
  action run(const Task&) override {
    return go_on({}, 0);
  }
};

} // namespace

std::unique_ptr<behavior> make_worker_behavior() {
  return make<done_by_worker>();
}

} // namespace troupe
