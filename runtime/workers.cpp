// WORKERS: a plain thread pool. Its queue is bounded by whoever submits: agents have slots.

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <troupe/runtime/workers.hpp>
#include <vector>

namespace troupe {
namespace {

class thread_pool final : public workers {
public:
  explicit thread_pool(size_t threads) {
    for (size_t i = 0; i < threads; ++i)
      threads_.emplace_back([this] { run(); });
  }

  ~thread_pool() override {
    {
      std::lock_guard lock{mutex_};
      stopping_ = true;
      jobs_.clear();
    }
    wake_.notify_all();
    for (auto& thread : threads_)
      thread.join();
  }

  void submit(std::function<void()> job) override {
    {
      std::lock_guard lock{mutex_};
      if (stopping_)
        return;
      jobs_.push_back(std::move(job));
    }
    wake_.notify_one();
  }

private:
  void run() {
    std::unique_lock lock{mutex_};
    for (;;) {
      wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
      if (stopping_)
        return;
      auto job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      job();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> jobs_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

} // namespace

std::unique_ptr<workers> start_workers(size_t threads) {
  if (threads == 0)
    threads = std::max(1u, std::thread::hardware_concurrency());
  return std::make_unique<thread_pool>(threads);
}

} // namespace troupe
