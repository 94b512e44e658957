// ACTIVITY: what every actor is doing.
// Invariant: `handling` is stored after message and time, and read before them: a reader that sees a handler
// run never takes an older handler's time for it, so nobody is accused who has just begun.

#include <cxxabi.h>
#include <troupe/runtime/activity.hpp>
#include <troupe/runtime/limits.hpp>

namespace troupe {
namespace {

std::string name_of(const std::type_info* type) {
  if (!type)
    return {};
  int status = 0;
  std::unique_ptr<char, void (*)(void*)> text{abi::__cxa_demangle(type->name(), nullptr, nullptr, &status),
                                              std::free};
  return status == 0 ? text.get() : type->name();
}

/// The handlers of an actor, with a note on the board around each call.
class observed_behavior final : public caf::detail::behavior_impl {
public:
  observed_behavior(caf::scheduled_actor* self, activity_board& board, pointer inner, const std::string& ref)
      : behavior_impl{inner->timeout()}, self_{self}, board_{board}, id_{self->id()},
        inner_{std::move(inner)}, line_{board.open(id_, self->name(), ref)} {
    begin_ = nullptr;
    end_ = nullptr;
  }

  ~observed_behavior() override {
    board_.close(id_, line_);
  }

  caf::match_case::result invoke_empty(caf::detail::invoke_result_visitor& f) override {
    return inner_->invoke_empty(f);
  }

  caf::match_case::result invoke(caf::detail::invoke_result_visitor& f, caf::type_erased_tuple& xs) override {
    handling now{*this, xs.empty() ? nullptr : xs.type(0).second};
    return inner_->invoke(f, xs);
  }

  void handle_timeout() override {
    inner_->handle_timeout();
  }

private:
  struct handling {
    handling(observed_behavior& b, const std::type_info* message) : owner{b}, begin{b.self_->clock().now()} {
      owner.line_->message.store(message, std::memory_order_relaxed);
      owner.line_->since.store(begin.time_since_epoch().count(), std::memory_order_relaxed);
      owner.line_->mailbox.store(owner.self_->mailbox().size(), std::memory_order_relaxed);
      owner.line_->handling.store(true, std::memory_order_release);
    }
    ~handling() {
      owner.line_->handling.store(false, std::memory_order_release);
      auto held = owner.self_->clock().now() - begin;
      if (held > limits::thread_hold)
        owner.board_.add_slow(owner.id_, held);
    }
    observed_behavior& owner;
    std::chrono::steady_clock::time_point begin;
  };

  caf::scheduled_actor* self_;
  activity_board& board_;
  uint64_t id_;
  pointer inner_;
  std::shared_ptr<activity_board::line> line_;
};

} // namespace

void observe(caf::scheduled_actor* self, activity_board& board, caf::behavior& handlers,
             const std::string& ref) {
  caf::behavior::impl_ptr inner = handlers.as_behavior_impl();
  if (!inner)
    return; // it has nothing to handle
  handlers.assign(caf::behavior::impl_ptr{new observed_behavior(self, board, std::move(inner), ref), false});
}

void activity_board::watch(std::string path, std::string ref, const caf::actor& actor) {
  std::lock_guard lock{mutex_};
  auto& row = entries_[actor.id()];
  row.path = std::move(path);
  row.ref = std::move(ref);
  row.actor = actor.address();
  row.stuck = false;
}

void activity_board::forget(uint64_t actor_id) {
  std::lock_guard lock{mutex_};
  auto row = entries_.find(actor_id);
  if (row == entries_.end())
    return;
  row->second.actor = caf::actor_addr{};
  drop_if_empty(row);
}

std::vector<activity_board::watched> activity_board::all_watched() const {
  std::vector<watched> result;
  std::lock_guard lock{mutex_};
  for (auto& [id, row] : entries_)
    if (row.actor)
      result.push_back({row.path, row.ref, row.actor});
  return result;
}

std::optional<activity> activity_board::look(uint64_t actor_id) const {
  std::lock_guard lock{mutex_};
  auto row = entries_.find(actor_id);
  return row == entries_.end() ? std::nullopt : std::optional{read(actor_id, row->second)};
}

std::vector<activity> activity_board::holding(std::chrono::steady_clock::time_point now,
                                              std::chrono::nanoseconds limit) const {
  std::vector<activity> result;
  std::lock_guard lock{mutex_};
  for (auto& [id, row] : entries_) {
    if (!row.doing || !row.doing->handling.load(std::memory_order_acquire))
      continue;
    auto doing = read(id, row);
    if (doing.handling && now - doing.since >= limit)
      result.push_back(std::move(doing));
  }
  return result;
}

std::vector<activity> activity_board::take_slow() {
  std::lock_guard lock{mutex_};
  std::vector<activity> result{std::make_move_iterator(slow_.begin()), std::make_move_iterator(slow_.end())};
  slow_.clear();
  return result;
}

void activity_board::mark(uint64_t actor_id, bool stuck) {
  std::lock_guard lock{mutex_};
  auto row = entries_.find(actor_id);
  if (row != entries_.end())
    row->second.stuck = stuck;
}

bool activity_board::stuck(uint64_t actor_id) const {
  std::lock_guard lock{mutex_};
  auto row = entries_.find(actor_id);
  return row != entries_.end() && row->second.stuck;
}

std::shared_ptr<activity_board::line> activity_board::open(uint64_t actor_id, std::string name,
                                                           const std::string& ref) {
  std::lock_guard lock{mutex_};
  auto& row = entries_[actor_id];
  row.name = std::move(name);
  if (!ref.empty())
    row.ref = ref;
  row.doing = std::make_shared<line>();
  return row.doing;
}

void activity_board::close(uint64_t actor_id, const std::shared_ptr<line>& doing) {
  std::lock_guard lock{mutex_};
  auto row = entries_.find(actor_id);
  if (row == entries_.end() || row->second.doing != doing)
    return;
  row->second.doing = nullptr;
  drop_if_empty(row);
}

void activity_board::add_slow(uint64_t actor_id, std::chrono::nanoseconds held) {
  std::lock_guard lock{mutex_};
  auto row = entries_.find(actor_id);
  if (row == entries_.end())
    return;
  if (slow_.size() >= limits::slow_handlers)
    slow_.pop_front();
  slow_.push_back(read(actor_id, row->second));
  slow_.back().held = held;
}

activity activity_board::read(uint64_t actor_id, const entry& row) const {
  activity result{actor_id, row.path.empty() ? row.name : row.path, row.ref, {}, false, {}, {}, 0};
  if (row.doing) {
    result.handling = row.doing->handling.load(std::memory_order_acquire);
    result.message = name_of(row.doing->message.load(std::memory_order_relaxed));
    result.since = std::chrono::steady_clock::time_point{
        std::chrono::steady_clock::duration{row.doing->since.load(std::memory_order_relaxed)}};
    result.mailbox = row.doing->mailbox.load(std::memory_order_relaxed);
  }
  return result;
}

void activity_board::drop_if_empty(std::map<uint64_t, entry>::iterator row) {
  if (!row->second.actor && !row->second.doing)
    entries_.erase(row);
}

} // namespace troupe
