// A mark never falls, survives a torn write, and tells damage from absence.
#define CAF_SUITE persistence.high_water
#include "tests/support/scratch.hpp"
#include <caf/test/unit_test.hpp>
#include <fstream>
#include <troupe/persistence/high_water.hpp>
#include <troupe/runtime/limits.hpp>

using namespace troupe;

namespace {

const std::string store_id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

struct marked {
  test::scratch scratch;
  std::filesystem::path directory = scratch.path();
  std::filesystem::path file = directory / high_water::file_name;

  std::unique_ptr<high_water> set(uint64_t sequence) {
    auto mark = high_water::set(directory, {store_id, sequence});
    CAF_REQUIRE(mark);
    return std::move(*mark);
  }
  high_water::point read() {
    auto mark = high_water::read(directory);
    CAF_REQUIRE(mark);
    CAF_REQUIRE(mark->has_value());
    return **mark;
  }
  void flip(std::streamoff offset) {
    std::fstream bytes{file, std::ios::in | std::ios::out | std::ios::binary};
    bytes.seekg(offset);
    auto byte = static_cast<char>(bytes.get() ^ 4);
    bytes.seekp(offset);
    bytes.put(byte);
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(high_water_tests, marked)

CAF_TEST(where there is no mark there is none and no failure) {
  auto mark = high_water::read(directory);
  CAF_REQUIRE(mark);
  CAF_CHECK(!mark->has_value());
}

CAF_TEST(a mark is read as it was set and raised) {
  {
    auto mark = set(7);
    CAF_CHECK_EQUAL(read().sequence, 7u);
    CAF_CHECK_EQUAL(read().store, store_id);
    for (uint64_t n : {8u, 12u, 300u})
      CAF_CHECK(!mark->raise(n, 1));
    CAF_CHECK_EQUAL(read().sequence, 300u); // at once, for whoever looks after a kill
  }
  CAF_CHECK_EQUAL(read().sequence, 300u);
}

CAF_TEST(a mark does not fall but it can be set anew) {
  auto mark = set(7);
  CAF_CHECK(!mark->raise(5, 1));
  CAF_CHECK_EQUAL(read().sequence, 7u);
  set(3);
  CAF_CHECK_EQUAL(read().sequence, 3u);
}

CAF_TEST(a torn write leaves the value before it) {
  auto mark = set(7);
  CAF_CHECK(!mark->raise(8, 1));
  CAF_CHECK(!mark->raise(9, 1));
  auto size = static_cast<std::streamoff>(std::filesystem::file_size(file));
  unsigned nines = 0, eights = 0;
  for (std::streamoff at = 0; at < size; ++at) {
    flip(at);
    auto found = read().sequence;
    nines += found == 9;
    eights += found == 8;
    flip(at);
  }
  CAF_CHECK_EQUAL(nines + eights, static_cast<unsigned>(size));
  CAF_CHECK_EQUAL(eights, 56u); // each bit of the newest place counts
}

CAF_TEST(a mark without a whole place is damaged and not absent) {
  set(7);
  for (std::streamoff at : {9, 512 + 9})
    flip(at);
  CAF_CHECK_EQUAL(code_of(high_water::read(directory).error()), ec::corrupt);
  std::filesystem::resize_file(file, 0);
  CAF_CHECK_EQUAL(code_of(high_water::read(directory).error()), ec::corrupt);
  set(11);
  CAF_CHECK_EQUAL(read().sequence, 11u);
}

CAF_TEST(where no file can be made a mark is refused) {
  auto mark = high_water::set(directory / "nowhere", {store_id, 1});
  CAF_REQUIRE(!mark);
  CAF_CHECK_EQUAL(code_of(mark.error()), ec::unavailable);
  std::filesystem::create_directory(file);
  CAF_CHECK_EQUAL(code_of(high_water::set(directory, {store_id, 1}).error()), ec::unavailable);
}

CAF_TEST_FIXTURE_SCOPE_END()
