// A mark is on disk before what it stands for, never falls, and is not believed once a bit of it has changed.
#define CAF_SUITE persistence.spent_marks
#define FAIL CAF_FAIL
#include <caf/test/dsl.hpp>
#include <fstream>
#include <tests/support/journal_bench.hpp>
#include <tests/support/memory_spent_place.hpp>
#include <tests/support/scratch.hpp>
#include <troupe/persistence/high_water.hpp>
#include <troupe/runtime/limits.hpp>

using namespace troupe;

namespace {

const std::string key(32, 'k'), other_key(32, 'o');
const std::string a = "t/ledger/a", b = "t/ledger/b";

entity_id id_of(const std::string& ref_text) {
  return identify(ref_text, key);
}

spent_content some() {
  return {"store-1", "history-2", {{id_of(a), 17}, {id_of(b), spent_marks::unknown}}};
}

std::string read_all_of(const std::filesystem::path& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

struct marked {
  std::shared_ptr<memory_spent_place> place = std::make_shared<memory_spent_place>();
  spent_marks marks{place, key, {"store-1", "", {}}};

  int64_t stored(const std::string& ref_text) const {
    auto content = decode_spent(*place->content, key);
    if (!content)
      CAF_FAIL(describe(content.error()));
    return content->marks.at(id_of(ref_text));
  }
};

// A journal over a store and marks that both outlive it.
struct ledger_bench {
  std::shared_ptr<memory_store> rows = open_memory(1);
  std::shared_ptr<hand_clock> time = std::make_shared<hand_clock>();
  std::shared_ptr<memory_spent_place> place = std::make_shared<memory_spent_place>();
  std::shared_ptr<spent_marks> marks;
  std::unique_ptr<journal_core> core;
  Replayed last;

  ledger_bench() {
    restart();
  }
  void restart() {
    spent_content known{rows->id(), "", {}};
    if (place->content)
      known = *decode_spent(*place->content, rows->naming_key());
    marks = std::make_shared<spent_marks>(place, rows->naming_key(), known);
    core = std::make_unique<journal_core>(rows, time, node_metrics{}, nullptr, marks);
    CAF_REQUIRE(!core->start());
  }
  std::string process(std::vector<journal_order> orders) {
    std::string said;
    for (auto& delivery : core->process(orders)) {
      auto content = delivery.message->move_content_to_message();
      if (content.match_elements<Appended>())
        said += "appended ";
      else if (content.match_elements<AppendFailed>())
        said += to_string(static_cast<ec>(content.get_as<AppendFailed>(0).failure().code())) + " ";
      else
        last = content.get_as<Replayed>(0);
    }
    return said;
  }
  uint64_t open(const std::string& ref_text) {
    process({open_of(*rows, ref_text)});
    return last.incarnation();
  }
  append_order spend(const std::string& ref_text, uint64_t incarnation, uint64_t seq, spending spent) const {
    auto order = append_of(*rows, ref_text, incarnation, seq, {"x"});
    order.spent = spent;
    return order;
  }
  std::optional<int64_t> stored(const std::string& ref_text) const {
    if (!place->content)
      return {};
    auto content = decode_spent(*place->content, rows->naming_key());
    auto mark = content->marks.find(identify(ref_text, rows->naming_key()));
    return mark == content->marks.end() ? std::nullopt : std::optional{mark->second};
  }
};

} // namespace

CAF_TEST(what is encoded is read again under its own key alone) {
  auto bytes = encode(some(), key);
  CAF_CHECK(*decode_spent(bytes, key) == some());
  CAF_CHECK(decode_spent(bytes, other_key).error() == ec::corrupt);
  spent_content none{"", "", {}};
  CAF_CHECK(*decode_spent(encode(none, key), key) == none);
}

CAF_TEST(no changed bit and no missing byte goes unnoticed) {
  auto bytes = encode(some(), key);
  for (size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    auto damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    CAF_CHECK(decode_spent(damaged, key).error() == ec::corrupt);
  }
  for (size_t size = 0; size < bytes.size(); ++size)
    CAF_CHECK(decode_spent(std::string_view{bytes}.substr(0, size), key).error() == ec::corrupt);
  CAF_CHECK(decode_spent(bytes + "x", key).error() == ec::corrupt);
}

CAF_TEST_FIXTURE_SCOPE(spent_marks_tests, marked)

CAF_TEST(a mark is raised ahead and then rests until it is passed) {
  CAF_CHECK(!marks.of(id_of(a)));
  CAF_CHECK(!marks.raise({{id_of(a), {0, 10}}}));
  CAF_CHECK_EQUAL(stored(a), 10);
  for (int64_t spent : {1, 5, 10})
    CAF_CHECK(!marks.raise({{id_of(a), {spent, spent + 10}}}));
  CAF_CHECK_EQUAL(place->replaced, 1);
  CAF_CHECK(!marks.raise({{id_of(a), {11, 21}}, {id_of(b), {3, 13}}}));
  CAF_CHECK_EQUAL(place->replaced, 2);
  CAF_CHECK_EQUAL(stored(a), 21);
  CAF_CHECK_EQUAL(stored(b), 13);
  CAF_CHECK_EQUAL(int64_t{*marks.of(id_of(b))}, 13);
}

CAF_TEST(a mark falls only from unknown to what is proven) {
  marks.begin({"store-1", "h", {{id_of(a), 50}, {id_of(b), spent_marks::unknown}}}, 7);
  CAF_CHECK_EQUAL(place->highest, 7u);
  CAF_CHECK(!marks.raise({{id_of(a), {20, 30, true}}, {id_of(b), {20, 30}}}));
  CAF_CHECK_EQUAL(stored(a), 50);
  CAF_CHECK_EQUAL(stored(b), spent_marks::unknown);
  CAF_CHECK(!marks.raise({{id_of(b), {20, 30, true}}}));
  CAF_CHECK_EQUAL(stored(b), 30);
  CAF_CHECK_EQUAL(std::string{decode_spent(*place->content, key)->history}, "h");
}

CAF_TEST(without room nothing is raised and later it is) {
  CAF_CHECK(!marks.raise({{id_of(a), {0, 10}}}));
  place->full = true;
  CAF_CHECK(marks.raise({{id_of(a), {11, 21}}}) == ec::disk_full);
  CAF_CHECK_EQUAL(int64_t{*marks.of(id_of(a))}, 10);
  place->full = false;
  CAF_CHECK(!marks.raise({{id_of(a), {11, 21}}}));
  CAF_CHECK_EQUAL(stored(a), 21);
}

CAF_TEST(there are no more marks than the limit says) {
  spent_content many{"store-1", "", {}};
  for (size_t n = 0; n < limits::ledgers; ++n) {
    entity_id one;
    for (size_t byte = 0; byte < 4; ++byte)
      one.hash[byte] = static_cast<uint8_t>(n >> (8 * byte));
    many.marks[one] = 1;
  }
  CAF_REQUIRE(!marks.begin(many, 1));
  CAF_CHECK(marks.raise({{id_of(a), {0, 10}}}) == ec::overloaded);
  CAF_CHECK(!marks.of(id_of(a)));
  CAF_CHECK(!marks.raise({{many.marks.begin()->first, {2, 10}}}));
}

CAF_TEST_FIXTURE_SCOPE_END()

CAF_TEST(files are made when they are needed and read again) {
  test::scratch home;
  auto root = home.path() / "data.spent";
  auto place = open_spent_directory(root, "store-1");
  CAF_CHECK(!*place->read());
  CAF_CHECK_EQUAL(uint64_t{*place->reached()}, 0u);
  CAF_CHECK(!std::filesystem::exists(root));
  CAF_REQUIRE(!place->replace(encode(some(), key)));
  CAF_CHECK(!place->reach(12, 1'000));
  CAF_CHECK(!place->reach(15, 1'001));
  auto again = open_spent_directory(root, "store-1");
  CAF_CHECK(*decode_spent(**again->read(), key) == some());
  CAF_CHECK_EQUAL(uint64_t{*again->reached()}, 15u);
  CAF_CHECK(!again->restart(4));
  CAF_CHECK_EQUAL(uint64_t{*again->reached()}, 4u);
  CAF_CHECK(!*open_spent_directory(root, "store-2")->read());
  CAF_CHECK((std::filesystem::status(root / "store-1").permissions() & std::filesystem::perms::others_all) ==
            std::filesystem::perms::none);
}

CAF_TEST(the number of another store is not believed) {
  test::scratch home;
  auto root = home.path() / "data.spent";
  CAF_REQUIRE(!open_spent_directory(root, "store-1")->replace("x"));
  CAF_REQUIRE(high_water::set(root / "store-1", {"store-2", 9}));
  CAF_CHECK(open_spent_directory(root, "store-1")->reached().error() == ec::corrupt);
}

CAF_TEST(files tell nothing of names) {
  test::scratch home;
  auto root = home.path() / "data.spent";
  spent_marks marks{open_spent_directory(root, "store-1"), key, {"store-1", "", {}}};
  std::string name = "acme/ledger/secret-project";
  CAF_REQUIRE(!marks.raise({{identify(name, key), {3, 13}}}));
  CAF_REQUIRE(!marks.reach(5, 1'000));
  for (auto& entry : std::filesystem::recursive_directory_iterator{root})
    for (auto* part : {"acme", "ledger/", "secret-project"})
      CAF_CHECK(!entry.is_regular_file() || read_all_of(entry.path()).find(part) == std::string::npos);
}

CAF_TEST_FIXTURE_SCOPE(marked_journal_tests, ledger_bench)

CAF_TEST(the mark is there before the batch and stays when that fails) {
  auto one = open(a);
  CAF_CHECK_EQUAL(process({spend(a, one, 1, {0, 10})}), "appended ");
  rows->fail_next_write(false);
  CAF_CHECK_EQUAL(process({spend(a, one, 2, {30, 40})}), "outcome_unknown ");
  CAF_CHECK_EQUAL(int64_t{*stored(a)}, 40);
  CAF_CHECK_EQUAL(stored_events(*rows, a).size(), 1u);
  rows->crash();
  restart();
  auto two = open(a);
  CAF_CHECK_EQUAL(last.events_size(), 1);
  CAF_CHECK_EQUAL(last.spent_before(), 0); // an ordinary start goes by the journal
  CAF_CHECK_EQUAL(process({spend(a, two, 2, {30, 40})}), "appended ");
}

CAF_TEST(what cannot be marked is not written and the rest is) {
  auto one = open(a), two = open(b);
  CAF_CHECK_EQUAL(process({spend(a, one, 1, {0, 10})}), "appended ");
  place->full = true;
  CAF_CHECK_EQUAL(
      process({spend(a, one, 2, {11, 21}), spend(a, one, 3, {12, 22}), append_of(*rows, b, two, 1, {"x"})}),
      "disk_full disk_full appended ");
  CAF_CHECK_EQUAL(stored_events(*rows, a).size(), 1u);
  CAF_CHECK_EQUAL(process({spend(a, one, 2, {11, 21})}), "disk_full ");
  place->full = false;
  CAF_CHECK_EQUAL(process({spend(a, one, 2, {11, 21})}), "outcome_unknown "); // it has to be replayed
  one = open(a);
  CAF_CHECK_EQUAL(process({spend(a, one, 2, {11, 21})}), "appended ");
  CAF_CHECK_EQUAL(int64_t{*stored(a)}, 21);
}

CAF_TEST(one file is written for all ledgers of a batch and none while marks are ahead) {
  auto one = open(a), two = open(b);
  process({spend(a, one, 1, {0, 10}), spend(b, two, 1, {0, 10})});
  CAF_CHECK_EQUAL(place->replaced, 1);
  process({spend(a, one, 2, {4, 14}), spend(b, two, 2, {5, 15}), spend(a, one, 3, {9, 19})});
  CAF_CHECK_EQUAL(place->replaced, 1);
  process({spend(a, one, 4, {10, 20}), spend(a, one, 5, {11, 21})});
  CAF_CHECK_EQUAL(place->replaced, 2);
  CAF_CHECK_EQUAL(int64_t{*stored(a)}, 21);
}

CAF_TEST(a proof counts wherever in a batch it stands) {
  auto one = open(a);
  process({spend(a, one, 1, {0, 10})});
  CAF_REQUIRE(!marks->begin({rows->id(), "", {{identify(a, rows->naming_key()), spent_marks::unknown}}}, 1));
  process({spend(a, one, 2, {4, 14, true}), spend(a, one, 3, {5, 15})});
  CAF_CHECK_EQUAL(int64_t{*stored(a)}, 15);
}

CAF_TEST(how far the journal was is known after each spending and only then) {
  auto one = open(a), two = open(b);
  process({append_of(*rows, b, two, 1, {"x", "y"})});
  CAF_CHECK_EQUAL(place->highest, 0u);
  process({spend(a, one, 1, {0, 10})});
  CAF_CHECK_EQUAL(place->highest, 3u);
}

CAF_TEST(who has no events is told what one of its name had spent) {
  auto one = open(a);
  process({spend(a, one, 1, {7, 17})});
  auto others = open_memory(1); // the same naming key, and nothing in it
  rows = others;
  restart();
  open(a);
  CAF_CHECK_EQUAL(last.spent_before(), 17);
  open(b);
  CAF_CHECK_EQUAL(last.spent_before(), 0);
}

CAF_TEST_FIXTURE_SCOPE_END()
