// Every message of the schema travels through CAF: as text, as bytes, compared, and never too large.
#define CAF_SUITE runtime.messages
#define FAIL CAF_FAIL
#include <caf/all.hpp>
#include <filesystem>
#include <google/protobuf/descriptor.h>
#include <troupe/runtime/messages.hpp>
#include <troupe/runtime/proto/agent.pb.h>
#include <troupe/runtime/proto/common.pb.h>
#include <troupe/runtime/proto/ops.pb.h>
#include <troupe/runtime/proto/workflow.pb.h>

#include <caf/test/dsl.hpp>

using namespace troupe;

namespace {

struct config : caf::actor_system_config {
  config() {
    add_messages(*this);
  }
};

struct fixture : test_coordinator_fixture<config> {
  // What a peer would read of this message.
  template <class T>
  caf::expected<T> travel(T message) {
    byte_buffer bytes;
    caf::binary_serializer sink{sys, bytes};
    if (auto failed = sink(message))
      return failed;
    T result;
    caf::binary_deserializer source{sys, bytes};
    if (auto failed = source(result))
      return failed;
    return result;
  }
};

Field field(std::string name, std::string value) {
  Field f;
  f.set_name(std::move(name));
  f.set_value(std::move(value));
  return f;
}

// A field whose serialized size is exactly this.
Field sized(size_t bytes) {
  auto f = field("", std::string(bytes, 'x'));
  f.mutable_value()->resize(bytes - (f.ByteSizeLong() - bytes));
  return f;
}

template <class Check>
void each_message(Check check) {
  auto* pool = google::protobuf::DescriptorPool::generated_pool();
  for (auto& entry : std::filesystem::directory_iterator{TROUPE_SOURCE_DIR "/runtime/proto"}) {
    auto* file = pool->FindFileByName("troupe/runtime/proto/" + entry.path().filename().string());
    CAF_REQUIRE(file);
    for (int i = 0; i < file->message_type_count(); ++i)
      check(*file->message_type(i));
  }
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(message_tests, fixture)

CAF_TEST(every message of the schema is a type of CAF) {
  each_message([&](auto& type) { CAF_CHECK(sys.types().make_value("troupe::" + type.name())); });
}

CAF_TEST(no message has a map and every context is the first field) {
  std::function<void(const google::protobuf::Descriptor&)> check = [&](auto& type) {
    for (int i = 0; i < type.field_count(); ++i) {
      auto* f = type.field(i);
      CAF_CHECK(!f->is_map());
      if (f->message_type() && f->message_type()->full_name() == "troupe.Context")
        CAF_CHECK(f->number() == 1 && f->name() == "context");
    }
    for (int i = 0; i < type.nested_type_count(); ++i)
      check(*type.nested_type(i));
  };
  each_message(check);
}

CAF_TEST(a message arrives as it was sent) {
  RegisterAgent sent;
  sent.mutable_context()->set_principal("ada");
  sent.mutable_request()->set_id("reviewer");
  sent.mutable_request()->add_capabilities("code.review");
  auto got = travel(sent);
  CAF_REQUIRE(got);
  CAF_CHECK(*got == sent);
  auto inside = travel(caf::make_message(sent, Done{})); // by type name, as between actors
  CAF_REQUIRE(inside);
  CAF_CHECK(inside->get_as<RegisterAgent>(0) == sent);
  CAF_CHECK(travel(Done{}));
}

CAF_TEST(a message at the limit travels and one above it is refused) {
  CAF_CHECK(travel(sized(limits::message_bytes)));
  CAF_CHECK(!check_size(sized(limits::message_bytes)));
  auto large = sized(limits::message_bytes + 1);
  auto refused = travel(large);
  CAF_REQUIRE(!refused);
  CAF_CHECK(code_of(refused.error()) == ec::invalid_argument);
  CAF_CHECK_EQUAL(describe(check_size(large)),
                  "invalid_argument: troupe.Field has 16777217 bytes; at most 16777216 are allowed");
}

CAF_TEST(bytes that are no message are refused as corrupt) {
  byte_buffer bytes;
  caf::binary_serializer sink{sys, bytes};
  std::string garbage = "\xff\xff\xff";
  CAF_REQUIRE(!sink(garbage));
  caf::binary_deserializer source{sys, bytes};
  Field f;
  caf::error failed = source(f);
  CAF_CHECK_EQUAL(describe(failed), "corrupt: bytes are no troupe.Field");
}

CAF_TEST(bytes above the limit are refused before they are parsed) {
  byte_buffer bytes;
  caf::binary_serializer sink{sys, bytes};
  auto oversize = sized(limits::message_bytes + 1).SerializeAsString();
  CAF_REQUIRE(!sink(oversize));
  caf::binary_deserializer source{sys, bytes};
  Field f;
  caf::error failed = source(f);
  CAF_CHECK(code_of(failed) == ec::corrupt);
}

CAF_TEST(log text is one line with long fields cut) {
  CAF_CHECK_EQUAL(to_log_text(field("path", "a\nb")), R"(Field{name: "path" value: "a\nb"})");
  CAF_CHECK_EQUAL(to_log_text(Done{}), "Done{}");
  auto text = to_log_text(
      field(std::string(limits::log_field_bytes, 'n'), std::string(limits::log_field_bytes + 1, 'v')));
  CAF_CHECK(text.find(std::string(limits::log_field_bytes, 'n')) != std::string::npos);
  CAF_CHECK(text.find(std::string(limits::log_field_bytes, 'v')) != std::string::npos);
  CAF_CHECK(text.find(std::string(limits::log_field_bytes + 1, 'v')) == std::string::npos);
  CAF_CHECK_EQUAL(caf::deep_to_string(Done{}), "Done{}"); // how CAF prints it
}

CAF_TEST(an event is named by its type and what happened) {
  TaskEvent event;
  CAF_CHECK_EQUAL(event_name(event), "TaskEvent");
  event.mutable_created();
  CAF_CHECK_EQUAL(event_name(event), "TaskEvent.created");
  CAF_CHECK_EQUAL(event_name(Context{}), "Context");
}

CAF_TEST(messages are equal when type and fields are) {
  CAF_CHECK(field("a", "b") == field("a", "b"));
  CAF_CHECK(!(field("a", "b") == field("a", "c")));
  CAF_CHECK(!equal(Done{}, Ping{}));
  CAF_CHECK(equal(Done{}, Done{}));
}

CAF_TEST_FIXTURE_SCOPE_END()
