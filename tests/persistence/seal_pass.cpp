// A pass seals everything anew while others write, reverts nothing, and may be killed at any point.
#define CAF_SUITE persistence.seal_pass
#include <caf/test/unit_test.hpp>
#include <tests/support/journal_bench.hpp>
#include <tests/support/memory_key_file.hpp>
#include <troupe/persistence/seal_pass.hpp>
#include <troupe/runtime/limits.hpp>

using namespace troupe;

namespace {

struct bench {
  std::shared_ptr<memory_store> memory = open_memory(1);
  std::shared_ptr<memory_key_file> file = std::make_shared<memory_key_file>();
  std::shared_ptr<hand_clock> time = std::make_shared<hand_clock>();
  sealing_key master = sealing_key::random();
  std::shared_ptr<store> rows = memory;
  std::shared_ptr<sealed_store> sealed;
  std::unique_ptr<journal_core> core;
  std::map<std::string, uint64_t> incarnations, last;
  std::map<std::string, std::vector<std::string>> expected;
  caf::error settled;

  bench() {
    start_core();
  }
  void start_core() {
    core = std::make_unique<journal_core>(rows, time);
    CAF_REQUIRE(!core->start());
    incarnations.clear();
  }
  // From the first time on, the store has a master key.
  void seal() {
    auto opened = seal_store(memory, file, master, time);
    CAF_REQUIRE(opened);
    rows = opened->rows;
    sealed = opened->sealed;
    start_core();
  }
  // Power cut, and a new life.
  void restart() {
    memory = memory->clone();
    seal();
  }
  Replayed open(const std::string& ref) {
    std::vector<journal_order> orders{open_of(*rows, ref)};
    auto out = core->process(orders);
    auto content = out.at(0).message->move_content_to_message();
    auto replayed = content.get_as<Replayed>(0);
    incarnations[ref] = replayed.incarnation();
    last[ref] = replayed.snapshot_seq() + static_cast<uint64_t>(replayed.events_size());
    return replayed;
  }
  append_order order(const std::string& ref, const std::string& event) {
    if (incarnations[ref] == 0)
      open(ref);
    auto next = append_of(*rows, ref, incarnations[ref], ++last[ref], {event});
    next.rows.push_back(
        {space::index, index_key(next.entity, index_table::tasks, "row", rows->naming_key()), event});
    next.rows.push_back({space::index, timer_key(next.entity, 5, "timer", rows->naming_key()), event});
    next.snapshot = "state " + event;
    expected[ref].push_back(event);
    return next;
  }
  void tell(const std::string& ref, const std::string& event) {
    std::vector<journal_order> orders{order(ref, event)};
    CAF_CHECK(core->process(orders).at(0).message->content().match_elements<Appended>());
  }
  // One piece, in the same go as what else is queued; false when the pass has come to its end.
  bool step(seal_pass& pass, std::vector<journal_order> others = {}) {
    upkeep_order chore;
    chore.work = [&](const store&, const upkeep_order::awake&) { return pass.piece(); };
    chore.done = [&](const caf::error& failed) {
      if (failed)
        pass.take_back();
      else if (pass.finished())
        settled = pass.settle();
    };
    others.emplace_back(std::move(chore));
    core->process(others);
    return !pass.finished();
  }
  void run(seal_pass& pass) {
    while (step(pass))
      ;
  }
  // Ids of the keys in use below; 0 = a plain row.
  std::map<uint32_t, size_t> ids() const {
    std::map<uint32_t, size_t> found;
    for (size_t i = 0; i < space_count; ++i)
      CAF_CHECK(
          !memory->scan(static_cast<space>(i), "", "\xff", [&](std::string_view key, std::string_view value) {
            if (!sealed_store::is_plain_for_ever(static_cast<space>(i), key))
              ++found[sealing_key_of(value).value_or(0)];
            return true;
          }));
    return found;
  }
  bool all_active() const {
    auto keys = sealed->ring().keys();
    for (auto& [id, count] : ids())
      if (auto* key = keys->find(id); !key || key->state != key_state::active)
        return false;
    return true;
  }
  // Every event, index row, timer and snapshot is the newest there was.
  void check_content() const {
    for (auto& [ref, events] : expected) {
      std::vector<std::string> numbered;
      for (auto& event : events)
        numbered.push_back(std::to_string(numbered.size() + 1) + ":" + event);
      CAF_CHECK(stored_events(*rows, ref) == numbered);
      auto id = identify(ref, rows->naming_key());
      auto newest = events.back();
      auto value = [&](space where, const std::string& key) {
        auto found = rows->get(where, key);
        return found ? found->value_or("(none)") : describe(found.error());
      };
      CAF_CHECK_EQUAL(value(space::meta, name_key(id)), ref);
      CAF_CHECK_EQUAL(value(space::index, index_key(id, index_table::tasks, "row", rows->naming_key())),
                      newest);
      CAF_CHECK_EQUAL(value(space::index, timer_key(id, 5, "timer", rows->naming_key())), newest);
      CAF_CHECK(value(space::snapshot, snapshot_key(id, events.size())).find("state " + newest) !=
                std::string::npos);
    }
  }
  void tell_all(const std::string& word, int each = 3) {
    for (auto ref : {"acme/task/1", "acme/task/2", "other/run/1"})
      for (int i = 0; i < each; ++i)
        tell(ref, word + std::to_string(i));
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(seal_pass_tests, bench)

CAF_TEST(a plain store becomes a sealed one under the keys of its tenants) {
  tell_all("plain");
  seal();
  CAF_CHECK_EQUAL(ids().size(), 1u);
  seal_pass pass{sealed};
  run(pass);
  CAF_CHECK(!settled);
  CAF_CHECK(!pass.trouble());
  CAF_CHECK(sealed->ring().keys()->stage() == seal_stage::sealed);
  CAF_CHECK(all_active());
  auto keys = sealed->ring().keys();
  auto used = ids();
  CAF_CHECK_EQUAL(used[keys->active("acme")->key.id],
                  2 * (3 + limits::snapshots_kept + 3)); // events, snapshots; name, index, timer
  CAF_CHECK_EQUAL(used[keys->active("other")->key.id], 3 + limits::snapshots_kept + 3);
  CAF_CHECK_EQUAL(used[keys->active("")->key.id], 0u); // what the store keeps of itself stays plain
  check_content();
  restart();
  check_content();
}

CAF_TEST(after rotation all rows follow and the old keys are not needed) {
  seal();
  tell_all("before");
  CAF_CHECK(!sealed->ring().rotate());
  tell_all("after");
  CAF_CHECK(!all_active());
  seal_pass pass{sealed};
  run(pass);
  CAF_CHECK(all_active());
  CAF_CHECK(!sealed->ring().keys()->pending());
  check_content();
  seal_pass again{sealed};
  run(again);
  CAF_CHECK_EQUAL(again.changed(), 0u);
  CAF_CHECK_EQUAL(again.seen(), pass.seen());
}

CAF_TEST(a pass under load loses nothing and reverts nothing) {
  seal();
  for (int i = 0; i < 40; ++i) // more than one piece
    tell("acme/task/" + std::to_string(i), std::string(20'000, 'a'));
  CAF_CHECK(!sealed->ring().rotate());
  seal_pass pass{sealed};
  int pieces = 0;
  for (auto more = true; more; ++pieces) {
    std::vector<journal_order> others;
    for (int i = 0; i < 40; i += 3)
      others.emplace_back(order("acme/task/" + std::to_string(i), "piece " + std::to_string(pieces)));
    others.emplace_back(order("new/task/" + std::to_string(pieces), "born meanwhile"));
    more = step(pass, std::move(others));
    check_content();
  }
  CAF_CHECK(pieces > 3);
  CAF_CHECK(all_active());
  CAF_CHECK(!sealed->ring().keys()->pending());
}

CAF_TEST(a pass that is killed after any piece goes on in the next life) {
  for (int i = 0; i < 40; ++i)
    tell("acme/task/" + std::to_string(i), std::string(20'000, 'a'));
  seal(); // conversion
  int lives = 0;
  for (auto done = false; !done; ++lives) {
    seal_pass pass{sealed};
    for (int i = 0; i <= lives && !done; ++i)
      done = !step(pass);
    check_content();
    tell("acme/task/" + std::to_string(lives), "life " + std::to_string(lives));
    restart();
  }
  CAF_CHECK(lives > 2);
  CAF_CHECK(all_active());
  check_content();
}

CAF_TEST(a piece that could not be written comes again) {
  seal();
  tell_all("before");
  CAF_CHECK(!sealed->ring().rotate());
  for (auto applied : {false, true}) {
    seal_pass pass{sealed};
    memory->fail_next_write(applied);
    CAF_CHECK(step(pass) || !settled);
    CAF_CHECK(!pass.finished());
    CAF_CHECK(sealed->ring().keys()->pending());
    run(pass);
    CAF_CHECK(all_active());
    check_content();
    CAF_CHECK(!sealed->ring().rotate());
  }
}

CAF_TEST(keys that change during a pass make another one due) {
  seal();
  tell_all("before");
  CAF_CHECK(!sealed->ring().rotate());
  seal_pass pass{sealed};
  CAF_CHECK(!sealed->ring().rotate());
  run(pass);
  CAF_CHECK(sealed->ring().keys()->pending());
  seal_pass next{sealed};
  run(next);
  CAF_CHECK(!sealed->ring().keys()->pending());
  check_content();
}

CAF_TEST(a ring that cannot be written keeps the old keys) {
  seal();
  tell_all("before");
  CAF_CHECK(!sealed->ring().rotate());
  file->full = true;
  seal_pass pass{sealed};
  run(pass);
  CAF_CHECK_EQUAL(code_of(settled), ec::disk_full);
  restart();
  CAF_CHECK(sealed->ring().keys()->pending());
  check_content();
}

CAF_TEST(what a shredded tenant had is erased and nothing else) {
  seal();
  tell_all("event");
  CAF_CHECK(!sealed->ring().shred("acme"));
  seal_pass pass{sealed};
  run(pass);
  CAF_CHECK_EQUAL(pass.changed(), 2 * (3 + limits::snapshots_kept + 3));
  CAF_CHECK(!sealed->ring().keys()->pending());
  CAF_CHECK(all_active());
  expected.erase("acme/task/1");
  expected.erase("acme/task/2");
  check_content();
}

CAF_TEST(entities of a shredded tenant neither go on nor wake) {
  seal();
  tell_all("event");
  CAF_CHECK(!sealed->ring().shred("acme"));
  std::vector<journal_order> orders{order("acme/task/1", "more"), order("other/run/1", "more")};
  auto out = core->process(orders);
  auto refused = out.at(0).message->move_content_to_message();
  CAF_REQUIRE(refused.match_elements<AppendFailed>());
  CAF_CHECK_EQUAL(static_cast<ec>(refused.get_as<AppendFailed>(0).failure().code()), ec::shredded);
  CAF_CHECK(out.at(1).message->content().match_elements<Appended>());
  for (auto ref : {"acme/task/1", "acme/task/never-seen"}) {
    auto replayed = open(ref);
    CAF_CHECK_EQUAL(static_cast<ec>(replayed.failure().code()), ec::shredded);
    CAF_CHECK(replayed.failure().text().find("acme") != std::string::npos);
  }
}

CAF_TEST(a damaged row is left as it is and keeps the old keys) {
  seal();
  tell_all("before");
  auto key = journal_key(identify("acme/task/1", rows->naming_key()), 2);
  auto broken = **memory->get(space::journal, key);
  broken.back() = static_cast<char>(broken.back() ^ 1);
  CAF_CHECK(!memory->write({{space::journal, key, broken}}));
  CAF_CHECK(!sealed->ring().rotate());
  seal_pass pass{sealed};
  run(pass);
  CAF_CHECK_EQUAL(code_of(settled), ec::corrupt);
  CAF_CHECK(sealed->ring().keys()->pending());
  CAF_CHECK_EQUAL(std::string{**memory->get(space::journal, key)}, broken);
  CAF_CHECK_EQUAL(ids().size(), 3u); // the old key of acme has one row left
}

CAF_TEST_FIXTURE_SCOPE_END()
