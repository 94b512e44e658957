// The version of this program; CMakeLists.txt says the same.
#pragma once

namespace troupe {

/// Semantic version.
inline constexpr const char* program_version = "0.1.0";

} // namespace troupe
