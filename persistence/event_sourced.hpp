// ENTITY LOG: what an event-sourced actor holds instead of a database. See house.md, "Anatomy of one actor".
#pragma once

#include <troupe/persistence/entity_core.hpp>
#include <troupe/persistence/rebuild.hpp>

namespace troupe {

/// What a state must offer. `decide` is pure and changes nothing; `apply` is pure and cannot fail.
///
///   using event = LedgerEvent;                            the journal record
///   static constexpr uint16_t version = 1;                schema version of new events
///   caf::expected<event> decide(const Cmd&) const;        or of std::vector<event>; may take `int64_t now_ms` too
///   void apply(const event&);
///   std::vector<event> react(int64_t now_ms, size_t so_far);  optional: what follows from what was just applied; asked again
///                                                         until nothing does, all in one append. so_far = events of this
///                                                         append; it changes nothing but what it has looked at
///   Reply reply(const Cmd&) const;                        for every command that is answered
///   void tidy(const event&, effects&) const;              optional: rows it makes obsolete, called before apply
///   void bring_about(const event&, effects&) const;       optional: rows and messages, called after apply
///                                                         (rows follow from events alone: see rebuild.hpp)
///   void count(const event&, const node_metrics&) const;  optional: what is counted when it is decided, not on replay
///   const std::string& trace() const;                     optional: a traceparent, empty until it has begun. Its messages and log
///                                                         lines carry it for life, whatever the trace of a command
///   static std::string upcast(uint32_t version, std::string event);  optional: raises stored bytes by one version
///   void born(const std::string& ref);                    optional: told its own ref before anything else
///   void inherit(int64_t spent);                          optional, of a ledger: told before its first event what one of
///                                                         its name had spent; see spent_marks.hpp
///   Proto save() const; bool load(const Proto&);          optional: snapshots
///   static constexpr uint16_t snapshot_version = 2;       optional, else 1: snapshots of another are not read, but the events
template <class State>
concept event_sourced_state = requires(State state, const typename State::event& event) {
  requires proto_message<typename State::event>;
  { State::version } -> std::convertible_to<uint16_t>;
  state.apply(event);
};

template <class State>
concept has_snapshots = requires(const State& state) {
  state.save();
};

/// The version of a state's snapshots.
template <class State>
constexpr uint16_t snapshot_version_of() {
  if constexpr (requires { State::snapshot_version; })
    return State::snapshot_version;
  else
    return 1;
}

/// A question to be answered later. If its entity ends before, whoever asked hears ec::unavailable.
class postponed {
public:
  explicit postponed(caf::response_promise promise) : promise_{std::move(promise)} {}
  postponed(postponed&& other) noexcept : promise_{std::exchange(other.promise_, {})} {}
  postponed& operator=(postponed&&) = delete;
  ~postponed() {
    if (promise_.pending())
      promise_.deliver(make_error(ec::unavailable, "the entity ended before it could answer; ask again"));
  }
  /// The promise, to be delivered elsewhere; nothing is left to do here.
  caf::response_promise take() {
    return std::exchange(promise_, {});
  }

private:
  caf::response_promise promise_;
};

/// One entity's log, as its actor sees it. Copies share the same log.
template <event_sourced_state State>
class entity_log {
public:
  using event_type = typename State::event;

  entity_log(State* state, std::shared_ptr<entity_core> core) : state_{state}, core_{std::move(core)} {}

