// Every failure has one row: name, statuses, exit code; and an error keeps its code and its text.
#define CAF_SUITE runtime.error
#include <array>
#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>
#include <set>
#include <stdexcept>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/proto/common.pb.h>

using namespace troupe;

namespace {

constexpr int last = static_cast<int>(ec::shredded);

// What the CLI promises for each failure; see ec_info::exit_code.
constexpr std::array exit_codes{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

} // namespace

CAF_TEST(every code has its own row in order) {
  for (int i = 1; i <= last; ++i)
    CAF_CHECK_EQUAL(static_cast<int>(info(static_cast<ec>(i)).code), i);
  CAF_CHECK(info(static_cast<ec>(last + 1)).code == ec::internal);
  CAF_CHECK(info(ec{}).code == ec::internal);
  CAF_CHECK(info(static_cast<ec>(255)).code == ec::internal);
}

CAF_TEST(names are unique and lead back to the code) {
  std::set<std::string> names;
  for (int i = 1; i <= last; ++i) {
    auto code = static_cast<ec>(i);
    CAF_CHECK(ec_from_name(to_string(code)) == code);
    names.insert(to_string(code));
  }
  CAF_CHECK_EQUAL(names.size(), static_cast<size_t>(last));
  CAF_CHECK(ec_from_name("no such name") == ec::internal);
}

CAF_TEST(statuses and exit codes are those of failures) {
  for (int i = 1; i <= last; ++i) {
    auto& row = info(static_cast<ec>(i));
    CAF_CHECK(row.http_status >= 400 && row.http_status <= 504);
    CAF_CHECK(row.grpc_status >= 1 && row.grpc_status <= 16); // grpc::StatusCode without OK
    CAF_CHECK(std::find(exit_codes.begin(), exit_codes.end(), row.exit_code) != exit_codes.end());
  }
}

CAF_TEST(the statuses clients act on are right) {
  struct expectation {
    ec code;
    int http, grpc, exit;
  };
  for (auto& e : {expectation{ec::invalid_argument, 400, 3, 2},
                  {ec::not_found, 404, 5, 3},
                  {ec::unauthenticated, 401, 16, 4},
                  {ec::permission_denied, 403, 7, 4},
                  {ec::budget_exceeded, 402, 8, 5},
                  {ec::timeout, 504, 4, 6},
                  {ec::conflict, 409, 10, 7},
                  {ec::overloaded, 503, 8, 8},
                  {ec::unavailable, 503, 14, 8},
                  {ec::rate_limited, 429, 8, 8},
                  {ec::internal, 500, 13, 1},
                  {ec::corrupt, 500, 15, 9},
                  {ec::from_future, 500, 15, 10},
                  {ec::disk_full, 503, 14, 11},
                  {ec::read_only, 503, 14, 12},
                  {ec::locked, 503, 14, 13},
                  {ec::key_missing, 503, 14, 14},
                  {ec::wrong_key, 503, 14, 15}}) {
    auto& row = info(e.code);
    CAF_CHECK_EQUAL(row.http_status, e.http);
    CAF_CHECK_EQUAL(row.grpc_status, e.grpc);
    CAF_CHECK_EQUAL(row.exit_code, e.exit);
  }
}

CAF_TEST(an error keeps code and text) {
  auto with = make_error(ec::not_found, "no run 7");
  CAF_CHECK(code_of(with) == ec::not_found);
  CAF_CHECK_EQUAL(text_of(with), "no run 7");
  CAF_CHECK_EQUAL(describe(with), "not_found: no run 7");
  auto without = make_error(ec::timeout);
  CAF_CHECK(code_of(without) == ec::timeout);
  CAF_CHECK_EQUAL(text_of(without), "");
  CAF_CHECK_EQUAL(describe(without), "timeout");
}

CAF_TEST(a message tells of an error and gives it back) {
  auto told = to_failure(make_error(ec::disk_full, "no room"));
  CAF_CHECK_EQUAL(uint32_t{told.code()}, static_cast<uint32_t>(ec::disk_full));
  CAF_CHECK(error_of(told) == ec::disk_full);
  CAF_CHECK_EQUAL(text_of(error_of(told)), "no room");
}

CAF_TEST(the absence of an error can be described too) {
  caf::error none;
  CAF_CHECK(code_of(none) == ec{});
  CAF_CHECK_EQUAL(text_of(none), "");
  CAF_CHECK_EQUAL(describe(none), "no error");
}

CAF_TEST(errors of CAF count as ours) {
  CAF_CHECK(code_of(caf::sec::request_timeout) == ec::timeout);
  CAF_CHECK(code_of(caf::sec::request_receiver_down) == ec::unavailable);
  CAF_CHECK(code_of(caf::make_error(caf::exit_reason::kill)) == ec::unavailable);
  CAF_CHECK(code_of(caf::sec::unexpected_message) == ec::internal);
  CAF_CHECK(!text_of(caf::sec::unexpected_message).empty());
}

CAF_TEST(a broken invariant throws with its place) {
  ensure(true);
  try {
    ensure(false, "the sum");
    CAF_FAIL("nothing was thrown");
  } catch (const std::logic_error& e) {
    std::string text = e.what();
    CAF_CHECK(text.find("error.cpp:") != std::string::npos);
    CAF_CHECK(text.ends_with(": the sum does not hold"));
  }
}
