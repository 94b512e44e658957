// INQUIRY VIEWS: why, the story of a run, and decisions made again, shown to people.
#pragma once

#include <string>
#include <troupe/net/node/render.hpp>
#include <troupe/runtime/proto/inquiry.pb.h>

namespace troupe {

/// One answer of the control service, for people; ends with a line break.
std::string show(const Reasons& answer, const text_look& how);
std::string show(const Story& story, const text_look& how);
std::string show(const DecisionReplay& replay, const text_look& how);

} // namespace troupe
