// KEY SOURCE: a file or a command gives 32 bytes.
// Invariants: no byte of a key is in an error; a command that hangs or never stops talking is killed, with all it has started.

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sodium.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <troupe/persistence/key_source.hpp>
#include <troupe/persistence/store_directory.hpp>
#include <troupe/runtime/descriptor.hpp>
#include <troupe/runtime/error.hpp>
#include <unistd.h>

namespace troupe {
namespace {

constexpr size_t hex_characters = 64, base64_characters = 44;

// 32 bytes in hex or base64, with blank space around them; overwrites the text.
std::optional<sealing_key> parse_key(std::string& text) {
  constexpr std::string_view blank = " \t\r\n";
  auto begin = std::min(text.find_first_not_of(blank), text.size());
  auto end = text.find_last_not_of(blank) + 1;
  auto word = std::string_view{text}.substr(begin, end > begin ? end - begin : 0);
  std::array<unsigned char, sealing_key::size> bytes{};
  size_t size = 0;
  const char* stopped = nullptr;
  auto read = word.size() == hex_characters ? sodium_hex2bin(bytes.data(), bytes.size(), word.data(),
                                                             word.size(), nullptr, &size, &stopped)
              : word.size() == base64_characters
                  ? sodium_base642bin(bytes.data(), bytes.size(), word.data(), word.size(), nullptr, &size,
                                      &stopped, sodium_base64_VARIANT_ORIGINAL)
                  : -1;
  auto whole = read == 0 && size == bytes.size() && stopped == word.data() + word.size();
  auto key = sealing_key::from_bytes({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  sodium_memzero(bytes.data(), bytes.size());
  sodium_memzero(text.data(), text.size());
  return whole ? key : std::nullopt;
}

caf::error no_key(std::string_view where) {
  return make_error(
      ec::invalid_argument,
      fmt::format("{} holds no master key: 32 bytes, written as 64 hex digits or 44 characters of base64; "
                  "`troupe keys new FILE` makes one",
                  where));
}

// A shell with our standard error, its output into a pipe, in a process group of its own. 0 = it could not be started.
pid_t start_shell(const std::string& command, int output) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
  posix_spawnattr_t how;
  posix_spawnattr_init(&how);
  sigset_t none; // a node blocks the signals that end it
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&how, &none);
  posix_spawnattr_setpgroup(&how, 0);
  posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  std::array<std::string, 3> words{"sh", "-c", command};
  std::array<char*, 4> arguments{words[0].data(), words[1].data(), words[2].data(), nullptr};
  pid_t child = 0;
  auto failure = ::posix_spawn(&child, "/bin/sh", &files, &how, arguments.data(), environ);
  posix_spawnattr_destroy(&how);
  posix_spawn_file_actions_destroy(&files);
  errno = failure;
  return failure == 0 ? child : 0;
}

} // namespace

namespace {

// What is in it, whoever else can read it being refused.
caf::expected<std::string> read_private(const std::string& path, std::string_view what) {
  descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file < 0 && errno == ENOENT)
    return make_error(ec::key_missing, fmt::format("there is no {} {}", what, path));
  struct stat found {};
  if (file < 0 || ::fstat(file, &found) != 0)
    return cannot(fmt::format("read the {}", what), path, last_failure());
  if (!S_ISREG(found.st_mode) || (found.st_mode & 0077) != 0)
    return make_error(ec::permission_denied,
                      fmt::format("{} must be a file only this user can read; chmod 600 {}", path, path));
  auto text = read_all(file, limits::key_command_bytes);
  if (!text)
    return cannot(fmt::format("read the {}", what), path, last_failure());
  return std::move(*text);
}

} // namespace

caf::expected<sealing_key> master_key_from_file(const std::string& path) {
  auto text = read_private(path, "master key file");
  if (!text && code_of(text.error()) == ec::key_missing)
    return make_error(ec::key_missing,
                      text_of(text.error()) + ": restore it, or correct [keys] master_key_file");
  if (!text)
    return std::move(text.error());
  auto key = parse_key(*text);
  if (!key)
    return no_key("the file " + path);
  return *key;
}

caf::expected<secret> password_from_file(const std::string& path) {
  auto text = read_private(path, "password file");
  if (!text)
    return std::move(text.error());
  text->erase(std::min(text->find_first_of("\r\n"), text->size()));
  if (text->empty())
    return make_error(ec::invalid_argument, fmt::format("the first line of {} is empty", path));
  return secret{std::move(*text)};
}

caf::expected<sealing_key> master_key_from_command(const std::string& command, const clock& time,
                                                   std::chrono::milliseconds patience) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return make_error(ec::unavailable, "cannot run the master key command: " + last_failure());
  descriptor output{ends[0]};
  pid_t child = 0;
  {
    descriptor input{ends[1]};
    child = start_shell(command, input);
  }
  if (child == 0)
    return make_error(ec::unavailable, "cannot run the master key command: " + last_failure());
  auto deadline_ms = time.now_ms() + patience.count();
  auto left_ms = [&] { return static_cast<int>(std::max<int64_t>(0, deadline_ms - time.now_ms())); };
  std::string text(limits::key_command_bytes + 1, '\0');
  size_t size = 0;
  auto ended = false;
  while (!ended && size < text.size()) {
    pollfd waits{output, POLLIN, 0};
    auto ready = ::poll(&waits, 1, left_ms());
    if (ready < 0 && errno == EINTR)
      continue;
    if (ready <= 0)
      break;
    auto got = ::read(output, text.data() + size, text.size() - size);
    ended = got <= 0;
    size += ended ? 0 : static_cast<size_t>(got);
  }
  // It has closed its output, or has said too much or nothing: now it may end by itself, or it is ended.
  int status = 0;
  pid_t gone = 0;
  while (ended && (gone = ::waitpid(child, &status, WNOHANG)) == 0 && left_ms() > 0)
    ::poll(nullptr, 0, 1);
  if (gone == 0) {
    ::kill(-child, SIGKILL);
    ::waitpid(child, &status, 0);
  }
  text.resize(size);
  if (size > limits::key_command_bytes)
    return make_error(ec::invalid_argument, fmt::format("the master key command said more than {} bytes",
                                                        limits::key_command_bytes));
  if (gone == 0)
    return make_error(ec::key_missing, fmt::format("the master key command did not end within {} ms: {}",
                                                   patience.count(), command));
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    return make_error(ec::key_missing, fmt::format("the master key command failed: {}", command));
  auto key = parse_key(text);
  if (!key)
    return no_key("the output of the master key command");
  return *key;
}

caf::error make_master_key(const std::string& path) {
  auto key = sealing_key::random();
  std::array<char, hex_characters + 1> text{};
  sodium_bin2hex(text.data(), text.size(), key.reveal(), sealing_key::size);
  text.back() = '\n';
  descriptor file{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)};
  if (file < 0 && errno == EEXIST)
    return make_error(ec::already_exists,
                      fmt::format("there is a file {}: keys are never overwritten, choose another "
                                  "name",
                                  path));
  auto written = file >= 0 && write_all(file, {text.data(), text.size()}) && ::fsync(file) == 0;
  sodium_memzero(text.data(), text.size());
  return written ? caf::error{} : cannot("make the master key file", path, last_failure());
}

} // namespace troupe
