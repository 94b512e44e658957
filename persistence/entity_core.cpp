// ENTITY CORE: duplicate? -> decide -> apply -> reply built -> append -> answer when durable.
// Invariants: answers leave in the order of what they saw, and only when that is durable; a failed append ends the
// incarnation, and everybody who waits is told ec::outcome_unknown.

#include <troupe/persistence/entity_core.hpp>
#include <troupe/persistence/journal.hpp>
#include <troupe/runtime/limits.hpp>
#include <troupe/runtime/proto/workflow.pb.h>

namespace troupe {

entity_core::entity_core(std::shared_ptr<entity_seat> seat, doors_ptr doors, uint32_t event_type,
                         uint16_t event_version)
    : seat_{std::move(seat)}, doors_{std::move(doors)}, event_type_{event_type}, event_version_{
                                                                                     event_version} {}

entity_core::~entity_core() {
  // What is on its way to the disk may get there, and nobody will have announced its timers.
  if (self_ && durable_ < seq_)
    doors_->disk->submit(upkeep_order{[](const store&, const upkeep_order::awake&) { return write_batch{}; },
                                      [names = doors_->names, ref = seat_->ref](const caf::error&) {
                                        Redeliver unannounced;
                                        unannounced.set_ref(ref);
                                        names->tell(std::string{services::timers}, std::move(unannounced));
                                      }});
  if (self_) // however it has ended: it is not awake any more
    doors_->disk->submit(close_order{seat_->id, seat_->incarnation});
  fail(make_error(ec::outcome_unknown, seat_->ref + " ended before its answer was on disk"));
}

void entity_core::bind(caf::scheduled_actor* self) {
  self_ = self;
  house_rules(self);
  self->set_default_handler([this](caf::scheduled_actor* actor,
                                   caf::message_view& view) -> caf::result<caf::message> {
    if (handle(view))
      return caf::make_message();
    return make_error(ec::invalid_argument,
                      std::string{actor->name()} + " does not understand " + caf::to_string(view.content()));
  });
}

bool entity_core::handle(caf::message_view& view) {
  auto& content = view.content();
  if (content.match_elements<Appended>()) {
    auto& appended = content.get_as<Appended>(0);
    if (appended.incarnation() == seat_->incarnation)
      durable(appended.seq());
  } else if (content.match_elements<AppendFailed>()) {
    auto& failed = content.get_as<AppendFailed>(0);
    if (failed.incarnation() == seat_->incarnation) {
      auto reason = make_error(static_cast<ec>(failed.failure().code()), failed.failure().text());
      fail(reason);
      self_->quit(reason);
    }
  } else if (content.match_elements<Passivate>()) {
    auto rests = waiting_.empty() && !(busy && busy());
    Passivated answer;
    answer.set_ref(seat_->ref);
    answer.set_asleep(rests);
    if (rests)
      sleep();
    else // busy is not idle: the host asks others before it asks again
      seat_->last_active_ms.store(now_ms(), std::memory_order_relaxed);
    caf::anon_send(seat_->host, std::move(answer));
  } else {
    return false;
  }
  return true;
}

// What still arrives goes back to the directory, which holds it or wakes the next incarnation.
void entity_core::sleep() {
  doors_->disk->submit(close_order{seat_->id, seat_->incarnation});
  self_->set_default_handler([names = doors_->names,
                              ref = seat_->ref](caf::scheduled_actor* actor,
                                                caf::message_view&) -> caf::result<caf::message> {
    auto* current = actor->current_mailbox_element();
    auto id = current->mid;
    current->mid.mark_as_answered();
    names->deliver(ref, caf::make_mailbox_element(std::move(current->sender), id, std::move(current->stages),
                                                  current->move_content_to_message()));
    return caf::delegated<caf::message>{};
  });
  self_->do_become(caf::message_handler{[](const RestMark&) {}}, true);
}

caf::error entity_core::admit(const Context& context) const {
  auto now = now_ms();
  seat_->last_active_ms.store(now, std::memory_order_relaxed);
  if (waiting_.size() >= limits::entity_in_flight)
    return make_error(ec::overloaded, seat_->ref + " has " + std::to_string(limits::entity_in_flight) +
                                          " commands waiting for the disk; repeat in 100 ms");
  if (doors_->disk->queued_bytes() >= limits::journal_queue_bytes)
    return make_error(ec::overloaded, "the journal's queue is full; repeat in 100 ms");
  if (context.deadline_ms() != 0 && context.deadline_ms() < now)
    return make_error(ec::timeout, "the deadline passed before the command was looked at");
  if (!context.command_id().empty()) {
    auto made_ms = time_of_id(context.command_id());
    if (!made_ms || *made_ms > now + limits::clock_skew.count())
      return make_error(ec::invalid_argument,
                        "command id '" + context.command_id() +
                            "' is no id of this system: 26 characters, made by its clock");
  }
  return {};
}

void entity_core::log_refusal(const google::protobuf::Message& command, const std::string& trace,
                              const caf::error& why) const {
  auto level = log_level::warning;
  switch (code_of(why)) {
  case ec::not_found: // what it is about has ended or was never begun
  case ec::timeout:
    level = log_level::debug;
    break;
  case ec::overloaded: // its sender repeats it
    level = log_level::info;
    break;
  default:
    break;
  }
  doors_->log.for_entity(seat_->ref)
      .for_trace(trace)
      .write(level, "a command was refused",
             {{"command", command.GetDescriptor()->name()}, {"reason", describe(why)}});
}

bool entity_core::repeat(const Context& context, caf::response_promise promise,
                         const std::function<caf::message(const std::string&)>& answer_with) {
  if (context.command_id().empty())
    return false;
  const std::string* reply = nullptr;
  switch (replies_.look_up(context.command_id(), reply)) {
  case reply_window::verdict::fresh:
    return false;
  case reply_window::verdict::repeated:
    answer(std::move(promise), answer_with(*reply));
    return true;
  default:
    answer(std::move(promise),
           caf::make_message(
               make_error(ec::expired, "command " + context.command_id() +
                                           " is older than what is remembered here; send a new one")));
    return true;
  }
}

void entity_core::append(const Context& context, std::vector<std::string> events, effects& brought_about,
                         std::string reply_bytes, caf::message reply, caf::response_promise promise) {
  append_order order;
  order.entity = seat_->id;
  order.incarnation = seat_->incarnation;
  order.first_seq = seq_ + 1;
  order.type = event_type_;
  order.version = event_version_;
  order.rows = std::move(brought_about.rows());
  order.spent = brought_about.spent();
  order.owner = self_->ctrl();
  order.records.reserve(events.size());
  seq_ += events.size();
  JournalRecord record;
  for (auto& event : events) {
    record.set_event(std::move(event));
    if (&event == &events.back() && !context.command_id().empty()) {
      record.mutable_reply()->set_command_id(context.command_id());
      record.mutable_reply()->set_reply(reply_bytes);
    }
    order.records.push_back(record.SerializeAsString());
  }
  if (!context.command_id().empty())
    replies_.add(context.command_id(), std::move(reply_bytes));
  if (save && seq_ - snapshot_seq_ >= limits::snapshot_every) {
    Snapshot snapshot;
    snapshot.set_state(save());
    replies_.save(snapshot);
    order.snapshot = snapshot.SerializeAsString();
    order.snapshot_version = snapshot_version;
    snapshot_seq_ = seq_;
  }
  if (brought_about.timers_.set_size() + brought_about.timers_.cancelled_size() > 0) {
    brought_about.timers_.set_ref(seat_->ref);
    brought_about.tell(std::string{services::timers}, std::move(brought_about.timers_));
  }
  waiting_.push_back({seq_, std::move(promise), std::move(reply), std::move(brought_about.messages())});
  doors_->disk->submit(std::move(order));
}

void entity_core::answer(caf::response_promise promise, caf::message reply) {
  waiting item{seq_, std::move(promise), std::move(reply), {}};
  if (durable_ == seq_)
    release(item);
  else
    waiting_.push_back(std::move(item));
}

void entity_core::send(effects& brought_about) {
  waiting item{seq_, {}, {}, std::move(brought_about.messages())};
  if (durable_ == seq_)
    release(item);
  else
    waiting_.push_back(std::move(item));
}

void entity_core::durable(uint64_t seq) {
  durable_ = std::max(durable_, seq);
  while (!waiting_.empty() && waiting_.front().seq <= durable_) {
    auto item = std::move(waiting_.front());
    waiting_.pop_front();
    release(item);
  }
}

void entity_core::release(waiting& item) {
  for (auto& message : item.messages)
    doors_->names->deliver(
        message.to,
        caf::make_mailbox_element(nullptr, caf::make_message_id(), {}, std::move(message.message)),
        self_->context());
  if (!item.promise.pending())
    return;
  if (item.reply.match_elements<caf::error>())
    item.promise.deliver(item.reply.get_as<caf::error>(0));
  else
    item.promise.deliver(std::move(item.reply));
}

void entity_core::fail(const caf::error& reason) {
  for (auto& item : std::exchange(waiting_, {}))
    if (item.promise.pending())
      item.promise.deliver(reason);
}

caf::error
entity_core::restore(const Replayed& replayed, const std::function<bool(const std::string&)>& load,
                     const std::function<caf::error(uint32_t, uint32_t, const std::string&)>& apply,
                     bool& snapshot_unusable) {
  snapshot_unusable = false;
  if (replayed.snapshot_seq() > 0) {
    Snapshot snapshot;
    if (replayed.snapshot_version() != snapshot_version || !snapshot.ParseFromString(replayed.snapshot()) ||
        !load(snapshot.state())) {
      snapshot_unusable = true;
      return make_error(ec::corrupt, "snapshot of " + seat_->ref + " cannot be used");
    }
    replies_.load(snapshot);
    seq_ = snapshot_seq_ = replayed.snapshot_seq();
  }
  replies_.forget(replayed.expired_before());
  JournalRecord record;
  for (auto& stored : replayed.events()) {
    if (!record.ParseFromString(stored.record()))
      return make_error(ec::corrupt,
                        seat_->ref + ": event " + std::to_string(stored.seq()) + " does not parse");
    if (auto failed = apply(stored.type(), stored.version(), record.event()))
      return make_error(code_of(failed),
                        seat_->ref + ": event " + std::to_string(stored.seq()) + ": " + text_of(failed));
    if (record.has_reply())
      replies_.add(record.reply().command_id(), record.reply().reply());
    seq_ = stored.seq();
  }
  durable_ = seq_;
  return {};
}

} // namespace troupe
