// Tokens name principals, files others may read are refused, and the policy denies what it does not name.
#define CAF_SUITE net.api.access
#include "tests/support/control_node.hpp"
#include <set>

using namespace troupe;

namespace {

const std::string token(char c) {
  return std::string(limits::token_characters, c);
}

// What the table says, method by method: who may call it.
const std::vector<std::pair<std::string, access_role>> expected_policy = {
    {"Status", access_role::viewer},
    {"Tree", access_role::viewer},
    {"Agents", access_role::viewer},
    {"Agent", access_role::viewer},
    {"Runs", access_role::viewer},
    {"Describe", access_role::viewer},
    {"RunHistory", access_role::viewer},
    {"DeadLetters", access_role::viewer},
    {"Metrics", access_role::viewer},
    {"Timers", access_role::viewer},
    {"Usage", access_role::viewer},
    {"Start", access_role::operator_},
    {"Cancel", access_role::operator_},
    {"Answer", access_role::operator_},
    {"Resume", access_role::operator_},
    {"Requeue", access_role::operator_},
    {"Drop", access_role::operator_},
    {"RegisterNewAgent", access_role::admin},
    {"RetireAgent", access_role::admin},
    {"LogLevel", access_role::admin},
    {"Backups", access_role::admin},
    {"Backup", access_role::admin},
    {"CheckBackup", access_role::admin},
    {"BackupProgress", access_role::admin},
    {"Keys", access_role::admin},
    {"NewKeys", access_role::admin},
    {"Shred", access_role::admin},
    {"Drain", access_role::admin},
    {"Ledgers", access_role::viewer},
    {"Ledger", access_role::viewer},
    {"Charge", access_role::operator_},
    {"LimitLedger", access_role::admin},
    {"Confirm", access_role::admin},
    {"Tell", access_role::operator_},
    {"TellAll", access_role::operator_},
    {"Ask", access_role::viewer},
    {"Fork", access_role::operator_},
    {"Approvals", access_role::viewer},
    {"Decide", access_role::viewer},
    {"Delegate", access_role::viewer},
    {"Schedules", access_role::viewer},
    {"Schedule", access_role::viewer},
    {"NewSchedule", access_role::operator_},
    {"ChangeSchedule", access_role::operator_},
    {"HoldSchedule", access_role::operator_},
    {"ReleaseSchedule", access_role::operator_},
    {"FireSchedule", access_role::operator_},
    {"FillSchedule", access_role::operator_},
    {"DropSchedule", access_role::operator_},
    {"Workflows", access_role::viewer},
    {"Workflow", access_role::viewer},
    {"Revisions", access_role::viewer},
    {"Publish", access_role::operator_},
    {"Rollback", access_role::operator_},
    {"Deprecate", access_role::operator_},
    {"Archive", access_role::operator_},
    {"Upgrades", access_role::operator_},
    {"Why", access_role::viewer},
    {"Members", access_role::viewer},
    {"Shards", access_role::viewer},
    {"WhyNot", access_role::viewer},
    {"Workers", access_role::viewer},
    {"RunStory", access_role::viewer},
    {"Replay", access_role::viewer},
    {"Services", access_role::viewer},
    {"OwnServices", access_role::viewer},
    {"Fleets", access_role::viewer},
    {"Results", access_role::viewer},
    {"Hire", access_role::admin},
    {"NewFleet", access_role::admin},
    {"ResizeFleet", access_role::admin},
    {"Pool", access_role::admin},
    {"Distribute", access_role::operator_},
    {"DropGoal", access_role::operator_},
};

ec code(const caf::error& error) {
  return error ? code_of(error) : ec{};
}

} // namespace

CAF_TEST(each role may call what it needs and nothing above) {
  for (auto& [method, least] : expected_policy)
    for (auto standing :
         {access_role::worker, access_role::viewer, access_role::operator_, access_role::admin}) {
      auto denied = permit({"ada", standing}, method);
      CAF_CHECK_EQUAL(code(denied), standing >= least ? ec{} : ec::permission_denied);
    }
  CAF_CHECK_EQUAL(text_of(permit({"vera", access_role::viewer}, "Start")),
                  "vera is viewer and Start needs operator");
}

CAF_TEST(who works does nothing else and who only reads does not work) {
  for (auto [standing, may] : {std::pair{access_role::worker, true},
                               {access_role::viewer, false},
                               {access_role::operator_, true},
                               {access_role::admin, true}})
    CAF_CHECK_EQUAL(code(permit({"ada", standing}, "Work")), may ? ec{} : ec::permission_denied);
  CAF_CHECK_EQUAL(text_of(permit({"wilma", access_role::worker}, "Status")),
                  "wilma is worker and Status needs viewer");
}

