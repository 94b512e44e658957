// STORAGE: a second reader of sealed rows and objects, apart from the node's.

#include <fmt/format.h>
#include <tests/simulator/storage.hpp>

namespace troupe {
namespace {

constexpr size_t piece_rows = 40; // so that a pass over some hundred rows is interrupted now and then

bool holds_records(space where) {
  return where == space::journal || where == space::snapshot;
}

std::optional<object_id> object_in(space where, const std::string& row) {
  auto reference = holds_records(where) ? reference_in(row) : std::nullopt;
  return reference ? std::optional{reference->name.id} : std::nullopt;
}

} // namespace

// Rows as they are meant, for judges. What cannot be opened is told, and passed over.
class simulated_storage::meaning final : public store {
public:
  explicit meaning(const simulated_storage& of) : of_{of} {}

  caf::error write(const write_batch&, const std::vector<fence>&) override {
    return make_error(ec::read_only, "judges do not write");
  }
  caf::expected<std::optional<std::string>> get(space where, std::string_view key) const override {
    auto stored = of_.disk_->get(where, key);
    if (!stored || !*stored)
      return stored;
    std::string value;
    if (of_.open_row(value, where, key, **stored) != fate::opened || !resolves(where, value))
      return std::optional<std::string>{};
    return std::optional{std::move(value)};
  }
  caf::error scan(space where, std::string_view from, std::string_view to,
                  const std::function<bool(std::string_view, std::string_view)>& row) const override {
    return of_.disk_->scan(where, from, to, opening(where, row));
  }
  caf::error scan_back(space where, std::string_view from, std::string_view to,
                       const std::function<bool(std::string_view, std::string_view)>& row) const override {
    return of_.disk_->scan_back(where, from, to, opening(where, row));
  }
  caf::error reopen() override {
    return {};
  }
  const std::string& naming_key() const override {
    return of_.rows_->naming_key();
  }
  const std::string& id() const override {
    return of_.rows_->id();
  }

private:
  bool resolves(space where, std::string& value) const {
    return !holds_records(where) || of_.resolve(value);
  }
  std::function<bool(std::string_view, std::string_view)>
  opening(space where, const std::function<bool(std::string_view, std::string_view)>& row) const {
    return [=, &row, this](std::string_view key, std::string_view stored) {
      std::string value;
      if (of_.open_row(value, where, key, stored) != fate::opened || !resolves(where, value))
        return true;
      return row(key, value);
    };
  }

