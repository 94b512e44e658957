// JOURNAL CORE: checks, numbers and writes one batch of orders.
// Invariants: an event is written only if its seq is the entity's last + 1 and its incarnation is the newest; gsn and time
// grow strictly; an acknowledgement is made only after the synced write returned; an object is kept before its record is
// written, and erased only after nothing refers to it any more; so is a ledger's mark raised before its spending is written.

#include <algorithm>
#include <cstring>
#include <troupe/persistence/journal.hpp>
#include <troupe/persistence/snapshot_rows.hpp>
#include <troupe/runtime/limits.hpp>
#include <troupe/runtime/messages.hpp>
#include <troupe/runtime/proto/journal.pb.h>

namespace troupe {
namespace {

const std::string counters_row = store_key("journal");

void set_failure(Failure* failure, const caf::error& error) {
  failure->set_code(static_cast<uint32_t>(code_of(error)));
  failure->set_text(text_of(error));
}

template <class M>
journal_delivery deliver(caf::strong_actor_ptr to, M message) {
  return {std::move(to), caf::make_mailbox_element(nullptr, caf::make_message_id(), {}, std::move(message))};
}

journal_delivery refusal(caf::strong_actor_ptr to, uint64_t incarnation, const caf::error& reason) {
  AppendFailed failed;
  failed.set_incarnation(incarnation);
  set_failure(failed.mutable_failure(), reason);
  return deliver(std::move(to), std::move(failed));
}

// Why a store accepts no writes, for whoever wants one; what another code would say is not theirs to know.
caf::error trouble_from(const caf::error& failed) {
  auto code = code_of(failed);
  if (code != ec::disk_full && code != ec::read_only)
    code = ec::unavailable;
  return make_error(code, "the store accepts no writes: " + text_of(failed) +
                              (code == ec::unavailable ? "" : "; service then resumes by itself"));
}

} // namespace

row_change journal_counters(uint64_t gsn, int64_t time_us) {
  envelope counters;
  counters.gsn = gsn;
  counters.time_us = time_us;
  return {space::meta, counters_row, wrap(counters, {})};
}

caf::expected<envelope> read_journal_counters(const store& rows) {
  auto row = rows.get(space::meta, counters_row);
  if (!row)
    return std::move(row.error());
  std::string_view payload;
  auto counters = *row ? unwrap(**row, payload) : envelope{};
  if (!counters)
    return make_error(ec::corrupt, "the journal's counter row is damaged");
  return *counters;
}

size_t journal_core::hasher::operator()(const entity_id& id) const {
  size_t value = 0; // the id is a hash already
  std::memcpy(&value, id.hash.data(), sizeof value);
  return value;
}

journal_core::journal_core(std::shared_ptr<store> rows, std::shared_ptr<const clock> time,
                           node_metrics meters, std::shared_ptr<object_store> objects,
                           std::shared_ptr<spent_marks> marks)
    : store_{std::move(rows)}, clock_{std::move(time)}, meters_{std::move(meters)},
      objects_{std::move(objects)}, marks_{std::move(marks)} {}

caf::error journal_core::start() {
  auto counters = read_journal_counters(*store_);
  if (!counters)
    return std::move(counters.error());
  gsn_ = counters->gsn;
  time_us_ = counters->time_us;
  return {};
}

caf::expected<journal_core::seat*> journal_core::add(append_order& order, write_batch& batch,
                                                     object_accounts& accounts) {
  auto i = seats_.find(order.entity);
  if (i == seats_.end() || i->second.incarnation != order.incarnation ||
      i->second.last_seq + 1 != order.first_seq)
    return make_error(ec::outcome_unknown, "a newer incarnation of the entity has begun");
  auto& open = i->second;
  std::string tenant{tenant_of(open.ref)};
  if (auto refused = store_->refusal(tenant))
    return refused;
  write_batch records; // apart, so that a payload that cannot be kept leaves nothing behind
  auto keep = [&](space where, std::string key, const envelope& header, const std::string& payload) {
    auto value = accounts.keep(open.ref, header, payload);
    if (value)
      records.push_back({where, std::move(key), std::move(*value), tenant});
    return value ? caf::error{} : std::move(value.error());
  };
  envelope header;
  header.type = order.type;
  header.version = order.version;
  caf::error failed;
  for (size_t n = 0; n < order.records.size() && !failed; ++n) {
    header.time_us = ++time_us_;
    header.gsn = ++gsn_;
    header.flags = n + 1 == order.records.size() ? last_of_append : 0;
    failed = keep(space::journal, journal_key(order.entity, ++open.last_seq), header, order.records[n]);
  }
  if (!failed && !order.snapshot.empty()) {
    header.version = order.snapshot_version;
    thin_snapshots(*store_, open.ref, order.entity, batch, accounts);
    failed = keep(space::snapshot, snapshot_key(order.entity, open.last_seq), header, order.snapshot);
  }
  if (failed) { // what was appended before it is in the batch: the entity has to be replayed to know where it stands
    for (auto& record : records)
      accounts.drop(tenant, *record.value);
    seats_.erase(i);
    return make_error(ec::outcome_unknown, text_of(failed));
  }
  if (order.first_seq == 1)
    batch.push_back({space::meta, name_key(order.entity), open.ref, tenant});
  std::move(records.begin(), records.end(), std::back_inserter(batch));
  for (auto& row : order.rows) {
    row.tenant = tenant;
    batch.push_back(std::move(row));
  }
  return &open;
}

bool journal_core::recover() {
  if (!broken_)
    return true;
  meters_.journal_reopens.add();
  auto failed = store_->reopen();
  if (!failed)
    failed = start();
  trouble_ = failed ? trouble_from(failed) : caf::error{};
  broken_ = static_cast<bool>(failed);
  if (!broken_)
    forget_doubtful();
  return !broken_;
}

// Whoever was opened while the store was broken was shown what had been synced. What the failed write left behind
// may be more; who has more has to be replayed.
void journal_core::forget_doubtful() {
  std::erase_if(seats_, [this](const auto& one) {
    auto& [entity, open] = one;
    uint64_t last = 0;
    auto failed = store_->scan_back(space::journal, entity_begin(entity), entity_end(entity),
                                    [&](std::string_view key, std::string_view) {
                                      last = seq_of_journal_key(key);
                                      return false;
                                    });
    return failed || last != open.last_seq;
  });
}

caf::error journal_core::write(const write_batch& batch, object_accounts& accounts) {
  auto began_us = clock_->now_us();
  if (auto failed = store_->write(batch)) {
    meters_.journal_write_failures.add();
    return failed;
  }
  auto took_us = std::max<int64_t>(0, clock_->now_us() - began_us); // the date may be set back
  size_t bytes = 0;
  for (auto& row : batch)
    bytes += row.key.size() + (row.value ? row.value->size() : 0);
  meters_.journal_sync_seconds.record(1e-6 * static_cast<double>(took_us));
  meters_.journal_batches.add();
  meters_.journal_bytes.add(static_cast<double>(bytes));
  meters_.objects_kept.add(static_cast<double>(accounts.kept()));
  meters_.object_bytes.add(static_cast<double>(accounts.kept_bytes()));
  meters_.objects_erased.add(static_cast<double>(accounts.erase_unreferenced()));
  return {};
}

// The mark of an append that is refused later stands a little too high, which is harmless.
caf::error journal_core::raise_marks(std::span<const journal_order> orders) {
  if (!marks_)
    return {};
  std::map<entity_id, spending> coming;
  for (auto& order : orders)
    if (auto* append = std::get_if<append_order>(&order); append && append->spent) {
      auto& last = coming[append->entity];
      auto proven = last.proven || append->spent->proven;
      last = *append->spent;
      last.proven = proven;
    }
  auto failed = marks_->raise(coming);
  if (!failed)
    return {};
  auto code = code_of(failed);
  auto known = code == ec::disk_full || code == ec::read_only;
  return make_error(known ? code : ec::unavailable,
                    "what is spent cannot be marked outside of the store, so nothing is: " + text_of(failed));
}

std::vector<journal_delivery> journal_core::process(std::span<journal_order> orders) {
  std::vector<journal_delivery> out;
  struct acknowledgement {
    caf::strong_actor_ptr owner;
    uint64_t incarnation;
    uint64_t seq;
  };
  std::vector<acknowledgement> written; // one per entity: the last append speaks for all
  std::vector<open_order> opens;
  std::vector<upkeep_order> upkeep;
  write_batch batch;
  object_accounts accounts{*store_, objects_.get()};
  batch.reserve(2 * orders.size());
  written.reserve(orders.size());
  out.reserve(orders.size());
  auto usable = recover();
  auto unmarked = usable ? raise_marks(orders) : caf::error{};
  auto spends = false;
  auto gsn_before = gsn_;
  ++batch_;
  time_us_ = std::max(time_us_, clock_->now_us() - 1);
  for (auto& order : orders) {
    if (auto* append = std::get_if<append_order>(&order)) {
      if (!usable || (unmarked && append->spent)) {
        if (auto i = seats_.find(append->entity);
            i != seats_.end() && i->second.incarnation == append->incarnation)
          seats_.erase(i); // it has been told that it failed: nothing more of it counts
        out.push_back(refusal(std::move(append->owner), append->incarnation, usable ? unmarked : trouble_));
      } else if (auto added = add(*append, batch, accounts)) {
        auto& open = **added;
        spends = spends || append->spent;
        if (open.batch != batch_) {
          open.batch = batch_;
          open.acknowledgement = written.size();
          written.push_back({std::move(append->owner), append->incarnation, 0});
        }
        written[open.acknowledgement].seq = open.last_seq;
      } else {
        out.push_back(refusal(std::move(append->owner), append->incarnation, added.error()));
      }
    } else if (auto* open = std::get_if<open_order>(&order)) {
      seats_[open->entity] = {open->ref, ++incarnations_}; // older appends are refused from here on
      opens.push_back(std::move(*open));
    } else if (auto* chore = std::get_if<upkeep_order>(&order)) {
      upkeep.push_back(std::move(*chore));
    } else {
      auto& close = std::get<close_order>(order);
      auto i = seats_.find(close.entity);
      if (i != seats_.end() && i->second.incarnation == close.incarnation)
        seats_.erase(i);
    }
  }
  caf::error failed;
  if (!batch.empty()) {
    batch.push_back(journal_counters(gsn_, time_us_));
    failed = accounts.settle(batch);
    if (!failed)
      failed = write(batch, accounts);
  }
  if (!failed)
    meters_.journal_events.add(static_cast<double>(gsn_ - gsn_before));
  if (!failed && spends && marks_)
    (void)marks_->reach(gsn_,
                        clock_->now_ms()); // too low a number notices less, and the next one begins anew
  if (failed) {
    fail();
    for (auto& ack : written)
      out.push_back(refusal(std::move(ack.owner), ack.incarnation,
                            make_error(ec::outcome_unknown, "the store failed: " + text_of(failed))));
    recover();
  } else {
    for (auto& ack : written) {
      Appended message;
      message.set_seq(ack.seq);
      message.set_incarnation(ack.incarnation);
      out.push_back(deliver(std::move(ack.owner), std::move(message)));
    }
  }
  for (auto& chore : upkeep) {
    auto outcome = maintain(chore);
    if (chore.done)
      chore.done(outcome);
  }
  if (opens.empty())
    return out;
  auto end = entity_end(std::ranges::max(opens, {}, &open_order::entity).entity);
  reading with{store_->reader(space::snapshot, end), store_->reader(space::journal, end), {}};
  for (auto& open : opens) {
    auto& held = seats_[open.entity];
    if (held.incarnation == 0) // a failed write has emptied the seats
      held = {open.ref, ++incarnations_};
    read(open, held, with, out);
  }
  return out;
}

caf::error journal_core::maintain(const upkeep_order& order) {
  if (!recover())
    return trouble_;
  auto batch = order.work(*store_, [this](const entity_id& entity) { return seats_.count(entity) > 0; });
  if (batch.empty())
    return {};
  object_accounts accounts{*store_, objects_.get()};
  if (auto unread = accounts.follow(batch))
    return unread;
  if (auto unread = accounts.settle(batch))
    return unread;
  auto failed = write(batch, accounts);
  if (failed) {
    fail();
    recover();
  }
  return failed;
}

// What the failed write left behind is known only after reopening: whoever is open has to be replayed.
void journal_core::fail() {
  broken_ = true;
  ++generation_;
  seats_.clear();
}

// The last command id that has expired of the entity's tenant and kind; empty if none has.
caf::expected<std::string_view> journal_core::expired_before(const open_order& order, reading& with) const {
  std::string_view ref = order.ref;
  std::pair whose{order.entity.shard, ref.substr(0, ref.rfind('/'))};
  auto known = with.expired_before.find(whose);
  if (known == with.expired_before.end()) {
    auto stored = store_->get(space::meta, expired_key(ref, store_->naming_key()));
    if (!stored)
      return std::move(stored.error());
    known = with.expired_before.emplace(whose, stored->value_or("")).first;
  }
  return std::string_view{known->second};
}

void journal_core::read(const open_order& order, seat& open, reading& with,
                        std::vector<journal_delivery>& out) {
  Replayed answer;
  answer.set_ref(order.ref);
  answer.set_incarnation(open.incarnation);
  auto first = entity_begin(order.entity), last = entity_end(order.entity);
  auto failed = store_->refusal(tenant_of(order.ref));
  if (!failed && !order.without_snapshot)
    failed = with.snapshots->scan(first, last, [&](std::string_view key, std::string_view stored) {
      auto record = read_record(order.ref, stored, objects_.get());
      if (!record)
        return true; // a snapshot is a cache: an older one, or the whole journal, serves as well
      answer.set_snapshot_seq(seq_of_snapshot_key(key));
      answer.set_snapshot_version(record->header.version);
      answer.set_snapshot(std::move(record->payload));
      return false;
    });
  open.last_seq = answer.snapshot_seq();
  if (!failed) {
    caf::error damage;
    failed = with.events->scan(
        journal_key(order.entity, open.last_seq + 1), last,
        [&](std::string_view key, std::string_view stored) {
          auto seq = seq_of_journal_key(key);
          auto record = read_record(order.ref, stored, objects_.get());
          if (seq != open.last_seq + 1 || !record) {
            auto place = order.ref + ": event " + std::to_string(open.last_seq + 1);
            damage = seq != open.last_seq + 1
                         ? make_error(ec::corrupt, place + " is missing; restore it from a copy")
                     : reference_in(stored)
                         ? make_error(code_of(record.error()), place + ": " + text_of(record.error()))
                         : make_error(ec::corrupt, place + " is damaged; restore it from a copy");
            return false;
          }
          auto* event = answer.add_events();
          event->set_seq(seq);
          event->set_type(record->header.type);
          event->set_version(record->header.version);
          event->set_time_us(record->header.time_us);
          event->set_record(std::move(record->payload));
          open.last_seq = seq;
          return true;
        });
    if (damage)
      failed = damage;
  }
  if (!failed && marks_ && open.last_seq == 0)
    answer.set_spent_before(marks_->of(order.entity).value_or(0));
  if (!failed) {
    if (auto expired = expired_before(order, with))
      answer.set_expired_before(std::string{*expired});
    else
      failed = std::move(expired.error());
  }
  if (failed) {
    set_failure(answer.mutable_failure(), failed);
    seats_.erase(order.entity);
  }
  out.push_back(deliver(order.reply_to, std::move(answer)));
}

} // namespace troupe
