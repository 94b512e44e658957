// A file is closed once, and read and written whole.
#define CAF_SUITE runtime.descriptor
#include "tests/support/scratch.hpp"
#include <caf/test/unit_test.hpp>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <thread>
#include <troupe/runtime/descriptor.hpp>
#include <unistd.h>

using namespace troupe;

namespace {

bool is_open(int file) {
  return ::fcntl(file, F_GETFD) >= 0;
}

struct two_ends {
  explicit two_ends(std::pair<int, int> ends) : out{ends.first}, in{ends.second} {}
  two_ends() : two_ends{make()} {}
  static std::pair<int, int> make() {
    int ends[2];
    CAF_REQUIRE_EQUAL(::pipe2(ends, O_CLOEXEC), 0);
    return {ends[0], ends[1]};
  }
  descriptor out, in;
};

} // namespace

CAF_TEST(what is held is closed by the last to hold it) {
  int file = -1;
  {
    two_ends pipe;
    file = pipe.out;
    {
      descriptor taken{std::move(pipe.out)};
      CAF_CHECK(is_open(file));
    }
    CAF_CHECK(!is_open(file));
    auto in = static_cast<int>(pipe.in);
    pipe.in.close();
    CAF_CHECK(!is_open(in));
    CAF_CHECK(pipe.in < 0);
  }
  CAF_CHECK(!is_open(file));
}

CAF_TEST(closing leaves the last failure to whoever reads it next) {
  descriptor closed{1 << 20}; // nobody has it open
  errno = EDOM;
  closed.close();
  CAF_CHECK_EQUAL(int{errno}, EDOM);
}

CAF_TEST(more than a pipe holds is written and read whole) {
  two_ends pipe;
  std::string sent(1 << 20, 'x');
  sent.back() = 'y';
  std::thread writer{[&] {
    write_all(pipe.in, sent);
    pipe.in.close();
  }};
  auto got = read_all(pipe.out, 2 << 20);
  writer.join();
  CAF_REQUIRE(got);
  CAF_CHECK(*got == sent);
}

CAF_TEST(no more is read than was asked for) {
  two_ends pipe;
  CAF_CHECK(write_all(pipe.in, "seven of ten"));
  CAF_CHECK_EQUAL(read_all(pipe.out, 5).value_or(""), "seven");
}

CAF_TEST(what cannot be read or written says why) {
  test::scratch scratch;
  descriptor directory{::open(scratch.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  CAF_CHECK(!read_all(directory, 1));
  CAF_CHECK_EQUAL(last_failure(), "Is a directory");
  CAF_CHECK(!write_all(directory, "x"));
  CAF_CHECK_EQUAL(last_failure(), "Bad file descriptor");
}
