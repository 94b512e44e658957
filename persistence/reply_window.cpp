// REPLY WINDOW: what was answered to whom.
// Invariant: an id is fresh only if it was never answered, as long as ids older than a forgotten one count as expired.

#include <troupe/persistence/entity_core.hpp>
#include <troupe/runtime/limits.hpp>

namespace troupe {

reply_window::verdict reply_window::look_up(const std::string& command_id, const std::string*& reply) const {
  auto i = replies_.find(command_id);
  if (i != replies_.end()) {
    reply = &i->second;
    return verdict::repeated;
  }
  return command_id <= forgotten_ ? verdict::expired : verdict::fresh;
}

void reply_window::add(const std::string& command_id, std::string reply) {
  auto [added, is_new] = replies_.emplace(command_id, std::move(reply));
  if (!is_new)
    return;
  order_.push_back(&added->first);
  if (order_.size() > limits::reply_window) {
    forgotten_ = std::max(forgotten_, *order_.front());
    replies_.erase(replies_.find(*order_.front()));
    order_.pop_front();
  }
}

void reply_window::forget(const std::string& last_expired) {
  forgotten_ = std::max(forgotten_, last_expired);
}

void reply_window::save(Snapshot& snapshot) const {
  for (auto* command_id : order_) {
    auto* stored = snapshot.add_replies();
    stored->set_command_id(*command_id);
    stored->set_reply(replies_.at(*command_id));
  }
  snapshot.set_expired_before(forgotten_);
}

void reply_window::load(const Snapshot& snapshot) {
  for (auto& stored : snapshot.replies())
    add(stored.command_id(), stored.reply());
  forget(snapshot.expired_before());
}

} // namespace troupe
