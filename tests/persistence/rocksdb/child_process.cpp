// Whatever happens to the one who looks, we hear of it and go on.
#define CAF_SUITE persistence.rocksdb.child_process
#include <caf/test/unit_test.hpp>
#include <csignal>
#include <cstdio>
#include <stdexcept>
#include <troupe/persistence/rocksdb/child_process.hpp>
#include <troupe/runtime/limits.hpp>
#include <unistd.h>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

caf::expected<std::string> child(const std::function<std::string()>& look) {
  return in_child(look, limits::store_probe);
}

bool mentions(const caf::error& failure, std::string_view part) {
  return text_of(failure).find(part) != std::string::npos;
}

} // namespace

CAF_TEST(what a child saw is told and what it changed is not ) {
  int changed = 0;
  auto said = child([&] {
    ++changed;
    return std::string{"seen\0all", 8};
  });
  CAF_REQUIRE(said);
  CAF_CHECK_EQUAL(*said, (std::string{"seen\0all", 8}));
  CAF_CHECK_EQUAL(changed, 0);
}

CAF_TEST(an answer may be longer than a pipe holds) {
  std::string text(1u << 20, 'x');
  auto said = child([&] {
    for (int i = 0; i < 100'000; ++i)
      std::fputs("talk ", stderr);
    return text;
  });
  CAF_REQUIRE(said);
  CAF_CHECK(*said == text);
}

CAF_TEST(a child that gives up counts as damage and its last words are kept) {
  auto said = child([]() -> std::string {
    std::fputs("first line\nx.cc:7: the assertion `false' failed.\n", stderr);
    std::abort();
  });
  CAF_REQUIRE(!said);
  CAF_CHECK_EQUAL(code_of(said.error()), ec::corrupt);
  CAF_CHECK(mentions(said.error(), "x.cc:7: the assertion `false' failed."));
  CAF_CHECK(!mentions(said.error(), "first line"));
}

CAF_TEST(a child that faults or throws counts as damage) {
  auto fault = child([]() -> std::string {
    std::raise(SIGSEGV);
    return "never";
  });
  CAF_REQUIRE(!fault);
  CAF_CHECK_EQUAL(code_of(fault.error()), ec::corrupt);
  auto thrown = child([]() -> std::string { throw std::runtime_error{"no memory left"}; });
  CAF_REQUIRE(!thrown);
  CAF_CHECK_EQUAL(code_of(thrown.error()), ec::corrupt);
  CAF_CHECK(mentions(thrown.error(), "no memory left"));
}

CAF_TEST(a child that is killed or takes too long says nothing about the files) {
  auto killed = child([]() -> std::string {
    std::raise(SIGKILL);
    return "never";
  });
  CAF_REQUIRE(!killed);
  CAF_CHECK_EQUAL(code_of(killed.error()), ec::unavailable);
  auto slow = in_child(
      []() -> std::string {
        for (;;)
          ::pause();
      },
      20ms);
  CAF_REQUIRE(!slow);
  CAF_CHECK_EQUAL(code_of(slow.error()), ec::unavailable);
  CAF_CHECK(mentions(slow.error(), "took longer"));
}
