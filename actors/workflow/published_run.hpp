// PUBLISHED RUN: one StartPublished on its way. For the catalog only.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <troupe/runtime/clock.hpp>
#include <troupe/runtime/directory.hpp>
#include <troupe/runtime/proto/catalog.pb.h>
#include <troupe/runtime/proto/run.pb.h>

namespace troupe {

/// Where a run is begun from, and where the answer goes.
struct run_beginning {
  caf::scheduled_actor* self = nullptr;
  std::shared_ptr<directory> names;
  std::shared_ptr<const clock> time;
  std::string workflow;             ///< ref
  std::function<uint64_t()> newest; ///< number of the revision that is current
  StartPublished wanted;
  std::function<void(WorkflowAccepted)> accepted;
  std::function<void(caf::error)> refused; ///< exactly one of these is called, once
};

/// Begins a run of a published revision, or finds that it has begun. Nothing is kept of it here: a run that exists says which
/// revision it is of, so whoever asks again after a crash hears the same. A parent is told of a refusal that will stay. No run begins
/// with a revision later than limits::request_timeout after another one was decided to be current, unless somebody chose it.
void begin(run_beginning what);

} // namespace troupe
