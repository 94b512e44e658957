// Values as the server reads them, byte by byte.
#define CAF_SUITE persistence.postgres.parameters
#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>
#include <troupe/persistence/postgres/parameters.hpp>

using namespace troupe;
using namespace std::string_literals;

CAF_TEST(integers are in network order and come back) {
  CAF_CHECK_EQUAL(sql_int2(258), "\x01\x02"s);
  CAF_CHECK_EQUAL(sql_int2(-1), "\xff\xff"s);
  CAF_CHECK_EQUAL(sql_int8(1), "\0\0\0\0\0\0\0\1"s);
  for (int64_t value : {int64_t{0}, int64_t{1}, int64_t{-1}, int64_t{1} << 40, INT64_MAX, INT64_MIN})
    CAF_CHECK_EQUAL(sql_number(sql_int8(value)), value);
  CAF_CHECK_EQUAL(sql_number(sql_int2(-7)), -7);
  CAF_CHECK_EQUAL(sql_number(""), 0);
  CAF_CHECK_EQUAL(sql_number("123456789"), 0);
}

CAF_TEST(an array has its dimensions before its elements) {
  sql_array bytes{sql_type::bytes};
  bytes.add("ab");
  bytes.add("");
  CAF_CHECK_EQUAL(std::string{bytes.bytes()}, "\0\0\0\1\0\0\0\0\0\0\0\x11\0\0\0\2\0\0\0\1\0\0\0\2"
                                              "ab\0\0\0\0"s);
}

CAF_TEST(an array without elements has no dimensions) {
  sql_array numbers{sql_type::int2};
  auto none = "\0\0\0\0\0\0\0\0\0\0\0\x15"s;
  CAF_CHECK_EQUAL(std::string{numbers.bytes()}, none);
  numbers.add_int2(5);
  CAF_CHECK_EQUAL(std::string{numbers.bytes()}, "\0\0\0\1\0\0\0\0\0\0\0\x15\0\0\0\1\0\0\0\1\0\0\0\2\0\5"s);
  numbers.clear();
  CAF_CHECK_EQUAL(std::string{numbers.bytes()}, none);
}
