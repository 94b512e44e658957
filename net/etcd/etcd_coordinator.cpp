// ETCD COORDINATOR: two threads around a member and a mirror.
// Invariant: no lock is held while etcd is waited for or the listener is called; the listener is called by one thread alone.

#include <atomic>
#include <condition_variable>
#include <fmt/format.h>
#include <mutex>
#include <thread>
#include <troupe/net/etcd/etcd_coordinator.hpp>
#include <troupe/net/etcd/etcd_limits.hpp>
#include <troupe/net/etcd/line.hpp>
#include <troupe/net/etcd/member.hpp>
#include <troupe/net/etcd/mirror.hpp>
#include <troupe/net/etcd/steady.hpp>
#include <troupe/runtime/error.hpp>

namespace troupe {
namespace etcd {
namespace {

using std::chrono::milliseconds;

class etcd_coordinator final : public coordinator {
public:
  etcd_coordinator(keys names, lease_times times, std::unique_ptr<line> asking,
                   std::unique_ptr<line> watching)
      : names_{names}, member_{names, times}, mirror_{names}, asking_{std::move(asking)}, watching_{std::move(
                                                                                              watching)} {}

  ~etcd_coordinator() override {
    end(limits::etcd_parting, true);
    for (auto* thread : {&asker_, &watcher_})
      if (thread->joinable())
        thread->join();
  }

  void join(const std::string& self, const presence& as, listener changed) override {
    std::lock_guard lock{mutex_};
    ensure(!joined_ && !self.empty(), "one join");
    joined_ = true;
    member_.join(self, as);
    changed_ = std::move(changed);
    asker_ = std::thread{[this] { ask(); }};
    watcher_ = std::thread{[this] { watch(); }};
  }

  void announce(const presence& as) override {
    tell([&] { member_.announce(as); });
  }
  void claim(const std::vector<uint8_t>& shards) override {
    tell([&] { member_.claim(shards); });
  }
  void release(const std::vector<uint8_t>& shards) override {
    tell([&] { member_.release(shards); });
  }

  int64_t sure_until_ms() const override {
    return sure_ms_;
  }

  caf::error trouble() const override {
    std::lock_guard lock{mutex_};
    if (!joined_ || stopping_)
      return {};
    for (auto* one : {&trouble_of_asking_, &trouble_of_watching_})
      if (*one)
        return *one;
    if (auto why = member_.trouble())
      return why;
    if (!heard_)
      return make_error(ec::unavailable, "etcd has not answered yet");
    return {};
  }

  void leave() override {
    end(limits::coordinator_patience, false);
    if (watcher_.joinable() && watcher_.get_id() != std::this_thread::get_id())
      watcher_.join(); // nothing is heard after this
  }

private:
  template <class What>
  void tell(What what) {
    std::lock_guard lock{mutex_};
    what();
    changed_something_.notify_all();
  }

  // Ends the lease, if there is one, within `patience`; and the threads.
  void end(milliseconds patience, bool hastily) {
    std::unique_lock lock{mutex_};
    if (!joined_ || stopping_)
      return;
    member_.leave();
    sure_ms_ = 0;
    hurry_ = hastily;
    changed_something_.notify_all();
    watching_->interrupt();
    if (hastily)
      asking_->interrupt(); // what runs; the lease is ended after it
    changed_something_.wait_for(lock, patience, [&] { return member_.left(); });
    stopping_ = true;
    asking_->interrupt();
    watching_->interrupt();
    changed_something_.notify_all();
  }

  // Under the lock. Waits, unless this ends.
  void rest(std::unique_lock<std::mutex>& lock, milliseconds pause) {
    auto leaving = hurry_;
    if (pause.count() > 0)
      changed_something_.wait_for(lock, pause, [&] { return stopping_ || hurry_ != leaving; });
  }

  // -- the thread that asks ---------------------------------------------------

