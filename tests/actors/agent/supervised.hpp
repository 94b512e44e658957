// A house with supervised workers that crash on command, on virtual time. Include it after CAF_SUITE.
#pragma once

#define FAIL CAF_FAIL
#include <algorithm>
#include <map>
#include <troupe/actors/agent/supervisor.hpp>

#include <caf/test/dsl.hpp>

namespace troupe::tests {

using namespace std::chrono_literals;

struct config : caf::actor_system_config {
  config() {
    add_messages(*this);
  }
};

enum order : uint32_t { leave, crash, refuse_to_end, hang };

/// How workers of one id behave, and what became of them.
struct record {
  int alive = 0;
  int most_alive = 0;
  unsigned starts = 0;
  bool start_throws = false;
  bool init_throws = false;
  bool never_answers = false;
  std::function<void()> while_hanging; // what the world does before a hanging handler returns
  caf::actor_addr last;
};

using records = std::map<std::string, record>;

struct worker_state {
  static inline const char* name = "worker";
  record* mine = nullptr;
  ~worker_state() {
    if (mine)
      --mine->alive;
  }
};

/// Does as it is told by a Failure: code = order, text = what it throws.
inline caf::behavior worker(caf::stateful_actor<worker_state>* self, record* mine, activity_board* board) {
  house_rules(self);
  self->state.mine = mine;
  mine->most_alive = std::max(mine->most_alive, ++mine->alive);
  if (mine->init_throws)
    throw std::runtime_error("init failed");
  if (mine->never_answers)
    self->set_default_handler(caf::skip);
  caf::behavior handlers{
      [=](const Failure& told) {
        if (told.code() == leave)
          self->quit();
        else if (told.code() == refuse_to_end)
          self->set_exit_handler([](caf::exit_msg&) {});
        else if (told.code() == hang)
          mine->while_hanging();
        else
          throw std::runtime_error(told.text());
      },
      [](const GetStuck&) { return StuckList{}; },
  };
  observe(self, *board, handlers);
  return handlers;
}

struct doors { // outlive the actor system
  directory names;
  activity_board board;
  records workers;
  std::vector<std::string> log;
};

struct supervised_house : doors, test_coordinator_fixture<config> {
  size_t running_before = sys.registry().running();
  supervisor_actor root;

  ~supervised_house() {
    if (root) {
      caf::anon_send_exit(root, caf::exit_reason::user_shutdown);
      root = nullptr;
    }
    pass(20s);
    for (auto& [id, w] : workers) {
      CAF_CHECK_EQUAL(w.alive, 0);
      CAF_CHECK(w.most_alive <= 1);
    }
    CAF_CHECK_EQUAL(sys.registry().running(), running_before);
    CAF_CHECK(board.all_watched().empty());
    CAF_CHECK(names.awake().empty());
  }

  void pass(std::chrono::milliseconds time) {
    sched.run();
    for (; time > 0ms; time -= 1ms) {
      sched.advance_time(1ms);
      sched.run();
    }
  }

  child_spec child(const std::string& id, restart kind = restart::permanent) {
    child_spec spec;
    spec.id = id.substr(id.rfind('/') + 1);
    spec.kind = kind;
    auto* mine = &workers[id];
    spec.start = [this, mine](caf::scheduled_actor* parent) {
      ++mine->starts;
      if (mine->start_throws)
        throw std::runtime_error("no room");
      auto actor = parent->spawn(worker, mine, &board);
      mine->last = actor.address();
      return actor;
    };
    return spec;
  }

  supervisor_options options(strategy how, std::string path = "root") {
    supervisor_options result;
    result.path = std::move(path);
    result.rules = {how, 3, 5s, {100ms, 30s, 0, 60s}};
    result.places = {&names, &board};
    result.on_event = [this](const ChildEvent& e) {
      log.push_back(e.what() + " " + e.path().substr(e.path().rfind('/') + 1) +
                    (e.text().empty() ? "" : ": " + e.text()));
    };
    return result;
  }

  void start(supervisor_options opts, std::vector<child_spec> children) {
    root = spawn_supervisor(sys, std::move(opts), std::move(children));
    sched.run();
  }

  void tell_worker(const std::string& id, order code, const std::string& text = "boom") {
    Failure told;
    told.set_code(code);
    told.set_text(text);
    auto actor = caf::actor_cast<caf::actor>(workers.at(id).last);
    CAF_REQUIRE(actor);
    caf::anon_send(actor, told);
    actor = nullptr;
    sched.run();
  }

  /// What happened since the last call, of one kind if given.
  std::vector<std::string> told(const std::string& only = {}) {
    std::vector<std::string> result;
    for (auto& line : std::exchange(log, {}))
      if (only.empty() || line.rfind(only, 0) == 0)
        result.push_back(line);
    return result;
  }

  std::vector<unsigned> starts(const std::vector<std::string>& ids) {
    std::vector<unsigned> result;
    for (auto& id : ids)
      result.push_back(workers.at(id).starts);
    return result;
  }

  template <class Out, class Handle, class In>
  caf::expected<Out> answer(const Handle& to, const In& question, std::chrono::milliseconds wait = 0ms) {
    auto open = self->request(to, caf::infinite, question);
    pass(wait);
    caf::expected<Out> result{make_error(ec::timeout, "no answer in the test")};
    open.receive([&](const Out& out) { result = out; }, [&](const caf::error& e) { result = e; });
    return result;
  }

  TreeNode tree() {
    return *answer<TreeNode>(root, GetTree{});
  }

  std::vector<std::string> states(const TreeNode& node) {
    std::vector<std::string> result;
    for (auto& c : node.children())
      result.push_back(c.id() + " " + c.state() + " " + std::to_string(c.restarts()));
    return result;
  }
};

using lines = std::vector<std::string>;
using counts = std::vector<unsigned>;

} // namespace troupe::tests
