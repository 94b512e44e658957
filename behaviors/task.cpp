// TASK: views over what is journaled about a task and its actions.
// Invariant: everything a behavior can read here is the same on replay.

#include <algorithm>
#include <troupe/behaviors/task.hpp>
#include <troupe/runtime/proto/workflow.pb.h>

namespace troupe {
namespace {

const Field* find(const TaskSpec& spec, std::string_view name) {
  auto i = std::find_if(spec.inputs().begin(), spec.inputs().end(),
                        [name](const Field& field) { return field.name() == name; });
  return i == spec.inputs().end() ? nullptr : &*i;
}

// SplitMix64's output function, with the constants of its reference implementation.
uint64_t mix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

constexpr uint64_t golden_gamma = 0x9e3779b97f4a7c15; // 2^64 / golden ratio, odd: visits every state once

} // namespace

Result::Result(std::shared_ptr<const Outcome> outcome) : outcome_{std::move(outcome)} {}

const std::string& Result::text() const& {
  return outcome_->text();
}

bool Result::ok() const {
  return !outcome_->has_failure();
}

caf::error Result::error() const {
  if (ok())
    return {};
  return error_of(outcome_->failure());
}

std::vector<Result> Result::parts() const {
  std::vector<Result> all;
  all.reserve(static_cast<size_t>(outcome_->parts_size()));
  for (auto& part : outcome_->parts())
    all.emplace_back(std::shared_ptr<const Outcome>{outcome_, &part});
  return all;
}

Result Result::part(size_t index) const {
  ensure(index < static_cast<size_t>(outcome_->parts_size()), "index of a part below their number");
  return Result{std::shared_ptr<const Outcome>{outcome_, &outcome_->parts(static_cast<int>(index))}};
}

Task::Task(TaskSpec spec, std::string id, uint32_t attempt)
    : spec_{std::make_unique<const TaskSpec>(std::move(spec))}, id_{std::move(id)}, attempt_{attempt} {}

Task::~Task() = default;

const std::string& Task::input(std::string_view name) const {
  static const std::string none;
  auto* field = find(*spec_, name);
  return field ? field->value() : none;
}

bool Task::has_input(std::string_view name) const {
  return find(*spec_, name) != nullptr;
}

std::vector<argument> Task::inputs() const {
  std::vector<argument> all;
  for (auto& field : spec_->inputs())
    all.push_back({field.name(), field.value()});
  return all;
}

const std::string& Task::type() const {
  return spec_->type();
}

const std::string& Task::title() const {
  return spec_->title();
}

int64_t Task::now() const {
  ensure(moment_ != nullptr, "a task is asked for the time by a running behavior only");
  return moment_->now_ms;
}

uint64_t Task::random() const {
  ensure(moment_ != nullptr, "a task is asked for random bits by a running behavior only");
  return random_at(moment_->stream, moment_->draws++);
}

uint64_t random_stream(uint64_t seed, std::string_view position) {
  uint64_t hash = 0xcbf29ce484222325; // FNV-1a offset basis and prime
  for (char c : position)
    hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  return mix(seed ^ hash);
}

uint64_t random_at(uint64_t stream, uint64_t n) {
  return mix(stream + (n + 1) * golden_gamma);
}

} // namespace troupe
