// A match has what is required, the best comes first, and the index is exact whatever was put and removed.
#define CAF_SUITE actors.agent.capability
#define FAIL CAF_FAIL
#include <algorithm>
#include <caf/test/dsl.hpp>
#include <random>
#include <troupe/actors/agent/capability.hpp>
#include <troupe/persistence/keys.hpp>
#include <troupe/persistence/memory_store.hpp>

using namespace troupe;

namespace {

using words = std::vector<std::string>;

AgentRecord worker(const std::string& id, const words& capabilities, double success_rate = 1,
                   uint32_t slots = 0) {
  AgentRecord record;
  record.set_id(id);
  record.mutable_request()->set_id(id);
  for (auto& capability : capabilities)
    record.mutable_request()->add_capabilities(capability);
  record.mutable_request()->mutable_config()->set_max_concurrent(slots);
  record.mutable_metadata()->set_success_rate(success_rate);
  return record;
}

AgentQuery wanted(const words& required, const words& optional = {}) {
  AgentQuery query;
  for (auto& capability : required)
    query.add_required(capability);
  for (auto& capability : optional)
    query.add_optional(capability);
  return query;
}

words ids_of(const AgentMatches& found) {
  words ids;
  for (auto& match : found.matches())
    ids.push_back(match.id());
  return ids;
}

capability_index staff(const std::vector<AgentRecord>& records) {
  capability_index index;
  for (auto& record : records)
    index.put(record);
  return index;
}

bool near(double a, double b) {
  return std::abs(a - b) < 1e-12;
}

} // namespace

CAF_TEST(a match has everything that is required) {
  auto index = staff({worker("a", {"read"}), worker("b", {"read", "write"}), worker("c", {"write"})});
  CAF_CHECK(ids_of(index.find(wanted({"read", "write"}), 0)) == words{"b"});
  CAF_CHECK(ids_of(index.find(wanted({"read"}), 0)) == (words{"a", "b"}));
  CAF_CHECK(ids_of(index.find(wanted({}), 0)) == (words{"a", "b", "c"}));
  CAF_CHECK(index.find(wanted({"read", "fly"}), 0).matches().empty());
}

CAF_TEST(the score is the weighted sum of its parts) {
  auto index = staff({worker("a", {"read", "fast"}, 0.5, 4)});
  index.set_in_flight("a", 1);
  auto match = index.find(wanted({"read"}, {"fast", "cheap"}), 0).matches(0);
  CAF_CHECK(near(match.required_share(), 1));
  CAF_CHECK(near(match.optional_share(), 0.5));
  CAF_CHECK(near(match.success_rate(), 0.5));
  CAF_CHECK(near(match.free_share(), 0.75));
  CAF_CHECK(near(match.score(), 0.4 * 0.5 + 0.4 * 0.5 + 0.2 * 0.75));
}

CAF_TEST(optional capabilities and success and free slots each decide between equals) {
  auto index = staff({worker("a", {"read"}), worker("b", {"read", "fast"})});
  CAF_CHECK(ids_of(index.find(wanted({"read"}, {"fast"}), 0)) == (words{"b", "a"}));
  index = staff({worker("a", {"read"}, 0.9), worker("b", {"read"}, 1)});
  CAF_CHECK(ids_of(index.find(wanted({"read"}), 0)) == (words{"b", "a"}));
  index = staff({worker("a", {"read"}), worker("b", {"read"})});
  index.set_in_flight("a", 1);
  CAF_CHECK(ids_of(index.find(wanted({"read"}), 0)) == (words{"b", "a"}));
}

CAF_TEST(ties go to the lower id and the limit cuts the tail) {
  auto index = staff(
      {worker("c", {"read"}), worker("a", {"read"}), worker("b", {"read"}), worker("z", {"read"}, 0.1)});
  CAF_CHECK(ids_of(index.find(wanted({"read"}), 0)) == (words{"a", "b", "c", "z"}));
  CAF_CHECK(ids_of(index.find(wanted({"read"}), 2)) == (words{"a", "b"}));
  CAF_CHECK(ids_of(index.find(wanted({"read"}), 9)) == (words{"a", "b", "c", "z"}));
}

