// ETCD SERVER. Invariant: no server outlives the test process, however that ends.

#include "tests/support/etcd_server.hpp"
#include "tests/support/tcp_relay.hpp"
#include <cstring>
#include <fcntl.h>
#include <future>
#include <signal.h>
#include <spawn.h>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace troupe::test {
namespace {

[[noreturn]] void no_etcd(const std::string& why) {
  throw std::runtime_error{"etcd for tests: " + why};
}

} // namespace

etcd_server::etcd_server(std::string certificate, std::string key)
    : certificate_{std::move(certificate)}, key_{std::move(key)}, port_{free_port()}, peer_port_{
                                                                                          free_port()} {
  start();
}

etcd_server::~etcd_server() {
  kill();
}

std::string etcd_server::url(int port) const {
  return (certificate_.empty() || port == peer_port_ ? "http://127.0.0.1:" : "https://127.0.0.1:") +
         std::to_string(port);
}

std::string etcd_server::address() const {
  return url(port_);
}

// False if it ended before it was ready.
bool etcd_server::try_to_start() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    no_etcd("no pipe");
  // The server dies with the thread that launches it.
  std::vector<std::string> words{"setpriv",
                                 "--pdeathsig=KILL",
                                 "etcd",
                                 "--name=one",
                                 "--data-dir=" + (scratch_.path() / "data").string(),
                                 "--listen-client-urls=" + url(port_),
                                 "--advertise-client-urls=" + url(port_),
                                 "--listen-peer-urls=" + url(peer_port_),
                                 "--initial-advertise-peer-urls=" + url(peer_port_),
                                 "--initial-cluster=one=" + url(peer_port_),
                                 "--bcrypt-cost=4",
                                 "--heartbeat-interval=50",
                                 "--election-timeout=500"};
  if (!certificate_.empty())
    words.insert(words.end(), {"--cert-file=" + certificate_, "--key-file=" + key_});
  std::vector<char*> arguments;
  for (auto& word : words)
    arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, ends[1], 1);
  posix_spawn_file_actions_adddup2(&files, ends[1], 2);
  auto failure = ::posix_spawnp(&process_, "setpriv", &files, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  ::close(ends[1]);
  if (failure != 0)
    no_etcd(std::string{"setpriv: "} + std::strerror(failure));
  auto said = std::make_shared<std::promise<bool>>();
  auto ready = said->get_future();
  listener_ = std::thread{[said, from = ends[0]] {
    std::string text;
    char part[4096];
    bool told = false;
    for (ssize_t count = 0; (count = ::read(from, part, sizeof part)) > 0;) {
      if (told)
        continue;
      text.append(part, static_cast<size_t>(count));
      told = text.find("ready to serve client requests") != std::string::npos;
      if (told)
        said->set_value(true);
    }
    ::close(from);
    if (!told)
      said->set_value(false);
  }};
  if (ready.get())
    return true;
  ::waitpid(process_, nullptr, 0);
  process_ = 0;
  listener_.join();
  return false;
}

void etcd_server::start() {
  for (int attempt = 0; attempt < 5; ++attempt)
    if (try_to_start())
      return;
  no_etcd("it does not start; `./dev test` installs it, or apt-get install etcd-server");
}

void etcd_server::kill() {
  if (process_ == 0)
    return;
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
  process_ = 0;
  listener_.join();
}

void etcd_server::freeze() {
  ::kill(process_, SIGSTOP);
}

void etcd_server::thaw() {
  ::kill(process_, SIGCONT);
}

// Plain sockets: what is tested speaks through libcurl.
std::string etcd_server::post(const std::string& path, const std::string& body) const {
  int fd = tcp_relay::dial(port_);
  auto text =
      "POST " + path + " HTTP/1.0\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  std::string answer;
  char part[4096];
  if (::send(fd, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()))
    for (ssize_t count = 0; (count = ::read(fd, part, sizeof part)) > 0;)
      answer.append(part, static_cast<size_t>(count));
  ::close(fd);
  return answer;
}

etcd_server& common_etcd() {
  static etcd_server server;
  return server;
}

} // namespace troupe::test
