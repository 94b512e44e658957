// PARAMETERS: values as PostgreSQL reads them in its binary format.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// Types of PostgreSQL, by their object ids (src/include/catalog/pg_type.dat of PostgreSQL 15).
enum class sql_type : uint32_t {
  bytes = 17,
  int8 = 20,
  int2 = 21,
  int2_array = 1005,
  int8_array = 1016,
  bytes_array = 1001,
};

/// A statement that is prepared once per connection. Its name is its own.
struct sql_statement {
  const char* name;
  std::string text;
  std::vector<sql_type> types;
};

/// A value of int2 or int8, in network order.
std::string sql_int2(int16_t value);
std::string sql_int8(int64_t value);

/// The number such a value is; 0 if it is none.
int64_t sql_number(std::string_view bytes);

/// An array of one dimension without nulls, built piece by piece. Keeps its memory when it is cleared.
class sql_array {
public:
  explicit sql_array(sql_type element);

  /// Begins anew, without elements.
  void clear();
  /// One element more: its bytes, or a number of the array's type.
  void add(std::string_view element);
  /// Same, for an array of int2.
  void add_int2(int16_t value);
  /// Same, for an array of int8.
  void add_int8(int64_t value);

  bool empty() const {
    return count_ == 0;
  }

  /// As the server reads it; valid until the next change.
  std::string_view bytes();

private:
  void put(uint32_t value);
  const sql_type element_;
  uint32_t count_ = 0;
  std::string bytes_;
};

} // namespace troupe
