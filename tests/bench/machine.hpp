// What the figures were measured on.
#pragma once

#include <string>

namespace troupe::bench {

/// Prints processor, cores, memory, kernel, compiler, file system of the temporary directory.
void describe_machine();

/// Processes that want to run, average of the last minute.
std::string load();

/// Memory of the process, bytes.
double resident_bytes();

} // namespace troupe::bench
