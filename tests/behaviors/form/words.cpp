// Times and sizes are whole numbers with units, and nothing else.
#define CAF_SUITE behaviors.form.words
#include <caf/test/unit_test.hpp>
#include <cstdint>
#include <limits>
#include <troupe/behaviors/form/words.hpp>
#include <troupe/runtime/proto/definition.pb.h>

using namespace troupe;

namespace {

constexpr auto largest = std::numeric_limits<int64_t>::max();
constexpr auto smallest = std::numeric_limits<int64_t>::min();

int64_t time_of(std::string_view text) {
  auto time = parse_quantity(text, time_units());
  CAF_REQUIRE(time);
  return *time;
}

std::string_view name_of(const google::protobuf::Descriptor* type, const char* field) {
  return written_name(*type->FindFieldByName(field));
}

} // namespace

CAF_TEST(times have one unit or several) {
  CAF_CHECK_EQUAL(time_of("250ms"), int64_t{250});
  CAF_CHECK_EQUAL(time_of("90s"), int64_t{90'000});
  CAF_CHECK_EQUAL(time_of("5m"), int64_t{300'000});
  CAF_CHECK_EQUAL(time_of("1h30m"), int64_t{5'400'000});
  CAF_CHECK_EQUAL(time_of("1d1h1m1s1ms"), int64_t{90'061'001});
  CAF_CHECK_EQUAL(time_of("-2s"), int64_t{-2'000});
  CAF_CHECK_EQUAL(time_of("0s"), int64_t{0});
}

CAF_TEST(sizes have units of their own) {
  CAF_CHECK_EQUAL(parse_quantity("64KiB", size_units()).value_or(0), int64_t{65'536});
  CAF_CHECK_EQUAL(parse_quantity("1MiB512B", size_units()).value_or(0), int64_t{1'049'088});
  CAF_CHECK(!parse_quantity("64s", size_units()));
  CAF_CHECK_EQUAL(print_quantity(3 * 1024 + 1, size_units()), "3KiB1B");
}

CAF_TEST(what is no time is refused) {
  for (auto text : {"",
                    "-",
                    "5",
                    "s",
                    "1.5s",
                    "5 s",
                    " 5s",
                    "5s ",
                    "5S",
                    "5sec",
                    "1m1h",
                    "1s1s",
                    "--1s",
                    "1h-1m",
                    "+1s",
                    "0x1s",
                    "1h30",
                    "99999999999999999999s",
                    "9223372036854775807s",
                    "106751991168d"})
    CAF_CHECK(!parse_quantity(text, time_units()));
}

CAF_TEST(the largest units are printed and read as the same) {
  CAF_CHECK_EQUAL(print_quantity(5'400'000, time_units()), "1h30m");
  CAF_CHECK_EQUAL(print_quantity(1'500, time_units()), "1s500ms");
  CAF_CHECK_EQUAL(print_quantity(0, time_units()), "0ms");
  for (auto value : {int64_t{1}, int64_t{-1}, int64_t{86'400'000}, int64_t{-90'061'001}, largest, smallest})
    CAF_CHECK_EQUAL(time_of(print_quantity(value, time_units())), value);
}

CAF_TEST(fields leave their unit out and enums their prefix) {
  CAF_CHECK_EQUAL(std::string{name_of(StepDefinition::descriptor(), "timeout_ms")}, "timeout");
  CAF_CHECK_EQUAL(std::string{name_of(StepDefinition::descriptor(), "may_fail")}, "may_fail");
  CAF_CHECK(units_of(*StepDefinition::descriptor()->FindFieldByName("needs")).empty());
  CAF_CHECK_EQUAL(written_word(*JoinMode_descriptor()->FindValueByName("JOIN_N_OF")), "n_of");
  CAF_CHECK_EQUAL(written_word(*Priority_descriptor()->FindValueByName("PRIORITY_HIGH")), "high");
}
