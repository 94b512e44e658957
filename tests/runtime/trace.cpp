// A trace survives from cause to effect, and foreign trace headers are read as W3C Trace Context says.
#define CAF_SUITE runtime.trace
#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/id.hpp>
#include <troupe/runtime/proto/common.pb.h>
#include <troupe/runtime/trace.hpp>

using namespace troupe;

namespace {

// The example of the specification.
constexpr std::string_view example = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

bool refused(std::string_view text) {
  auto result = parse_trace(text);
  return !result && code_of(result.error()) == ec::invalid_argument;
}

std::string with(size_t at, std::string_view text) {
  return std::string{example}.replace(at, text.size(), text);
}

} // namespace

CAF_TEST(a valid header reads and prints the same) {
  auto place = parse_trace(example);
  CAF_REQUIRE(place);
  CAF_CHECK_EQUAL(place->trace_high, 0x0af7651916cd43ddu);
  CAF_CHECK_EQUAL(place->trace_low, 0x8448eb211c80319cu);
  CAF_CHECK_EQUAL(place->span, 0xb7ad6b7169203331u);
  CAF_CHECK(place->sampled);
  CAF_CHECK_EQUAL(to_string(*place), example);
  CAF_CHECK(!parse_trace(with(53, "00"))->sampled);
}

CAF_TEST(unknown flags are ignored and not passed on) {
  CAF_CHECK_EQUAL(to_string(*parse_trace(with(53, "ff"))), example);
  CAF_CHECK_EQUAL(to_string(*parse_trace(with(53, "fe"))), with(53, "00"));
}

CAF_TEST(malformed headers are refused) {
  CAF_CHECK(refused(""));
  CAF_CHECK(refused(example.substr(0, 54)));
  CAF_CHECK(refused(std::string{example} + "-"));
  CAF_CHECK(refused(std::string{example} + "-what"));
  CAF_CHECK(refused(with(0, "ff")));
  CAF_CHECK(refused(with(0, "0G")));
  CAF_CHECK(refused(with(3, "A")));  // upper case
  CAF_CHECK(refused(with(20, "x"))); // second half of the trace id
  CAF_CHECK(refused(with(40, "x")));
  CAF_CHECK(refused(with(53, ".0")));
  CAF_CHECK(refused(with(2, "_")));
  CAF_CHECK(refused(with(35, "_")));
  CAF_CHECK(refused(with(52, "_")));
  CAF_CHECK(refused(with(3, std::string(32, '0'))));
  CAF_CHECK(refused(with(36, std::string(16, '0'))));
  CAF_CHECK(!refused(with(3, std::string(16, '0')))); // half of an id may be zero
}

CAF_TEST(of later versions the known part is read) {
  CAF_CHECK_EQUAL(to_string(*parse_trace(with(0, "cc"))), example);
  CAF_CHECK_EQUAL(to_string(*parse_trace(with(0, "cc") + "-what")), example);
  CAF_CHECK(refused(with(0, "cc") + ".what"));
}

CAF_TEST(traces of one seed repeat and of two seeds differ) {
  id_source a{1}, b{1}, c{2};
  auto first = new_trace(a);
  CAF_CHECK(first == new_trace(b));
  CAF_CHECK(!(first == new_trace(c)));
  CAF_CHECK(parse_trace(to_string(first)) == first);
}

CAF_TEST(a child span stays in the trace) {
  id_source ids{1};
  auto parent = *parse_trace(with(53, "00"));
  auto child = child_span(parent, ids);
  CAF_CHECK_NOT_EQUAL(child.span, parent.span);
  child.span = parent.span;
  CAF_CHECK(child == parent);
}

CAF_TEST(a caused command keeps trace and principal and deadline but not the command id) {
  id_source ids{1};
  Context parent;
  parent.set_trace(std::string{example});
  parent.set_principal("ada");
  parent.set_deadline_ms(5000);
  parent.set_command_id("id");
  auto child = child_context(parent, ids);
  CAF_CHECK_EQUAL(child.trace().substr(0, 36), example.substr(0, 36));
  CAF_CHECK_NOT_EQUAL(child.trace(), example);
  CAF_CHECK_EQUAL(child.principal(), "ada");
  CAF_CHECK_EQUAL(child.deadline_ms(), 5000);
  CAF_CHECK_EQUAL(child.command_id(), "");
}

CAF_TEST(a parent without a trace begins one) {
  id_source ids{1};
  Context parent;
  CAF_CHECK(parse_trace(child_context(parent, ids).trace()));
  parent.set_trace("garbage");
  CAF_CHECK(parse_trace(child_context(parent, ids).trace()));
}

CAF_TEST(what has no trace has one of its name) {
  auto of_run = trace_of("default/run/r1");
  CAF_CHECK(parse_trace(of_run));
  CAF_CHECK_EQUAL(of_run, trace_of("default/run/r1"));
  CAF_CHECK_NOT_EQUAL(trace_id(of_run), trace_id(trace_of("default/run/r2")));
  CAF_CHECK(parse_trace(trace_of("")));
}

CAF_TEST(the id of a trace is its middle) {
  CAF_CHECK_EQUAL(trace_id(example), example.substr(3, 32));
  CAF_CHECK_EQUAL(trace_id("garbage"), "");
}
