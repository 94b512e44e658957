// CHILD PROCESS: fork, listen, wait.
// Invariant: a child never outlives the call, and never the process that made it.

#include <array>
#include <csignal>
#include <cstring>
#include <exception>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <troupe/persistence/rocksdb/child_process.hpp>
#include <troupe/runtime/clock.hpp>
#include <troupe/runtime/descriptor.hpp>
#include <unistd.h>

namespace troupe {
namespace {

struct pipe_ends {
  explicit pipe_ends(std::array<int, 2> ends = {-1, -1})
      : made{::pipe2(ends.data(), O_CLOEXEC) == 0}, out{ends[0]}, in{ends[1]} {}
  bool made;
  descriptor out, in;
};

[[noreturn]] void be_child(pid_t parent, const std::function<std::string()>& look, int answer,
                           int complaints) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) // it ended before it could be watched
    ::_exit(1);
  for (auto signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) // nobody's handler: to end is an answer
    std::signal(signal, SIG_DFL);
  rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  ::dup2(complaints, STDERR_FILENO);
  try {
    write_all(answer, look());
  } catch (const std::exception& thrown) {
    write_all(STDERR_FILENO, thrown.what());
    std::abort();
  }
  ::_exit(0);
}

// Takes what has come; false at the end.
bool take(int from, std::string& into) {
  std::array<char, 4096> bytes;
  auto got = ::read(from, bytes.data(), bytes.size());
  if (got > 0)
    into.append(bytes.data(), static_cast<size_t>(got));
  return got > 0 || (got < 0 && errno == EINTR);
}

// False if it took too long.
bool listen(descriptor& answer, descriptor& complaints, std::string& said, std::string& complained,
            std::chrono::milliseconds patience) {
  system_clock time;
  auto until = time.now_ms() + patience.count();
  while (answer >= 0 || complaints >= 0) {
    std::array<pollfd, 2> wanted{pollfd{answer, POLLIN, 0}, pollfd{complaints, POLLIN, 0}};
    auto left = until - time.now_ms();
    if (left <= 0)
      return false;
    if (::poll(wanted.data(), wanted.size(), static_cast<int>(std::min<int64_t>(left, 1000))) < 0 &&
        errno != EINTR)
      return false;
    if (wanted[0].revents != 0 && !take(answer, said))
      answer.close();
    if (wanted[1].revents != 0 && !take(complaints, complained))
      complaints.close();
  }
  return true;
}

} // namespace

caf::expected<std::string> in_child(const std::function<std::string()>& look,
                                    std::chrono::milliseconds patience) {
  pipe_ends answer, complaints;
  auto parent = ::getpid();
  auto child = answer.made && complaints.made ? ::fork() : -1;
  if (child < 0)
    return make_error(
        ec::unavailable,
        fmt::format("no process could be made to look at the files: {}; try again", last_failure()));
  if (child == 0)
    be_child(parent, look, answer.in, complaints.in);
  answer.in.close();
  complaints.in.close();
  std::string said, complained;
  auto in_time = listen(answer.out, complaints.out, said, complained, patience);
  if (!in_time)
    ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!in_time)
    return make_error(ec::unavailable, fmt::format("looking at the files took longer than {} s; try again",
                                                   patience.count() / 1000));
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
    return said;
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
    return make_error(ec::unavailable, "the process that looked at the files was killed; try again");
  auto last = complained.substr(0, complained.find_last_not_of(" \n") + 1);
  last.erase(0, last.find_last_of('\n') + 1);
  return make_error(ec::corrupt, fmt::format("reading it ended with {}{}{}",
                                             WIFSIGNALED(status) ? ::strsignal(WTERMSIG(status)) : "an error",
                                             last.empty() ? "" : ": ", last));
}

} // namespace troupe
