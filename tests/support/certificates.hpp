// Certificates for one test, made by openssl in a directory of its own.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <tests/support/scratch.hpp>
#include <troupe/net/link/grpc_wire.hpp>

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
    if (std::system(("openssl " + words + " 2>" + path("said")).c_str()) != 0)
      throw std::runtime_error("openssl " + words);
  }
  static inline const std::string key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
  test::scratch place_;
};

} // namespace troupe
