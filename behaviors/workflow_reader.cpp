// WORKFLOW READER: puts what is written into a message, by reflection. Invariant: what does not fit is a problem, never ignored.

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <google/protobuf/message.h>
#include <limits>
#include <set>
#include <troupe/behaviors/form/tree.hpp>
#include <troupe/behaviors/form/words.hpp>
#include <troupe/behaviors/workflow_reader.hpp>
#include <troupe/runtime/nearest.hpp>
#include <troupe/runtime/utf8.hpp>
#include <troupe/runtime/workflow_limits.hpp>

namespace troupe {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr size_t shown_bytes = 40; // of a text that somebody wrote, in the text of a problem

std::string quoted_text(std::string_view text) {
  std::string out;
  append_json(out, cut_utf8(text, shown_bytes));
  out.front() = out.back() = '`';
  return out;
}

std::string found(const written_value& value) {
  switch (value.as) {
  case written_as::null:
    return "nothing";
  case written_as::list:
    return "a list";
  case written_as::object:
    return "an object";
  case written_as::quoted:
    return "the text " + quoted_text(value.text);
  default:
    return quoted_text(value.text);
  }
}

// A name of `known`, or all of them.
std::string instead_of(std::string_view word, const std::vector<std::string_view>& known) {
  auto near = nearest(word, known);
  return near.empty() ? fmt::format("known are {}", fmt::join(known, ", "))
                      : fmt::format("did you mean `{}`?", near);
}

bool is_fields(const FieldDescriptor& field) {
  return field.is_repeated() && field.message_type() == Field::descriptor();
}

// A part of the path, for as long as it lives.
class path_part {
public:
  path_part(std::string& path, std::string_view name) : path_{path}, size_{path.size()} {
    fmt::format_to(std::back_inserter(path), "{}{}", path.empty() ? "" : ".", name);
  }
  path_part(std::string& path, size_t index) : path_{path}, size_{path.size()} {
    fmt::format_to(std::back_inserter(path), "[{}]", index);
  }
  path_part(const path_part&) = delete;
  path_part& operator=(const path_part&) = delete;
  ~path_part() {
    path_.resize(size_);
  }

private:
  std::string& path_;
  size_t size_;
};

class message_reader {
public:
  message_reader(workflow_places& places, workflow_problems& problems)
      : places_{places}, problems_{problems} {}

  void object(Message& message, const written_value& from) {
    if (from.as != written_as::object)
      return expected("an object", from);
    members(from, [&](const written_value& key, const written_value& value) {
      if (auto* field = find(message, key); field && alone_in_oneof(message, *field, key))
        read(message, *field, key, value);
    });
  }

  void problem(std::string text, text_place at) {
    if (problems_.size() < limits::definition_problems)
      problems_.push_back({path_, std::move(text), {}, at});
  }

private:
  void expected(std::string_view what, const written_value& from) {
    problem(fmt::format("{} is expected, not {}", what, found(from)), from.at);
  }

  // Takes each member of an object once.
  template <class Take>
  void members(const written_value& object, Take take) {
    std::map<std::string_view, text_place> seen;
    for (size_t i = 0; i < object.keys.size(); ++i) {
      auto& key = object.keys[i];
      path_part here{path_, key.text};
      if (auto [first, is_new] = seen.emplace(key.text, key.at); !is_new)
        problem(fmt::format("{} stands here a second time, first in line {}", quoted_text(key.text),
                            first->second.line),
                key.at);
      else
        take(key, object.items[i]);
    }
  }

  const FieldDescriptor* find(const Message& message, const written_value& key) {
    auto* type = message.GetDescriptor();
    std::vector<std::string_view> names;
    for (int i = 0; i < type->field_count(); ++i) {
      names.push_back(written_name(*type->field(i)));
      if (names.back() == key.text)
        return type->field(i);
    }
    problem(fmt::format("there is no {} here: {}", quoted_text(key.text), instead_of(key.text, names)),
            key.at);
    return nullptr;
  }

  bool alone_in_oneof(const Message& message, const FieldDescriptor& field, const written_value& key) {
    auto* choice = field.containing_oneof();
    auto* other = choice ? message.GetReflection()->GetOneofFieldDescriptor(message, choice) : nullptr;
    if (other)
      problem(
          fmt::format("only one of `{}` and `{}` is allowed here", written_name(*other), written_name(field)),
          key.at);
    return !other;
  }