  const simulated_storage& of_;
};

simulated_storage::simulated_storage(uint64_t seed, const workload& story,
                                     std::shared_ptr<simulated_disk> disk,
                                     std::shared_ptr<virtual_clock> time,
                                     std::function<void(std::string, std::string)> object)
    : chance_{seed}, story_{story}, disk_{std::move(disk)}, time_{std::move(time)}, object_{std::move(
                                                                                        object)},
      file_{std::make_shared<simulated_key_file>(disk_)}, meant_{std::make_shared<meaning>(*this)} {
  if (story_.sealed)
    masters_.push_back(sealing_key::random());
}

void simulated_storage::open() {
  if (!story_.sealed) {
    rows_ = disk_;
  } else {
    auto opened = seal_store(disk_, file_, masters_.back(), time_);
    for (auto at = masters_.rbegin(); !opened && at != masters_.rend();
         ++at) // a change of it may have failed
      opened = seal_store(disk_, file_, *at, time_);
    ensure(opened.engaged(), "the key ring opens: " + (opened ? std::string{} : describe(opened.error())));
    rows_ = opened->rows;
    sealed_ = opened->sealed;
  }
  if (story_.objects && !objects_) {
    objects_ = std::make_shared<simulated_objects>(disk_, rows_->naming_key());
    objects_->on_erase = [this](const object_id& id) {
      if (auto found = counts_.find(id); found != counts_.end())
        object_("objects", fmt::format("object {} is erased while {} records refer to it", to_string(id),
                                       found->second));
    };
  }
}

void simulated_storage::begin(caf::actor_system& system, std::shared_ptr<journal> disk) {
  if (sealed_)
    keeper_ = std::make_unique<simulated_keeper>(system, sealed_, std::move(disk), piece_rows);
}

void simulated_storage::end() {
  if (keeper_)
    keeper_->cut();
}

void simulated_storage::crash(bool keep_tail) {
  if (objects_)
    objects_->crash(keep_tail);
}

caf::error simulated_storage::rotate(key_ring& ring, bool new_master) {
  if (!new_master)
    return ring.rotate();
  masters_.push_back(sealing_key::random());
  return ring.rotate(masters_.back());
}

simulated_storage::fate simulated_storage::open_row(std::string& out, space where, std::string_view key,
                                                    std::string_view stored) const {
  out = stored;
  if (!sealed_ || sealed_store::is_plain_for_ever(where, key))
    return fate::opened;
  auto keys = ring().keys();
  auto id = sealing_key_of(stored);
  auto* with = id ? keys->find(*id) : nullptr;
  if (with && with->destroyed())
    return fate::shredded;
  if (with && open_value(out, where, key, stored, with->key))
    return fate::opened;
  object_("sealed", fmt::format("a row in {} {}", to_string(where),
                                !id     ? "is plain"
                                : !with ? "is sealed under a key that nobody knows"
                                        : "does not open"));
  return fate::broken;
}

bool simulated_storage::resolve(std::string& row) const {
  auto reference = reference_in(row);
  if (!reference)
    return true;
  std::string_view payload;
  auto header = unwrap(row, payload);
  auto found = objects_ ? objects_->kept().find(reference->name.id)
                        : std::map<object_id, std::string>::const_iterator{};
  if (!objects_ || found == objects_->kept().end() || found->second.size() != reference->bytes) {
    object_("objects",
            fmt::format("a record refers to object {}, which is not there", to_string(reference->name.id)));
    return false;
  }
  header->flags &= static_cast<uint8_t>(~payload_in_object);
  row = wrap(*header, found->second);
  return true;
}

write_batch simulated_storage::meant(const write_batch& batch) const {
  if (!story_.sealed && !story_.objects)
    return batch;
  write_batch out;
  for (auto& row : batch) {
    auto& one = out.emplace_back(row);
    if (row.value && open_row(*one.value, row.where, row.key, *row.value) == fate::opened &&
        holds_records(row.where))
      resolve(*one.value);
  }
  return out;
}

void simulated_storage::refer(space where, const std::string& key, const std::optional<object_id>& to) {
  auto found = held_.find({where, key});
  before_.push_back({{where, key}, found == held_.end() ? std::nullopt : std::optional{found->second}});
  if (found != held_.end()) {
    if (--counts_[found->second] == 0)
      counts_.erase(found->second);
    held_.erase(found);
  }
  if (to) {
    held_[{where, key}] = *to;
    ++counts_[*to];
  }
}

void simulated_storage::written(const write_batch& batch) {
  before_.clear();
  if (!objects_)
    return;
  for (auto& row : batch) {
    if (!holds_records(row.where))
      continue;
    std::string value;
    auto readable = row.value && open_row(value, row.where, row.key, *row.value) == fate::opened;
    auto to = readable ? object_in(row.where, value) : std::nullopt;
    if (to || held_.count({row.where, row.key}) > 0)
      refer(row.where, row.key, to);
  }
}

void simulated_storage::undone() {
  auto before = std::exchange(before_, {});
  for (auto at = before.rbegin(); at != before.rend(); ++at)
    refer(at->first.first, at->first.second, at->second);
  before_.clear();
}

void simulated_storage::check(bool at_rest) const {
  if (sealed_) {
    auto keys = ring().keys();
    for (size_t i = 0; i < space_count; ++i) {
      auto where = static_cast<space>(i);
      auto failed =
          disk_->scan(where, "", std::string(64, '\xff'), [&](std::string_view key, std::string_view stored) {
            std::string value;
            if (sealed_store::is_plain_for_ever(where, key) ||
                open_row(value, where, key, stored) == fate::broken)
              return true;
            auto state = keys->find(*sealing_key_of(stored))->state;
            if (state == key_state::spare || state == key_state::erased ||
                (at_rest && state != key_state::active))
              object_("sealed",
                      fmt::format("a row in {} is under a key in state {} {}", to_string(where),
                                  static_cast<int>(state), at_rest ? "at rest" : "that no row needs"));
            return true;
          });
      if (failed)
        object_("sealed", "the disk cannot be read: " + describe(failed));
    }
    if (at_rest && keys->pending())
      object_("sealed", "rows wait to be sealed anew for ever");
  }
  if (!objects_)
    return;
  auto& kept = objects_->kept();
  for (auto& [id, records] : counts_)
    if (kept.count(id) == 0)
      object_("objects",
              fmt::format("{} records refer to object {}, which is not there", records, to_string(id)));
  for (auto& [id, bytes] : kept)
    if (at_rest && counts_.count(id) == 0)
      object_("objects", fmt::format("object {} is there, and nothing refers to it", to_string(id)));
}

} // namespace troupe
