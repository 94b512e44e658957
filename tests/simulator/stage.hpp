// STAGE: one node under one seed, over many lives: its tree, its disk, its clock, and an agenda that outlives it.
#pragma once

#include <map>
#include <optional>
#include <random>
#include <set>
#include <tests/simulator/log_judge.hpp>
#include <tests/simulator/staff.hpp>
#include <tests/simulator/storage.hpp>
#include <tests/simulator/tree_judge.hpp>
#include <tests/simulator/workload.hpp>
#include <tests/support/life.hpp>
#include <tests/support/simulated_disk.hpp>
#include <tests/support/simulated_links.hpp>
#include <troupe/actors/agent/supervisor.hpp>

namespace troupe {

/// How one seed ended.
struct world_report {
  uint64_t seed = 0;
  std::string_view workload;
  uint64_t steps = 0; ///< jobs the scheduler ran
  uint64_t crashes = 0;
  uint64_t events = 0;                     ///< durable ones
  int64_t virtual_ms = 0;                  ///< time that passed inside
  std::string hash;                        ///< of all durable events: the same seed gives the same
  std::map<std::string, std::string> laws; ///< broken ones, and the first case of each; empty = all well
  std::vector<std::string> trace;          ///< what happened, if asked for
};

/// What every part of a story stands on.
class stage {
public:
  stage(uint64_t seed, const workload& story, bool traced);
  ~stage();
  stage(const stage&) = delete;
  stage& operator=(const stage&) = delete;

  /// A number below `below`, > 0, as the seed wants it.
  size_t pick(size_t below) {
    return static_cast<size_t>(chance_() % below);
  }
  /// Any number, as the seed wants it.
  uint64_t chance() {
    return chance_();
  }
  /// Writes a line into the trace.
  void tell(const std::string& text);
  /// A law is broken.
  void object(const std::string& law, const std::string& text);
  /// Does something later, in whatever life that is.
  void later(std::chrono::milliseconds wait, std::function<void()> what);

  /// Runs up to so many jobs, in the seed's order.
  void run(size_t steps);
  /// Lets time pass.
  void pass(std::chrono::milliseconds time);
  /// Nothing left to do now.
  void settle();

  /// The node is gone, without a warning, and comes up again. `keep_tail` as in simulated_disk::crash().
  void power_cut(bool keep_tail);
  /// The story is over: the node is gone for good, and so is everybody in it.
  void end();
  /// Ends a service or a child of the drill: with a failure, normally, or by making it deaf.
  void kill(const std::string& ref, int how);

  /// Whoever's keys are destroyed has nothing on disk any more.
  void note_shredded();

  /// The kinds of entities there are.
  std::vector<entity_kind> kinds() const;

  /// Sends a question to a ref; `then` hears the answer unless the node dies before.
  template <class Reply, proto_message M>
  void post(const std::string& ref, M message, std::function<void(caf::expected<Reply>)> then) {
    auto& here = *node;
    auto question = open_questions.insert(M::descriptor()->name() + " to " + ref);
    here.system().spawn([=, this, names = here.outside()->names, root = here.root(),
                         life = lives](caf::event_based_actor* self) {
      house_rules(self);
      self->link_to(root);
      ask<Reply>(self, *names, ref, std::chrono::hours{1}, message)
          .then(
              [=, this](const Reply& reply) {
                if (life != lives)
                  return;
                open_questions.erase(question);
                then(reply);
              },
              [=, this](const caf::error& reason) {
                if (life != lives)
                  return;
                if (reason == caf::sec::request_timeout)
                  object("answered", *question + " was never answered");
                open_questions.erase(question);
                then(reason);
              });
    });
  }

  const workload& story;
  world_report report;
  std::shared_ptr<simulated_disk> disk;
  std::shared_ptr<virtual_clock> time = std::make_shared<virtual_clock>();
  simulated_storage storage;
  id_source ids;
  log_judge log;
  tree_judge tree;
  outside_world world;
  no_links links; ///< one node: nobody is far away
  std::optional<life> node;
  uint64_t lives = 0;
  std::multiset<std::string> open_questions; ///< of this life: what was asked of whom
  unsigned hold_ups = 0;                     ///< so many appends are held up on their way to the journal
  uint64_t failures = 0;                     ///< writes that failed, and lives that ended
  std::function<void()> on_new_life;         ///< the node is up again
  std::vector<std::string> drill;            ///< refs of the drill's children
  std::function<void()> at_upkeep;           ///< called once, when the journal is about to do upkeep
  size_t steps_to_cut = 0;                   ///< then the power is cut; 0 = it is not
  bool quiet = false;                        ///< faults are over, and everybody has had time to come back
  std::vector<std::string> listened_to;      ///< refs of which on_drowsy is told
  /// Somebody was awake and is not any more: whoever writes to it now does so as it falls asleep, or before it is replayed.
  std::function<void(const std::string& ref)> on_drowsy;

private:
  void be_born();
  void plant_tree(caf::scheduled_actor* root, const doors_ptr& outside);
  supervisor_options supervise(std::string path, strategy how, std::vector<std::string> children);
  child_spec plant_drill(const child_places& places);
  std::chrono::milliseconds job_takes();
  void after_step();
  void do_agenda();
  void watch_gauges();
  void listen();

  std::mt19937_64 chance_;
  uint64_t drill_seed_ = 0;
  bool traced_;
  bool ending_ = false;
  bool gave_up_ = false; // the root has escalated: the process would end
  std::shared_ptr<agent_parts> parts_;
  std::multimap<int64_t, std::function<void()>> agenda_; // by time that never jumps, us
  std::vector<std::pair<std::string, metric>> gauges_;
  std::set<std::string> awake_; // of those it listens to
};

} // namespace troupe
