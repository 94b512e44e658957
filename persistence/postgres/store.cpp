// POSTGRES STORE: rows on a server that several nodes share.
// Invariant: a write that returned no error is committed and synced; after one whose outcome is unknown, nothing is written or
// read until a new session has waited for the end of the old one.

#include <atomic>
#include <fmt/format.h>
#include <mutex>
#include <troupe/persistence/postgres/reading.hpp>
#include <troupe/persistence/postgres/session.hpp>
#include <troupe/persistence/postgres/store.hpp>
#include <troupe/persistence/postgres/writing.hpp>
#include <troupe/runtime/id.hpp>

namespace troupe {
namespace {

class postgres_store final : public store {
public:
  postgres_store(postgres_options to, int64_t incarnation, writing_session session, store_self self)
      : to_{std::move(to)}, place_{session.connection->place()}, reader_{to_},
        incarnation_{incarnation}, session_{std::move(session)}, self_{std::move(self)} {}

  caf::error write(const write_batch& batch, const std::vector<fence>& fences) override {
    std::lock_guard lock{mutex_};
    if (failed_)
      return make_error(ec::outcome_unknown,
                        fmt::format("a write to {} has failed: reopen the store", place_));
    auto epochs = batch_writer::epochs_of(fences);
    if (!epochs)
      return std::move(epochs.error());
    if (batch.empty() && epochs->empty())
      return {};
    auto failed = writer_.write(*session_.connection, batch, *epochs);
    if (code_of(failed) == ec::outcome_unknown) {
      failed_ = true;
      readable_ = false;
    }
    return failed;
  }

  caf::expected<uint64_t> raise_epoch(uint8_t shard) override {
    std::lock_guard lock{mutex_};
    if (failed_)
      return make_error(ec::outcome_unknown,
                        fmt::format("a write to {} has failed: reopen the store", place_));
    auto epoch = batch_writer::raise_epoch(*session_.connection, shard);
    if (!epoch) {
      failed_ = true;
      readable_ = false;
    }
    return epoch;
  }

  caf::expected<std::optional<std::string>> get(space where, std::string_view key) const override {
    return readable_ ? reader_.get(where, key) : closed_now();
  }

  caf::error scan(space where, std::string_view from, std::string_view to,
                  const std::function<bool(std::string_view, std::string_view)>& row) const override {
    return readable_ ? reader_.scan(where, from, to, false, row) : closed_now();
  }

  caf::error scan_back(space where, std::string_view from, std::string_view to,
                       const std::function<bool(std::string_view, std::string_view)>& row) const override {
    return readable_ ? reader_.scan(where, from, to, true, row) : closed_now();
  }

  // A server that is read-only has no write in flight any more: that one had waited for its end.
  caf::error reopen() override {
    std::lock_guard lock{mutex_};
    failed_ = true;
    readable_ = false;
    session_.connection.reset();
    reader_.forget();
    auto opened = open_writing(to_, incarnation_, session_.backend);
    if (!opened)
      return std::move(opened.error());
    auto rows = own_rows(*opened->connection);
    if (!rows)
      return std::move(rows.error());
    if (auto failed = self_.reread(*rows))
      return make_error(code_of(failed), fmt::format("the store in {}: {}", place_, text_of(failed)));
    auto refused = check_server(*opened->connection);
    readable_ = !refused || code_of(refused) == ec::read_only;
    if (refused)
      return refused;
    session_ = std::move(*opened);
    failed_ = false;
    return {};
  }

  caf::error compact(std::atomic<bool>& stop) override {
    if (stop)
      return make_error(ec::cancelled, "the rewriting of the store was cancelled");
    return readable_ ? reader_.rewrite() : closed_now();
  }

  const std::string& naming_key() const override {
    return self_.naming_key();
  }

  const std::string& id() const override {
    return self_.id();
  }

private:
  caf::error closed_now() const {
    return make_error(ec::unavailable, fmt::format("the store in {} is not open: reopen it", place_));
  }

  const postgres_options to_;
  const std::string place_;
  postgres_reader reader_;
  std::atomic<bool> readable_ = true;
  std::mutex mutex_; // guards what follows
  const int64_t incarnation_;
  writing_session session_;
  batch_writer writer_;
  store_self self_; // its epochs are not used: those of others count as well
  bool failed_ = false;
};

} // namespace

caf::expected<std::shared_ptr<store>> open_postgres(postgres_options options) {
  auto incarnation = static_cast<int64_t>(random_seed());
  auto session = open_writing(options, incarnation);
  if (!session)
    return std::move(session.error());
  if (auto refused = check_server(*session->connection))
    return refused;
  auto self = know_self(*session->connection, true);
  if (!self)
    return std::move(self.error());
  return std::make_shared<postgres_store>(std::move(options), incarnation, std::move(*session),
                                          std::move(*self));
}

} // namespace troupe