CAF_TEST(domain and success rate are bounds) {
  auto here = worker("here", {"read"}, 0.8);
  here.mutable_request()->set_domain("law");
  auto index = staff({here, worker("there", {"read"}, 0.5)});
  auto query = wanted({"read"});
  query.set_domain("law");
  CAF_CHECK(ids_of(index.find(query, 0)) == words{"here"});
  query.set_domain("art");
  CAF_CHECK(index.find(query, 0).matches().empty());
  query.clear_domain();
  query.set_min_success_rate(0.8);
  CAF_CHECK(ids_of(index.find(query, 0)) == words{"here"});
  query.set_min_success_rate(0.81);
  CAF_CHECK(index.find(query, 0).matches().empty());
}

CAF_TEST(agents out of service are no match) {
  auto off = worker("off", {"read"}), broken = worker("broken", {"read"}), busy = worker("busy", {"read"});
  off.set_status(AGENT_OFFLINE);
  broken.set_status(AGENT_ERROR);
  busy.set_status(AGENT_BUSY);
  auto index = staff({off, broken, busy});
  CAF_CHECK(ids_of(index.find(wanted({"read"}), 0)) == words{"busy"});
}

CAF_TEST(the reason names what is missing) {
  capability_index index;
  auto reason = [&](const AgentQuery& query) { return index.find(query, 0).reason(); };
  CAF_CHECK_EQUAL(reason(wanted({"read"})), "no agent is registered");
  index = staff({worker("a", {"read"}, 0.5), worker("b", {"write"})});
  CAF_CHECK_EQUAL(reason(wanted({"fly", "read", "swim"})), "no agent can fly, swim");
  CAF_CHECK_EQUAL(reason(wanted({"read", "write"})), "no agent in service has all of read, write");
  auto query = wanted({"read"});
  query.set_domain("law");
  query.set_min_success_rate(0.9);
  CAF_CHECK_EQUAL(reason(query),
                  "no agent in service has all of read in domain law at the wanted success rate");
  query = wanted({"read"});
  query.set_max_in_flight(2);
  index.set_in_flight("a", 2);
  CAF_CHECK_EQUAL(reason(query), "1 matching agents are too busy");
  CAF_CHECK_EQUAL(reason(wanted({"read"})), "");
}

CAF_TEST(slots are those of the registration or the default) {
  CAF_CHECK_EQUAL(slots_of(worker("a", {}), 2), 2u);
  CAF_CHECK_EQUAL(slots_of(worker("a", {}, 1, 7), 2), 7u);
  capability_index one{1};
  one.put(worker("a", {"read"}));
  one.set_in_flight("a", 1);
  CAF_CHECK_EQUAL(one.find(wanted({"read"}), 0).matches(0).free_share(), 0.0);
}

CAF_TEST(a replaced agent loses what it no longer can) {
  auto index = staff({worker("a", {"read", "write"})});
  index.put(worker("a", {"write", "sing"}));
  CAF_CHECK(index.find(wanted({"read"}), 0).matches().empty());
  CAF_CHECK(ids_of(index.find(wanted({"sing"}), 0)) == words{"a"});
  CAF_CHECK_EQUAL(index.stats().capabilities(), 2u);
  auto gone = worker("a", {"write"});
  gone.set_unregistered(true);
  index.put(gone);
  CAF_CHECK(index.get("a") == nullptr);
  CAF_CHECK_EQUAL(index.stats().agents(), 0u);
  CAF_CHECK_EQUAL(index.stats().capabilities(), 0u);
}

CAF_TEST(an agent that names a capability twice is indexed once) {
  auto index = staff({worker("a", {"read", "read"}), worker("b", {"read"})});
  index.remove("a");
  CAF_CHECK(ids_of(index.find(wanted({"read"}), 0)) == words{"b"});
  index.remove("b");
  CAF_CHECK_EQUAL(index.stats().capabilities(), 0u);
}

CAF_TEST(statistics count every standing once) {
  auto index = staff(
      {worker("a", {"x"}), worker("b", {"x"}), worker("c", {"y"}), worker("d", {"y"}), worker("e", {"y"})});
  auto standing = [&](const std::string& id, AgentStatus status) {
    auto record = *index.get(id);
    record.set_status(status);
    index.put(record);
  };
  standing("c", AGENT_ERROR);
  standing("d", AGENT_OFFLINE);
  standing("e", AGENT_BUSY);
  index.set_in_flight("b", 1);
  auto stats = index.stats();
  CAF_CHECK_EQUAL(uint64_t{stats.agents()}, 5u);
  CAF_CHECK_EQUAL(uint64_t{stats.capabilities()}, 2u);
  CAF_CHECK_EQUAL(uint64_t{stats.idle()}, 1u);
  CAF_CHECK_EQUAL(uint64_t{stats.busy()}, 2u);
  CAF_CHECK_EQUAL(uint64_t{stats.error()}, 1u);
  CAF_CHECK_EQUAL(uint64_t{stats.offline()}, 1u);
}

