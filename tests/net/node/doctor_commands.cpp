// `troupe doctor` tells what is wrong with a store at rest, repairs what it may, and its exit code says which.
#define CAF_SUITE net.node.doctor_commands
#include "tests/support/scratch.hpp"
#include "tests/support/typed.hpp"
#include <fstream>
#include <troupe/net/node/views.hpp>
#include <troupe/persistence/keys.hpp>
#include <troupe/persistence/store.hpp>

using namespace troupe;

namespace {

namespace fs = std::filesystem;

struct surgery {
  test::scratch scratch;
  fs::path data = scratch.path() / "data";

  surgery() {
    CAF_REQUIRE(open_rocksdb(data));
  }
  typed doctor(std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"doctor", "--data", data.native()});
    return type(std::move(more));
  }
  static bool says(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(doctor_commands_tests, surgery)

CAF_TEST(a sound store exits with 0) {
  auto said = doctor();
  CAF_CHECK_EQUAL(said.code, 0);
  CAF_CHECK(says(said.out, ": 0 events of 0 entities, 0 snapshots, 0 index and timer rows\nsound\n"));
  CAF_CHECK_EQUAL(said.err, "");
  auto json = doctor({"--json"});
  CAF_CHECK_EQUAL(json.code, 0);
  CAF_CHECK(says(json.out, "\"sound\": true"));
  CAF_CHECK(says(json.out, "\"findings\": []"));
}

CAF_TEST(damage that cannot be repaired exits with 9 and is explained) {
  fs::resize_file(data / "CURRENT", 0);
  for (auto& words : {std::vector<std::string>{}, {"--repair"}, {"--accept-loss"}}) {
    auto said = doctor(words);
    CAF_CHECK_EQUAL(said.code, 9);
    CAF_CHECK(says(said.out, "WHERE  WHAT"));
    CAF_CHECK(says(said.out, "restore a backup"));
    CAF_CHECK(says(said.out, "events and rows were not looked at"));
    CAF_CHECK(says(said.out, "\ndamaged\n"));
  }
  CAF_CHECK(says(doctor({"--json"}).out, "\"sound\": false"));
}

CAF_TEST(a row that no event brings about is repaired if that is wanted) {
  {
    auto rows = *open_rocksdb(data);
    auto nobody = identify("default/task/nobody", rows->naming_key());
    CAF_REQUIRE(!rows->write(
        {{space::index, index_key(nobody, index_table::tasks, "summary", rows->naming_key()), "x"}}));
  }
  auto said = doctor();
  CAF_CHECK_EQUAL(said.code, 9);
  CAF_CHECK(says(said.out, "no event brings this row about"));
  CAF_CHECK(says(said.out, "`troupe doctor --repair`"));
  auto mended = doctor({"--repair"});
  CAF_CHECK_EQUAL(mended.code, 0);
  CAF_CHECK(says(mended.out, "repaired"));
  CAF_CHECK(!says(doctor().out, "WHERE"));
}

CAF_TEST(a store that ends below its mark is opened when the loss is accepted) {
  auto old = scratch.path() / "old";
  fs::copy(data, old, fs::copy_options::recursive);
  {
    auto rows = *open_rocksdb(data);
    CAF_REQUIRE(!rows->write({{space::meta, "x", "y"}}));
  }
  fs::copy_file(data / "HIGH_WATER", old / "HIGH_WATER", fs::copy_options::overwrite_existing);
  fs::remove_all(data);
  fs::rename(old, data);
  auto said = doctor();
  CAF_CHECK_EQUAL(said.code, 9);
  CAF_CHECK(says(said.out, "was acknowledged"));
  CAF_CHECK(says(said.out, "--accept-loss"));
  CAF_CHECK(!open_rocksdb(data));
  auto accepted = doctor({"--accept-loss"});
  CAF_CHECK_EQUAL(accepted.code, 0);
  CAF_CHECK(says(accepted.out, "given up"));
  CAF_CHECK(says(accepted.out, "\nsound\n"));
  CAF_CHECK(open_rocksdb(data));
  CAF_CHECK_EQUAL(doctor().code, 0);
}

CAF_TEST(a store in use and no store have their own exit codes) {
  {
    auto rows = *open_rocksdb(data);
    auto said = doctor();
    CAF_CHECK_EQUAL(said.code, 13);
    CAF_CHECK(says(said.err, "has it open"));
  }
  data /= "nowhere";
  CAF_CHECK_EQUAL(doctor().code, 3);
  auto strange = doctor({"--config", (scratch.path() / "none.toml").native()});
  CAF_CHECK(strange.code != 0);
}

CAF_TEST(findings that were left out are counted) {
  StoreHealth health;
  health.set_findings_left_out(7);
  auto* one = health.add_findings();
  one->set_place("log");
  one->set_meaning("torn");
  one->set_remedy("nothing");
  auto text = show(health, {});
  CAF_CHECK(says(text, "WHERE  WHAT  WHAT TO DO\nlog    torn  nothing\n"));
  CAF_CHECK(says(text, "and 7 more"));
}

CAF_TEST_FIXTURE_SCOPE_END()
