// VICTIM: fork, exec, kill.

#include <cstdio>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <tests/chaos/victim.hpp>
#include <thread>
#include <troupe/net/api/access.hpp>
#include <troupe/net/api/control.hpp>
#include <troupe/net/api/socket.hpp>
#include <unistd.h>

namespace troupe::chaos {
namespace {

constexpr auto look_again = std::chrono::milliseconds{5};

template <class Is>
bool poll(std::chrono::milliseconds patience, Is is) {
  auto end = std::chrono::steady_clock::now() + patience;
  while (!is()) {
    if (std::chrono::steady_clock::now() > end)
      return false;
    std::this_thread::sleep_for(look_again);
  }
  return true;
}

} // namespace

victim::victim(std::vector<std::string> words, std::string data, const std::string& log)
    : data_{std::move(data)} {
  std::vector<char*> argv;
  for (auto& word : words)
    argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, STDERR_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (::posix_spawn(&process_, argv[0], &files, nullptr, argv.data(), environ) != 0)
    process_ = -1;
  posix_spawn_file_actions_destroy(&files);
  if (process_ < 0)
    end_ = ending{127, 0};
}

victim::~victim() {
  if (!ended())
    strike(SIGKILL);
  await_end(std::chrono::seconds{60});
}

std::unique_ptr<control_client> victim::client() const {
  auto tokens = token_list::read(control_tokens(data_));
  if (!tokens)
    return {};
  auto made = std::make_unique<control_client>(control_socket(data_), tokens->first());
  made->set_patience(std::chrono::seconds{10});
  return made;
}

bool victim::await_ready(std::chrono::milliseconds patience) {
  auto ready = false;
  poll(patience, [&] {
    if (somebody_listens(
            control_socket(data_))) // a channel that has failed to connect waits before it tries again
      if (auto asking = client())
        ready = static_cast<bool>(asking->status());
    return ready || ended();
  });
  return ready;
}

std::optional<ending> victim::ended() {
  int status = 0;
  if (!end_ && ::waitpid(process_, &status, WNOHANG) == process_)
    end_ = ending{WIFEXITED(status) ? WEXITSTATUS(status) : 0, WIFSIGNALED(status) ? WTERMSIG(status) : 0};
  return end_;
}

void victim::strike(int signal) const {
  if (!end_)
    ::kill(process_, signal);
}

std::optional<ending> victim::await_end(std::chrono::milliseconds patience) {
  poll(patience, [this] { return ended().has_value(); });
  return end_;
}

} // namespace troupe::chaos
