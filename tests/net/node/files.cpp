// Files and name=value words become messages, or an error that names them.
#define CAF_SUITE net.node.files
#include "tests/support/control_node.hpp"
#include <troupe/net/node/files.hpp>
#include <troupe/runtime/proto/workflow.pb.h>

using namespace troupe;

CAF_TEST(a definition is read from its file) {
  scratch_directory home;
  WorkflowDefinition definition;
  auto path = write_file(home.path + "/flow.json", R"({"name": "review"})");
  CAF_CHECK(!read_json_file(path, definition));
  CAF_CHECK_EQUAL(definition.name(), "review");
}

CAF_TEST(a wrong or missing file is named) {
  scratch_directory home;
  WorkflowDefinition definition;
  auto path = write_file(home.path + "/flow.json", "{\n\"name\" 1}");
  auto wrong = read_json_file(path, definition);
  CAF_CHECK_EQUAL(code_of(wrong), ec::invalid_argument);
  CAF_CHECK(text_of(wrong).find(path + ": line 2, column ") == 0);
  CAF_CHECK_EQUAL(code_of(read_json_file(home.path + "/none", definition)), ec::not_found);
  CAF_CHECK_EQUAL(code_of(read_json_file(home.path, definition)), ec::invalid_argument);
  std::string large(limits::message_bytes + 1, ' ');
  CAF_CHECK_EQUAL(text_of(read_json_file(write_file(path, large), definition)),
                  path + " has more than " + std::to_string(limits::message_bytes) + " bytes");
}

CAF_TEST(a field is what stands before and after the first equals sign) {
  StartRun in;
  CAF_CHECK(!add_fields({"a=1", "b=x=y", "c="}, *in.mutable_inputs()));
  CAF_REQUIRE_EQUAL(in.inputs_size(), 3);
  CAF_CHECK_EQUAL(in.inputs(1).name(), "b");
  CAF_CHECK_EQUAL(in.inputs(1).value(), "x=y");
  CAF_CHECK_EQUAL(in.inputs(2).value(), "");
  CAF_CHECK_EQUAL(code_of(add_fields({"novalue"}, *in.mutable_inputs())), ec::invalid_argument);
  CAF_CHECK_EQUAL(code_of(add_fields({"=x"}, *in.mutable_inputs())), ec::invalid_argument);
}

CAF_TEST(a text is written to its file or the file is named) {
  scratch_directory home;
  CAF_CHECK(!write_text_file(home.path + "/a", "long text"));
  CAF_CHECK(!write_text_file(home.path + "/a", "text"));
  CAF_CHECK_EQUAL(std::string{*read_text_file(home.path + "/a", 4)}, std::string{"text"});
  CAF_CHECK_EQUAL(text_of(read_text_file(home.path + "/a", 3).error()), std::string{home.path + "/a has more than 3 bytes"});
  auto failed = write_text_file(home.path + "/none/a", "text");
  CAF_CHECK_EQUAL(code_of(failed), ec::invalid_argument);
  CAF_CHECK(text_of(failed).find("cannot write " + home.path + "/none/a: ") == 0);
}