  void read(Message& message, const FieldDescriptor& field, const written_value& key,
            const written_value& from) {
    places_[path_] = from.scalar() ? from.at : key.at;
    if (is_fields(field))
      return fields(message, field, from);
    if (!field.is_repeated())
      return one(message, field, from);
    if (from.as != written_as::list)
      return expected("a list, like `[a, b]`,", from);
    for (size_t i = 0; i < from.items.size(); ++i) {
      path_part here{path_, i};
      places_[path_] = from.items[i].at;
      one(message, field, from.items[i]);
    }
  }

  // Names with values: sorted, whatever order they are written in.
  void fields(Message& message, const FieldDescriptor& field, const written_value& from) {
    if (from.as != written_as::object)
      return expected("an object of names and values", from);
    std::map<std::string, std::pair<std::string, text_place>> sorted;
    members(from, [&](const written_value& key, const written_value& value) {
      places_[path_] = value.at;
      sorted.emplace(key.text, std::pair{text_of(value), value.at});
    });
    size_t index = 0;
    for (auto& [name, value] : sorted) {
      path_part here{path_, index++};
      places_[path_] = value.second;
      auto& added = static_cast<Field&>(*message.GetReflection()->AddMessage(&message, &field));
      added.set_name(name);
      added.set_value(std::move(value.first));
    }
  }

  // Texts stay as they are, everything else is what JSON makes of it.
  std::string text_of(const written_value& from) {
    if (from.scalar())
      return from.text;
    look_inside(from);
    return print_compact_json(from);
  }

  void look_inside(const written_value& from) {
    if (from.as == written_as::object)
      return members(from, [&](const written_value&, const written_value& value) { look_inside(value); });
    for (size_t i = 0; i < from.items.size(); ++i) {
      path_part here{path_, i};
      look_inside(from.items[i]);
    }
  }

  void one(Message& message, const FieldDescriptor& field, const written_value& from) {
    using R = Reflection;
    auto put = [&](auto set, auto add, auto value) {
      auto* reflection = message.GetReflection();
      if (field.is_repeated())
        (reflection->*add)(&message, &field, std::move(value));
      else
        (reflection->*set)(&message, &field, std::move(value));
    };
    switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      if (from.as != written_as::plain || (from.text != "true" && from.text != "false"))
        return expected("true or false", from);
      return put(&R::SetBool, &R::AddBool, from.text == "true");
    case FieldDescriptor::CPPTYPE_INT32:
      return whole<int32_t>(from, [&](auto n) { put(&R::SetInt32, &R::AddInt32, n); });
    case FieldDescriptor::CPPTYPE_UINT32:
      return whole<uint32_t>(from, [&](auto n) { put(&R::SetUInt32, &R::AddUInt32, n); });
    case FieldDescriptor::CPPTYPE_UINT64:
      return whole<uint64_t>(from, [&](auto n) { put(&R::SetUInt64, &R::AddUInt64, n); });
    case FieldDescriptor::CPPTYPE_INT64:
      if (auto units = units_of(field); !units.empty())
        return quantity(from, units, [&](auto n) { put(&R::SetInt64, &R::AddInt64, n); });
      return whole<int64_t>(from, [&](auto n) { put(&R::SetInt64, &R::AddInt64, n); });
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return number(from, [&](double n) { put(&R::SetDouble, &R::AddDouble, n); });
    case FieldDescriptor::CPPTYPE_FLOAT:
      return number(from, [&](double n) { put(&R::SetFloat, &R::AddFloat, static_cast<float>(n)); });
    case FieldDescriptor::CPPTYPE_STRING:
      if (field.type() == FieldDescriptor::TYPE_BYTES)
        return put(&R::SetString, &R::AddString, text_of(from));
      if (!from.scalar())
        return expected("a text", from);
      return put(&R::SetString, &R::AddString, from.text);
    case FieldDescriptor::CPPTYPE_ENUM:
      return word(*field.enum_type(), from, [&](int n) { put(&R::SetEnumValue, &R::AddEnumValue, n); });
    case FieldDescriptor::CPPTYPE_MESSAGE:
      auto* reflection = message.GetReflection();
      return object(field.is_repeated() ? *reflection->AddMessage(&message, &field)
                                        : *reflection->MutableMessage(&message, &field),
                    from);
    }
  }

