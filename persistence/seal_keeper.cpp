// SEAL KEEPER: the thread that takes the steps.
// Invariant: one piece at a time is in the journal, so that it never waits long for this.

#include <troupe/persistence/seal_keeper.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/key_limits.hpp>

namespace troupe {

struct seal_keeper::shared {
  std::mutex mutex;
  std::condition_variable changed;
  bool stopping = false;
  bool poked = false; // keys have changed
  bool busy = false;  // a piece is in the journal
  std::atomic<bool> stop_cleaning = false;
};

seal_keeper::seal_keeper(std::shared_ptr<sealed_store> rows, std::shared_ptr<journal> disk, notice say,
                         bool alone)
    : rows_{std::move(rows)}, disk_{std::move(disk)}, course_{rows_, say}, say_{std::move(say)}, alone_{alone},
      shared_{std::make_shared<shared>()} {
  thread_ = std::thread{[this] { alone_ ? run() : look_at_others(); }};
}

seal_keeper::~seal_keeper() {
  {
    std::lock_guard lock{shared_->mutex};
    shared_->stopping = true;
  }
  shared_->stop_cleaning = true;
  shared_->changed.notify_all();
  thread_.join();
}

seal_status seal_keeper::status() const {
  auto now = course_.status();
  if (!alone_ && now.keys->pending())
    now.trouble = make_error(ec::unavailable, "rows are sealed anew, and those of shredded tenants erased, when one "
                                              "node has the store alone: without [cluster] etcd, all others stopped");
  return now;
}

void seal_keeper::rotate(const std::optional<sealing_key>& master, listener done) {
  if (master && !alone_)
    return done(make_error(ec::conflict,
                           "other nodes use the master key they have: stop all but one, start that one without "
                           "[cluster] etcd, and rotate there"));
  change([master](key_ring& ring) { return ring.rotate(master); }, std::move(done));
}

void seal_keeper::shred(const std::string& tenant, listener done) {
  change([tenant](key_ring& ring) { return ring.shred(tenant); }, std::move(done));
}

void seal_keeper::change(std::function<caf::error(key_ring&)> what, listener done) {
  disk_->submit(
      course_.change(std::move(what), [done = std::move(done), with = shared_](const caf::error& outcome) {
        {
          std::lock_guard lock{with->mutex};
          with->poked = true;
        }
        with->changed.notify_all();
        if (done)
          done(outcome);
      }));
}

void seal_keeper::run() {
  auto& with = *shared_;
  for (;;) {
    auto next = course_.next();
    if (next == seal_course::step::piece)
      piece();
    else if (next == seal_course::step::files)
      course_.clean_files(with.stop_cleaning);
    std::unique_lock lock{with.mutex};
    auto due = [&] { return with.stopping || with.poked; };
    if (auto pause = course_.pause())
      with.changed.wait_for(lock, *pause, due);
    else
      with.changed.wait(lock, due);
    if (with.stopping)
      return;
    with.poked = false;
  }
}

// A ring that cannot be read is told of once.
void seal_keeper::look_at_others() {
  auto& with = *shared_;
  auto was_well = true;
  std::unique_lock lock{with.mutex};
  while (!with.changed.wait_for(lock, limits::key_ring_look, [&] { return with.stopping; })) {
    lock.unlock();
    auto failed = rows_->ring().reread();
    if (failed && was_well && say_)
      say_("it is not known whether other nodes have changed keys: " + describe(failed));
    was_well = !failed;
    lock.lock();
  }
}

void seal_keeper::piece() {
  auto& with = *shared_;
  std::unique_lock lock{with.mutex};
  with.busy = true;
  lock.unlock();
  disk_->submit(course_.piece([with = shared_] {
    std::lock_guard held{with->mutex};
    with->busy = false;
    with->changed.notify_all();
  }));
  lock.lock();
  with.changed.wait(lock, [&] { return !with.busy || with.stopping; });
}

} // namespace troupe
