// LIFE: a simulated node from start to crash.

#include <tests/support/life.hpp>

namespace troupe {

life::config::config() {
  set("scheduler.policy", caf::atom("testing"));
  add_messages(*this);
  add_probe_messages(*this);
}

life::life(std::shared_ptr<store> rows, std::shared_ptr<virtual_clock> time, uint64_t seed, wiring wire,
           twins threads, std::shared_ptr<object_store> objects)
    : system_{config_}, scheduler_{dynamic_cast<caf::scheduler::test_coordinator&>(system_.scheduler())},
      rows_{std::move(rows)}, clock_{std::move(time)} {
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
  scheduler_.clock().cancel_all(); // what waits for its time would keep alive whom nobody knows any more
  settle();
}

bool life::step(const std::function<size_t(size_t)>& pick) {
  if (!scheduler_.has_job())
    return false;
  if (pick)
    std::swap(scheduler_.jobs.front(), scheduler_.jobs[pick(scheduler_.jobs.size())]);
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
