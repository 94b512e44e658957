// Ids sort by time, repeat for a seed, and tell their time.
#define CAF_SUITE runtime.id
#include <caf/test/unit_test.hpp>
#include <troupe/runtime/id.hpp>

using troupe::id_source;

CAF_TEST(ids of one source grow strictly even within a millisecond) {
  id_source source{1};
  std::string last;
  for (int i = 0; i < 1000; ++i) {
    auto id = source.next(5000 - i / 100); // time may even step back
    CAF_CHECK(id > last);
    last = id;
  }
}

CAF_TEST(the same seed and times give the same ids) {
  id_source a{7}, b{7}, c{8};
  auto first = a.next(1000);
  CAF_CHECK_EQUAL(first, b.next(1000));
  CAF_CHECK_NOT_EQUAL(first, c.next(1000));
}

CAF_TEST(the last id of a time is above all made until then and below all made later) {
  id_source source{3};
  auto before = source.next(999), then = source.next(1000), after = source.next(1001);
  auto last = troupe::last_id_of(1000);
  CAF_CHECK(before < last);
  CAF_CHECK(then < last);
  CAF_CHECK(last < after);
  CAF_CHECK(troupe::time_of_id(last) == 1000);
}

CAF_TEST(an id tells when it was made and other text tells nothing) {
  id_source source{1};
  CAF_CHECK(troupe::time_of_id(source.next(1'700'000'000'123)) == 1'700'000'000'123);
  CAF_CHECK(!troupe::time_of_id("not an id"));
  CAF_CHECK(!troupe::time_of_id("01ARZ3NDEKTSV4RRFFQ69G5FA!"));
}
