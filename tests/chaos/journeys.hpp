// JOURNEYS: runs that stay open until people have done their part: a task, an approval, a signal, a result.
#pragma once

#include <tests/chaos/promises.hpp>

namespace troupe::chaos {

/// What a start of one says; the same whenever it is sent.
StartRun start_of_journey(const std::string& id);
/// Approves one, or sends it its signal. Errors: those of the client; ec::not_found while nobody is asked.
caf::expected<Done> approve_journey(control_client& node, const std::string& id);
caf::expected<Done> signal_journey(control_client& node, const std::string& id);
/// Does what is left for people to do, so that it comes to its end.
void complete_journey(control_client& node, const piece& one);
/// What its events say has happened twice; empty = nothing.
std::string doubled_in(const std::vector<std::string>& events);

} // namespace troupe::chaos
