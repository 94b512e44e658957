// POSTGRES SERVER: initdb, postgres, and libpq for what tests look at.
// Invariant: no server outlives the test process, however that ends.

#include "tests/support/postgres_server.hpp"
#include "tests/support/tcp_relay.hpp"
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace troupe::test {
namespace {

namespace fs = std::filesystem;

constexpr auto user = "postgres"; // the server refuses to run as root

[[noreturn]] void fail(const std::string& why) {
  throw std::runtime_error{"PostgreSQL for tests: " + why};
}

// Where the newest installed server is.
std::string find_programs() {
  std::string found;
  std::error_code none;
  for (fs::directory_iterator at{"/usr/lib/postgresql", none}, end; !none && at != end; at.increment(none))
    if (fs::exists(at->path() / "bin" / "initdb") && at->path().string() + "/bin/" > found)
      found = at->path().string() + "/bin/";
  if (found.empty())
    fail("no server is installed; `./dev test` installs it, or apt-get install postgresql");
  return found;
}

} // namespace

// -- sessions -----------------------------------------------------------------

postgres_session::postgres_session(const std::string& address) : handle_{PQconnectdb(address.c_str())} {
  if (PQstatus(handle_) == CONNECTION_OK) {
    PQsetNoticeProcessor(
        handle_, [](void*, const char*) {}, nullptr);
    return;
  }
  std::string why = PQerrorMessage(handle_);
  PQfinish(handle_);
  fail(why);
}

postgres_session::~postgres_session() {
  PQfinish(handle_);
}

std::string postgres_session::run(const std::string& text) {
  std::unique_ptr<PGresult, void (*)(PGresult*)> result{PQexec(handle_, text.c_str()), PQclear};
  auto status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
    fail(text + ": " + PQerrorMessage(handle_));
  return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
}

// -- server -------------------------------------------------------------------

// As the server's user if this is root. The server dies with the thread that launches it.
pid_t postgres_server::launch(const std::vector<std::string>& words, int output) const {
  std::vector<std::string> all{"setpriv", "--pdeathsig=KILL"};
  if (::geteuid() == 0)
    for (auto* word : {"--reuid=postgres", "--regid=postgres", "--init-groups"})
      all.emplace_back(word);
  all.insert(all.end(), words.begin(), words.end());
  std::vector<char*> arguments;
  for (auto& word : all)
    arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, output, 1);
  posix_spawn_file_actions_adddup2(&files, output, 2);
  pid_t child = 0;
  auto failure = ::posix_spawnp(&child, "setpriv", &files, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  if (failure != 0)
    fail(std::string{"setpriv: "} + std::strerror(failure));
  return child;
}

postgres_server::postgres_server(std::vector<std::string> settings)
    : programs_{find_programs()}, settings_{std::move(settings)}, port_{free_port()} {
  if (auto* owner = ::getpwnam(user); ::geteuid() == 0 && owner)
    if (::chown(scratch_.path().c_str(), owner->pw_uid, owner->pw_gid) != 0)
      fail("cannot give the directory to its user");
  auto log = ::open((scratch_.path() / "initdb.log").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  auto child = launch({programs_ + "initdb", "--no-sync", "--auth=trust", "--username=troupe",
                       "--encoding=UTF8", "--locale=C", "--wal-segsize=4", "-D", data()},
                      log);
  ::close(log);
  int status = 0;
  if (::waitpid(child, &status, 0) != child || status != 0)
    fail("initdb failed");
  start();
}

postgres_server::~postgres_server() {
  kill();
}

std::string postgres_server::address() const {
  return "host=" + scratch_.path().string() + " port=" + std::to_string(port_) +
         " user=troupe dbname=postgres";
}

std::string postgres_server::data() const {
  return (scratch_.path() / "data").string();
}

// False if it ended before it was ready.
bool postgres_server::try_to_start(const std::vector<std::string>& more) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    fail("no pipe");
  std::vector<std::string> words{programs_ + "postgres", "-D", data()};
  auto add = [&](const std::string& setting) {
    words.emplace_back("-c");
    words.push_back(setting);
  };
  // What it acknowledges it syncs, as everywhere; what it does besides is kept small.
  for (auto& one :
       {"unix_socket_directories=" + scratch_.path().string(), "port=" + std::to_string(port_),
        std::string{"listen_addresses=127.0.0.1"}, std::string{"recovery_init_sync_method=syncfs"},
        std::string{"autovacuum=off"}, std::string{"shared_buffers=16MB"}})
    add(one);
  for (auto* all : {&settings_, &more})
    for (auto& one : *all)
      add(one);
  process_ = launch(words, ends[1]);
  ::close(ends[1]);
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
      told = text.find("ready to accept") != std::string::npos;
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

void postgres_server::start(const std::vector<std::string>& more) {
  // While a process of the one before has not noticed its end yet, the memory they share is in use.
  for (int attempt = 0; attempt < 100; ++attempt)
    if (try_to_start(more))
      return;
  fail("the server does not start");
}

void postgres_server::kill() {
  if (process_ == 0)
    return;
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
  process_ = 0;
  listener_.join(); // its other processes hold the pipe until they have ended
}

std::string postgres_server::run(const std::string& text) const {
  return postgres_session{address()}.run(text);
}

postgres_server& empty_postgres() {
  static postgres_server server;
  server.run("drop schema if exists troupe cascade; alter role troupe reset all");
  return server;
}

} // namespace troupe::test
