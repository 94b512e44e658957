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
#include <system_error>
#include <troupe/persistence/rocksdb/child_process.hpp>
#include <troupe/runtime/clock.hpp>
#include <unistd.h>

namespace troupe {
namespace {

// Ends of a pipe; closed with it.
struct pipe_ends {
  std::array<int, 2> ends{-1, -1};
  pipe_ends() {
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
      ends = {-1, -1};
  }
  ~pipe_ends() {
    close(0);
    close(1);
  }
  pipe_ends(const pipe_ends&) = delete;
  pipe_ends& operator=(const pipe_ends&) = delete;
  void close(size_t end) {
    if (ends[end] >= 0)
      ::close(std::exchange(ends[end], -1));
  }
};

void write_all(int to, std::string_view text) {
  while (!text.empty()) {
    auto written = ::write(to, text.data(), text.size());
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return;
    text.remove_prefix(static_cast<size_t>(written));
  }
}

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
bool listen(pipe_ends& answer, pipe_ends& complaints, std::string& said, std::string& complained,
            std::chrono::milliseconds patience) {
  system_clock time;
  auto until = time.now_ms() + patience.count();
  while (answer.ends[0] >= 0 || complaints.ends[0] >= 0) {
    std::array<pollfd, 2> wanted{pollfd{answer.ends[0], POLLIN, 0}, pollfd{complaints.ends[0], POLLIN, 0}};
    auto left = until - time.now_ms();
    if (left <= 0)
      return false;
    if (::poll(wanted.data(), wanted.size(), static_cast<int>(std::min<int64_t>(left, 1000))) < 0 &&
        errno != EINTR)
      return false;
    if (wanted[0].revents != 0 && !take(answer.ends[0], said))
      answer.close(0);
    if (wanted[1].revents != 0 && !take(complaints.ends[0], complained))
      complaints.close(0);
  }
  return true;
}

} // namespace

caf::expected<std::string> in_child(const std::function<std::string()>& look,
                                    std::chrono::milliseconds patience) {
  pipe_ends answer, complaints;
  auto parent = ::getpid();
  auto child = answer.ends[0] < 0 || complaints.ends[0] < 0 ? -1 : ::fork();
  if (child < 0)
    return make_error(ec::unavailable,
                      fmt::format("no process could be made to look at the files: {}; try again",
                                  std::generic_category().message(errno)));
  if (child == 0)
    be_child(parent, look, answer.ends[1], complaints.ends[1]);
  answer.close(1);
  complaints.close(1);
  std::string said, complained;
  auto in_time = listen(answer, complaints, said, complained, patience);
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
