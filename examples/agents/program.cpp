// PROGRAM: fork, exec, read, wait.
// Invariant: whatever a program has started is gone when run_program() returns.

#include "program.hpp"

#include "examples/repository_audit/text.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <troupe/runtime/error.hpp>
#include <unistd.h>

namespace troupe::crew {
namespace {

using std::chrono::steady_clock;

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> result;
  for (auto& word : words)
    result.push_back(word.data());
  result.push_back(nullptr);
  return result;
}

// In the child, between fork and exec: nothing that takes a lock or memory.
[[noreturn]] void become(const char* directory, char** words, char** environment, int out) {
  setpgid(0, 0);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  std::signal(SIGPIPE, SIG_DFL);
  std::signal(SIGXFSZ, SIG_DFL);
  auto nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (nothing >= 0 && dup2(nothing, 0) == 0 && dup2(out, 1) == 1 && dup2(out, 2) == 2 &&
      chdir(directory) == 0)
    execvpe(words[0], words, environment);
  _exit(127);
}

int code_of_end(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

} // namespace

caf::expected<program_end> run_program(const program& what) {
  auto words = what.words;
  auto environment = what.environment;
  auto* path = std::getenv("PATH");
  environment.push_back(std::string{"PATH="} + (path ? path : "/usr/bin:/bin"));
  environment.push_back("HOME=" + what.directory.string());
  environment.push_back("LC_ALL=C");
  auto argv = pointers(words);
  auto envp = pointers(environment);
  auto directory = what.directory.string();
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    return make_error(ec::tool_failed, std::string{"no pipe: "} + std::strerror(errno));
  auto child = fork();
  if (child == 0)
    become(directory.c_str(), argv.data(), envp.data(), ends[1]);
  close(ends[1]);
  if (child < 0) {
    close(ends[0]);
    return make_error(ec::tool_failed,
                      std::string{"cannot start "} + words.front() + ": " + std::strerror(errno));
  }
  setpgid(child, child); // whichever of both is first
  program_end ended;
  auto until = steady_clock::now() + what.limit;
  std::array<char, 4096> piece;
  for (;;) {
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - steady_clock::now()).count();
    pollfd ready{ends[0], POLLIN, 0};
    auto came = left <= 0 ? 0 : poll(&ready, 1, static_cast<int>(left));
    if (came < 0 && errno == EINTR)
      continue;
    if (came <= 0) {
      ended.timed_out = true;
      break;
    }
    auto got = read(ends[0], piece.data(), piece.size());
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      break;
    ended.output.append(piece.data(), static_cast<std::size_t>(got));
    if (ended.output.size() > 2 * what.keep)
      ended.output.erase(0, ended.output.size() - what.keep);
  }
  close(ends[0]);
  int status = 0;
  for (auto done = false; !done;) { // its output has ended; it may still run
    auto gone = waitpid(child, &status, WNOHANG);
    done = gone == child || (gone < 0 && errno != EINTR);
    if (!done && (ended.timed_out || steady_clock::now() >= until)) {
      ended.timed_out = true;
      kill(-child, SIGKILL);
      while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
      done = true;
    } else if (!done) {
      poll(nullptr, 0, 2);
    }
  }
  kill(-child, SIGKILL); // what it has left behind
  ended.code = code_of_end(status);
  if (ended.output.size() > what.keep)
    ended.output.erase(0, ended.output.size() - what.keep);
  ended.output = audit::to_utf8(ended.output);
  return ended;
}

} // namespace troupe::crew
