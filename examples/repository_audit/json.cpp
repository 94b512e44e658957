// The only file that sees Boost.JSON.
// Invariant: no exception leaves this file; what cannot be read is an error text.

#include "json.hpp"

#include <boost/json.hpp>

namespace troupe::audit {
namespace {

namespace bj = boost::json;

/// Copies the library's tree; false when a number does not fit.
bool from_boost(const bj::value& in, json& out) {
  switch (in.kind()) {
  case bj::kind::null:
    out = json{};
    return true;
  case bj::kind::bool_:
    out = json{in.get_bool()};
    return true;
  case bj::kind::int64:
    out = json{in.get_int64()};
    return true;
  case bj::kind::uint64: // the library uses this kind only above the largest int64
    return false;
  case bj::kind::double_:
    out = json{in.get_double()};
    return true;
  case bj::kind::string:
    out = json{std::string_view{in.get_string().data(), in.get_string().size()}};
    return true;
  case bj::kind::array: {
    json_list list(in.get_array().size());
    for (std::size_t i = 0; i < list.size(); ++i)
      if (!from_boost(in.get_array()[i], list[i]))
        return false;
    out = json{std::move(list)};
    return true;
  }
  case bj::kind::object: {
    json_object object;
    object.reserve(in.get_object().size());
    for (const auto& [key, value] : in.get_object())
      if (!from_boost(value, object.emplace_back(std::string{key}, json{}).second))
        return false;
    out = json{std::move(object)};
    return true;
  }
  }
  return false;
}

/// Turns each alternative of a tree into the library's value.
struct to_boost {
  bj::value operator()(std::nullptr_t) const {
    return nullptr;
  }
  bj::value operator()(bool value) const {
    return value;
  }
  bj::value operator()(std::int64_t value) const {
    return value;
  }
  bj::value operator()(double value) const {
    return value;
  }
  bj::value operator()(const std::string& value) const {
    return bj::value(bj::string(value));
  }
  bj::value operator()(const json_list& value) const {
    bj::array result;
    result.reserve(value.size());
    for (const auto& item : value)
      result.push_back(std::visit(*this, item.value));
    return result;
  }
  bj::value operator()(const json_object& value) const {
    bj::object result;
    result.reserve(value.size());
    for (const auto& [key, item] : value)
      result.insert_or_assign(key, std::visit(*this, item.value));
    return result;
  }
};

} // namespace

const json* member(const json& object, std::string_view key) {
  if (const auto* members = object.as<json_object>())
    for (const auto& [name, value] : *members)
      if (name == key)
        return &value;
  return nullptr;
}

std::variant<json, json_error> parse_json(std::string_view text) {
  bj::error_code failure;
  const auto tree = bj::parse(bj::string_view{text.data(), text.size()}, failure);
  if (failure)
    return json_error{"not JSON: " + failure.message()};
  json result;
  if (!from_boost(tree, result))
    return json_error{"not JSON this program can hold: an integer needs more than 64 signed bits"};
  return result;
}

std::string write_json(const json& tree) {
  return bj::serialize(std::visit(to_boost{}, tree.value));
}

} // namespace troupe::audit