  /// Answers a command: decides, applies, appends; the reply leaves when it is durable. A repeated command id gets the first
  /// reply again. Errors: what decide says, and ec::overloaded, ec::timeout, ec::expired, ec::outcome_unknown.
  template <command_message Command>
  auto handle(const Command& command) -> caf::result<decltype(std::declval<const State&>().reply(command))> {
    using reply_type = decltype(std::declval<const State&>().reply(command));
    if (auto refused = core_->admit(command.context()))
      return refused;
    auto promise = core_->self()->make_response_promise();
    if (core_->repeat(command.context(), promise, [](const std::string& bytes) {
          reply_type reply;
          reply.ParseFromString(bytes);
          return caf::make_message(std::move(reply));
        }))
      return caf::delegated<reply_type>{};
    try {
      settle<reply_type>(command, promise);
    } catch (const std::exception& thrown) { // ends this actor; CAF would leave the asker without an answer
      if (promise.pending())
        promise.deliver(make_error(ec::internal, core_->ref() + ": " + thrown.what()));
      throw;
    }
    return caf::delegated<reply_type>{};
  }

  /// Acts on a one-way command. `state.acknowledge(command, effects&)`, if there is one, sends what the command brings about
  /// besides its events. Nobody is answered: a refusal goes to the log, and false is returned.
  template <command_message Command>
  bool act(const Command& command) {
    auto refused = [&](const caf::error& why) {
      core_->log_refusal(command, trace_of_own().empty() ? command.context().trace() : trace_of_own(), why);
      return false;
    };
    if (auto not_now = core_->admit(command.context()))
      return refused(not_now);
    auto decision = decide(command);
    if (!decision)
      return refused(decision.error());
    effects brought_about{core_->ref(), core_->id(), core_->outside().rows->naming_key(), command.context()};
    brought_about.carry(trace_of_own());
    auto events = apply(*decision, brought_about);
    if constexpr (requires { state_->acknowledge(command, brought_about); })
      state_->acknowledge(command, brought_about);
    if (events.empty() && brought_about.rows().empty())
      core_->send(brought_about);
    else
      core_->append({}, std::move(events), brought_about, {}, {}, {});
    return true;
  }

  /// Answers a question when everything the answer saw is durable. An error is an answer too.
  template <proto_message Reply>
  caf::result<Reply> answer(caf::expected<Reply> reply) {
    auto promise = core_->self()->make_response_promise();
    core_->answer(std::move(promise),
                  reply ? caf::make_message(std::move(*reply)) : caf::make_message(std::move(reply.error())));
    return caf::delegated<Reply>{};
  }

  /// Takes the question being handled, to be answered later with deliver().
  postponed postpone() {
    return postponed{core_->self()->make_response_promise()};
  }

  /// Answers a postponed question when everything the answer saw is durable.
  template <proto_message Reply>
  void deliver(postponed question, Reply reply) {
    core_->answer(question.take(), caf::make_message(std::move(reply)));
  }

  /// While this is true, the entity is not put to sleep.
  void stay_awake_while(std::function<bool()> busy) {
    core_->busy = std::move(busy);
  }

  const State& state() const {
    return *state_;
  }
  const std::string& ref() const {
    return core_->ref();
  }
  int64_t now_ms() const {
    return core_->now_ms();
  }
  const doors& outside() const {
    return core_->outside();
  }

private:
  template <class Reply, class Command>
  void settle(const Command& command, caf::response_promise& promise) {
    auto decision = decide(command);
    if (!decision)
      return core_->answer(std::move(promise), caf::make_message(std::move(decision.error())));
    effects brought_about{core_->ref(), core_->id(), core_->outside().rows->naming_key(), command.context()};
    brought_about.carry(trace_of_own());
    auto events = apply(*decision, brought_about);
    auto reply = state_->reply(command);
    if (events.empty()) {
      core_->send(brought_about);
      core_->answer(std::move(promise), caf::make_message(std::move(reply)));
    } else {
      auto bytes = command.context().command_id().empty() ? std::string{} : reply.SerializeAsString();
      core_->append(command.context(), std::move(events), brought_about, std::move(bytes),
                    caf::make_message(std::move(reply)), std::move(promise));
    }
  }

  const std::string& trace_of_own() const {
    static const std::string none;
    if constexpr (requires { state_->trace(); })
      return state_->trace();
    else
      return none;
  }

