// SEAL COURSE: pieces, and what becomes of them.
// Invariant: a piece that was not written comes again, and the ring hears that all is sealed only when all pieces were.

#include <fmt/format.h>
#include <troupe/persistence/seal_course.hpp>
#include <troupe/runtime/limits.hpp>

namespace troupe {

struct seal_course::shared {
  std::shared_ptr<sealed_store> rows;
  notice say;
  size_t piece_rows = 0;
  mutable std::mutex mutex;        // guards what follows
  std::shared_ptr<seal_pass> pass; // null = none is under way
  uint64_t seen = 0, changed = 0;
  caf::error trouble;
  std::optional<std::chrono::milliseconds> pause{0};

  void note(const seal_pass& of, const caf::error& failed, std::chrono::milliseconds then) {
    std::lock_guard lock{mutex};
    seen = of.seen();
    changed = of.changed();
    trouble = failed;
    pause = then;
    if (code_of(failed) == ec::corrupt) // another walk would find the same
      pause.reset();
  }
};

seal_course::seal_course(std::shared_ptr<sealed_store> rows, notice say, size_t piece_rows)
    : shared_{std::make_shared<shared>()} {
  shared_->rows = std::move(rows);
  shared_->say = std::move(say);
  shared_->piece_rows = piece_rows;
}

seal_course::step seal_course::next() const {
  auto keys = shared_->rows->ring().keys();
  return keys->pending() ? step::piece : keys->stage() == seal_stage::sealed ? step::files : step::rest;
}

upkeep_order seal_course::piece(std::function<void()> done) {
  auto pass = shared_->pass;
  if (!pass)
    pass = shared_->pass = std::make_shared<seal_pass>(shared_->rows, shared_->piece_rows);
  upkeep_order order;
  order.work = [pass](const store&, const upkeep_order::awake&) { return pass->piece(); };
  order.done = [pass, done = std::move(done), with = shared_](const caf::error& unwritten) {
    if (unwritten) {
      pass->take_back();
      with->note(*pass, {}, limits::seal_retry); // the store is away: no hurry
    } else if (pass->finished()) {
      auto failed = pass->settle();
      with->pass.reset();
      with->note(*pass, failed, failed ? limits::seal_again : std::chrono::milliseconds{0});
      if (with->say)
        with->say(failed ? "not all rows could be sealed: " + describe(failed)
                         : fmt::format(
                               "all {} rows are sealed under the active keys; {} were sealed anew or erased",
                               pass->seen(), pass->changed()));
    } else {
      with->note(*pass, {}, {});
    }
    done();
  };
  return order;
}

void seal_course::clean_files(std::atomic<bool>& stop) {
  auto failed = shared_->rows->compact(stop);
  if (!failed)
    failed = shared_->rows->ring().all_clean();
  if (shared_->say && code_of(failed) != ec::cancelled)
    shared_->say(failed ? "old files could not be cleaned: " + describe(failed)
                        : "the files from before the first key hold nothing any more");
  std::lock_guard lock{shared_->mutex};
  shared_->trouble = failed;
  shared_->pause = failed ? limits::seal_again : std::chrono::milliseconds{0};
}

std::optional<std::chrono::milliseconds> seal_course::pause() const {
  std::lock_guard lock{shared_->mutex};
  return next() == step::rest ? std::nullopt : shared_->pause;
}

upkeep_order seal_course::change(std::function<caf::error(key_ring&)> what,
                                 std::function<void(const caf::error&)> done) {
  auto outcome = std::make_shared<caf::error>();
  upkeep_order order;
  order.work = [what = std::move(what), outcome, with = shared_](const store&, const upkeep_order::awake&) {
    *outcome = what(with->rows->ring());
    return write_batch{};
  };
  order.done = [outcome, done = std::move(done), with = shared_](const caf::error& failed) {
    {
      std::lock_guard lock{with->mutex};
      with->pause = std::chrono::milliseconds{0};
    }
    done(failed ? failed : *outcome);
  };
  return order;
}

seal_status seal_course::status() const {
  seal_status now;
  auto& ring = shared_->rows->ring();
  now.master = ring.master();
  now.keys = ring.keys();
  now.sealing = now.keys->pending();
  std::lock_guard lock{shared_->mutex};
  now.seen = shared_->seen;
  now.changed = shared_->changed;
  now.trouble = shared_->trouble;
  return now;
}

} // namespace troupe
