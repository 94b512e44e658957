// CLIENT: sends, repeats, compares.

#include <tests/simulator/client.hpp>

namespace troupe {
namespace {

// Worth another try with the same id: it may succeed, or may have succeeded.
bool is_passing(ec code) {
  return code == ec::unavailable || code == ec::outcome_unknown || code == ec::overloaded ||
         code == ec::timeout || code == ec::internal || code == ec::quarantined || code == ec::disk_full ||
         code == ec::read_only;
}

} // namespace

uint64_t client::look(const std::string& ref) const {
  auto i = seen_.find(ref);
  return i == seen_.end() ? 0 : i->second;
}

void client::check(const std::string& ref, const AccountSeen& seen, uint64_t at_least) {
  if (at_.log.is_shredded(ref)) // whoever is awake still knows, until it writes or falls asleep
    return;
  auto* durable = at_.log.find(ref);
  auto there = durable ? durable->events() : 0;
  if (seen.events() > there)
    return at_.object("durable",
                      fmt::format("{} answers with {} events, the disk holds {}", ref, seen.events(), there));
  if (seen.total() != (durable ? durable->total_after(seen.events()) : 0))
    at_.object("durable", fmt::format("{} answers {} after {} events, a replay says {}", ref, seen.total(),
                                      seen.events(), durable ? durable->total_after(seen.events()) : 0));
  if (seen.events() < at_least)
    at_.object("durable", fmt::format("{} answers with {} events; {} had been answered before it was asked",
                                      ref, seen.events(), at_least));
  auto& known = seen_[ref];
  known = std::max<uint64_t>(known, seen.events());
}

bool client::answered(const std::string& id, const std::string& bytes) {
  auto& one = commands_[id];
  auto first = !one.answered;
  if (one.acts && !at_.log.has_acted(id) && !at_.log.is_shredded(one.ref))
    at_.object("durable", fmt::format("{} answers command {}, which is not on disk", one.ref, id));
  if (!first && !one.refused && one.answer != bytes)
    at_.object("same", fmt::format("{} answers command {} differently the second time", one.ref, id));
  one.answered = true;
  one.refused = false;
  one.answer = bytes;
  return first;
}

void client::refused(const std::string& id, const caf::error& why) {
  auto& one = commands_[id];
  auto code = code_of(why);
  at_.tell(fmt::format("{} is refused by {}: {}", id, one.ref, describe(why)));
  if (code == ec::shredded && !at_.log.is_shredded(one.ref))
    at_.object("shredded", fmt::format("{} refuses command {}: {}", one.ref, id, describe(why)));
  if (code == ec::expired && !at_.log.may_be_expired(one.ref, id))
    at_.object("same", fmt::format("{} refuses command {} too early: {}", one.ref, id, describe(why)));
  if (one.answered) {
    if (code == ec::expired && !one.refused && !at_.log.was_erased(one.ref))
      at_.object("same", fmt::format("{} answered command {}, and has forgotten it", one.ref, id));
    if (one.acts && !one.refused && !is_passing(code) && code != ec::shredded)
      at_.object("same",
                 fmt::format("{} answered command {}, and then refuses it: {}", one.ref, id, describe(why)));
    return;
  }
  if (code == ec::internal && one.acts && text_of(why).find("thirteen") != std::string::npos) {
    one.answered = one.refused = true; // what it is asked to do makes it throw
    return;
  }
  if (is_passing(code))
    return at_.later(std::chrono::milliseconds{50 + at_.pick(3000)}, [=, this] {
      if (!commands_[id].answered)
        commands_[id].send();
    });
  if (code == ec::corrupt || code == ec::invalid_argument)
    at_.object("answered", fmt::format("{} refuses command {}: {}", one.ref, id, describe(why)));
  one.answered = one.refused = true;
}

void client::again() {
  if (commands_.empty())
    return;
  auto i = std::next(commands_.begin(), static_cast<ptrdiff_t>(at_.pick(commands_.size())));
  at_.tell(fmt::format("send {} again", i->first));
  i->second.send();
}

void client::nudge(const std::string& ref) {
  at_.node->outside()->names->tell(ref, AccountNudge{});
}

void client::ask(const std::string& ref, bool newest) {
  auto at_least = look(ref);
  auto unless_passing = [=, this](const caf::error& why) {
    if (code_of(why) == ec::shredded && at_.log.is_shredded(ref))
      return;
    if (!is_passing(code_of(why)) && code_of(why) != ec::not_found)
      at_.object("answered", fmt::format("{} cannot be asked: {}", ref, describe(why)));
    if (newest)
      at_.object("told", fmt::format("{} does not answer when all is well: {}", ref, describe(why)));
  };
  auto compare = [=, this](const auto& state) {
    auto* durable = at_.log.find(ref);
    if (!durable || !durable->has_been(state))
      at_.object("durable", ref + " shows a state that a replay never has");
    else if (newest && !durable->is_now(state))
      at_.object("replay", ref + " is not what a replay of its events is");
  };
  if (ref.find("/account/") != std::string::npos)
    at_.post<AccountSeen>(ref, AccountAsk{}, [=, this](caf::expected<AccountSeen> seen) {
      if (!seen)
        return unless_passing(seen.error());
      check(ref, *seen, at_least);
      auto* durable = at_.log.find(ref);
      if (newest && durable && durable->events() != seen->events())
        at_.object("replay",
                   fmt::format("{} is at event {}, a replay at {}", ref, seen->events(), durable->events()));
    });
  else if (ref.find("/run/") != std::string::npos)
    at_.post<RunDescription>(ref, GetRun{}, [=](caf::expected<RunDescription> found) {
      found ? compare(found->state()) : unless_passing(found.error());
    });
  else
    at_.post<TaskDescription>(ref, GetTask{}, [=](caf::expected<TaskDescription> found) {
      found ? compare(found->state()) : unless_passing(found.error());
    });
}

void client::ask_state(const std::string& ref) {
  ask(ref, false);
}

void client::ask_last_state(const std::string& ref) {
  ask(ref, true);
}

void client::reconnect() {
  for (auto& [id, one] : commands_)
    if (!one.answered)
      at_.later(std::chrono::milliseconds{at_.pick(5000)}, [this, id = id] {
        if (!commands_[id].answered)
          commands_[id].send();
      });
}

size_t client::open() const {
  size_t count = 0;
  for (auto& [id, one] : commands_)
    count += one.answered ? 0 : 1;
  return count;
}

void client::insist(bool last) {
  for (auto& [id, one] : commands_) {
    if (one.answered)
      continue;
    if (last)
      at_.object("answered", fmt::format("command {} to {} is not answered", id, one.ref));
    else
      one.send();
  }
}

} // namespace troupe
