// Certificates for one test, made by openssl in a directory of its own.
#pragma once

#include <fcntl.h>
#include <filesystem>
#include <iterator>
#include <spawn.h>
#include <sstream>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <tests/support/scratch.hpp>
#include <troupe/net/link/grpc_wire.hpp>
#include <unistd.h>
#include <vector>

namespace troupe {

/// An authority and what it signs.
class certificates {
public:
  certificates() {
    openssl("req -x509 " + key + " -days 30 -subj /CN=authority -keyout " + path("authority.key") + " -out " +
            path("authority.pem"));
  }

  /// A certificate that names a URI, and its key. The same name again replaces the files, each at once.
  link_files sign(const std::string& name, const std::string& uri) {
    openssl("req -x509 " + key + " -days 30 -subj /CN=" + name + " -addext subjectAltName=URI:" + uri +
            " -CA " + path("authority.pem") + " -CAkey " + path("authority.key") + " -keyout " +
            path("new.key") + " -out " + path("new.pem"));
    std::filesystem::rename(path("new.key"), path(name + ".key"));
    std::filesystem::rename(path("new.pem"), path(name + ".pem"));
    return {path(name + ".pem"), path(name + ".key"), path("authority.pem")};
  }

  std::string path(const std::string& name) const {
    return (place_.path() / name).string();
  }

private:
  void openssl(const std::string& words) const {
    std::istringstream text{"openssl " + words};
    std::vector<std::string> all{std::istream_iterator<std::string>{text}, {}};
    std::vector<char*> arguments;
    for (auto& word : all)
      arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t quietly;
    posix_spawn_file_actions_init(&quietly);
    posix_spawn_file_actions_addopen(&quietly, 2, path("said").c_str(), O_WRONLY | O_CREAT, 0600);
    pid_t child = 0;
    int status = -1;
    auto failed = posix_spawnp(&child, "openssl", &quietly, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&quietly);
    if (failed != 0 || waitpid(child, &status, 0) != child || status != 0)
      throw std::runtime_error("openssl " + words);
  }
  static inline const std::string key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
  test::scratch place_;
};

} // namespace troupe
