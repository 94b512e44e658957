// What is stored besides events follows from them: whatever a node lived through, its rows can be made again.
#define CAF_SUITE persistence.rebuild
#include "tests/support/platform.hpp"
#include <random>
#include <set>
#include <troupe/behaviors/workflow_builder.hpp>
#include <troupe/runtime/proto/catalog.pb.h>
#include <troupe/runtime/proto/ledger.pb.h>
#include <troupe/runtime/proto/schedule.pb.h>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

std::shared_ptr<agent_parts> busy_hands() {
  auto parts = std::make_shared<agent_parts>();
  teach(*parts, "worker", "work",
        [](const Task&) { return sleep_for(1s).then([](const Result&) { return finish("done"); }); });
  teach(*parts, "asker", "ask", [](const Task&) {
    return ask_human("boss", "may I?").then([](const Result& answer) { return finish(answer); });
  });
  teach(*parts, "loser", "lose", [](const Task&) { return fail(ec::action_failed, "no luck"); });
  teach(*parts, "chief", "lead", [](const Task&) {
    return all_of({call_agent("work"), call_agent("ask")}).then([](const Result&) { return finish("led"); });
  });
  return parts;
}

const std::vector<entity_kind>& real_kinds() {
  static const std::vector<entity_kind> kinds = {agent_kind(busy_hands()), task_kind(), run_kind(),
                                                 ledger_kind(), schedule_kind(), make_kind<probe_state>("probe", probe)};
  return kinds;
}

struct workshop : platform {
  workshop() : platform{busy_hands()} {
    hire_all();
  }

  void hire_all() {
    for (std::string one : {"worker", "asker", "loser", "chief"})
      if (!ask<AgentRecord>(std::string{services::registry}, registration(one)))
        CAF_MESSAGE(one << " is hired already");
  }
  static RegisterAgent registration(const std::string& who) {
    static const std::map<std::string, std::string> skills = {
        {"worker", "work"}, {"asker", "ask"}, {"loser", "lose"}, {"chief", "lead"}};
    RegisterAgent cmd;
    cmd.mutable_request()->set_id(who);
    cmd.mutable_request()->set_behavior(who);
    cmd.mutable_request()->add_capabilities(skills.at(who));
    return cmd;
  }

  size_t changes_needed() {
    size_t changes = 0;
    for (unsigned shard = 0; shard < limits::shards; ++shard) {
      auto batch = rebuild_rows(*rows, real_kinds(), static_cast<uint8_t>(shard));
      if (!batch)
        CAF_FAIL("shard " << shard << ": " << describe(batch.error()));
      changes += batch->size();
    }
    return changes;
  }

  std::map<std::string, std::string> index() const {
    std::map<std::string, std::string> found;
    CAF_CHECK(!rows->scan(space::index, "", "\xff", [&](auto key, auto value) {
      found.emplace(key, value);
      return true;
    }));
    return found;
  }

  template <class M>
  void send(const std::string& to, M message) {
    post<Done>(to, std::move(message), [](auto) {});
  }