CAF_TEST(the policy names every method of the service and denies every other) {
  auto* service = google::protobuf::DescriptorPool::generated_pool()->FindServiceByName("troupe.Control");
  CAF_REQUIRE(service != nullptr);
  std::set<std::string> named;
  for (auto& [method, least] : expected_policy)
    named.insert(method);
  for (int i = 0; i < service->method_count(); ++i)
    CAF_CHECK(named.count(service->method(i)->name()) == 1);
  CAF_CHECK_EQUAL(named.size(), static_cast<size_t>(service->method_count()));
  CAF_CHECK_EQUAL(code(permit({"ada", access_role::admin}, "Shutdown")), ec::permission_denied);
}

CAF_TEST(a token tells its principal and an unknown or missing one tells nobody) {
  scratch_directory home;
  auto path = write_file(home.path + "/tokens",
                         "# people\nada admin " + token('a') + " # first\n\nvera viewer " + token('b'));
  auto list = token_list::read(path);
  CAF_REQUIRE(list);
  CAF_CHECK(list->identify(token('b'))->principal == "vera");
  CAF_CHECK(list->identify(token('b'))->standing == access_role::viewer);
  CAF_CHECK(list->identify(token('a'))->standing == access_role::admin);
  CAF_CHECK_EQUAL(list->first().reveal(), token('a'));
  for (auto& wrong : {token('c'), std::string{}, token('a') + "x", token('a').substr(1)}) {
    auto nobody = list->identify(wrong);
    CAF_REQUIRE(!nobody);
    CAF_CHECK_EQUAL(code_of(nobody.error()), ec::unauthenticated);
    CAF_CHECK(wrong.empty() || text_of(nobody.error()).find(wrong) == std::string::npos);
  }
}

CAF_TEST(a token file others may read is refused) {
  scratch_directory home;
  auto line = "ada admin " + token('a');
  CAF_CHECK_EQUAL(code_of(token_list::read(write_file(home.path + "/wide", line, 0640)).error()),
                  ec::permission_denied);
  auto narrow = write_file(home.path + "/narrow", line);
  CAF_CHECK(token_list::read(narrow));
  std::filesystem::create_symlink(narrow, home.path + "/link");
  CAF_CHECK_EQUAL(code_of(token_list::read(home.path + "/link").error()), ec::permission_denied);
  CAF_CHECK_EQUAL(code_of(token_list::read(home.path + "/none").error()), ec::not_found);
}

CAF_TEST(a wrong line is named) {
  scratch_directory home;
  for (const std::string& text : {"ada admin " + token('a') + "\nbob king " + token('b'),
                                  std::string{"\nbob admin short"}, "#\nbob " + token('b')}) {
    auto list = token_list::read(write_file(home.path + "/tokens", text));
    CAF_REQUIRE(!list);
    CAF_CHECK_EQUAL(code_of(list.error()), ec::invalid_argument);
    CAF_CHECK(text_of(list.error()).find("/tokens:2: ") != std::string::npos);
  }
  CAF_CHECK_EQUAL(code_of(token_list::read(write_file(home.path + "/tokens", "# nobody\n")).error()),
                  ec::invalid_argument);
  std::string many(limits::token_file_bytes + 1, '#');
  CAF_CHECK_EQUAL(code_of(token_list::read(write_file(home.path + "/tokens", many)).error()),
                  ec::invalid_argument);
}

CAF_TEST(the first start makes one random admin token and later ones keep it) {
  scratch_directory home, other;
  auto first = token_list::open(home.path + "/tokens");
  CAF_REQUIRE(first);
  struct stat found {};
  ::stat((home.path + "/tokens").c_str(), &found);
  CAF_CHECK_EQUAL(found.st_mode & 0777, 0600u);
  CAF_CHECK_EQUAL(first->first().reveal().size(), 64u);
  CAF_CHECK(first->identify(first->first().reveal())->principal == "admin");
  CAF_CHECK(first->identify(first->first().reveal())->standing == access_role::admin);
  auto later = token_list::open(home.path + "/tokens");
  auto elsewhere = token_list::open(other.path + "/tokens");
  CAF_CHECK_EQUAL(later->first().reveal(), first->first().reveal());
  CAF_CHECK_NOT_EQUAL(elsewhere->first().reveal(), first->first().reveal());
}

CAF_TEST(a private directory is made and a wider one is refused) {
  scratch_directory home;
  auto path = home.path + "/a/b";
  CAF_CHECK(!make_private_directory(path));
  CAF_CHECK(!make_private_directory(path));
  struct stat found {};
  ::stat(path.c_str(), &found);
  CAF_CHECK_EQUAL(found.st_mode & 0777, 0700u);
  ::chmod(path.c_str(), 0750);
  auto refusal = make_private_directory(path);
  CAF_CHECK_EQUAL(code(refusal), ec::permission_denied);
  CAF_CHECK(text_of(refusal).find("chmod 700 " + path) != std::string::npos);
  ::chmod(path.c_str(), 0700);
  std::filesystem::create_symlink(path, home.path + "/link");
  CAF_CHECK_EQUAL(code(make_private_directory(home.path + "/link")), ec::permission_denied);
  CAF_CHECK_EQUAL(code(make_private_directory(write_file(home.path + "/file", ""))), ec::permission_denied);
}
