// LEDGER PROOF: marks read, ledgers found, events appended, a history begun, marks written anew, in this order.
// Invariant: marks of a new history are on disk only when every ledger shows them.

#include <fmt/format.h>
#include <troupe/actors/ops/ledger_book.hpp>
#include <troupe/actors/ops/ledger_proof.hpp>
#include <troupe/actors/spawn.hpp>
#include <troupe/persistence/journal.hpp>
#include <troupe/persistence/rebuild.hpp>
#include <troupe/runtime/id.hpp>

namespace troupe {
namespace {

class prover {
public:
  prover(const opened_store& here, spent_content known, std::string why)
      : here_{here}, marks_{std::move(known)}, why_{std::move(why)}, core_{here.rows,
                                                                           here.time,
                                                                           {},
                                                                           here.objects} {}

  caf::error run() {
    if (auto failed = core_.start())
      return failed;
    for (unsigned shard = 0; shard < limits::shards; ++shard)
      if (auto failed = prove(static_cast<uint8_t>(shard)))
        return failed;
    return {};
  }

  // As they are now true.
  const spent_content& marks() const {
    return marks_;
  }
  size_t raised() const {
    return raised_;
  }
  size_t exhausted() const {
    return exhausted_;
  }
  bool found_any() const {
    return found_any_;
  }

private:
  struct change {
    std::string ref;
    uint64_t seq;
    LedgerEvent event;
    std::vector<row_change> rows;
  };

  // Those that are listed, and those that have a mark: a list may be damaged.
  caf::expected<std::map<entity_id, std::string>> ledgers_of(uint8_t shard) const {
    auto& rows = *here_.rows;
    std::map<entity_id, std::string> found;
    auto failed = rows.scan(space::index, index_begin(shard, index_table::ledgers),
                            index_end(shard, index_table::ledgers), [&](auto, auto value) {
                              LedgerState row;
                              if (row.ParseFromArray(value.data(), static_cast<int>(value.size())))
                                found[identify(row.ledger(), rows.naming_key())] = row.ledger();
                              return true;
                            });
    if (failed)
      return failed;
    for (auto mark = marks_.marks.lower_bound({shard, {}});
         mark != marks_.marks.end() && mark->first.shard == shard; ++mark) {
      auto name = rows.get(space::meta, name_key(mark->first));
      if (name && *name)
        found[mark->first] = **name;
      else if (!name && code_of(name.error()) != ec::shredded)
        return std::move(name.error());
    }
    return found;
  }

  caf::error prove(uint8_t shard) {
    auto ledgers = ledgers_of(shard);
    if (!ledgers)
      return std::move(ledgers.error());
    std::map<entity_id, change> changes;
    for (auto& [entity, ref] : *ledgers) {
      if (here_.rows->refusal(tenant_of(ref)))
        continue; // shredded: nobody reads or charges it again
      auto lived = replay_entity(*here_.rows, kinds_, entity, here_.objects.get());
      if (!lived && code_of(lived.error()) == ec::not_found)
        continue; // a row too many, which the doctor removes
      if (!lived)
        return std::move(lived.error());
      found_any_ = true;
      ledger_book book;
      LedgerState saved;
      if (!saved.ParseFromString((*lived)->state()) || !book.load(saved))
        return make_error(ec::corrupt, ref + ": its state does not parse");
      auto found = marks_.marks.find(entity);
      auto mark = found == marks_.marks.end() ? std::nullopt : std::optional{found->second};
      if (!mark || *mark < book.ledger.spent())
        marks_.marks[entity] = spent_marks::unknown;
      if (auto learned = proof(book.ledger, mark, why_)) {
        book.apply(*learned);
        Context no_cause;
        effects out{ref, entity, here_.rows->naming_key(), no_cause};
        book.bring_about(*learned, out);
        changes.emplace(entity, change{ref, (*lived)->seq(), std::move(*learned), std::move(out.rows())});
      }
    }
    return changes.empty() ? caf::error{} : append(changes);
  }

