// What waits for its time, as somebody sees it who types `troupe timers list`.
#define CAF_SUITE net.node.timer_commands
#include "tests/support/typed.hpp"

using namespace troupe;

namespace {

void keep(const control_node& node, const std::string& owner, const std::string& id, int64_t due_ms,
          int64_t period_ms = 0) {
  TimerRow row;
  row.set_ref(owner);
  row.set_timer(id);
  row.set_due_ms(due_ms);
  row.set_period_ms(period_ms);
  auto& key = node.rows->naming_key();
  node.rows->write(
      {{space::index, timer_key(identify(owner, key), due_ms, id, key), row.SerializeAsString()}});
}

void play_timers(control_node& node) {
  node.play(std::string{services::timers}, [](const CountFirings& question) {
    FiringCounts counts;
    for (int i = 0; i < question.timers_size(); ++i)
      counts.add_times(7);
    return counts;
  });
}

} // namespace

CAF_TEST(timers are shown with who waits for what and when) {
  control_node node;
  play_timers(node);
  CAF_CHECK_EQUAL(type(node, {"timers", "list"}).out, "no timers\n");
  auto now = node.outside->time->now_ms();
  keep(node, "default/task/a", "|run", 0);
  keep(node, "default/task/b", "|wait/0", now - 5'000'000);
  keep(node, "default/bell/c", "toll", now + 7'230'000, 3'600'000);
  auto said = type(node, {"timers", "list"});
  CAF_CHECK_EQUAL(said.code, 0);
  auto line = [&](const std::string& part) {
    auto at = said.out.find(part);
    auto begin = said.out.rfind('\n', at) + 1;
    return at == std::string::npos ? "" : said.out.substr(begin, said.out.find('\n', at) - begin);
  };
  CAF_CHECK_EQUAL(line("DUE").substr(0, 3), "DUE");
  CAF_CHECK_EQUAL(line("default/task/a").substr(0, 1), "-");
  CAF_CHECK(line("default/task/a").find("|run     outbox  fire") != std::string::npos);
  CAF_CHECK(line("default/task/b").find("1 h 23 min ago") != std::string::npos);
  CAF_CHECK(line("toll").find("in 2 h 0 min") != std::string::npos);
  CAF_CHECK(line("toll").find("timer   fire, every 1 h  7") != std::string::npos);
  CAF_CHECK(said.out.ends_with("\n3 in all\n"));
}

CAF_TEST(no more are shown than asked for and all are counted) {
  control_node node;
  play_timers(node);
  for (int i = 0; i < 5; ++i)
    keep(node, "default/task/" + std::to_string(i), "x", 1000 + i);
  auto said = type(node, {"timers", "list", "--limit", "2"});
  CAF_CHECK(said.out.find("default/task/1") != std::string::npos);
  CAF_CHECK(said.out.find("default/task/2") == std::string::npos);
  CAF_CHECK(said.out.ends_with("\n2 of 5; more: --limit N, up to 1000\n"));
  auto json = type(node, {"timers", "list", "--limit", "2", "--json"}).out;
  CAF_CHECK(json.find(R"("total":"5")") != std::string::npos ||
            json.find(R"("total":5)") != std::string::npos);
  CAF_CHECK(json.find(R"("owner":"default/task/0")") != std::string::npos);
}

CAF_TEST(a viewer may look) {
  control_node node;
  play_timers(node);
  CAF_CHECK(node.client(control_node::view).timers());
}