  void ask() {
    std::unique_lock lock{mutex_};
    while (!stopping_) {
      asking_->resume();
      auto asked = member_.next(steady_ms());
      if (!asked) {
        auto pause = std::min<int64_t>(member_.due_ms() - steady_ms(), 60'000);
        if (member_.left())
          changed_something_.notify_all();
        if (pause > 0)
          changed_something_.wait_for(lock, milliseconds{pause});
        continue;
      }
      auto patience = hurry_ ? limits::etcd_parting : limits::etcd_attempt;
      lock.unlock();
      auto sent_ms = steady_ms();
      auto answer = asking_->ask(asked->path, asked->body, patience);
      lock.lock();
      auto why = answer ? member_.answered(*asked, *answer, sent_ms, steady_ms()) : answer.error();
      if (!answer && member_.refused(*asked, code_of(why)))
        why = {};
      sure_ms_ = member_.sure_until_ms();
      note(*asking_, trouble_of_asking_, why);
      if (why && code_of(why) != ec::cancelled)
        rest(lock, asking_->endpoints().pause());
      if (member_.left())
        changed_something_.notify_all();
    }
  }

  // Under the lock. One endpoint that fails is no trouble yet.
  static void note(line& whose, caf::error& trouble, const caf::error& why) {
    if (code_of(why) == ec::cancelled)
      return;
    if (!why) {
      whose.understood();
      trouble = {};
      return;
    }
    whose.failed();
    if (whose.endpoints().all_failed())
      trouble = make_error(ec::unavailable, "etcd: " + text_of(why));
  }

  // -- the thread that watches ------------------------------------------------

  void watch() {
    while (true) {
      auto why = watch_once();
      std::unique_lock lock{mutex_};
      if (stopping_ || member_.left())
        return;
      if (!why)
        continue;
      if (code_of(why) == ec::cancelled)
        return;
      note(*watching_, trouble_of_watching_, why);
      rest(lock, watching_->endpoints().pause());
      if (stopping_)
        return;
    }
  }

  void publish() {
    {
      std::lock_guard lock{mutex_};
      heard_ = true;
      member_.seen(mirror_.revision(), mirror_.view());
      sure_ms_ = member_.sure_until_ms();
      changed_something_.notify_all();
    }
    changed_(mirror_.view());
  }

  // Reads everything, and then what changes, until the watch ends. No error if that is as it should be.
  caf::error watch_once() {
    auto text =
        watching_->ask("/v3/kv/range", range_text(names_.prefix(), limits::etcd_rows), limits::etcd_attempt);
    if (!text)
      return text.error();
    auto all = read_range(*text);
    if (!all)
      return all.error();
    if (all->more)
      return make_error(ec::unavailable, fmt::format("there are more than {} keys below {}",
                                                     limits::etcd_rows, names_.prefix()));
    if (mirror_.replace(*all))
      publish();
    caf::error why;
    auto ended = watching_->listen("/v3/watch", watch_text(names_.prefix(), mirror_.revision() + 1),
                                   limits::etcd_attempt, limits::etcd_watch_silence,
                                   [&](std::string_view line) { return !(why = heard(line)); });
    if (why)
      return why;
    return code_of(ended) == ec::timeout ? caf::error{} : ended;
  }

  // One line of the watch. Error: why it tells nothing any more.
  caf::error heard(std::string_view line) {
    auto told = read_watch(line);
    if (!told)
      return told.error();
    if (!told->ended.empty())
      return make_error(ec::unavailable, told->ended);
    if (mirror_.apply(*told))
      publish();
    std::lock_guard lock{mutex_};
    note(*watching_, trouble_of_watching_, {});
    return {};
  }

  const keys names_;
  mutable std::mutex mutex_;
  std::condition_variable changed_something_;
  bool joined_ = false, stopping_ = false, heard_ = false;
  bool hurry_ = false; // the end is not waited for
  member member_;
  caf::error trouble_of_asking_, trouble_of_watching_;
  std::atomic<int64_t> sure_ms_{0};

  listener changed_;
  mirror mirror_; // of the thread that watches
  const std::unique_ptr<line> asking_, watching_;
  std::thread asker_, watcher_;
};

} // namespace
} // namespace etcd

caf::expected<std::shared_ptr<coordinator>> open_etcd(const etcd_options& options) {
  auto refuse = [](std::string_view why) {
    return make_error(ec::invalid_argument, fmt::format("etcd: {}", why));
  };
  if (options.cluster.empty() || options.cluster.find('/') != std::string::npos)
    return refuse("a cluster needs an id, without a slash");
  if (options.user.empty() != options.password.empty())
    return refuse("etcd_user and etcd_password_file are given together, or neither is");
  if (options.lease < std::chrono::seconds{2} || options.slack >= options.lease ||
      options.renewal.count() <= 0)
    return refuse("a lease lasts 2 s or more, and longer than its slack");
  auto endpoints = etcd::parse_endpoints(options.endpoints);
  if (!endpoints)
    return endpoints.error();
  etcd::access to{std::move(*endpoints), options.authority, options.user, options.password};
  auto asking = etcd::line::open(to);
  if (!asking)
    return asking.error();
  auto watching = etcd::line::open(std::move(to));
  if (!watching)
    return watching.error();
  return std::shared_ptr<coordinator>{std::make_shared<etcd::etcd_coordinator>(
      etcd::keys{options.cluster}, etcd::lease_times{options.lease, options.renewal, options.slack},
      std::move(*asking), std::move(*watching))};
}

} // namespace troupe
