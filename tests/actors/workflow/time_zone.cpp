// A zone says what the C library says, before, within and after what its file lists; a broken file says nothing.
#define CAF_SUITE actors.workflow.time_zone
#include <caf/test/unit_test.hpp>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iterator>
#include <random>
#include <troupe/actors/workflow/time_zone.hpp>
#include <troupe/runtime/error.hpp>

using namespace troupe;

namespace {

time_zone zone_of(const std::string& name) {
  auto zone = time_zone::load(name);
  if (!zone)
    CAF_FAIL(describe(zone.error()));
  return *zone;
}

int64_t offset_by_the_library(int64_t unix_s) {
  auto time = static_cast<time_t>(unix_s);
  tm parts{};
  localtime_r(&time, &parts);
  return parts.tm_gmtoff;
}

ec refusal_of(const caf::expected<time_zone>& zone) {
  return zone ? ec{} : code_of(zone.error());
}

std::string file_of(const std::string& name) {
  std::ifstream file{"/usr/share/zoneinfo/" + name, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

constexpr const char* zones[] = {"Europe/Berlin", "America/New_York",  "Australia/Lord_Howe",
                                 "Asia/Kolkata",  "Africa/Casablanca", "Pacific/Apia",
                                 "America/Nuuk",  "Asia/Tehran",       "Etc/GMT+5",
                                 "Europe/Dublin", "Pacific/Chatham",   "America/Santiago"};

} // namespace

CAF_TEST(offsets are those of the C library for two centuries) {
  std::mt19937_64 chance{20261130};
  std::uniform_int_distribution<int64_t> moments{0, 7'258'118'400}; // 1970 to 2199
  for (std::string name : zones) {
    ::setenv("TZ", (":" + name).c_str(), 1);
    ::tzset();
    auto zone = zone_of(name);
    size_t different = 0;
    for (int i = 0; i < 5000; ++i) {
      auto moment = moments(chance);
      auto here = zone.at(moment);
      different += here.offset_s != offset_by_the_library(moment);
      different += here.begin_s > moment || here.end_s <= moment;
      // At both ends of a stretch too: that is where mistakes are.
      if (here.begin_s > 0)
        different += offset_by_the_library(here.begin_s) != here.offset_s;
      if (here.end_s < 7'258'118'400)
        different += offset_by_the_library(here.end_s - 1) != here.offset_s;
    }
    CAF_MESSAGE(name);
    CAF_CHECK_EQUAL(different, 0u);
  }
}

CAF_TEST(a time in the gap is the first moment after it and one in the fold the first of two) {
  auto berlin = zone_of("Europe/Berlin");
  constexpr int64_t march = 1'774'746'000;   // 2026-03-29 01:00 UTC: 02:00 becomes 03:00
  constexpr int64_t october = 1'792'890'000; // 2026-10-25 01:00 UTC: 03:00 becomes 02:00
  CAF_CHECK_EQUAL(int64_t{berlin.at(march - 1).offset_s}, 3600);
  CAF_CHECK_EQUAL(int64_t{berlin.at(march).offset_s}, 7200);
  CAF_CHECK_EQUAL(berlin.moment_of(march + 3600 - 1), march - 1);
  CAF_CHECK_EQUAL(berlin.moment_of(march + 3600), march);
  CAF_CHECK_EQUAL(berlin.moment_of(march + 3600 + 1800), march);
  CAF_CHECK_EQUAL(berlin.moment_of(march + 7200), march);
  CAF_CHECK_EQUAL(berlin.moment_of(march + 7201), march + 1);
  CAF_CHECK_EQUAL(berlin.moment_of(october + 3600), october - 3600);
  CAF_CHECK_EQUAL(berlin.moment_of(october + 7199), october - 1);
  CAF_CHECK_EQUAL(berlin.moment_of(october + 7200), october + 3600);
}

CAF_TEST(the moment of a wall clock is found for every offset) {
  std::mt19937_64 chance{7};
  std::uniform_int_distribution<int64_t> moments{100'000'000, 7'258'118'400};
  size_t different = 0;
  for (std::string name : zones) {
    auto zone = zone_of(name);
    for (int i = 0; i < 2000; ++i) {
      auto moment = moments(chance);
      auto here = zone.at(moment);
      auto found = zone.moment_of(moment + here.offset_s);
      // The same one, or an earlier one that the wall shows too.
      different +=
          found != moment && !(found < moment && found + zone.at(found).offset_s == moment + here.offset_s);
    }
  }
  CAF_CHECK_EQUAL(different, 0u);
}

CAF_TEST(UTC needs no file and other names need one) {
  CAF_CHECK_EQUAL(int64_t{zone_of("").at(0).offset_s}, 0);
  CAF_CHECK_EQUAL(zone_of("UTC").moment_of(12345), 12345);
  for (auto* wrong : {"Europe/Nowhere", "../../../etc/passwd", "/etc/passwd", "Europe", "Europe/Berlin\n",
                      "tzdata.zi", "~"})
    CAF_CHECK_EQUAL(refusal_of(time_zone::load(wrong)), ec::invalid_argument);
  CAF_CHECK_EQUAL(refusal_of(time_zone::load(std::string(1000, 'a'))), ec::invalid_argument);
  CAF_CHECK_EQUAL(refusal_of(time_zone::load("leapseconds")), ec::corrupt);
}

CAF_TEST(a file cut short or changed is refused or read and never read past its end) {
  auto whole = file_of("America/New_York");
  CAF_REQUIRE(time_zone::parse(whole));
  for (size_t bytes = 0; bytes < whole.size(); ++bytes)
    CAF_CHECK_EQUAL(refusal_of(time_zone::parse(std::string_view{whole}.substr(0, bytes))), ec::corrupt);
  std::mt19937_64 chance{3};
  size_t refused = 0;
  for (int i = 0; i < 3000; ++i) {
    auto harmed = whole;
    for (int n = 0; n < 3; ++n)
      harmed[chance() % harmed.size()] = static_cast<char>(chance());
    if (auto zone = time_zone::parse(harmed))
      zone->at(4'000'000'000);
    else
      ++refused;
  }
  CAF_CHECK(refused > 100);
  CAF_CHECK_EQUAL(refusal_of(time_zone::parse(whole + std::string(70'000, 'x'))), ec::corrupt);
}
