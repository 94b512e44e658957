// What a worker says of itself is checked field by field.
#define CAF_SUITE net.worker.hello
#include <caf/test/unit_test.hpp>
#include <troupe/net/worker/hello.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/messages.hpp>
#include <troupe/runtime/worker_limits.hpp>

using namespace troupe;

namespace {

WorkerHello good() {
  WorkerHello hello;
  hello.set_name("billing-1");
  hello.add_capabilities("invoice.print");
  hello.set_slots(4);
  hello.set_version("2.4.1");
  return hello;
}

template <class Change>
std::string refusal(Change change) {
  auto hello = good();
  change(hello);
  auto wrong = check_hello(hello);
  CAF_CHECK_EQUAL(code_of(wrong), wrong ? ec::invalid_argument : ec{});
  return text_of(wrong);
}

} // namespace

CAF_TEST(a good hello is taken and its bounds are inclusive) {
  CAF_CHECK_EQUAL(refusal([](auto&) {}), "");
  CAF_CHECK_EQUAL(refusal([](auto& hello) {
                    hello.set_slots(limits::worker_slots);
                    hello.set_name(std::string(200, 'n'));
                    hello.set_version(std::string(limits::worker_version_bytes, 'v'));
                    hello.set_description(std::string(limits::worker_description_bytes, 'd'));
                    for (int i = 1; i < limits::worker_capabilities; ++i)
                      hello.add_capabilities(std::string(limits::worker_capability_bytes, 'c'));
                  }),
                  "");
}

CAF_TEST(each field that is wrong is named) {
  for (std::string name : {"", "a b", "a/b", "ä", "../x"})
    CAF_CHECK(refusal([&](auto& hello) { hello.set_name(name); }).find("hello.name: ") == 0);
  CAF_CHECK(refusal([](auto& hello) { hello.set_name(std::string(201, 'n')); }).find("hello.name: ") == 0);
  CAF_CHECK_EQUAL(refusal([](auto& hello) { hello.clear_capabilities(); }),
                  "hello.capabilities: 0 of them; 1 to 64 are allowed");
  CAF_CHECK_EQUAL(refusal([](auto& hello) { hello.add_capabilities("two words"); }),
                  "hello.capabilities: 'two words' is none: 1 to 200 bytes of A-Z a-z 0-9 _ . : / -");
  CAF_CHECK(refusal([](auto& hello) {
              for (int i = 0; i < limits::worker_capabilities; ++i)
                hello.add_capabilities("c");
            }).find("hello.capabilities: 65") == 0);
  CAF_CHECK_EQUAL(refusal([](auto& hello) { hello.set_slots(0); }), "hello.slots: 0; 1 to 1000 are allowed");
  CAF_CHECK_EQUAL(refusal([](auto& hello) { hello.set_slots(1001); }),
                  "hello.slots: 1001; 1 to 1000 are allowed");
  CAF_CHECK(refusal([](auto& hello) { hello.set_version(std::string(201, 'v')); }).find("hello.version: ") ==
            0);
  CAF_CHECK(refusal([](auto& hello) {
              hello.set_description(std::string(1001, 'd'));
            }).find("hello.description: ") == 0);
}

CAF_TEST(the same hello of the same principal is the same agent) {
  auto again = good();
  again.add_capabilities("invoice.print");
  CAF_CHECK(equal(agent_of(good(), "wilma"), agent_of(again, "wilma")));
  CAF_CHECK(!equal(agent_of(good(), "wilma"), agent_of(good(), "fred")));
  CAF_CHECK_EQUAL(owner_of(agent_of(good(), "wilma")), "wilma");
  auto local = agent_of(good(), "wilma");
  local.set_behavior("printer");
  CAF_CHECK_EQUAL(owner_of(local), "");
}
