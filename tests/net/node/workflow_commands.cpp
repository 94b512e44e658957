// Workflows in files are checked, drawn, compared and converted without a node, and what is wrong has a line and exit code 2.
#define CAF_SUITE net.node.workflow_commands
#include "tests/support/typed.hpp"

using namespace troupe;

namespace {

constexpr auto order = R"(name: order
version: 1.2.0
steps:
  - id: price
    task: {required: [shop.price]}
    timeout: 90s
  - id: pack
    needs: [price]
    task: {required: [shop.pack]}
)";

struct files {
  scratch_directory home;
  std::string sound = write_file(home.path + "/order.yaml", order);
  std::string unknown_need = with("needs: [price]", "needs: [prize]", "/need.yaml");
  std::string unknown_field = with("timeout:", "timeuot:", "/field.yaml");
  std::string newer = with("90s", "5m", "/newer.yaml");

  std::string with(std::string_view what, const std::string& other, const std::string& name) {
    std::string text = order;
    text.replace(text.find(what), what.size(), other);
    return write_file(home.path + name, text);
  }
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(workflow_command_tests, files)

CAF_TEST(sound workflows have their steps and hashes) {
  auto said = type({"workflow", "validate", sound, newer});
  CAF_CHECK_EQUAL(said.code, 0);
  CAF_CHECK_EQUAL(said.err, "");
  CAF_CHECK(contains(said.out, "FILE") && contains(said.out, sound + "  ") && contains(said.out, newer));
  auto json = type({"workflow", "validate", sound, "--json"});
  CAF_CHECK(contains(json.out, "\"steps\": 2,") && contains(json.out, "\"sound\": true"));
}

CAF_TEST(a mistake has its place and exit code 2) {
  auto said = type({"workflow", "validate", sound, unknown_need});
  CAF_CHECK_EQUAL(said.code, 2);
  CAF_CHECK(contains(said.out, unknown_need + ":8:") && contains(said.out, "prize") &&
            contains(said.out, sound + "  "));
  CAF_CHECK(contains(said.err, "troupe: 1 mistake\nnext:   "));
  auto form = type({"workflow", "validate", unknown_field});
  CAF_CHECK_EQUAL(form.code, 2);
  CAF_CHECK(contains(form.out, unknown_field + ":6:") && contains(form.out, "timeout"));
  CAF_CHECK_EQUAL(type({"workflow", "validate", home.path + "/none"}).code, 3);
  CAF_CHECK_EQUAL(type({"workflow", "validate"}).code, 2);
}

CAF_TEST(warnings fail only when they shall) {
  auto said = type({"workflow", "lint", sound});
  CAF_CHECK_EQUAL(said.code, 0);
  CAF_CHECK(contains(said.out, sound + ":"));
  auto strict = type({"workflow", "lint", sound, "--strict"});
  CAF_CHECK_EQUAL(strict.code, 2);
  CAF_CHECK(contains(strict.err, "warning"));
  CAF_CHECK_EQUAL(type({"workflow", "lint", unknown_need}).code, 2);
  CAF_CHECK(contains(type({"workflow", "lint", sound, "--json"}).out, "\"rule\": \""));
}

CAF_TEST(a workflow is drawn in three forms) {
  cli_hooks terminal;
  terminal.columns = 40;
  auto boxes = type({"workflow", "graph", sound}, terminal);
  CAF_CHECK_EQUAL(boxes.code, 0);
  CAF_CHECK(contains(boxes.out, "│ ▸ price"));
  CAF_CHECK(contains(type({"workflow", "graph", sound, "--format", "dot"}).out, "\"price\" -> \"pack\""));
  CAF_CHECK(contains(type({"workflow", "graph", sound, "--format=svg"}).out, "</svg>"));
  auto wrong = type({"workflow", "graph", sound, "--format", "png"});
  CAF_CHECK_EQUAL(wrong.code, 2);
  CAF_CHECK(contains(wrong.err, "allowed are boxes, dot, svg"));
}

CAF_TEST(a picture goes to a file) {
  auto said = type({"workflow", "graph", sound, "--format", "svg", "--out", home.path + "/order.svg"});
  CAF_CHECK_EQUAL(said.code, 0);
  CAF_CHECK(contains(said.out, home.path + "/order.svg: "));
  CAF_CHECK_EQUAL(type({"workflow", "graph", sound, "--out", home.path + "/none/order.svg"}).code, 2);
}

CAF_TEST(a picture of a wrong form is none and names the mistake) {
  auto said = type({"workflow", "graph", unknown_field});
  CAF_CHECK_EQUAL(said.code, 2);
  CAF_CHECK_EQUAL(said.out, "");
  CAF_CHECK(contains(said.err, unknown_field + ":6:") &&
            contains(said.err, "next:   troupe workflow validate " + unknown_field));
  CAF_CHECK_EQUAL(type({"workflow", "graph", unknown_need}).code,
                  0); // a wrong need is easier to see than to read
}

CAF_TEST(a difference is told by steps) {
  auto said = type({"workflow", "diff", sound, newer});
  CAF_CHECK_EQUAL(said.code, 0);
  CAF_CHECK_EQUAL(said.out, "~ step price (task)\n    ~ timeout: 90s -> 5m\n");
  CAF_CHECK_EQUAL(type({"workflow", "diff", sound, sound}).out, "");
  auto json = type({"workflow", "diff", sound, newer, "--json"});
  CAF_CHECK(contains(json.out, "\"before\": \"90s\"") &&
            contains(json.out, "\"fate\": \"STEP_FATE_CHANGED\""));
}

CAF_TEST(a workflow converts to JSON and back to the same) {
  auto json = home.path + "/order.json", back = home.path + "/back.yaml";
  CAF_CHECK_EQUAL(type({"workflow", "convert", sound, "--to", "json", "--out", json}).code, 0);
  CAF_CHECK_EQUAL(type({"workflow", "convert", json, "--to", "yaml", "--out", back}).code, 0);
  CAF_CHECK_EQUAL(type({"workflow", "diff", sound, back}).out, "");
  CAF_CHECK(contains(type({"workflow", "convert", sound, "--to", "yaml"}).out, "timeout: 1m30s"));
  CAF_CHECK_EQUAL(type({"workflow", "convert", sound, "--to", "xml"}).code, 2);
  CAF_CHECK_EQUAL(type({"workflow", "convert", sound}).code, 2);
}

CAF_TEST_FIXTURE_SCOPE_END()
