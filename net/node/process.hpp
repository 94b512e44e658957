// PROCESS: a node as a process of its own.
#pragma once

#include <troupe/net/node/node.hpp>

namespace troupe {

/// Keeps SIGINT and SIGTERM for serve(), and makes what would end the process an error that is handled: a file that may
/// grow no further (SIGXFSZ), a reader of the log who has gone (SIGPIPE). Call it before the first thread begins.
void prepare_process();

/// Lets a node listen until a signal asks it to stop or its tree gives up. Gives the exit code; unless that is 0, the
/// reason is on standard error.
int serve(node& one);

} // namespace troupe
