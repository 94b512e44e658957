// A socket path is taken only from nobody.
#define CAF_SUITE net.api.socket
#include "tests/support/control_node.hpp"
#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>
#include <troupe/net/api/socket.hpp>
#include <unistd.h>

using namespace troupe;

namespace {

// Binds a socket; listens if asked to. The file stays when it is closed.
int bind_socket(const std::string& path, bool listen) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  auto fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  CAF_REQUIRE_EQUAL(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  if (listen)
    CAF_REQUIRE_EQUAL(::listen(fd, 1), 0);
  return fd;
}

} // namespace

CAF_TEST(a stale socket is removed and a living one is left alone) {
  scratch_directory home;
  auto path = home.path + "/control/socket";
  CAF_CHECK(claim_socket(path));
  ::close(bind_socket(path, true));
  CAF_CHECK(!somebody_listens(path));
  CAF_CHECK(claim_socket(path));
  CAF_CHECK(!std::filesystem::exists(path));
  auto living = bind_socket(path, true);
  CAF_CHECK(somebody_listens(path));
  CAF_CHECK_EQUAL(code_of(claim_socket(path).error()), ec::conflict);
  CAF_CHECK(std::filesystem::exists(path));
  ::close(living);
}

CAF_TEST(what is no socket is never removed) {
  scratch_directory home;
  auto path = write_file(home.path + "/socket", "precious");
  CAF_CHECK_EQUAL(code_of(claim_socket(path).error()), ec::conflict);
  CAF_CHECK(std::filesystem::exists(path));
}

CAF_TEST(a wide directory and a long path are refused) {
  scratch_directory home;
  ::chmod(home.path.c_str(), 0755);
  CAF_CHECK_EQUAL(code_of(claim_socket(home.path + "/socket").error()), ec::permission_denied);
  std::string name(limits::socket_path_bytes, 'x');
  CAF_CHECK_EQUAL(code_of(claim_socket("/" + name).error()), ec::invalid_argument);
  CAF_CHECK(!somebody_listens("/" + name));
}