  caf::error append(std::map<entity_id, change>& changes) {
    std::vector<journal_order> opens, appends;
    for (auto& [entity, one] : changes)
      opens.emplace_back(open_order{one.ref, entity, {}});
    for (auto& delivery : core_.process(opens)) {
      auto content = delivery.message->move_content_to_message();
      auto& answer = content.get_as<Replayed>(0);
      if (answer.has_failure())
        return error_of(answer.failure());
      auto entity = identify(answer.ref(), here_.rows->naming_key());
      auto& one = changes.at(entity);
      JournalRecord record;
      record.set_event(one.event.SerializeAsString());
      append_order order;
      order.entity = entity;
      order.incarnation = answer.incarnation();
      order.first_seq = one.seq + 1;
      order.type = record_type(LedgerEvent::descriptor()->full_name());
      order.version = ledger_book::version;
      order.records = {record.SerializeAsString()};
      order.rows = std::move(one.rows);
      appends.emplace_back(std::move(order));
      ++(one.event.has_restored() ? raised_ : exhausted_);
    }
    for (auto& delivery : core_.process(appends)) {
      auto content = delivery.message->move_content_to_message();
      if (content.match_elements<AppendFailed>())
        return error_of(content.get_as<AppendFailed>(0).failure());
    }
    return {};
  }

  const opened_store& here_;
  spent_content marks_;
  const std::string why_;
  journal_core core_;
  const std::vector<entity_kind> kinds_{ledger_kind()};
  size_t raised_ = 0, exhausted_ = 0;
  bool found_any_ = false;
};

struct known_marks {
  std::optional<spent_content> content;
  std::string trouble; // why there is none
};

caf::expected<known_marks> read_marks(const store& rows, const spent_place& place) {
  auto bytes = place.read();
  if (!bytes)
    return std::move(bytes.error());
  if (!*bytes)
    return known_marks{{}, fmt::format("the marks of what it had spent are missing in {}", place.name())};
  auto content = decode_spent(**bytes, rows.naming_key());
  if (!content)
    return known_marks{{}, fmt::format("{} in {}", text_of(content.error()), place.name())};
  if (content->store != rows.id())
    return known_marks{
        {}, fmt::format("the marks in {} are those of the store {}", place.name(), content->store)};
  return known_marks{std::move(*content), {}};
}

} // namespace

caf::expected<std::shared_ptr<spent_marks>>
prove_ledgers(const opened_store& here, std::shared_ptr<spent_place> place, const notice& warn) {
  auto& rows = *here.rows;
  auto history = rows.get(space::meta, store_key("history"));
  if (!history)
    return std::move(history.error());
  auto counters = read_journal_counters(rows);
  if (!counters)
    return std::move(counters.error());
  auto known = read_marks(rows, *place);
  if (!known)
    return std::move(known.error());
  auto reached = place->reached();
  if (!reached && code_of(reached.error()) != ec::corrupt)
    return std::move(reached.error());
  auto hold = [&](spent_content content) {
    return std::make_shared<spent_marks>(place, rows.naming_key(), std::move(content));
  };
  auto now = known->content.value_or(spent_content{rows.id(), {}, {}});
  auto is_older = now.history != history->value_or("") || !reached || *reached > counters->gsn;
  if (known->content && !is_older)
    return hold(std::move(now));
  now.history = history->value_or("");
  auto why = known->content ? fmt::format("{} holds no mark of it", place->name()) : known->trouble;
  prover all{here, now, why};
  if (auto failed = all.run())
    return failed;
  if (!known->content && !all.found_any())
    return hold(std::move(now)); // the first ledger begins them
  // What else there may be of the history that is left is older now, whatever its numbers.
  auto proven = all.marks();
  proven.history = id_source{random_seed()}.next(here.time->now_ms());
  if (auto failed = here.rows->write({{space::meta, store_key("history"), proven.history}}))
    return failed;
  auto end = read_journal_counters(rows);
  if (!end)
    return std::move(end.error());
  auto marks = hold(proven);
  if (auto failed = marks->begin(std::move(proven), end->gsn))
    return failed;
  if (warn && all.raised() > 0)
    warn(fmt::format("this store is older than what its {} ledgers have spent: they were raised to that; see "
                     "`troupe ledger list`",
                     all.raised()));
  if (warn && all.exhausted() > 0)
    warn(fmt::format("{} ledgers are exhausted until somebody confirms what they have spent: {}; see `troupe "
                     "ledger list`",
                     all.exhausted(), known->content ? "no marks prove it" : known->trouble));
  return marks;
}

} // namespace troupe
