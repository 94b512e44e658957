// Words find their command, mistakes find the right one, and every failure has its exit code and its next
// step.
#define CAF_SUITE net.node.cli
#include "tests/support/typed.hpp"

#include <fstream>
#include <troupe/net/node/command.hpp>

using namespace troupe;

namespace {

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

} // namespace

CAF_TEST(troupe alone explains itself) {
  auto said = type({});
  CAF_CHECK_EQUAL(said.code, 0);
  CAF_CHECK(contains(said.out, "troupe runs agents that act, remember, are supervised, and get better."));
  CAF_CHECK(contains(said.out, "troupe node "));
  CAF_CHECK(contains(said.out, "troupe help"));
  CAF_CHECK_EQUAL(said.err, "");
}

CAF_TEST(help lists every command and explains one) {
  auto all = type({"help"});
  CAF_CHECK_EQUAL(all.code, 0);
  for (auto words : {"troupe node ", "troupe agents describe ", "troupe run start ", "troupe dlq drop ",
                     "troupe version "})
    CAF_CHECK(contains(all.out, words));
  auto some = type({"help", "dlq"});
  CAF_CHECK(contains(some.out, "troupe dlq list") && !contains(some.out, "troupe run list"));
  for (auto words : {std::vector<std::string>{"help", "run", "start"},
                     {"run", "start", "--help"},
                     {"run", "-h", "start"}}) {
    auto one = type(words);
    CAF_CHECK_EQUAL(one.code, 0);
    CAF_CHECK(contains(one.out, "--capability"));
  }
}

CAF_TEST(an unknown word suggests the nearest) {
  auto said = type({"stauts"});
  CAF_CHECK_EQUAL(said.code, 2);
  CAF_CHECK_EQUAL(said.err, "troupe: `troupe` has no command 'stauts'; did you mean `troupe status`?\n"
                            "next:   troupe help status\n");
  CAF_CHECK_EQUAL(type({"run", "strat"}).err,
                  "troupe: `troupe run` has no command 'strat'; did you mean `troupe run start`?\n"
                  "next:   troupe help run start\n");
  CAF_CHECK(contains(type({"cancel"}).err, "did you mean `troupe run cancel`?"));
  CAF_CHECK_EQUAL(type({"qqqqqq"}).err, "troupe: `troupe` has no command 'qqqqqq'\nnext:   troupe help\n");
  CAF_CHECK_EQUAL(type({"run", "qqqqqq"}).code, 2);
}

CAF_TEST(an unknown option suggests the nearest) {
  auto said = type({"status", "--jsno"});
  CAF_CHECK_EQUAL(said.code, 2);
  CAF_CHECK_EQUAL(
      said.err,
      "troupe: `troupe status` takes no '--jsno'; did you mean --json?\nnext:   troupe help status\n");
  CAF_CHECK(contains(type({"status", "extra"}).err, "`troupe status` takes no 'extra'"));
}

CAF_TEST(missing and malformed arguments are usage errors) {
  CAF_CHECK_EQUAL(type({"run", "describe"}).code, 2);
  CAF_CHECK(contains(type({"run", "describe"}).err, "ID"));
  CAF_CHECK_EQUAL(type({"run", "list", "--limit", "many"}).code, 2);
  CAF_CHECK_EQUAL(type({"--json"}).code, 2);
  auto group = type({"run"});
  CAF_CHECK_EQUAL(group.code, 2);
  CAF_CHECK(contains(group.err, "troupe run start"));
}

CAF_TEST(common options may stand before the words) {
  control_node node;
  auto said = type({"--data", node.home.path, "--json", "run", "list"});
  CAF_CHECK_EQUAL(said.code, 0);
  CAF_CHECK_EQUAL(said.out, "{\n  \"runs\": [],\n  \"total\": \"0\",\n  \"silent\": []\n}\n");
}

CAF_TEST(where no node ever ran the message names the command that starts one) {
  scratch_directory home;
  auto said = type({"status", "--data", home.path + "/none"});
  CAF_CHECK_EQUAL(said.code, 8);
  CAF_CHECK(contains(said.err, "start one with `troupe node --data "));
  CAF_CHECK(contains(said.err, "next:   troupe node --data "));
}

CAF_TEST(each kind of failure has its exit code) {
  control_node node;
  auto fails_with = [&](ec code) {
    node.play(std::string{services::registry},
              [=](const ListAgents&) -> caf::result<AgentList> { return make_error(code, "because"); });
    auto said = type(node, {"agents", "list"});
    CAF_CHECK(contains(said.err, "troupe: because\nnext:   "));
    return said.code;
  };
  CAF_CHECK_EQUAL(fails_with(ec::internal), 1);
  CAF_CHECK_EQUAL(fails_with(ec::invalid_argument), 2);
  CAF_CHECK_EQUAL(fails_with(ec::not_found), 3);
  CAF_CHECK_EQUAL(fails_with(ec::permission_denied), 4);
  CAF_CHECK_EQUAL(fails_with(ec::budget_exceeded), 5);
  CAF_CHECK_EQUAL(fails_with(ec::timeout), 6);
  CAF_CHECK_EQUAL(fails_with(ec::conflict), 7);
  CAF_CHECK_EQUAL(fails_with(ec::unavailable), 8);
  CAF_CHECK_EQUAL(fails_with(ec::disk_full), 11);
  CAF_CHECK(contains(type(node, {"agents", "list"}).err, "next:   troupe status\n"));
}

CAF_TEST(colours are for terminals and NO_COLOR is obeyed) {
  control_node node;
  node.play(std::string{services::registry}, [](const ListAgents&) {
    AgentList list;
    list.add_agents()->set_id("reviewer");
    return list;
  });
  cli_hooks terminal;
  terminal.terminal = true;
  ::unsetenv("NO_COLOR");
  CAF_CHECK(contains(type(node, {"agents", "list"}, terminal).out, "\x1b["));
  CAF_CHECK(!contains(type(node, {"agents", "list"}).out, "\x1b["));
  ::setenv("NO_COLOR", "1", 1);
  CAF_CHECK(!contains(type(node, {"agents", "list"}, terminal).out, "\x1b["));
  ::unsetenv("NO_COLOR");
}

CAF_TEST(the reference has every command) {
  std::ifstream file{std::string{TROUPE_SOURCE_DIR} + "/docs/reference/cli.md"};
  std::string page{std::istreambuf_iterator<char>{file}, {}};
  for (auto& known : commands()) {
    auto words = "`troupe " + std::string{known.words};
    if (!contains(page, words + "`") && !contains(page, words + " "))
      CAF_ERROR("docs/reference/cli.md does not have " << words << "`");
  }
  CAF_CHECK(commands().size() > 50);
}
