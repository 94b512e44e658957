// HISTORY: journal records -> entries with JSON and one line for people.
// Invariant: a page stays within limits::history_page_events and, but for one entry,
// limits::history_page_bytes.

#include <fmt/format.h>
#include <troupe/net/api/history.hpp>
#include <troupe/net/api/json.hpp>
#include <troupe/persistence/keys.hpp>
#include <troupe/persistence/object_refs.hpp>
#include <troupe/persistence/own_doors.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/limits.hpp>
#include <troupe/runtime/proto/journal.pb.h>
#include <troupe/runtime/ref_route.hpp>
#include <troupe/runtime/utf8.hpp>
#include <vector>

namespace troupe {
namespace {

constexpr size_t quoted_bytes = 80;

// Longest quotation of a result in a one-liner, bytes: the line stays on a wide screen.
std::string failed(const Failure& failure) {
  return fmt::format("{}: {}", to_string(static_cast<ec>(failure.code())), first_line(failure.text()));
}

std::string action(const ActionRequest& request) {
  constexpr std::string_view names[] = {"finish", "fail",       "tool",   "model",  "agent", "human",
                                        "sleep",  "checkpoint", "all_of", "any_of", "race"};
  auto kind = static_cast<size_t>(request.kind());
  std::string name{kind < std::size(names) ? names[kind] : "action"};
  return request.name().empty() ? name : name + " " + request.name();
}

std::string recorded(const ActionRecord& record) {
  auto what = fmt::format("{} {}", record.position(), action(record.request()));
  switch (record.what_case()) {
  case ActionRecord::kStarted:
    return what + " begins";
  case ActionRecord::kOutcome:
    return what + " " + ending(record.outcome());
  case ActionRecord::kWinner:
    return fmt::format("{} is won by {}", what, record.winner());
  case ActionRecord::kWaitUntilMs:
    return what + " waits";
  default:
    return what;
  }
}

template <class Event>
bool tell(uint32_t type, const std::string& bytes, HistoryEntry& entry) {
  if (type != record_type(Event::descriptor()->full_name()))
    return false;
  Event event;
  if (!event.ParseFromString(bytes)) {
    entry.set_summary("the event is damaged");
    return true;
  }
  entry.set_type(event_name(event));
  entry.set_summary(clean_utf8(summarize(event)));
  entry.set_text(to_json(event, {.pretty = false, .defaults = false}));
  return true;
}

HistoryEntry entry_of(const doors& outside, const std::string& ref, uint64_t seq, std::string_view stored) {
  HistoryEntry entry;
  entry.set_seq(seq);
  std::string_view payload;
  auto header = unwrap(stored, payload);
  if (!header) {
    entry.set_summary("the record is damaged; restore it from a copy");
    return entry;
  }
  entry.set_time_us(header->time_us);
  entry.set_version(header->version);
  JournalRecord record;
  auto whole = header->key_id == 0 ? read_record(ref, stored, outside.objects.get())
                                   : caf::expected<stored_record>{stored_record{*header, {}}};
  if (header->key_id != 0)
    entry.set_summary("the record is sealed");
  else if (!whole)
    entry.set_summary(text_of(whole.error()));
  else if (!record.ParseFromString(whole->payload))
    entry.set_summary("the record is damaged; restore it from a copy");
  else if (!tell<RunEvent>(header->type, record.event(), entry) &&
           !tell<TaskEvent>(header->type, record.event(), entry) &&
           !tell<AgentEvent>(header->type, record.event(), entry) &&
           !tell<LedgerEvent>(header->type, record.event(), entry) &&
           !tell<ScheduleEvent>(header->type, record.event(), entry) &&
           !tell<CatalogEvent>(header->type, record.event(), entry))
    entry.set_summary(fmt::format("an event of type {:08x}, {} bytes", header->type, record.event().size()));
  return entry;
}

} // namespace

std::string first_line(std::string_view text) {
  auto line = text.substr(0, text.find('\n'));
  auto shown = cut_utf8(line, quoted_bytes);
  return clean_utf8(shown) + (shown.size() < text.size() ? "…" : "");
}

std::string ending(const Outcome& outcome) {
  return outcome.has_failure() ? "failed, " + failed(outcome.failure())
                               : "completed: " + first_line(outcome.text());
}

std::string summarize(const TaskEvent& event) {
  switch (event.kind_case()) {
  case TaskEvent::kCreated:
    return "created: " + first_line(event.created().spec().title());
  case TaskEvent::kRecorded: {
    auto& happened = event.recorded();
    std::vector<std::string> parts;
    if (happened.has_start())
      parts.push_back(fmt::format("{} begins an attempt with {} {}", happened.start().agent(),
                                  happened.start().behavior(), happened.start().behavior_version()));
    for (auto& record : happened.records())
      parts.push_back(recorded(record));
    for (auto& note : happened.notes())
      parts.push_back(first_line(note));
    if (happened.suspended())
      parts.push_back("waits without an agent");
    if (happened.woken())
      parts.push_back("the wait is over");
    return fmt::format("{}", fmt::join(parts, "; "));
  }
  case TaskEvent::kRetried:
    return fmt::format("attempt {} failed, {}; tried again", event.retried().attempt(),
                       failed(event.retried().failure()));
  case TaskEvent::kEnded:
    if (event.ended().cancelled())
      return "cancelled: " + first_line(event.ended().outcome().failure().text());
    return ending(event.ended().outcome()) + (event.ended().dead_letter() ? "; now a dead letter" : "");
  case TaskEvent::kParked:
    return "parked: " + first_line(event.parked().reason());
  case TaskEvent::kResumed:
    return event.resumed().restart() ? "resumed from the start" : "resumed from its last checkpoint";
  case TaskEvent::kDropped:
    return "no dead letter any more: dropped";
  case TaskEvent::kParentNoted:
    return "whoever waited for it knows";
  default:
    return "";
  }
}

std::string summarize(const AgentEvent& event) {
  constexpr std::string_view states[] = {"idle", "busy", "error", "offline"};
  switch (event.kind_case()) {
  case AgentEvent::kRegistered:
    return fmt::format("registered as {}, behavior {}", event.registered().request().id(),
                       event.registered().request().behavior());
  case AgentEvent::kStatusSet: {
    auto status = static_cast<size_t>(event.status_set().status());
    return fmt::format("is {}", status < std::size(states) ? states[status] : "in an unknown state");
  }
  case AgentEvent::kTaskCounted:
    return fmt::format("a task {} after {} ms", event.task_counted().ok() ? "completed" : "failed",
                       event.task_counted().duration_ms());
  case AgentEvent::kTasksCounted: {
    auto& counted = event.tasks_counted();
    auto all = counted.completed() + counted.failed();
    return fmt::format("{} tasks completed, {} failed, {} ms on average", counted.completed(),
                       counted.failed(), all == 0 ? 0 : counted.total_ms() / all);
  }
  case AgentEvent::kUnregistered:
    return "unregistered";
  default:
    return "";
  }
}

std::string summarize(const LedgerEvent& event) {
  switch (event.kind_case()) {
  case LedgerEvent::kLimitSet:
    return fmt::format("may spend {} {}", event.limit_set().amount(), event.limit_set().unit());
  case LedgerEvent::kCharged:
    return fmt::format("{} charges {} for {}{}", event.charged().principal(), event.charged().amount(),
                       first_line(event.charged().purpose()),
                       event.charged().run().empty() ? "" : ", of " + event.charged().run());
  case LedgerEvent::kRestored:
    return fmt::format("its mark says that {} is spent", event.restored().spent());
  case LedgerEvent::kExhausted:
    return "exhausted until confirmed: " + first_line(event.exhausted().reason());
  case LedgerEvent::kConfirmed:
    return fmt::format("{} confirms that {} is spent", event.confirmed().principal(),
                       event.confirmed().spent());
  case LedgerEvent::kReserved:
    return fmt::format("promises {} to {}, step {}, round {}", event.reserved().amount(),
                       event.reserved().run(), event.reserved().step(), event.reserved().round());
  case LedgerEvent::kSettled: {
    auto& grant = event.settled().grant();
    return fmt::format("{}, step {}, round {} has spent {} of {}", grant.run(), grant.step(), grant.round(),
                       event.settled().spent(), grant.amount());
  }
  default:
    return "";
  }
}

std::string summarize(const ScheduleEvent& event) {
  switch (event.kind_case()) {
  case ScheduleEvent::kCreated:
    return event.created().paused() ? "created, paused"
                                    : "created; comes at " + iso_time(event.created().next_ms());
  case ScheduleEvent::kUpdated:
    return fmt::format("changed by {}", event.updated().principal());
  case ScheduleEvent::kPaused:
    return fmt::format("paused by {}: {}", event.paused().by(), first_line(event.paused().note()));
  case ScheduleEvent::kResumed:
    return fmt::format("resumed by {}: {}", event.resumed().by(), first_line(event.resumed().note()));
  case ScheduleEvent::kPassed:
    return fmt::format("{} has come: {} taken, {} missed, {} skipped, {} dropped",
                       iso_time(event.passed().last_ms()), event.passed().taken(), event.passed().missed(),
                       event.passed().skipped(), event.passed().dropped());
  case ScheduleEvent::kAsked:
    return event.asked().to_ms() == 0
               ? fmt::format("{} asks for a run", event.asked().by())
               : fmt::format("{} asks for all from {} to {}", event.asked().by(),
                             iso_time(event.asked().from_ms()), iso_time(event.asked().to_ms()));
  case ScheduleEvent::kBegan:
    return fmt::format("asks for the run {}", event.began().run().key());
  case ScheduleEvent::kBuffered:
    return fmt::format("the run {} waits for its turn", event.buffered().run().key());
  case ScheduleEvent::kCancelling:
    return "what is at work is asked to end";
  case ScheduleEvent::kAccepted:
    return fmt::format("the run {} exists", event.accepted().key());
  case ScheduleEvent::kEnded:
    return event.ended().has_failure() ? fmt::format("the run {} failed: {}", event.ended().key(),
                                                     first_line(event.ended().failure().text()))
                                       : fmt::format("the run {} completed", event.ended().key());
  case ScheduleEvent::kDeleted:
    return fmt::format("deleted by {}", event.deleted().by());
  default:
    return "";
  }
}

std::string summarize(const CatalogEvent& event) {
  constexpr std::string_view policies[] = {"stay pinned", "follow at once", "follow by migration"};
  auto noted = [](std::string line, const std::string& note) {
    return note.empty() ? line : line + ": " + first_line(note);
  };
  switch (event.kind_case()) {
  case CatalogEvent::kPublished: {
    auto& revision = event.published().revision();
    return noted(
        fmt::format("{} publishes revision {} {}", revision.by(), revision.number(), revision.label()),
        revision.note());
  }
  case CatalogEvent::kRolledBack: {
    auto& revision = event.rolled_back().revision();
    return noted(fmt::format("{} goes back to revision {} with revision {}", revision.by(),
                             revision.restores(), revision.number()),
                 revision.note());
  }
  case CatalogEvent::kDeprecated: {
    auto& told = event.deprecated();
    auto* what = told.reason().empty() ? "{} lets revision {} be started again" : "{} deprecates revision {}";
    return noted(fmt::format(fmt::runtime(what), told.by(), told.revision()), told.reason());
  }
  case CatalogEvent::kArchived:
    return event.archived().by() + (event.archived().archived() ? " archives it" : " opens it again");
  case CatalogEvent::kPolicySet: {
    auto policy = static_cast<size_t>(event.policy_set().policy());
    return fmt::format("{} says that open runs {}", event.policy_set().by(),
                       policy < std::size(policies) ? policies[policy]
                                                    : "do what this version does not know");
  }
  case CatalogEvent::kRolledOut: {
    auto& looked = event.rolled_out();
    auto reason = looked.staying_size() == 0
                      ? std::string{}
                      : fmt::format(", e.g. {}: {}", looked.staying(0).run(), looked.staying(0).reason());
    return fmt::format("{} open runs go on with revision {}, {} stay{}", looked.moved(), looked.revision(),
                       looked.stayed(), reason);
  }
  default:
    return "";
  }
}

caf::expected<History> read_history(const doors& all, const std::string& ref, uint64_t after_seq) {
  auto& outside = doors_of(all, kind_of(ref));
  auto id = identify(ref, outside.rows->naming_key());
  History page;
  size_t bytes = 0;
  auto failed =
      outside.rows->scan(space::journal, journal_key(id, after_seq + 1), entity_end(id),
                         [&](std::string_view key, std::string_view stored) {
                           if (bytes >= limits::history_page_bytes ||
                               static_cast<size_t>(page.entries_size()) >= limits::history_page_events) {
                             page.set_more(true);
                             return false;
                           }
                           *page.add_entries() = entry_of(outside, ref, seq_of_journal_key(key), stored);
                           bytes += page.entries(page.entries_size() - 1).ByteSizeLong();
                           return true;
                         });
  if (failed)
    return failed;
  return page;
}

} // namespace troupe
