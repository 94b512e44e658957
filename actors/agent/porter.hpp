// PORTER: takes what is held for a ref to where the ref is now.
#pragma once

#include <caf/all.hpp>
#include <memory>
#include <string>
#include <troupe/runtime/directory.hpp>

namespace troupe {

/// Has what is held for a waking ref delivered once more, in order, as to a ref of which nothing is known: to another node, to an
/// entity that it wakes, or refused. Forgets the ref before.
void send_on(caf::scheduled_actor* self, const std::shared_ptr<directory>& names, const std::string& ref);

} // namespace troupe
