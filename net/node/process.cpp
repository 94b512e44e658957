// PROCESS: signals, and the end.
// Invariant: a node that does nothing any more ends, with a reason and a code.

#include <csignal>
#include <cstdio>
#include <troupe/net/node/process.hpp>

namespace troupe {
namespace {

sigset_t requests_to_end() {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  return ends;
}

} // namespace

void prepare_process() {
  auto ends = requests_to_end();
  pthread_sigmask(SIG_BLOCK, &ends, nullptr); // inherited by every thread, so that only serve() sees them
  std::signal(SIGXFSZ, SIG_IGN);
  std::signal(SIGPIPE, SIG_IGN);
}

int serve(node& one) {
  if (auto failed = one.listen())
    return one.complain(failed);
  auto& settings = one.settings().node;
  std::fprintf(stderr, "node '%s' runs on %s; ask it with: troupe status --data %s\n", settings.name.c_str(),
               settings.data_directory.c_str(), settings.data_directory.c_str());
  auto ends = requests_to_end();
  for (;;) { // a signal ends the wait at once; the tree's end, which is rare, may wait for the next look
    timespec pause{0, 500'000'000};
    if (sigtimedwait(&ends, nullptr, &pause) > 0)
      return 0;
    if (one.end().wait_for(std::chrono::seconds{0}) == std::future_status::ready)
      return one.complain(one.end().get());
  }
}

} // namespace troupe
