// LIFE: a simulated node from start to crash.

#include <tests/support/life.hpp>

namespace troupe {
namespace {

// Who only waits for something that comes this soon after the end is not left behind.
constexpr auto farewell = 2 * limits::attempt_sweep;

} // namespace

life::config::config() {
  set("scheduler.policy", caf::atom("testing"));
  add_messages(*this);
  add_probe_messages(*this);
}

life::life(std::shared_ptr<store> rows, std::shared_ptr<virtual_clock> time, uint64_t seed, wiring wire,
           twins threads, std::shared_ptr<object_store> objects)
    : system_{config_}, scheduler_{dynamic_cast<caf::scheduler::test_coordinator&>(system_.scheduler())},
      rows_{std::move(rows)}, clock_{std::move(time)}, left_{std::move(threads.left)} {
  clock_->scheduler = &scheduler_;
  node_metrics meters;
  journal_ = std::make_shared<simulated_journal>(system_, rows_, clock_, meters, objects,
                                                 std::move(threads.journal));
  ensure(!journal_->start(), "the store opens");
  workers_ = std::make_shared<simulated_workers>(system_, std::move(threads.job_takes));
  doors_ = std::make_shared<doors>(doors{clock_,
                                         rows_,
                                         journal_,
                                         std::make_shared<directory>(meters),
                                         std::make_shared<id_source>(seed),
                                         workers_,
                                         {},
                                         meters,
                                         &board_,
                                         std::move(objects)});
  root_ = system_.spawn([this, wire = std::move(wire)](caf::event_based_actor* self) -> caf::behavior {
    house_rules(self);
    if (wire)
      wire(self, doors_);
    return {[](const Tick&) {}};
  });
  settle();
}

life::~life() {
  clock_->earlier_us +=
      std::chrono::duration_cast<std::chrono::microseconds>(scheduler_.clock().now().time_since_epoch())
          .count();
  clock_->scheduler = nullptr;
  journal_->cut();
  workers_->cut();
  auto kill = [](const caf::actor& one) { caf::anon_send_exit(one, caf::exit_reason::kill); };
  kill(doors_->names->find(std::string{services::shard_host})); // first: it brings entities to life
  kill(root_);
  root_ = nullptr;
  settle();
  for (auto& name : doors_->names->awake())
    kill(doors_->names->find(name));
  settle();
  doors_.reset();
  journal_.reset();
  advance(farewell);
  auto survivors = alive();
  std::vector<std::string> names;
  for (auto& one : survivors) {
    names.push_back(name_of(one));
    kill(caf::actor_cast<caf::actor>(one));
  }
  if (left_ && !names.empty())
    left_(names);
  survivors.clear();
  scheduler_.clock().cancel_all();
  settle();
}

// A life is judged by those who have done something in it: each of them was a job once.
void life::meet(caf::resumable& job) {
  if (job.subtype() != caf::resumable::scheduled_actor)
    return;
  auto& one = static_cast<caf::scheduled_actor&>(job);
  if (!met_.emplace(one.id(), one.ctrl()).second || met_.size() < 2 * met_before_ + 1000)
    return;
  std::erase_if(met_, [](auto& known) { return !known.second.lock(); });
  met_before_ = met_.size();
}

std::vector<caf::strong_actor_ptr> life::alive() const {
  std::vector<caf::strong_actor_ptr> all;
  for (auto& [id, known] : met_)
    if (auto one = known.lock())
      if (caf::actor_cast<caf::abstract_actor*>(one)->getf(caf::abstract_actor::is_registered_flag))
        all.push_back(std::move(one));
  return all;
}

std::string life::name_of(const caf::strong_actor_ptr& one) const {
  std::string name = caf::actor_cast<caf::local_actor*>(one)->name();
  auto known = board_.look(one->id());
  return known && !known->ref.empty() ? name + " " + known->ref : name;
}

bool life::step(const std::function<size_t(size_t)>& pick) {
  if (!scheduler_.has_job())
    return false;
  if (pick)
    std::swap(scheduler_.jobs.front(), scheduler_.jobs[pick(scheduler_.jobs.size())]);
  meet(*scheduler_.jobs.front());
  scheduler_.run_once();
  return true;
}

void life::settle(size_t most_steps) {
  while (step())
    ensure(most_steps-- > 0, "the house comes to rest");
}

void life::advance_once(std::chrono::nanoseconds at_most) {
  auto now = scheduler_.clock().now();
  auto& timeouts = scheduler_.clock().schedule();
  auto next = timeouts.empty() ? now + at_most : std::min(now + at_most, timeouts.begin()->first);
  scheduler_.advance_time(std::max<caf::timespan>(next - now, caf::timespan{1}));
}

void life::advance(std::chrono::milliseconds by) {
  auto until = scheduler_.clock().now() + by;
  for (settle(); scheduler_.clock().now() < until; settle())
    advance_once(until - scheduler_.clock().now());
}

} // namespace troupe