CAF_TEST(the index answers like a naive model whatever was put and removed) {
  const words all{"a", "b", "c", "d", "e"};
  for (unsigned seed = 0; seed < 40; ++seed) {
    std::mt19937 dice{seed};
    auto some = [&](size_t most) {
      words picked;
      for (auto& capability : all)
        if (picked.size() < most && dice() % 2)
          picked.push_back(capability);
      return picked;
    };
    capability_index index;
    std::map<std::string, AgentRecord> model;
    std::map<std::string, uint32_t> in_flight;
    for (int step = 0; step < 60; ++step) {
      auto id = "agent-" + std::to_string(dice() % 8);
      switch (dice() % 4) {
      case 0:
        index.remove(id);
        model.erase(id);
        break;
      case 1:
        in_flight[id] = dice() % 4;
        index.set_in_flight(id, in_flight[id]);
        break;
      default:
        model[id] = worker(id, some(5), static_cast<double>(dice() % 5) / 4, 1 + dice() % 3);
        model[id].set_status(dice() % 5 ? AGENT_IDLE : AGENT_OFFLINE);
        index.put(model[id]);
      }
      auto query = wanted(some(2), some(5));
      words expected;
      std::map<std::string, bool> capabilities;
      for (auto& [name, record] : model) {
        words can{record.request().capabilities().begin(), record.request().capabilities().end()};
        for (auto& capability : can)
          capabilities[capability] = true;
        auto fits = record.status() == AGENT_IDLE &&
                    std::all_of(query.required().begin(), query.required().end(), [&](auto& capability) {
                      return std::count(can.begin(), can.end(), capability) > 0;
                    });
        if (fits)
          expected.push_back(name);
      }
      auto found = index.find(query, 0);
      auto got = ids_of(found);
      for (int i = 1; i < found.matches_size(); ++i) {
        auto &better = found.matches(i - 1), &worse = found.matches(i);
        CAF_REQUIRE(better.score() > worse.score() ||
                    (better.score() == worse.score() && better.id() < worse.id()));
      }
      std::sort(got.begin(), got.end());
      CAF_REQUIRE(got == expected);
      CAF_REQUIRE_EQUAL(index.stats().capabilities(), capabilities.size());
      CAF_REQUIRE_EQUAL(index.stats().agents(), model.size());
    }
    CAF_CHECK_EQUAL(index.all().size(), model.size());
  }
}

CAF_TEST(agents are loaded from their rows in every shard) {
  auto rows = open_memory(1);
  write_batch batch;
  for (int i = 0; i < 100; ++i) {
    auto id = "agent-" + std::to_string(i);
    auto entity = identify("default/agent/" + id, rows->naming_key());
    batch.push_back({space::index, index_key(entity, index_table::agents, "record", rows->naming_key()),
                     worker(id, {"read"}).SerializeAsString()});
    batch.push_back({space::index, index_key(entity, index_table::runs, "summary", rows->naming_key()),
                     "another listing"});
  }
  CAF_REQUIRE(!rows->write(batch));
  capability_index index;
  CAF_REQUIRE(!load_agents(*rows, index));
  CAF_CHECK_EQUAL(index.all().size(), 100u);
  CAF_CHECK(index.get("agent-99") != nullptr);
}

CAF_TEST(a store that cannot be read refuses the load) {
  class unreadable final : public store {
  public:
    caf::error write(const write_batch&, const std::vector<fence>&) override {
      return {};
    }
    caf::expected<std::optional<std::string>> get(space, std::string_view) const override {
      return make_error(ec::unavailable);
    }
    caf::error scan(space, std::string_view, std::string_view,
                    const std::function<bool(std::string_view, std::string_view)>&) const override {
      return make_error(ec::corrupt);
    }
    caf::error scan_back(space, std::string_view, std::string_view,
                         const std::function<bool(std::string_view, std::string_view)>&) const override {
      return make_error(ec::corrupt);
    }
    caf::error reopen() override {
      return {};
    }
    const std::string& naming_key() const override {
      return text_;
    }
    const std::string& id() const override {
      return text_;
    }

  private:
    std::string text_;
  };
  capability_index index;
  CAF_CHECK_EQUAL(code_of(load_agents(unreadable{}, index)), ec::corrupt);
}