  template <class Number, class Put>
  void whole(const written_value& from, Put put) {
    Number value{};
    auto end = from.text.data() + from.text.size();
    auto [stopped, failed] = std::from_chars(from.text.data(), end, value);
    if (from.as != written_as::plain || !is_json_literal(from.text) || failed != std::errc{} ||
        stopped != end)
      return expected(fmt::format("a whole number from {} to {}", std::numeric_limits<Number>::min(),
                                  std::numeric_limits<Number>::max()),
                      from);
    put(value);
  }

  template <class Put>
  void number(const written_value& from, Put put) {
    double value = 0;
    auto end = from.text.data() + from.text.size();
    auto [stopped, failed] = std::from_chars(from.text.data(), end, value);
    if (from.as != written_as::plain || !is_json_literal(from.text) || failed != std::errc{} ||
        stopped != end)
      return expected("a number like 1.5, of 64 bits,", from);
    put(value);
  }

  template <class Put>
  void quantity(const written_value& from, std::span<const unit_word> units, Put put) {
    auto value = from.scalar() ? parse_quantity(from.text, units) : std::nullopt;
    if (value)
      return put(*value);
    std::vector<std::string_view> names;
    for (auto& unit : units)
      names.push_back(unit.name);
    if (from.as == written_as::plain && is_json_literal(from.text))
      return problem(fmt::format("{} needs a unit: one of {}, as in `{}{}`", quoted_text(from.text),
                                 fmt::join(names, ", "), from.text, names[names.size() - 2]),
                     from.at);
    expected(fmt::format("`{}` or the like (whole numbers, each with a unit of {}, the larger first)",
                         print_quantity(units[1].factor + units[2].factor * 30, units),
                         fmt::join(names, ", ")),
             from);
  }

  template <class Put>
  void word(const google::protobuf::EnumDescriptor& type, const written_value& from, Put put) {
    std::vector<std::string> words;
    for (int i = 0; i < type.value_count(); ++i) {
      words.push_back(written_word(*type.value(i)));
      if (from.scalar() && words.back() == from.text)
        return put(type.value(i)->number());
    }
    std::vector<std::string_view> known{words.begin(), words.end()};
    auto near = from.scalar() ? nearest(from.text, known) : std::string_view{};
    auto meant = near.empty() ? std::string{} : fmt::format(": did you mean `{}`?", near);
    problem(fmt::format("one of {} is expected, not {}{}", fmt::join(known, ", "), found(from), meant),
            from.at);
  }

  workflow_places& places_;
  workflow_problems& problems_;
  std::string path_;
};

// A byte order mark is no part of a text.
std::string_view without_mark(std::string_view text) {
  return text.starts_with("\uFEFF") ? text.substr(3) : text;
}

} // namespace

void read_form(std::string_view text, Message& into, workflow_places& places, workflow_problems& problems) {
  message_reader reader{places, problems};
  if (text.size() > limits::definition_bytes)
    return reader.problem(
        fmt::format("the text has {} bytes, of at most {}", text.size(), limits::definition_bytes), {1, 1});
  text = without_mark(text);
  auto begin = text.find_first_not_of(" \t\r\n");
  auto is_json = begin != std::string_view::npos && text[begin] == '{';
  auto tree = is_json ? read_json_tree(text) : read_yaml_tree(text);
  if (tree.problem) {
    problems.push_back(std::move(*tree.problem));
    return;
  }
  places[""] = tree.root.at.line > 0 ? tree.root.at : text_place{1, 1};
  if (tree.root.at.line == 0)
    tree.root.at = {1, 1};
  reader.object(into, tree.root);
}

workflow_text read_workflow(std::string_view text) {
  workflow_text out;
  read_form(text, out.definition, out.places, out.problems);
  return out;
}

workflow_text read_block(std::string_view text) {
  workflow_text out;
  Block block;
  read_form(text, block, out.places, out.problems);
  out.definition.mutable_steps()->Swap(block.mutable_steps());
  out.definition.set_result(block.result());
  return out;
}

} // namespace troupe
