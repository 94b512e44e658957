// SESSION: standing of a worker, its leases, its outbox. What it says is read in session_reading.cpp.
// Invariant: one message is on its way at a time; what comes up meanwhile leaves together with the next.

#include <fmt/format.h>
#include <troupe/net/worker/hello.hpp>
#include <troupe/net/worker/session.hpp>
#include <troupe/net/worker/worker_behavior.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/worker_limits.hpp>

namespace troupe {
namespace {

Outcome failed(ec code, std::string text) {
  Outcome outcome;
  *outcome.mutable_failure() = to_failure(make_error(code, std::move(text)));
  return outcome;
}

// What an attempt holds as long as it waits for its worker.
class lease_grip {
public:
  lease_grip(std::weak_ptr<worker_session> with, std::string lease)
      : with_{std::move(with)}, lease_{std::move(lease)} {}
  lease_grip(const lease_grip&) = delete;
  ~lease_grip() {
    if (auto session = with_.lock())
      session->release(lease_);
  }

private:
  std::weak_ptr<worker_session> with_;
  std::string lease_;
};

WorkerTask task_of(const call_elsewhere& call) {
  auto& spec = call.task.spec();
  WorkerTask task;
  task.set_lease(call.lease);
  task.set_task(call.task.id());
  task.set_attempt(call.task.attempt());
  *task.mutable_required() = spec.required();
  task.set_title(spec.title());
  task.set_type(spec.type());
  for (auto& input : spec.inputs()) {
    auto* field = task.add_inputs();
    field->set_name(input.name());
    field->set_value(input.value());
  }
  for (auto& argument : call.request.arguments())
    if (argument.name() == worker_checkpoint)
      task.set_checkpoint(argument.value());
  task.set_timeout_ms(call.timeout_ms);
  task.set_trace(call.trace);
  return task;
}

} // namespace

worker_session::worker_session(std::shared_ptr<worker_host> host, std::shared_ptr<worker_line> line,
                               std::string principal, std::string address)
    : host_{std::move(host)}, line_{std::move(line)}, principal_{std::move(principal)},
      address_{std::move(address)}, since_ms_{host_->now_ms()}, heard_ms_{since_ms_} {}

void worker_session::written() {
  std::lock_guard lock{mutex_};
  writing_ = false;
  flush();
}

void worker_session::closed() {
  lose("its connection ended", {});
}

void worker_session::hired(const caf::error& refused) {
  if (refused)
    return lose("it was refused", refused);
  std::lock_guard lock{mutex_};
  if (standing_ != standing::joining)
    return;
  standing_ = standing::open;
  *room_for(0).mutable_welcome() = host_->welcome();
  flush();
  host_->set_present(hello_.name(), true);
}

std::shared_ptr<void> worker_session::begin(call_elsewhere call) {
  std::shared_ptr<void> grip;
  std::optional<Outcome> at_once;
  {
    std::lock_guard lock{mutex_};
    at_once = hand_over(call, grip);
  }
  if (at_once)
    call.answer(std::move(*at_once));
  return grip;
}

std::optional<Outcome> worker_session::hand_over(const call_elsewhere& call, std::shared_ptr<void>& grip) {
  if (auto i = leases_.find(call.lease); i != leases_.end()) {
    auto said = go_on(i->second, call, grip);
    if (said && i->second.ended && i->second.said.empty()) {
      leases_.erase(i);
      rest_if_drained();
    }
    flush();
    return said;
  }
  if (standing_ != standing::open)
    return failed(ec::no_agent, "worker '" + hello_.name() + "' takes no tasks");
  auto task = task_of(call);
  auto bytes = task.ByteSizeLong();
  if (bytes > limits::worker_message_bytes - 2 * limits::worker_frame_bytes)
    return failed(ec::invalid_argument,
                  fmt::format("its inputs have {} bytes; a worker is sent at most {}", bytes,
                              limits::worker_message_bytes - 2 * limits::worker_frame_bytes));
  if (out_bytes_ + bytes > limits::worker_outbox_bytes)
    return failed(ec::overloaded, "worker '" + hello_.name() + "' does not read what it is sent");
  auto& one = leases_[call.lease];
  one.task = call.task.id();
  one.attempt = call.task.attempt();
  one.since_ms = host_->now_ms();
  one.answer = call.answer;
  grip = std::make_shared<lease_grip>(weak_from_this(), call.lease);
  one.grip = grip;
  *room_for(bytes).add_tasks() = std::move(task);
  flush();
  return {};
}

// The checkpoint before is on disk, and the same attempt goes on.
std::optional<Outcome> worker_session::go_on(held_lease& with, const call_elsewhere& call,
                                             std::shared_ptr<void>& grip) {
  grip = with.grip.lock();
  auto* kept = room_for(call.lease.size()).add_kept();
  kept->set_lease(call.lease);
  kept->set_number(++with.kept);
  if (with.said.empty()) {
    with.answer = call.answer;
    return {};
  }
  auto next = std::move(with.said.front());
  with.said.pop_front();
  return next;
}

void worker_session::release(const std::string& lease) {
  std::lock_guard lock{mutex_};
  auto i = leases_.find(lease);
  if (i == leases_.end())
    return;
  host_->remember(
      lease, fmt::format("task {}: it was cancelled, has timed out, or another one does it", i->second.task));
  if (!i->second.ended)
    room_for(lease.size()).add_cancels()->set_lease(lease);
  leases_.erase(i);
  rest_if_drained();
  flush();
}

void worker_session::tick() {
  auto now = host_->now_ms();
  int64_t quiet_ms = 0;
  bool greeting = false;
  {
    std::lock_guard lock{mutex_};
    quiet_ms = now - heard_ms_;
    greeting = standing_ == standing::greeting;
  }
  if (greeting && quiet_ms >= limits::worker_hello.count())
    lose("it said no hello",
         make_error(ec::timeout, fmt::format("no hello came within {} ms", limits::worker_hello.count())));
  else if (quiet_ms >= host_->welcome().lease_ms())
    lose(fmt::format("nothing was heard of it for {} ms", quiet_ms),
         make_error(ec::timeout, fmt::format("nothing was heard for {} ms, and the lease is {} ms", quiet_ms,
                                             host_->welcome().lease_ms())));
}

void worker_session::stop() {
  std::lock_guard lock{mutex_};
  if (standing_ == standing::over)
    return;
  standing_ = standing::over;
  leases_.clear();
  room_for(0).mutable_drain()->set_reason("the node stops");
  ending_ = make_error(ec::unavailable, "the node stops; connect again");
  flush();
}

void worker_session::lose(const std::string& how, const caf::error& told) {
  answers open;
  std::string name;
  {
    std::lock_guard lock{mutex_};
    line_->end(told);
    if (std::exchange(has_left_, true))
      return;
    standing_ = standing::over;
    name = hello_.name();
    for (auto& [id, one] : leases_) {
      auto why = fmt::format("worker '{}' lost the lease of attempt {}: {}", name, one.attempt, how);
      if (one.answer)
        open.push_back({std::move(one.answer), failed(one.sent ? ec::unavailable : ec::no_agent, why)});
      host_->remember(id, fmt::format("task {}: {}", one.task, why));
    }
    leases_.clear();
    out_.clear();
    out_bytes_ = 0;
  }
  host_->leave(this, name, how); // first: what is answered now looks for somebody else
  for (auto& one : open)
    one.to(std::move(one.what));
}

bool worker_session::show(ConnectedWorker& row) const {
  std::lock_guard lock{mutex_};
  if (standing_ != standing::open && standing_ != standing::draining)
    return false;
  row.set_name(hello_.name());
  row.set_principal(principal_);
  row.set_address(address_);
  row.set_version(hello_.version());
  row.set_slots(hello_.slots());
  row.set_since_ms(since_ms_);
  row.set_heard_ms(heard_ms_);
  row.set_draining(standing_ == standing::draining);
  row.set_done(done_);
  row.set_refused(refused_);
  row.set_busy(static_cast<uint32_t>(leases_.size()));
  for (auto& [id, one] : leases_) { // an id begins with its time
    if (row.leases_size() == limits::worker_leases_shown)
      break;
    auto* shown = row.add_leases();
    shown->set_task(one.task);
    shown->set_attempt(one.attempt);
    shown->set_since_ms(one.since_ms);
    shown->set_progress(one.progress);
  }
  return true;
}

void worker_session::rest_if_drained() {
  if (standing_ == standing::draining && leases_.empty())
    ending_ = caf::error{};
}

ToWorker& worker_session::room_for(size_t bytes) {
  if (out_.empty() || out_.back().bytes >= limits::worker_frame_bytes)
    out_.emplace_back();
  out_.back().bytes += bytes;
  out_bytes_ += bytes;
  return out_.back().message;
}

void worker_session::flush() {
  if (writing_)
    return;
  if (out_.empty()) {
    if (ending_)
      line_->end(*ending_);
    return;
  }
  auto next = std::move(out_.front());
  out_.pop_front();
  out_bytes_ -= next.bytes;
  for (auto& task : next.message.tasks())
    if (auto i = leases_.find(task.lease()); i != leases_.end())
      i->second.sent = true;
  writing_ = true;
  line_->send(std::move(next.message));
}

} // namespace troupe
