// STAGE: the node, wired as net/node/node.cpp wires it, and what goes on around it.
// Invariant: every choice comes from the seed; what outlives a crash is the disk, the agenda and what people know.

#include <fmt/format.h>
#include <tests/simulator/stage.hpp>
#include <tests/simulator/workflow_staff.hpp>

namespace troupe {
namespace {

using namespace std::chrono_literals;

template <class Handle>
caf::actor as_actor(const Handle& handle) {
  return caf::actor_cast<caf::actor>(handle);
}

child_spec child(std::string id, std::string_view ref_text,
                 std::function<caf::actor(caf::scheduled_actor*)> start) {
  child_spec spec;
  spec.id = std::move(id);
  spec.ref = ref_text;
  spec.start = std::move(start);
  return spec;
}

} // namespace

stage::stage(uint64_t seed, const workload& which, bool traced)
    : story{which}, disk{std::make_shared<simulated_disk>(seed)}, storage{seed, which, disk, time,
                                                                          [this](auto law, auto text) {
                                                                            object(law, text);
                                                                          }},
      ids{seed}, log{[this](auto law, auto text) { object(law, text); }},
      tree{[this](auto law, auto text) { object(law, text); }}, chance_{seed}, traced_{traced} {
  report.seed = seed;
  report.workload = which.name;
  drill_seed_ = chance_();
  world.object = [this](auto law, auto text) { object(law, text); };
  world.pick = [this](uint64_t below) { return pick(below); };
  disk->on_write = [this](const write_batch& batch, bool late) {
    storage.written(batch);
    log.written(storage.meant(batch), late);
  };
  disk->on_undo = [this](const write_batch& batch) {
    log.undone(storage.meant(batch));
    storage.undone();
  };
  disk->on_failure = [this] {
    ++failures;
    log.failed();
  };
  log.may_go = [this](const shadow& entity) {
    return story.keep_days > 0 && entity.has_ended() &&
           entity.ended_ms() + std::chrono::milliseconds{24h}.count() * story.keep_days <= time->now_ms();
  };
  storage.open();
  be_born();
}

stage::~stage() {
  end();
}

void stage::end() {
  ++lives; // what still comes from the old life is nobody's answer
  ending_ = true;
  storage.end();
  node.reset();
  ending_ = false;
}

void stage::tell(const std::string& text) {
  if (traced_)
    report.trace.push_back(fmt::format("{:>10.3f} s {:>6} {}", static_cast<double>(time->elapsed_us()) / 1e6,
                                       report.steps, text));
}

void stage::object(const std::string& law, const std::string& text) {
  tell("BROKEN " + law + ": " + text);
  report.laws.emplace(law, text);
}

void stage::later(std::chrono::milliseconds wait, std::function<void()> what) {
  agenda_.emplace(time->elapsed_us() + 1000 * wait.count(), std::move(what));
}

void stage::do_agenda() {
  while (!agenda_.empty() && agenda_.begin()->first <= time->elapsed_us()) {
    auto next = std::move(agenda_.begin()->second);
    agenda_.erase(agenda_.begin());
    next();
  }
}

void stage::run(size_t steps) {
  for (size_t i = 0; i < steps; ++i) {
    if (!node->step([this](size_t jobs) { return pick(jobs); }))
      break;
    after_step();
  }
  do_agenda();
}

void stage::settle() {
  for (size_t most = 1'000'000; node->step([this](size_t jobs) { return pick(jobs); }); --most) {
    ensure(most > 0, "the node comes to rest");
    after_step();
  }
}

void stage::pass(std::chrono::milliseconds time_to_pass) {
  auto until = time->elapsed_us() + 1000 * time_to_pass.count();
  for (;;) {
    settle();
    do_agenda();
    settle();
    auto now = time->elapsed_us();
    if (now >= until)
      return;
    auto next = agenda_.empty() ? until : std::min(until, std::max(now + 1, agenda_.begin()->first));
    node->advance_once(std::chrono::microseconds{next - now});
  }
}

void stage::after_step() {
  ++report.steps;
  watch_gauges();
  if (on_drowsy)
    listen();
  if (std::exchange(gave_up_, false)) {
    tell("the root gives up: the process ends and is started again");
    power_cut(true);
  } else if (steps_to_cut > 0 && --steps_to_cut == 0) {
    tell("power cut in the middle of upkeep");
    power_cut(pick(2) == 0);
  }
}

// What is counted up and down never passes zero: a place that is free twice would be given away twice.
void stage::watch_gauges() {
  for (auto& [name, gauge] : gauges_)
    if (gauge.value() < 0)
      object("credit", fmt::format("{} is {}", name, gauge.value()));
}

void stage::listen() {
  for (size_t i = 0; i < listened_to.size(); ++i) {
    auto ref = listened_to[i]; // on_drowsy may add to them
    if (node->outside()->names->find(ref))
      awake_.insert(ref);
    else if (awake_.erase(ref) > 0)
      on_drowsy(ref);
  }
}

void stage::power_cut(bool keep_tail) {
  ++report.crashes;
  ++failures;
  end();
  disk->crash(keep_tail);
  storage.crash(keep_tail);
  storage.open();
  log.new_life();
  note_shredded();
  log.compare(storage.meant());
  storage.check(false);
  tree.new_life();
  be_born();
  if (on_new_life)
    on_new_life();
}

void stage::note_shredded() {
  if (!storage.is_sealed())
    return;
  for (auto& [id, key] : storage.ring().keys()->all())
    if (key.destroyed())
      log.shredded(key.tenant);
}

void stage::be_born() {
  gave_up_ = false;
  ++lives;
  parts_ = make_staff(world); // who waits for a tool dies with the process
  if (story.workflows)
    teach_workflows(*parts_, world);
  open_questions.clear();
  awake_.clear();
  twins threads;
  threads.journal.before = [this](std::span<const journal_order> orders) {
    disk->take_hold();
    log.ordered(orders);
    if (at_upkeep && std::any_of(orders.begin(), orders.end(),
                                 [](auto& order) { return std::holds_alternative<upkeep_order>(order); }))
      std::exchange(at_upkeep, nullptr)();
  };
  threads.journal.after = [this] { disk->let_go(); };
  threads.journal.takes = [this] { return disk->take_time(); };
  threads.journal.telling = [this](const journal_delivery& delivery) {
    disk->acknowledge();
    log.telling(delivery);
  };
  threads.journal.holds_up = [this] {
    auto held = hold_ups > 0;
    hold_ups -= held ? 1 : 0;
    return held;
  };
  threads.job_takes = [this] { return job_takes(); };
  threads.left = [this](const std::vector<std::string>& names) {
    if (quiet) // else somebody may have been falling asleep, whom only the host knew
      object("left",
             fmt::format("when the node has ended, these are still alive: {}", fmt::join(names, ", ")));
  };
  node.emplace(
      storage.rows(), time, report.seed + lives,
      [this](caf::scheduled_actor* root, doors_ptr outside) { plant_tree(root, outside); }, threads,
      storage.objects());
  storage.begin(node->system(), node->outside()->disk);
  auto& meters = node->outside()->meters;
  gauges_ = {{"queued tasks", meters.queued_tasks}, {"placed tasks", meters.placed_tasks}};
  for (auto kind : {"agent", "task", "run", "account"})
    gauges_.emplace_back(fmt::format("awake entities of kind {}", kind), meters.entities_awake.with({kind}));
}

supervisor_options stage::supervise(std::string path, strategy how, std::vector<std::string> children) {
  supervisor_options options;
  options.path = path;
  options.rules.how = how;
  options.seed = report.seed;
  options.on_event = [this, path](const ChildEvent& event) {
    if (ending_)
      return; // the power is gone: nobody acts on it
    tell(fmt::format("{} {} {}", event.path(), event.what(), event.text()));
    tree.reported(event, time->elapsed_us());
    if (event.what() == "failed" && event.text().find("shredded") != std::string::npos)
      object("shredded", event.path() + " fails: " + event.text());
    if (quiet && event.what() == "failed")
      object("group", event.path() + " fails when all is well: " + event.text());
    if (path == "root" && event.what() == "escalated")
      gave_up_ = true;
  };
  tree.know(path, options.rules, std::move(children));
  return options;
}

std::vector<entity_kind> stage::kinds() const {
  std::vector<entity_kind> all{agent_kind(parts_), task_kind(), run_kind(),
                               make_kind<account_state>("account", account)};
  if (story.workflows)
    all.push_back(workflow_kind());
  for (size_t i = story.whispers ? 0 : 1; i < all.size(); ++i) // else agents sleep as they do in every node
    all[i].idle = story.idle;
  return all;
}

void stage::plant_tree(caf::scheduled_actor* root, const doors_ptr& outside) {
  auto places = [&](supervisor_options options) {
    options.places = child_places{outside->names.get(), outside->board};
    return options;
  };
  std::vector<std::string> core_names{"shard_host", "timers"};
  std::vector<child_spec> core_children{child("shard_host", services::shard_host,
                                              [=, this](caf::scheduled_actor* parent) {
                                                return as_actor(spawn_shard_host(parent, outside, kinds()));
                                              }),
                                        child("timers", services::timers, [=](caf::scheduled_actor* parent) {
                                          return as_actor(spawn_timers(parent, outside));
                                        })};
  if (story.keep_days >= 0) {
    core_names.emplace_back("retention");
    core_children.push_back(child("retention", services::retention, [=, this](caf::scheduled_actor* parent) {
      return as_actor(spawn_retention(parent, outside, {story.keep_days, story.keep_days, {}}));
    }));
  }
  auto core = supervisor_child(places(supervise("root/core", strategy::rest_for_one, std::move(core_names))),
                               std::move(core_children));
  auto agents =
      supervisor_child(places(supervise("root/services/agents", strategy::one_for_one, {"registry"})),
                       {child("registry", services::registry, [=, this](caf::scheduled_actor* parent) {
                         return as_actor(spawn_agent_registry(parent, outside, parts_));
                       })});
  auto workflows =
      supervisor_child(places(supervise("root/services/workflows", strategy::one_for_one, {"scheduler"})),
                       {child("scheduler", services::scheduler, [=](caf::scheduled_actor* parent) {
                         return as_actor(spawn_task_scheduler(parent, outside));
                       })});
  std::vector<child_spec> below{std::move(agents), std::move(workflows)};
  if (story.drill)
    below.push_back(plant_drill(child_places{outside->names.get(), outside->board}));
  auto all =
      supervisor_child(places(supervise("root/services", strategy::one_for_one, {})), std::move(below));
  auto whole = supervisor_child(places(supervise("root", strategy::rest_for_one, {"core", "services"})),
                                {std::move(core), std::move(all)});
  outside->names->put(std::string{services::root}, whole.start(root));
}

// Children that do nothing but die, so that strategies meet every order of deaths.
child_spec stage::plant_drill(const child_places& places) {
  std::mt19937_64 shape{drill_seed_};
  auto how = static_cast<strategy>(shape() % 3);
  auto count = 2 + shape() % 4;
  std::vector<std::string> names;
  std::vector<child_spec> children;
  drill.clear();
  for (size_t i = 0; i < count; ++i) {
    names.push_back(fmt::format("dummy{}", i));
    drill.push_back(fmt::format("system/service/dummy{}", i));
    auto one = child(names.back(), drill.back(), [](caf::scheduled_actor* parent) {
      return as_actor(parent->spawn([](caf::event_based_actor* self) -> caf::behavior {
        house_rules(self);
        return {[](const Ping&) { return Done{}; }};
      }));
    });
    children.push_back(std::move(one));
  }
  auto options = supervise("root/services/drill", how, names);
  options.places = places;
  return supervisor_child(std::move(options), std::move(children));
}

void stage::kill(const std::string& ref, int how) {
  auto victim = node->outside()->names->find(ref);
  if (!victim)
    return;
  tell(fmt::format("{} {}", ref, how == 0 ? "is killed" : how == 1 ? "fails" : "ends"));
  auto reason = how == 0   ? caf::error{caf::exit_reason::kill}
                : how == 1 ? make_error(ec::internal, "simulated")
                           : caf::error{caf::exit_reason::user_shutdown};
  victim->enqueue(nullptr, caf::make_message_id(caf::message_priority::high),
                  caf::make_message(caf::exit_msg{victim.address(), std::move(reason)}), nullptr);
}

std::chrono::milliseconds stage::job_takes() {
  if (world.calm)
    return 0ms;
  auto fate = pick(100);
  return std::chrono::milliseconds{fate < 50   ? 0
                                   : fate < 70 ? pick(2000)
                                   : fate < 97 ? 3000 + pick(9000)
                                               : 600'000};
}

} // namespace troupe