  // One thing a user may do, of all that leave rows behind.
  void act(std::mt19937_64& chance, int& born) {
    auto pick = [&](size_t below) { return static_cast<size_t>(chance() % below); };
    auto some = [&](const char* kind) {
      return "default/" + std::string{kind} + "/" + std::to_string(pick(static_cast<size_t>(born) + 1));
    };
    switch (pick(10)) {
    case 0:
    case 1: {
      constexpr const char* skills[] = {"work", "ask", "lose", "lead"};
      auto cmd = job(skills[pick(4)]);
      if (pick(3) == 0)
        cmd.mutable_spec()->set_deadline_ms(time->now_ms() + 20'000);
      post<TaskAccepted>("default/task/" + std::to_string(++born), cmd, [](auto) {});
      break;
    }
    case 2: {
      workflow_builder flow{"fork"};
      flow.step("first", "work");
      flow.step("slow", "ask").needs({"first"});
      flow.step("weak", pick(2) ? "lose" : "lead").needs({"first"});
      StartWorkflow cmd;
      *cmd.mutable_definition() = flow.definition();
      auto* gate = cmd.mutable_definition()->add_steps();
      gate->set_id("gate");
      gate->mutable_approval()->set_message("may it?");
      gate->mutable_approval()->add_approvers("ann");
      gate->mutable_approval()->set_timeout_ms(10'000);
      PublishWorkflow publish;
      *publish.mutable_definition() = flow.definition();
      post<WorkflowRevision>("default/workflow/fork", publish, [](auto) {});
      post<WorkflowAccepted>("default/run/" + std::to_string(++born), cmd, [](auto) {});
      break;
    }
    case 3: {
      AnswerQuestion cmd;
      cmd.set_position("0");
      cmd.set_text("yes");
      send(some("task"), cmd);
      cmd.set_step("slow");
      send(some("run"), cmd);
      break;
    }
    case 4:
      send(some("task"), CancelTask{});
      send(some("run"), CancelRun{});
      break;
    case 5:
      send(some("task"), ResumeTask{});
      break;
    case 6: {
      send(some("task"), DropTask{});
      SetLedgerLimit limit;
      limit.set_amount(100);
      limit.set_unit("test-micro");
      post<LedgerState>(some("ledger"), limit, [](auto) {});
      ChargeLedger charge;
      charge.set_amount(30);
      charge.set_purpose("a test");
      post<LedgerState>(some("ledger"), charge, [](auto) {});
      break;
    }
    case 8: {
      CreateSchedule plan;
      plan.mutable_spec()->mutable_times()->set_every_ms(10'000);
      plan.mutable_spec()->set_overlap(static_cast<Overlap>(pick(6)));
      workflow_builder flow{"planned"};
      flow.step("one", "work");
      *plan.mutable_spec()->mutable_definition() = flow.definition();
      post<ScheduleSummary>(some("schedule"), plan, [](auto) {});
      post<ScheduleTriggered>(some("schedule"), TriggerSchedule{}, [](auto) {});
      if (pick(3) == 0)
        post<Done>(some("schedule"), DeleteSchedule{}, [](auto) {});
      break;
    }
    case 7: {
      UnregisterAgent cmd;
      cmd.set_id(pick(2) ? "loser" : "chief");
      post<AgentRecord>(std::string{services::registry}, cmd, [](auto) {});
      break;
    }
    default: {
      ProbeNudge cmd;
      cmd.set_amount(77);
      node->outside()->names->tell("default/probe/" + std::to_string(pick(3)), cmd);
    }
    }
  }
};

const std::string counter = "tenant/probe/counter";

ProbeAdd add(int64_t amount) {
  ProbeAdd cmd;
  cmd.set_amount(amount);
  return cmd;
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(rebuild_tests, workshop)

CAF_TEST(rows rebuilt are the rows stored at every moment of a life) {
  std::mt19937_64 chance{20261129};
  std::set<std::string> seen; // tables and timers that held something
  int born = 0;
  for (int round = 0; round < 120; ++round) {
    act(chance, born);
    for (auto steps = chance() % 400; steps > 0 && node->step(); --steps) {
    }
    if (chance() % 3 == 0)
      node->advance(std::chrono::milliseconds{chance() % 8000});
    if (chance() % 12 == 0)
      rows->fail_next_write(chance() % 2 == 0);
    if (chance() % 12 == 0) {
      crash_and_recover();
      hire_all();
    }
    if (auto changes = changes_needed())
      CAF_FAIL(changes << " rows differ in round " << round);
    for (auto& [key, value] : index())
      seen.insert(key[0] == 2 ? key.substr(0, 1) + key.substr(2, 1) : key.substr(0, 1));
  }
  CAF_CHECK_EQUAL(seen.size(), std::size(index_tables) + 1);
  CAF_CHECK(index().size() > 20);
}

CAF_TEST(lost and wrong and superfluous rows are made right) {
  request<TaskAccepted>("default/task/a", job("ask"));
  request<TaskAccepted>("default/task/b", job("lose"));
  request<ProbeTotal>(counter, add(77));
  auto whole = index();
  CAF_REQUIRE(whole.size() > 6);
  size_t n = 0;
  write_batch harm;
  for (auto& [key, value] : whole)
    if (++n % 3 != 0)
      harm.push_back({space::index, key, n % 3 == 1 ? std::nullopt : std::optional{value + "?"}});
  auto stranger = identify("default/task/nobody", rows->naming_key());
  harm.push_back({space::index, index_key(stranger, index_table::tasks, "summary", rows->naming_key()), "x"});
  harm.push_back({space::index, timer_key(stranger, 5, "run", rows->naming_key()), "x"});
  CAF_CHECK(!rows->write(harm));
  CAF_CHECK_EQUAL(changes_needed(), harm.size());
  for (unsigned shard = 0; shard < limits::shards; ++shard)
    CAF_CHECK(!rows->write(*rebuild_rows(*rows, real_kinds(), static_cast<uint8_t>(shard))));
  CAF_CHECK(index() == whole);
}

CAF_TEST(one entity alone is made right) {
  request<TaskAccepted>("default/task/a", job("ask"));
  request<TaskAccepted>("default/task/b", job("ask"));
  auto whole = index();
  write_batch harm;
  for (auto& [key, value] : whole)
    harm.push_back({space::index, key, std::nullopt});
  CAF_CHECK(!rows->write(harm));
  for (auto& name : std::vector<std::string>{"default/task/a", "default/task/b", agent_ref("asker")}) {
    auto entity = identify(name, rows->naming_key());
    auto batch = rebuild_rows(*rows, real_kinds(), entity);
    CAF_REQUIRE(batch);
    CAF_CHECK(!batch->empty());
    for (auto& change : *batch)
      CAF_CHECK(entity_of(change.key) == entity);
    CAF_CHECK(!rows->write(*batch));
    CAF_CHECK(rebuild_rows(*rows, real_kinds(), entity)->empty());
  }
}

CAF_TEST(the state rebuilt is the state of the snapshot) {
  for (uint64_t n = 0; n < limits::snapshot_every; ++n)
    request<ProbeTotal>(counter, add(2));
  auto entity = identify(counter, rows->naming_key());
  Snapshot snapshot;
  CAF_CHECK(!rows->scan(space::snapshot, entity_begin(entity), entity_end(entity), [&](auto, auto stored) {
    std::string_view payload;
    CAF_REQUIRE(unwrap(stored, payload));
    snapshot.ParseFromString(std::string{payload});
    return false;
  }));
  auto replay = replay_entity(*rows, real_kinds(), entity);
  CAF_REQUIRE(replay);
  CAF_CHECK_EQUAL((*replay)->seq(), limits::snapshot_every);
  CAF_CHECK(!snapshot.state().empty());
  CAF_CHECK((*replay)->state() == snapshot.state());
}

CAF_TEST(a missing event is told and nothing is made of the rest) {
  for (int n = 0; n < 3; ++n)
    request<ProbeTotal>(counter, add(77));
  auto entity = identify(counter, rows->naming_key());
  CAF_CHECK(!rows->write({{space::journal, journal_key(entity, 2), std::nullopt}}));
  auto replay = replay_entity(*rows, real_kinds(), entity);
  CAF_REQUIRE(!replay);
  CAF_CHECK_EQUAL(code_of(replay.error()), ec::corrupt);
  CAF_CHECK(text_of(replay.error()).find("event 2 is missing") != std::string::npos);
  CAF_CHECK_EQUAL(code_of(rebuild_rows(*rows, real_kinds(), entity.shard).error()), ec::corrupt);
}

CAF_TEST(rows of a kind that is unknown here stay as they are) {
  request<ProbeTotal>(counter, add(77));
  auto entity = identify(counter, rows->naming_key());
  auto stored = index();
  std::vector<entity_kind> others = {task_kind(), run_kind(), agent_kind(busy_hands())};
  CAF_CHECK_EQUAL(code_of(replay_entity(*rows, others, entity).error()), ec::invalid_argument);
  auto batch = rebuild_rows(*rows, others, entity.shard);
  CAF_REQUIRE(batch);
  CAF_CHECK(batch->empty());
}

CAF_TEST(an entity that is not stored is not found) {
  auto nobody = identify("tenant/probe/nobody", rows->naming_key());
  CAF_CHECK_EQUAL(code_of(replay_entity(*rows, real_kinds(), nobody).error()), ec::not_found);
}

CAF_TEST_FIXTURE_SCOPE_END()
