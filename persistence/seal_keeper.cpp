// SEAL KEEPER: the thread that takes the steps.
// Invariant: one piece at a time is in the journal, so that it never waits long for this.

#include <troupe/persistence/seal_keeper.hpp>

namespace troupe {

struct seal_keeper::shared {
  std::mutex mutex;
  std::condition_variable changed;
  bool stopping = false;
  bool poked = false; // keys have changed
  bool busy = false;  // a piece is in the journal
  std::atomic<bool> stop_cleaning = false;
};

seal_keeper::seal_keeper(std::shared_ptr<sealed_store> rows, std::shared_ptr<journal> disk, notice say)
    : rows_{std::move(rows)}, disk_{std::move(disk)}, course_{rows_, std::move(say)},
      shared_{std::make_shared<shared>()} {
  thread_ = std::thread{[this] { run(); }};
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

void seal_keeper::rotate(const std::optional<sealing_key>& master, listener done) {
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