  template <class Command>
  caf::expected<std::vector<event_type>> decide(const Command& command) const {
    auto decision = [&] {
      if constexpr (requires { state_->decide(command, int64_t{}); })
        return std::as_const(*state_).decide(command, core_->now_ms());
      else
        return std::as_const(*state_).decide(command);
    }();
    if constexpr (std::is_same_v<decltype(decision), caf::expected<event_type>>) {
      if (!decision)
        return std::move(decision.error());
      return std::vector<event_type>{std::move(*decision)};
    } else {
      return decision;
    }
  }

  std::vector<std::string> apply(const std::vector<event_type>& events, effects& brought_about) {
    std::vector<std::string> bytes;
    bytes.reserve(events.size());
    apply(events, brought_about, bytes);
    if constexpr (requires { state_->react(int64_t{}, size_t{}); })
      while (!bytes.empty()) {
        auto more = state_->react(core_->now_ms(), bytes.size());
        if (more.empty())
          break;
        apply(more, brought_about, bytes);
      }
    return bytes;
  }

  void apply(const std::vector<event_type>& events, effects& brought_about, std::vector<std::string>& bytes) {
    auto& log = core_->outside().log;
    auto tells = log.enabled(log_level::debug);
    for (auto& event : events) {
      if constexpr (requires { state_->tidy(event, brought_about); })
        state_->tidy(event, brought_about);
      state_->apply(event);
      brought_about.carry(trace_of_own());
      if (tells) // names only: what is in an event may be nobody's business
        log.for_entity(core_->ref())
            .for_trace(brought_about.trace())
            .debug("decided", {{"event", event_name(event)}});
      if constexpr (requires { state_->bring_about(event, brought_about); })
        state_->bring_about(event, brought_about);
      if constexpr (requires { state_->count(event, core_->outside().meters); })
        state_->count(event, core_->outside().meters);
      bytes.push_back(event.SerializeAsString());
    }
  }

  State* state_;
  std::shared_ptr<entity_core> core_;
};

/// How the shard host brings an entity of one kind to life.
struct entity_kind {
  std::string name; ///< the middle part of its refs
  /// Rebuilds the state and spawns the actor as a child of `host`. `snapshot_unusable` is set if a replay without snapshot
  /// is worth a try. Errors: ec::corrupt, ec::from_future.
  std::function<caf::expected<caf::actor>(caf::scheduled_actor* host, std::shared_ptr<entity_seat> seat,
                                          doors_ptr doors, const Replayed& replayed, bool& snapshot_unusable)>
      wake;
  /// Begins the replay that tells which rows an entity must have; see rebuild.hpp.
  std::function<std::unique_ptr<entity_replay>(std::string ref, std::string naming_key)> replay;
  std::string_view tell_crash_to;                       ///< ref that hears EntityCrashed; empty = nobody
  std::chrono::milliseconds idle = limits::entity_idle; ///< without messages for this long it is passivated
  size_t most_awake = limits::resident_entities; ///< above, the least recently used idle ones are passivated
};

/// record_type() of a state's events.
template <event_sourced_state State>
uint32_t event_record_type() {
  static const auto type = record_type(State::event::descriptor()->full_name());
  return type;
}

/// Reads a stored event, raised to the current schema version. Errors: ec::from_future, ec::corrupt.
template <event_sourced_state State>
caf::expected<typename State::event> read_event(uint32_t type, uint32_t version, const std::string& bytes) {
  using event_type = typename State::event;
  auto& name = event_type::descriptor()->full_name();
  if (version > State::version)
    return make_error(ec::from_future, name + " of schema version " + std::to_string(version) +
                                           "; this program knows up to " + std::to_string(State::version) +
                                           "; start a newer one");
  if (type != event_record_type<State>())
    return make_error(ec::from_future, "record type " + std::to_string(type) + " is no " + name);
  event_type event;
  auto parses = [&] {
    if constexpr (requires { State::upcast(version, bytes); })
      if (version < State::version) {
        auto raised = bytes;
        for (; version < State::version; ++version)
          raised = State::upcast(version, std::move(raised));
        return event.ParseFromString(raised);
      }
    return event.ParseFromString(bytes);
  }();
  if (!parses)
    return make_error(ec::corrupt, "bytes are no " + name);
  return event;
}

/// Replays an entity whose state is a State.
template <event_sourced_state State>
class state_replay final : public entity_replay {
public:
  state_replay(std::string ref_text, std::string naming_key)
      : entity_replay{std::move(ref_text), std::move(naming_key)} {
    if constexpr (requires { state_.born(ref()); })
      state_.born(ref());
  }

