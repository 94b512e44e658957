// WORK INDEX: listings from index rows.
// Invariant: reads rows only; no entity is woken by looking at it.

#include <algorithm>
#include <fmt/format.h>
#include <troupe/net/api/work_index.hpp>
#include <troupe/persistence/keys.hpp>
#include <troupe/persistence/own_doors.hpp>
#include <troupe/runtime/limits.hpp>
#include <troupe/runtime/link_limits.hpp>
#include <troupe/runtime/proto/journal.pb.h>
#include <troupe/runtime/ref_route.hpp>

namespace troupe {
namespace {

caf::expected<bool> exists(const doors& outside, const std::string& name) {
  auto& rows = *doors_of(outside, kind_of(name)).rows;
  auto row = rows.get(space::meta, name_key(identify(name, rows.naming_key())));
  if (!row)
    return std::move(row.error());
  return row->has_value();
}

} // namespace

caf::expected<ref> find_entity(const doors& outside, std::string_view id,
                               std::initializer_list<std::string_view> kinds) {
  auto is_ref = id.find('/') != std::string_view::npos;
  for (auto kind : kinds) {
    auto name = parse_ref(is_ref ? std::string{id} : fmt::format("{}/{}/{}", default_tenant, kind, id));
    if (!name)
      return is_ref
                 ? std::move(name.error())
                 : make_error(ec::invalid_argument, fmt::format("'{}' is no id: 1 to {} of A-Z a-z 0-9 _ . -",
                                                                id, limits::name_bytes));
    if (name->kind != kind)
      continue;
    if ((is_ref || kinds.size() == 1) && !outside.own && outside.names && outside.names->is_elsewhere(to_string(*name)))
      return std::move(*name); // its node knows
    auto found = exists(outside, to_string(*name));
    if (!found)
      return std::move(found.error());
    if (*found)
      return std::move(*name);
  }
  return make_error(ec::not_found,
                    fmt::format("no {} has the {} {}", fmt::join(kinds, " or "), is_ref ? "ref" : "id", id));
}

std::string own_id(const doors& outside, std::string_view tenant, std::string_view kind) {
  std::string id;
  for (size_t draws = 0; draws < limits::own_id_draws; ++draws) {
    id = outside.ids->next(outside.time->now_ms());
    if (!outside.names->is_elsewhere(fmt::format("{}/{}/{}", tenant, kind, id)))
      break;
  }
  return id;
}

void walk_index(caf::event_based_actor* self, doors_ptr outside, std::vector<index_table> tables,
                std::function<void(index_table, std::string_view)> row,
                std::function<void(caf::error)> done) {
  self->become([=](const Tick& tick) {
    if (tick.epoch() == limits::shards)
      return done({});
    auto shard = static_cast<uint8_t>(tick.epoch());
    for (auto table : tables)
      if (auto failed = outside->rows->scan(space::index, index_begin(shard, table), index_end(shard, table),
                                            [&](std::string_view, std::string_view value) {
                                              row(table, value);
                                              return true;
                                            }))
        return done(failed);
    Tick next;
    next.set_epoch(tick.epoch() + 1);
    self->send(self, next);
  });
  self->send(self, Tick{});
}

template <class Row>
newest<Row>::newest(size_t most, int64_t (*time)(const Row&))
    : most_{most == 0 ? limits::list_rows : std::min(most, limits::list_rows_most)}, time_{time} {}

template <class Row>
void newest<Row>::add(Row row) {
  ++total_;
  auto younger = [this](const Row& a, const Row& b) { return time_(a) > time_(b); };
  if (heap_.size() == most_) {
    if (!younger(row, heap_.front()))
      return;
    std::pop_heap(heap_.begin(), heap_.end(), younger);
    heap_.pop_back();
  }
  heap_.push_back(std::move(row));
  std::push_heap(heap_.begin(), heap_.end(), younger);
}

template <class Row>
std::vector<Row> newest<Row>::take() {
  std::sort_heap(heap_.begin(), heap_.end(),
                 [this](const Row& a, const Row& b) { return time_(a) > time_(b); });
  return std::move(heap_);
}

template class newest<WorkSummary>;
template class newest<ApprovalRow>;
template class newest<DeadLetter>;

} // namespace troupe
