// READING: the sessions that read, and how they scan.
#pragma once

#include <mutex>
#include <troupe/persistence/postgres/connection.hpp>

namespace troupe {

/// Reads a store over a few sessions, each used by one thread at a time. Thread-safe.
class postgres_reader {
public:
  explicit postgres_reader(postgres_options to);

  /// As those of store. Errors: ec::corrupt, ec::unavailable.
  caf::expected<std::optional<std::string>> get(space where, std::string_view key) const;
  caf::error scan(space where, std::string_view from, std::string_view to, bool backward,
                  const std::function<bool(std::string_view key, std::string_view value)>& row) const;

  /// Writes the table anew, without what was deleted or overwritten; readers and writers wait meanwhile. Error:
  /// ec::unavailable, among others if that takes longer than limits::postgres_rewrite.
  caf::error rewrite() const;

  /// Ends the sessions: those of now when they are given back.
  void forget() const;

private:
  class lease;
  caf::expected<lease> take() const;
  void give_back(std::unique_ptr<sql_connection> one, uint64_t generation) const;

  const postgres_options to_;
  mutable std::mutex mutex_; // guards what follows
  mutable std::vector<std::unique_ptr<sql_connection>> idle_;
  mutable size_t taken_ = 0;
  mutable uint64_t generation_ = 0;
};

} // namespace troupe
