// JOURNAL CORE: checks, numbers and writes one batch of orders.
// Invariants: an event is written only if its seq is the entity's last + 1 and its incarnation is the newest; gsn and time
// grow strictly; an acknowledgement is made only after the synced write returned; an object is kept before its record is
// written, and erased only after nothing refers to it any more; so is a ledger's mark raised before its spending is written;
// in a store that is shared, nothing is written to a shard after another node has taken it over.

#include <algorithm>
#include <cstring>
#include <troupe/persistence/entity_reader.hpp>
#include <troupe/persistence/journal.hpp>
#include <troupe/persistence/snapshot_rows.hpp>
#include <troupe/runtime/limits.hpp>
#include <troupe/runtime/messages.hpp>
#include <troupe/runtime/proto/journal.pb.h>

namespace troupe {
namespace {

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

size_t journal_core::hasher::operator()(const entity_id& id) const {
  size_t value = 0; // the id is a hash already
  std::memcpy(&value, id.hash.data(), sizeof value);
  return value;
}

journal_core::journal_core(std::shared_ptr<store> rows, std::shared_ptr<const clock> time,
                           node_metrics meters, std::shared_ptr<object_store> objects,
                           std::shared_ptr<spent_marks> marks, std::optional<journal_sharing> sharing)
    : store_{std::move(rows)}, clock_{std::move(time)}, meters_{std::move(meters)},
      objects_{std::move(objects)}, marks_{std::move(marks)}, writer_{store_, clock_, meters_,
                                                                      std::move(sharing)} {}

caf::error journal_core::start() {
  auto counters = read_journal_counters(*store_, fences().node());
  if (!counters)
    return std::move(counters.error());
  auto shared = fences().are_up(); // then what was read of other nodes' events counts, too
  gsn_ = std::max(shared ? gsn_ : 0, counters->gsn);
  time_us_ = std::max(shared ? time_us_ : 0, counters->time_us);
  return {};
}

caf::expected<journal_core::seat*> journal_core::add(append_order& order, write_batch& batch,
                                                     object_accounts& accounts) {
  auto i = seats_.find(order.entity);
  if (i == seats_.end() || i->second.incarnation != order.incarnation ||
      i->second.last_seq + 1 != order.first_seq)
    return make_error(ec::outcome_unknown, "a newer incarnation of the entity has begun");
  auto& open = i->second;
  if (auto gone = fences().refusal(order.entity.shard, open.epoch)) {
    seats_.erase(i);
    return gone;
  }
  if (fences().are_up() && std::any_of(order.rows.begin(), order.rows.end(), [&](auto& row) {
        return shard_of_key(row.key) != order.entity.shard;
      })) {
    auto wrong = make_error(ec::internal, open.ref + " writes rows that are not of its shard");
    seats_.erase(i);
    return wrong;
  }
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

// Whoever was opened before their shards left can write no more.
void journal_core::forget(const std::map<uint8_t, journal_writer::departure>& departed) {
  if (!departed.empty())
    std::erase_if(seats_, [&departed](const auto& open) {
      auto left = departed.find(open.first.shard);
      return left != departed.end() && open.second.epoch <= left->second.epoch;
    });
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
  fences().look();
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
          written.push_back({std::move(append->owner), append->incarnation, append->entity.shard, 0});
        }
        written[open.acknowledgement].seq = open.last_seq;
      } else {
        out.push_back(refusal(std::move(append->owner), append->incarnation, added.error()));
      }
    } else if (auto* open = std::get_if<open_order>(&order)) {
      seats_[open->entity] = {open->ref, ++incarnations_,
                              fences().of(open->entity.shard)}; // older appends are refused from here on
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
  journal_writer::outcome result;
  if (!batch.empty())
    result = writer_.write_events(std::move(batch), accounts,
                                  journal_counters(gsn_, time_us_, fences().node()), gsn_ - gsn_before);
  forget(result.refused);
  auto& [failed, refused, parts] = result;
  if (!failed && spends && marks_ && (refused.empty() || !parts.empty()))
    (void)marks_->reach(gsn_,
                        clock_->now_ms()); // too low a number notices less, and the next one begins anew
  if (failed)
    fail();
  for (auto& ack : written) {
    if (auto gone = refused.find(ack.shard); gone != refused.end()) {
      out.push_back(refusal(std::move(ack.owner), ack.incarnation, gone->second.told));
    } else if (failed && parts.count(ack.shard) == 0) {
      out.push_back(refusal(std::move(ack.owner), ack.incarnation,
                            make_error(ec::outcome_unknown, "the store failed: " + text_of(failed))));
    } else {
      Appended message;
      message.set_seq(ack.seq);
      message.set_incarnation(ack.incarnation);
      out.push_back(deliver(std::move(ack.owner), std::move(message)));
    }
  }
  if (failed)
    recover();
  for (auto& chore : upkeep) {
    auto outcome = maintain(chore);
    if (chore.done)
      chore.done(outcome);
  }
  if (opens.empty())
    return out;
  entity_reader with{*store_, objects_.get(), std::ranges::max(opens, {}, &open_order::entity).entity};
  for (auto& open : opens) {
    auto& held = seats_[open.entity];
    if (held.incarnation == 0) // a write that failed or was refused has emptied the seats
      held = {open.ref, ++incarnations_, fences().of(open.entity.shard)};
    read(open, held, with, out);
  }
  return out;
}

caf::error journal_core::maintain(const upkeep_order& order) {
  if (!recover())
    return trouble_;
  fences().look();
  auto batch = order.work(*store_, [this](const entity_id& entity) { return seats_.count(entity) > 0; });
  if (batch.empty())
    return {};
  object_accounts accounts{*store_, objects_.get()};
  if (auto unread = accounts.follow(batch))
    return unread;
  if (auto unread = accounts.settle(batch))
    return unread;
  auto around = fences().around(batch);
  if (!around)
    return std::move(around.error());
  auto result = writer_.write_whole(batch, *around, accounts);
  forget(result.refused);
  if (result.failed) {
    fail();
    recover();
  }
  return result.failed || result.refused.empty() ? result.failed : result.refused.begin()->second.told;
}

// What the failed write left behind is known only after reopening: whoever is open has to be replayed.
void journal_core::fail() {
  broken_ = true;
  ++generation_;
  seats_.clear();
}

void journal_core::read(const open_order& order, seat& open, entity_reader& with,
                        std::vector<journal_delivery>& out) {
  Replayed answer;
  answer.set_ref(order.ref);
  answer.set_incarnation(open.incarnation);
  auto failed = fences().refusal(order.entity.shard, open.epoch);
  if (!failed) {
    auto found = with.read(order.ref, order.entity, order.without_snapshot, answer);
    if (!found) {
      failed = std::move(found.error());
    } else {
      open.last_seq = found->seq;
      if (fences().are_up()) { // written by another node, maybe, and what follows it is later
        gsn_ = std::max(gsn_, found->gsn);
        time_us_ = std::max(time_us_, found->time_us);
      }
    }
  }
  if (!failed && marks_ && open.last_seq == 0)
    answer.set_spent_before(marks_->of(order.entity).value_or(0));
  if (failed) {
    set_failure(answer.mutable_failure(), failed);
    seats_.erase(order.entity);
  }
  out.push_back(deliver(order.reply_to, std::move(answer)));
}

} // namespace troupe
