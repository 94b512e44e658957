// SESSION: what a worker says.
// Invariant: whatever it says of a lease it does not hold is refused by name and changes nothing.

#include <fmt/format.h>
#include <troupe/net/worker/hello.hpp>
#include <troupe/net/worker/session.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/utf8.hpp>
#include <troupe/runtime/worker_limits.hpp>

namespace troupe {
namespace {

ec code_of(WorkerFailureKind kind) {
  switch (kind) {
  case WORKER_INVALID_INPUT:
    return ec::invalid_argument;
  case WORKER_UNAVAILABLE:
    return ec::unavailable;
  case WORKER_TIMEOUT:
    return ec::timeout;
  case WORKER_INTERNAL:
    return ec::internal;
  case WORKER_DENIED:
    return ec::permission_denied;
  default: // a newer kind is a failure all the same
    return ec::action_failed;
  }
}

std::string cut(const std::string& text, size_t bytes) {
  return clean_utf8(cut_utf8(text, bytes));
}

} // namespace

void worker_session::received(FromWorker& message) {
  answers open;
  caf::error wrong;
  {
    std::lock_guard lock{mutex_};
    if (standing_ == standing::over)
      return;
    heard_ms_ = host_->now_ms();
    wrong = standing_ == standing::greeting ? greet(message) : listen(message, open);
  }
  for (auto& one : open)
    one.to(std::move(one.what));
  if (wrong)
    lose("it broke the protocol: " + text_of(wrong), wrong);
}

caf::error worker_session::greet(FromWorker& message) {
  if (!message.has_hello())
    return make_error(ec::invalid_argument, "the first message of a stream has `hello`, and nothing else");
  if (auto wrong = check_hello(message.hello()))
    return wrong;
  if (auto taken = host_->take_name(message.hello().name(), this))
    return taken;
  hello_.Swap(message.mutable_hello());
  standing_ = standing::joining;
  host_->hire(agent_of(hello_, principal_), principal_,
              [self = shared_from_this()](const caf::error& refused) { self->hired(refused); });
  return {};
}

caf::error worker_session::listen(FromWorker& message, answers& out) {
  if (message.has_hello())
    return make_error(ec::invalid_argument, "a hello has come already");
  for (auto& one : *message.mutable_checkpoints())
    take(one, out);
  for (auto& one : *message.mutable_progress())
    take(one);
  for (auto& one : *message.mutable_results())
    take(one, out);
  if (message.drain() && standing_ == standing::open) {
    standing_ = standing::draining;
    host_->set_present(hello_.name(), false);
    room_for(0).mutable_drain()->set_reason("as the worker has said");
  }
  rest_if_drained();
  flush();
  return out_bytes_ > limits::worker_outbox_bytes
             ? make_error(ec::overloaded, "it does not read what it is told")
             : caf::error{};
}

void worker_session::take(WorkerCheckpoint& checkpoint, answers& out) {
  auto i = leases_.find(checkpoint.lease());
  if (i == leases_.end() || i->second.ended)
    return refuse(checkpoint.lease(), ec::stale, host_->fate_of(checkpoint.lease()));
  if (checkpoint.data().empty() || checkpoint.data().size() > limits::worker_checkpoint_bytes)
    return refuse(checkpoint.lease(), ec::invalid_argument,
                  fmt::format("task {}: a checkpoint of {} bytes; 1 to {} are allowed", i->second.task,
                              checkpoint.data().size(), limits::worker_checkpoint_bytes));
  if (i->second.said.size() >= limits::worker_checkpoints_open)
    return refuse(checkpoint.lease(), ec::overloaded,
                  fmt::format("task {}: more than {} checkpoints that are not on disk", i->second.task,
                              limits::worker_checkpoints_open));
  Outcome outcome;
  outcome.add_parts()->set_text(std::move(*checkpoint.mutable_data()));
  say(i, std::move(outcome), out);
}

void worker_session::take(WorkerProgress& progress) {
  auto i = leases_.find(progress.lease());
  if (i == leases_.end() || i->second.ended)
    return refuse(progress.lease(), ec::stale, host_->fate_of(progress.lease()));
  i->second.progress = cut(progress.text(), limits::worker_progress_bytes);
}

void worker_session::take(WorkerResult& result, answers& out) {
  auto i = leases_.find(result.lease());
  if (i == leases_.end() || i->second.ended)
    return refuse(result.lease(), ec::stale, host_->fate_of(result.lease()));
  Outcome outcome;
  if (result.has_failure()) {
    outcome.mutable_failure()->set_code(static_cast<uint32_t>(code_of(result.failure().kind())));
    outcome.mutable_failure()->set_text(cut(result.failure().text(), limits::worker_failure_bytes));
  } else {
    outcome.set_text(std::move(*result.mutable_text()));
  }
  ++done_;
  i->second.ended = true;
  say(i, std::move(outcome), out);
}

// Whoever waits for it gets it; else it waits for whoever comes behind a checkpoint.
void worker_session::say(std::map<std::string, held_lease>::iterator of, Outcome what, answers& out) {
  auto& one = of->second;
  if (!one.answer) {
    one.said.push_back(std::move(what));
    return;
  }
  out.push_back({std::exchange(one.answer, nullptr), std::move(what)});
  if (one.ended)
    leases_.erase(of);
}

void worker_session::refuse(const std::string& lease, ec code, std::string text) {
  ++refused_;
  auto* refusal = room_for(lease.size() + text.size()).add_refusals();
  refusal->set_lease(cut(lease, limits::worker_version_bytes));
  refusal->set_code(to_string(code));
  refusal->set_text(fmt::format("worker '{}': {}", hello_.name(), text));
}

} // namespace troupe
