// STORE USAGE: one walk through the names of entities, and what each of them has.
// Invariant: nothing is kept of an entity but its share of a sum, and the largest few.

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <troupe/net/api/asking.hpp>
#include <troupe/net/api/store_usage.hpp>
#include <troupe/persistence/object_refs.hpp>
#include <troupe/persistence/retention.hpp>
#include <troupe/runtime/limits.hpp>

namespace troupe {
namespace {

// Rows read between two questions whether to go on.
constexpr uint64_t rows_per_look = 1024;

class meter {
public:
  meter(const store& rows, const object_store* objects, const usage_question& question)
      : rows_{rows}, objects_{objects}, question_{question} {}

  caf::expected<StoreUsage> measure() {
    auto& journal = add_space(space::journal);
    auto& snapshots = add_space(space::snapshot);
    for (unsigned shard = 0; shard < limits::shards && !failed_; ++shard)
      note(rows_.scan(space::meta, names_begin(static_cast<uint8_t>(shard)),
                      names_end(static_cast<uint8_t>(shard)),
                      [&](std::string_view key, std::string_view ref) {
                        if (auto entity = entity_of(key))
                          add_entity(std::string{ref}, *entity, journal, snapshots);
                        return goes_on();
                      }));
    for (auto where : {space::index, space::meta, space::timeseries})
      count_rows(where, std::string(1, '\0'), std::string(1, '\xff'), add_space(where), {});
    count_objects();
    if (failed_)
      return failed_;
    for (auto& [name, kind] : kinds_) {
      kind.set_mean_bytes(bytes_of(kind) / kind.entities());
      *usage_.add_kinds() = kind;
    }
    for (auto& [kind, largest] : largest_)
      for (auto& [bytes, one] : largest)
        *usage_.add_largest() = one;
    return std::move(usage_);
  }

private:
  using row_listener = std::function<void(std::string_view value)>;

  static uint64_t bytes_of(const KindUsage& one) {
    return one.event_bytes() + one.snapshot_bytes() + one.object_bytes();
  }

  SpaceUsage& add_space(space where) {
    auto* total = usage_.add_spaces();
    total->set_space(std::string{to_string(where)});
    return *total;
  }

  bool goes_on() {
    if (++looked_ % rows_per_look == 0 && question_.go_on && !question_.go_on())
      failed_ = make_error(ec::cancelled, "nobody waits for the usage any more");
    return !failed_;
  }

  void count_rows(space where, const std::string& from, const std::string& to, SpaceUsage& total,
                  const row_listener& also) {
    if (failed_)
      return;
    note(rows_.scan(where, from, to, [&](std::string_view key, std::string_view value) {
      total.set_rows(total.rows() + 1);
      total.set_bytes(total.bytes() + key.size() + value.size());
      if (also)
        also(value);
      return goes_on();
    }));
  }

  void add_entity(const std::string& ref_text, const entity_id& entity, SpaceUsage& journal,
                  SpaceUsage& snapshots) {
    KindUsage one;
    auto add_object = [&](std::string_view value) {
      if (auto reference = reference_in(value)) {
        one.set_objects(one.objects() + 1);
        one.set_object_bytes(one.object_bytes() + reference->bytes);
      }
    };
    auto count = [&](space where, SpaceUsage& total) { // of this entity
      SpaceUsage own;
      count_rows(where, entity_begin(entity), entity_end(entity), own, add_object);
      total.set_rows(total.rows() + own.rows());
      total.set_bytes(total.bytes() + own.bytes());
      return own;
    };
    auto events = count(space::journal, journal), states = count(space::snapshot, snapshots);
    one.set_events(events.rows());
    one.set_event_bytes(events.bytes());
    one.set_snapshots(states.rows());
    one.set_snapshot_bytes(states.bytes());
    if (!failed_)
      share(one, ref_text);
  }

