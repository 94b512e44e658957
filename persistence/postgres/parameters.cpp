// PARAMETERS: integers in network order; an array is its dimensions, then each element behind its length (array_recv() of
// PostgreSQL 15).

#include <troupe/persistence/postgres/parameters.hpp>

namespace troupe {
namespace {

constexpr size_t header_bytes = 20;       // dimensions, nulls, element type, length, lower bound
constexpr size_t empty_header_bytes = 12; // without the last two

template <class Number>
void append(std::string& out, Number value) {
  for (int shift = 8 * (static_cast<int>(sizeof value) - 1); shift >= 0; shift -= 8)
    out += static_cast<char>(static_cast<uint8_t>(value >> shift));
}

} // namespace

std::string sql_int2(int16_t value) {
  std::string out;
  append(out, static_cast<uint16_t>(value));
  return out;
}

std::string sql_int8(int64_t value) {
  std::string out;
  append(out, static_cast<uint64_t>(value));
  return out;
}

int64_t sql_number(std::string_view bytes) {
  if (bytes.empty() || bytes.size() > 8)
    return 0;
  auto value = (bytes[0] & 0x80) ? ~uint64_t{0} : uint64_t{0};
  for (auto byte : bytes)
    value = value << 8 | static_cast<uint8_t>(byte);
  return static_cast<int64_t>(value);
}

sql_array::sql_array(sql_type element) : element_{element} {
  clear();
}

void sql_array::clear() {
  count_ = 0;
  bytes_.clear();
  put(1);
  put(0);
  put(static_cast<uint32_t>(element_));
  put(0);
  put(1);
}

void sql_array::add(std::string_view element) {
  put(static_cast<uint32_t>(element.size()));
  bytes_ += element;
  ++count_;
}

void sql_array::add_int2(int16_t value) {
  put(2);
  append(bytes_, static_cast<uint16_t>(value));
  ++count_;
}

void sql_array::add_int8(int64_t value) {
  put(8);
  append(bytes_, static_cast<uint64_t>(value));
  ++count_;
}

std::string_view sql_array::bytes() {
  std::string dimensions, length;
  append(dimensions, uint32_t{count_ > 0});
  append(length, count_);
  bytes_.replace(0, dimensions.size(), dimensions);
  bytes_.replace(header_bytes - 8, length.size(), length);
  return std::string_view{bytes_}.substr(0, count_ > 0 ? bytes_.size() : empty_header_bytes);
}

void sql_array::put(uint32_t value) {
  append(bytes_, value);
}

} // namespace troupe
