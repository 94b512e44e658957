// Tenants take turns at each agent, whatever they wait with; among a tenant's tasks what matters more goes first.
#define CAF_SUITE actors.agent.fair_queue
#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>
#include <random>
#include <troupe/actors/agent/fair_queue.hpp>
#include <troupe/runtime/limits.hpp>

using namespace troupe;

namespace {

constexpr int64_t begin_ms = 1'000'000;
constexpr int64_t minute_ms = limits::priority_aging.count();

RunTask waits(const std::string& tenant, const std::string& name, const std::string& capability = "read",
              Priority priority = PRIORITY_MEDIUM, int64_t created_ms = begin_ms) {
  RunTask task;
  task.set_owner(tenant + "/task/" + name);
  task.mutable_query()->add_required(capability);
  task.set_priority(priority);
  task.set_created_ms(created_ms);
  return task;
}

std::string name_of(const std::optional<RunTask>& task) {
  return task ? task->owner().substr(task->owner().rfind('/') + 1) : "nobody";
}

// One pool that can do everything.
struct counter {
  fair_queue queue;
  void push(const RunTask& task) {
    queue.push(task.query().SerializeAsString(), task, {1});
  }
  std::string pop(int64_t now_ms = begin_ms) {
    return name_of(queue.pop(1, now_ms));
  }
  std::string all() {
    std::string names;
    for (auto name = pop(); name != "nobody"; name = pop())
      names += (names.empty() ? "" : " ") + name;
    return names;
  }
};

} // namespace

CAF_TEST(the tenant is the first part of the ref of the owner) {
  CAF_CHECK_EQUAL(tenant_of(waits("acme", "1")), "acme");
  CAF_CHECK_EQUAL(tenant_of(RunTask{}), "");
}

CAF_TEST(what matters more goes first and waiting is worth levels) {
  priority_line line;
  CAF_CHECK_EQUAL(line.rank(begin_ms), -1.0);
  line.push(waits("t", "low", "read", PRIORITY_LOW));
  line.push(waits("t", "first"));
  line.push(waits("t", "second"));
  line.push(waits("t", "older", "read", PRIORITY_MEDIUM, begin_ms - 1)); // came late, and is older
  line.push(waits("t", "high", "read", PRIORITY_HIGH));
  line.push(waits("t", "critical", "read", PRIORITY_CRITICAL));
  CAF_CHECK_EQUAL(line.rank(begin_ms), 3.0);
  CAF_CHECK_EQUAL(line.rank(begin_ms + minute_ms), 4.0);
  CAF_CHECK_EQUAL(line.size(), 6u);
  for (std::string name : {"critical", "high", "older", "first", "second", "low"}) {
    CAF_CHECK_EQUAL(name_of(line.front(begin_ms)), name);
    CAF_CHECK_EQUAL(name_of(line.pop(begin_ms)), name);
  }
  CAF_CHECK(line.empty());
  line.push(waits("t", "low", "read", PRIORITY_LOW));
  line.push(waits("t", "late", "read", PRIORITY_CRITICAL, begin_ms + 3 * minute_ms + 1));
  CAF_CHECK_EQUAL(name_of(line.pop(begin_ms + 3 * minute_ms + 1)), "low");
}

CAF_TEST(tenants take turns however many tasks they have) {
  counter at;
  for (auto name : {"a1", "a2", "a3", "a4"})
    at.push(waits("a", name));
  at.push(waits("b", "b1"));
  at.push(waits("c", "c1"));
  at.push(waits("c", "c2"));
  CAF_CHECK_EQUAL(at.all(), "a1 b1 c1 a2 c2 a3 a4");
}

CAF_TEST(the only task of a tenant waits for one of each other tenant whatever they call critical) {
  counter at;
  for (int i = 0; i < 1000; ++i)
    at.push(waits("flood", "f" + std::to_string(i), "read", PRIORITY_CRITICAL, begin_ms - 60 * minute_ms));
  at.pop();
  at.push(waits("poor", "single", "read", PRIORITY_LOW));
  CAF_CHECK_EQUAL(at.pop(), "f1");
  CAF_CHECK_EQUAL(at.pop(), "single");
  at.push(waits("poor", "next", "read", PRIORITY_LOW)); // back at once: not before everybody else
  CAF_CHECK_EQUAL(at.pop(), "f2");
  CAF_CHECK_EQUAL(at.pop(), "next");
}

CAF_TEST(many kinds of tasks give no tenant more turns) {
  counter at;
  for (auto need : {"read", "write", "draw"})
    at.push(waits("a", need, need));
  at.push(waits("b", "b1"));
  CAF_CHECK_EQUAL(at.all(), "draw b1 read write");
}

CAF_TEST(priorities of one tenant hold between its kinds of tasks) {
  counter at;
  at.push(waits("a", "medium", "read"));
  at.push(waits("a", "critical", "write", PRIORITY_CRITICAL));
  at.push(waits("a", "low", "draw", PRIORITY_LOW));
  CAF_CHECK_EQUAL(at.all(), "critical medium low");
}

