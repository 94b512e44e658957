// SEAL KEEPER: the thread that walks.
// Invariant: one piece at a time is in the journal, so that it never waits long for this; whatever is due is seen by looking at
// the ring, so a crash at any point only repeats work.

#include <fmt/format.h>
#include <troupe/persistence/seal_keeper.hpp>
#include <troupe/runtime/limits.hpp>

namespace troupe {

struct seal_keeper::shared {
  explicit shared(std::shared_ptr<sealed_store> store) : rows{std::move(store)} {}

  std::shared_ptr<sealed_store> rows;
  std::mutex mutex;
  std::condition_variable changed;
  bool stopping = false;
  bool poked = false; // keys have changed
  bool busy = false;  // an order is in the journal
  uint64_t seen = 0, sealed = 0;
  caf::error trouble;
  std::atomic<bool> stop_compaction = false;
};

seal_keeper::seal_keeper(std::shared_ptr<sealed_store> rows, std::shared_ptr<journal> disk, notice say)
    : rows_{std::move(rows)}, disk_{std::move(disk)}, say_{std::move(say)}, shared_{std::make_shared<shared>(
                                                                                rows_)} {
  thread_ = std::thread{[this] { run(); }};
}

seal_keeper::~seal_keeper() {
  {
    std::lock_guard lock{shared_->mutex};
    shared_->stopping = true;
  }
  shared_->stop_compaction = true;
  shared_->changed.notify_all();
  thread_.join();
}

void seal_keeper::rotate(const std::optional<sealing_key>& master, listener done) {
  change([master](key_ring& ring) { return ring.rotate(master); }, std::move(done));
}

void seal_keeper::shred(const std::string& tenant, listener done) {
  change([tenant](key_ring& ring) { return ring.shred(tenant); }, std::move(done));
}

// On the journal's thread: no batch is under way then that has chosen its keys already.
void seal_keeper::change(std::function<caf::error(key_ring&)> what, listener done) {
  auto outcome = std::make_shared<caf::error>();
  upkeep_order order;
  order.work = [what = std::move(what), outcome, with = shared_](const store&, const upkeep_order::awake&) {
    *outcome = what(with->rows->ring());
    return write_batch{};
  };
  order.done = [outcome, done = std::move(done), with = shared_](const caf::error& failed) {
    {
      std::lock_guard lock{with->mutex};
      with->poked = true;
    }
    with->changed.notify_all();
    if (done)
      done(failed ? failed : *outcome);
  };
  disk_->submit(std::move(order));
}

seal_status seal_keeper::status() const {
  seal_status now;
  now.master = ring().master();
  now.keys = ring().keys();
  now.sealing = now.keys->pending();
  std::lock_guard lock{shared_->mutex};
  now.seen = shared_->seen;
  now.changed = shared_->sealed;
  now.trouble = shared_->trouble;
  return now;
}

void seal_keeper::run() {
  for (;;) {
    if (ring().keys()->pending())
      walk();
    else if (ring().keys()->stage() == seal_stage::sealed)
      clean();
    auto& with = *shared_;
    std::unique_lock lock{with.mutex};
    auto due = [&] { return with.stopping || with.poked; };
    auto idle = ring().keys()->stage() == seal_stage::clean && !ring().keys()->pending();
    if (with.trouble || idle) // trouble stays until keys change or the node is started again
      with.changed.wait(lock, due);
    if (with.stopping)
      return;
    with.poked = false;
  }
}

void seal_keeper::walk() {
  auto& with = *shared_;
  auto pass = std::make_shared<seal_pass>(rows_);
  auto failed = std::make_shared<caf::error>();
  while (!pass->finished()) {
    {
      std::lock_guard lock{with.mutex};
      with.busy = true;
    }
    upkeep_order order;
    order.work = [pass](const store&, const upkeep_order::awake&) { return pass->piece(); };
    order.done = [pass, failed, shared = shared_](const caf::error& why) {
      *failed = why;
      if (why)
        pass->take_back();
      else if (pass->finished())
        *failed = pass->settle();
      std::lock_guard lock{shared->mutex};
      shared->seen = pass->seen();
      shared->sealed = pass->changed();
      shared->trouble = pass->finished() ? *failed : caf::error{};
      shared->busy = false;
      shared->changed.notify_all();
    };
    disk_->submit(std::move(order));
    std::unique_lock lock{with.mutex};
    with.changed.wait(lock, [&] { return !with.busy || with.stopping; });
    if (*failed && !pass->finished()) // the store is away: no hurry
      with.changed.wait_for(lock, limits::seal_retry, [&] { return with.stopping; });
    if (with.stopping)
      return;
  }
  if (say_)
    say_(*failed ? "not all rows could be sealed: " + describe(*failed)
                 : fmt::format("all {} rows are sealed under the active keys; {} were sealed anew or erased",
                               pass->seen(), pass->changed()));
}

void seal_keeper::clean() {
  auto failed = rows_->compact(shared_->stop_compaction);
  if (!failed)
    failed = ring().all_clean();
  if (say_ && code_of(failed) != ec::cancelled)
    say_(failed ? "old files could not be cleaned: " + describe(failed)
                : "the files from before the first key hold nothing any more");
  std::lock_guard lock{shared_->mutex};
  shared_->trouble = failed;
}

} // namespace troupe
