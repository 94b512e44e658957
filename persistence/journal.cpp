// JOURNAL: the thread that feeds journal_core.
// Invariant: one thread writes; an order is processed after every order submitted before it.

#include <pthread.h>
#include <span>
#include <troupe/persistence/journal.hpp>
#include <troupe/runtime/limits.hpp>

namespace troupe {
namespace {

size_t bytes_of(const journal_order& order) {
  auto* append = std::get_if<append_order>(&order);
  if (!append)
    return 64;
  size_t bytes = 64 + append->snapshot.size();
  for (auto& record : append->records)
    bytes += record.size();
  for (auto& row : append->rows)
    bytes += row.key.size() + (row.value ? row.value->size() : 0);
  return bytes;
}

class journal_thread final : public journal {
public:
  journal_thread(std::shared_ptr<store> rows, std::shared_ptr<const clock> time, const node_metrics& meters,
                 std::shared_ptr<object_store> objects, trouble_notice on_trouble,
                 std::shared_ptr<spent_marks> marks, std::optional<journal_sharing> sharing)
      : core_{std::move(rows),    std::move(time),  meters,
              std::move(objects), std::move(marks), std::move(sharing)},
        queue_bytes_{meters.journal_queue_bytes}, on_trouble_{std::move(on_trouble)} {}

  ~journal_thread() override {
    {
      std::lock_guard lock{mutex_};
      stopping_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable())
      thread_.join();
  }

  caf::error start() {
    if (auto failed = core_.start())
      return failed;
    thread_ = std::thread{[this] { run(); }};
    pthread_setname_np(thread_.native_handle(), "journal"); // for top and perf
    return {};
  }

  void submit(journal_order order) override {
    auto bytes = bytes_of(order);
    bool was_idle = false;
    {
      std::lock_guard lock{mutex_};
      was_idle = queue_.empty();
      queue_.push_back(std::move(order));
      queued_bytes_ += bytes;
    }
    if (was_idle)
      wake_.notify_one();
  }

  size_t queued_bytes() const override {
    return queued_bytes_;
  }

  uint64_t generation() const override {
    return core_.generation();
  }

  caf::error trouble() const override {
    std::lock_guard lock{mutex_};
    return trouble_;
  }

private:
  void run() {
    std::vector<journal_order> orders;
    for (;;) {
      {
        std::unique_lock lock{mutex_};
        auto called = [this] { return stopping_ || !queue_.empty(); };
        if (!trouble_)
          wake_.wait(lock, called);
        else
          wake_.wait_for(lock, limits::store_retry, called);
        if (queue_.empty() && stopping_)
          return;
        orders.swap(queue_);
      }
      if (orders.empty())
        core_.process({});
      for (size_t next = 0; next < orders.size();) {
        size_t bytes = 0, last = next;
        while (last < orders.size() && last - next < limits::journal_batch_events &&
               bytes < limits::journal_batch_bytes)
          bytes += bytes_of(orders[last++]);
        queue_bytes_.record(static_cast<double>(queued_bytes_));
        for (auto& delivery : core_.process(std::span{orders}.subspan(next, last - next)))
          delivery.to->enqueue(std::move(delivery.message), nullptr);
        queued_bytes_ -= bytes;
        queue_bytes_.record(static_cast<double>(queued_bytes_));
        next = last;
      }
      orders.clear();
      tell_trouble();
    }
  }

  void tell_trouble() {
    auto& now = core_.trouble();
    {
      std::lock_guard lock{mutex_};
      if (code_of(now) == code_of(trouble_))
        return;
      trouble_ = now;
    }
    if (on_trouble_)
      on_trouble_(now);
  }

  journal_core core_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<journal_order> queue_;
  std::atomic<size_t> queued_bytes_ = 0;
  metric queue_bytes_;
  caf::error trouble_; // as it was told
  trouble_notice on_trouble_;
  bool stopping_ = false;
  std::thread thread_;
};

} // namespace

caf::expected<std::unique_ptr<journal>>
start_journal(std::shared_ptr<store> rows, std::shared_ptr<const clock> time, node_metrics meters,
              std::shared_ptr<object_store> objects, trouble_notice on_trouble,
              std::shared_ptr<spent_marks> marks, std::optional<journal_sharing> sharing) {
  auto result = std::make_unique<journal_thread>(std::move(rows), std::move(time), meters, std::move(objects),
                                                 std::move(on_trouble), std::move(marks), std::move(sharing));
  if (auto failed = result->start())
    return failed;
  return std::unique_ptr<journal>{std::move(result)};
}

} // namespace troupe