  std::string state() const override {
    if constexpr (has_snapshots<State>)
      return state_.save().SerializeAsString();
    else
      return {};
  }
  uint16_t snapshot_version() const override {
    return snapshot_version_of<State>();
  }

protected:
  caf::error apply(uint32_t type, uint32_t version, const std::string& bytes,
                   effects& brought_about) override {
    auto event = read_event<State>(type, version, bytes);
    if (!event)
      return std::move(event.error());
    if constexpr (requires { state_.tidy(*event, brought_about); })
      state_.tidy(*event, brought_about);
    state_.apply(*event);
    if constexpr (requires { state_.bring_about(*event, brought_about); })
      state_.bring_about(*event, brought_about);
    return {};
  }

private:
  State state_;
};

/// Makes a kind from the function that gives its actor's behavior. Extra arguments are copied into every entity of the kind.
template <event_sourced_state State, class Self, class Behavior, class... Extra>
entity_kind make_kind(std::string name, Behavior (*behavior)(Self, entity_log<State>, Extra...),
                      std::type_identity_t<Extra>... extra) {
  auto wake = [behavior, extra...](caf::scheduled_actor* host, std::shared_ptr<entity_seat> seat,
                                   doors_ptr doors, const Replayed& replayed,
                                   bool& snapshot_unusable) -> caf::expected<caf::actor> {
    auto core = std::make_shared<entity_core>(std::move(seat), std::move(doors), event_record_type<State>(),
                                              State::version);
    auto state = std::make_shared<State>();
    core->snapshot_version = snapshot_version_of<State>();
    if constexpr (requires { state->born(core->ref()); })
      state->born(core->ref());
    auto load = [&](const std::string& bytes) {
      if constexpr (has_snapshots<State>) {
        decltype(std::declval<const State&>().save()) saved;
        return saved.ParseFromString(bytes) && state->load(saved);
      } else {
        return bytes.empty();
      }
    };
    auto apply = [&](uint32_t type, uint32_t version, const std::string& bytes) -> caf::error {
      auto event = read_event<State>(type, version, bytes);
      if (!event)
        return std::move(event.error());
      state->apply(*event);
      return {};
    };
    if (auto failed = core->restore(replayed, load, apply, snapshot_unusable))
      return failed;
    if constexpr (requires { state->inherit(int64_t{}); })
      state->inherit(replayed.spent_before());
    auto run = [core, state, behavior, extra...](Self self) -> Behavior {
      self->state = std::move(*state);
      core->bind(self);
      if constexpr (has_snapshots<State>)
        core->save = [self] { return self->state.save().SerializeAsString(); };
      return observed(self, core->outside().board,
                      behavior(self, entity_log<State>{&self->state, core}, extra...), core->ref());
    };
    return caf::actor_cast<caf::actor>(
        host->spawn<caf::lazy_init>(std::move(run))); // begins with its first message
  };
  auto replay = [](std::string ref_text, std::string naming_key) -> std::unique_ptr<entity_replay> {
    return std::make_unique<state_replay<State>>(std::move(ref_text), std::move(naming_key));
  };
  return {std::move(name), std::move(wake), std::move(replay), {}};
}

} // namespace troupe
