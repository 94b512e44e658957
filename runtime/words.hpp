// How the signatures of a typed actor are written. Light: interface headers include only this.
#pragma once

#include <caf/replies_to.hpp>

namespace troupe {

/// A question with its answer.
template <class In, class Out>
using rpc = typename caf::replies_to<In>::template with<Out>;

/// A message without an answer.
template <class In>
using note = caf::reacts_to<In>;

} // namespace troupe