  void share(const KindUsage& one, const std::string& ref_text) {
    auto name = parse_ref(ref_text);
    auto tenant = name ? name->tenant : "?", kind = name ? name->kind : "?";
    auto bytes = bytes_of(one);
    if (kinds_.size() >= limits::usage_rows && kinds_.count({tenant, kind}) == 0)
      tenant = "*";
    auto& sum = kinds_[{tenant, kind}];
    sum.set_tenant(tenant);
    sum.set_kind(kind);
    sum.set_entities(sum.entities() + 1);
    sum.set_events(sum.events() + one.events());
    sum.set_event_bytes(sum.event_bytes() + one.event_bytes());
    sum.set_snapshots(sum.snapshots() + one.snapshots());
    sum.set_snapshot_bytes(sum.snapshot_bytes() + one.snapshot_bytes());
    sum.set_objects(sum.objects() + one.objects());
    sum.set_object_bytes(sum.object_bytes() + one.object_bytes());
    sum.set_largest_bytes(std::max<uint64_t>(sum.largest_bytes(), bytes));
    if (leaves(ref_text)) {
      sum.set_leaving(sum.leaving() + 1);
      sum.set_leaving_bytes(sum.leaving_bytes() + bytes);
    }
    EntityUsage named;
    named.set_ref(ref_text);
    named.set_events(one.events());
    named.set_bytes(bytes);
    auto& largest = largest_[kind];
    largest.emplace(bytes, std::move(named));
    if (largest.size() > limits::usage_largest)
      largest.erase(std::prev(largest.end()));
  }

  bool leaves(const std::string& ref_text) {
    auto work = summary_of(rows_, ref_text);
    if (!work) {
      note(work.error());
      return false;
    }
    if (!*work || !is_due(question_.rules, **work, question_.now_ms))
      return false;
    auto needed = is_needed(rows_, **work);
    note(needed ? caf::error{} : needed.error());
    return needed && !*needed;
  }

  void count_objects() {
    for (unsigned shard = 0; objects_ && shard < limits::shards && !failed_; ++shard)
      note(objects_->list(static_cast<uint8_t>(shard), [&](const object_id&, uint64_t bytes) {
        usage_.set_objects(usage_.objects() + 1);
        usage_.set_object_bytes(usage_.object_bytes() + bytes);
        return goes_on();
      }));
  }

  void note(const caf::error& failure) {
    if (failure && !failed_)
      failed_ = failure;
  }

  const store& rows_;
  const object_store* objects_;
  const usage_question& question_;
  StoreUsage usage_;
  std::map<std::pair<std::string, std::string>, KindUsage> kinds_;
  std::map<std::string, std::multimap<uint64_t, EntityUsage, std::greater<>>> largest_; // by kind
  uint64_t looked_ = 0;
  caf::error failed_;
};

// Of two stores. No kind is in both.
void add(StoreUsage& all, StoreUsage&& more) {
  for (auto& one : more.spaces())
    for (auto& sum : *all.mutable_spaces())
      if (sum.space() == one.space()) {
        sum.set_rows(sum.rows() + one.rows());
        sum.set_bytes(sum.bytes() + one.bytes());
      }
  for (auto& kind : *more.mutable_kinds())
    *all.add_kinds() = std::move(kind);
  for (auto& one : *more.mutable_largest())
    *all.add_largest() = std::move(one);
  all.set_objects(all.objects() + more.objects());
  all.set_object_bytes(all.object_bytes() + more.object_bytes());
}

} // namespace

caf::expected<StoreUsage> measure_store(const store& rows, const object_store* objects,
                                        const usage_question& question) {
  return meter{rows, objects, question}.measure();
}

// On a thread of its own: it reads the whole store. It ends when nobody waits for it any more.
void serve(const control_call& call, const GetStoreUsage&, reply_to<StoreUsage> reply) {
  call.self->become([reply](const StoreUsage& usage) { reply(usage); },
                    [reply](const Failure& failure) { reply(error_of(failure)); });
  auto& desk = *call.desk;
  auto& hands = desk.chores ? desk.chores : desk.outside->hands;
  auto asker = caf::actor_cast<caf::actor_addr>(call.self->address());
  auto now_ms = desk.outside->time->now_ms() + limits::retention_every.count();
  hands->submit([asker, now_ms, outside = desk.outside, rules = desk.retention] {
    auto waits = [asker] { return static_cast<bool>(caf::actor_cast<caf::actor>(asker)); };
    auto usage = measure_store(*outside->rows, outside->objects.get(), {rules, now_ms, waits});
    if (auto& own = outside->own; usage && own) {
      auto more = measure_store(*own->rows, own->objects.get(), {rules, now_ms, waits});
      if (more)
        add(*usage, std::move(*more));
      else
        usage = std::move(more.error());
    }
    if (auto to = caf::actor_cast<caf::actor>(asker))
      usage ? caf::anon_send(to, std::move(*usage)) : caf::anon_send(to, to_failure(usage.error()));
  });
}

} // namespace troupe