CAF_TEST(a server gets what it can do and each has turns of its own) {
  fair_queue queue;
  auto push = [&](const std::string& tenant, const std::string& name, const std::string& need,
                  const std::vector<fair_queue::server>& servers) {
    queue.push(need, waits(tenant, name, need), servers);
  };
  push("a", "a1", "read", {1, 2});
  push("a", "a2", "write", {2});
  push("b", "b1", "write", {2});
  CAF_CHECK_EQUAL(name_of(queue.pop(1, begin_ms)), "a1");
  CAF_CHECK_EQUAL(name_of(queue.pop(1, begin_ms)), "nobody");
  CAF_CHECK_EQUAL(name_of(queue.pop(3, begin_ms)), "nobody");
  CAF_CHECK_EQUAL(name_of(queue.pop(2, begin_ms)), "a2");
  CAF_CHECK_EQUAL(name_of(queue.pop(2, begin_ms)), "b1");
}

CAF_TEST(a server that comes later gets what waits and one that goes gets nothing) {
  fair_queue queue;
  queue.push("read", waits("a", "a1"), {});
  queue.push("read", waits("a", "a2"), {1}); // known from the first one on: nobody could
  CAF_CHECK_EQUAL(name_of(queue.pop(1, begin_ms)), "nobody");
  std::vector<std::string> lines;
  queue.each_line([&](auto& line, auto& query) { lines.push_back(line + " " + query.required(0)); });
  CAF_CHECK(lines == std::vector<std::string>{"read read"});
  queue.serve(1, "read");
  queue.serve(1, "write"); // nobody waits there
  CAF_CHECK_EQUAL(name_of(queue.pop(1, begin_ms)), "a1");
  queue.close(1);
  queue.close(1);
  CAF_CHECK_EQUAL(name_of(queue.pop(1, begin_ms)), "nobody");
  queue.serve(2, "read");
  CAF_CHECK_EQUAL(name_of(queue.pop(2, begin_ms)), "a2");
}

CAF_TEST(what does not fit is passed over and keeps its turn) {
  fair_queue queue;
  queue.push("read", waits("a", "a1", "read"), {1});
  queue.push("write", waits("b", "b1", "write"), {1});
  auto writes = [](const AgentQuery& query) { return query.required(0) == "write"; };
  CAF_CHECK_EQUAL(name_of(queue.pop(1, begin_ms, writes)), "b1");
  CAF_CHECK_EQUAL(name_of(queue.pop(1, begin_ms, writes)), "nobody");
  CAF_CHECK_EQUAL(name_of(queue.pop(1, begin_ms)), "a1");
}

CAF_TEST(at random nothing is lost and nobody waits longer than a round) {
  std::mt19937 chance{7};
  auto below = [&](size_t n) { return chance() % n; };
  fair_queue queue;
  std::map<std::string, std::set<std::string>> model; // tenant -> what waits
  const std::vector<std::string> needs{"read", "write", "draw"};
  const std::map<std::string, std::vector<fair_queue::server>> can{
      {"read", {1, 2}}, {"write", {2}}, {"draw", {1, 2, 3}}};
  std::map<std::pair<fair_queue::server, std::string>, size_t>
      passed; // turns of others since its last, while it waits
  auto waits_for = [&](const std::string& tenant, fair_queue::server one) {
    for (auto& entry : model[tenant]) {
      auto& servers = can.at(entry.substr(0, entry.find(' ')));
      if (std::find(servers.begin(), servers.end(), one) != servers.end())
        return true;
    }
    return false;
  };
  for (int i = 0; i < 20'000; ++i) {
    if (below(2) == 0) {
      auto tenant = "t" + std::to_string(below(4) * below(3));
      auto& need = needs[below(needs.size())];
      auto name = need + " " + std::to_string(i);
      queue.push(need, waits(tenant, name, need, static_cast<Priority>(below(4)), begin_ms + i),
                 can.at(need));
      model[tenant].insert(name);
      continue;
    }
    fair_queue::server one = 1 + below(3);
    auto task = queue.pop(one, begin_ms + i);
    auto tenant = task ? tenant_of(*task) : "";
    for (auto& [who, tasks] : model) {
      auto& turns = passed[{one, who}];
      turns = who == tenant || !waits_for(who, one) ? 0 : turns + 1;
      CAF_REQUIRE(turns < model.size());
      CAF_REQUIRE(task || !waits_for(who, one));
    }
    if (!task)
      continue;
    CAF_REQUIRE(model[tenant].erase(name_of(task)) == 1);
    for (fair_queue::server other = 1; other <= 3; ++other)
      if (!waits_for(tenant, other)) // when it comes again, it comes last
        passed[{other, tenant}] = 0;
  }
}

CAF_TEST(a line knows how many wait in it and whose they are) {
  counter counted;
  auto one = waits("a", "1");
  auto line = one.query().SerializeAsString();
  CAF_CHECK_EQUAL(counted.queue.size_of(line).first, 0u);
  counted.push(one);
  counted.push(waits("a", "2"));
  counted.push(waits("b", "3"));
  CAF_CHECK_EQUAL(counted.queue.size_of(line).first, 3u);
  CAF_CHECK_EQUAL(counted.queue.size_of(line).second, 2u);
  counted.all();
  CAF_CHECK_EQUAL(counted.queue.size_of(line).second, 0u);
}
