// What is printed is read as the same definition, for every definition there can be; its hash follows from what it says alone.
#define CAF_SUITE behaviors.workflow_form
#include <algorithm>
#include <array>
#include <caf/test/unit_test.hpp>
#include <google/protobuf/message.h>
#include <limits>
#include <random>
#include <set>
#include <troupe/behaviors/workflow_form.hpp>
#include <troupe/behaviors/workflow_reader.hpp>
#include <troupe/runtime/messages.hpp>

using namespace troupe;

namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// Any definition: every field set or not, numbers at their bounds, texts of what YAML and JSON have a use for.
class any_definition {
public:
  explicit any_definition(uint64_t seed) : random_{seed} {}

  WorkflowDefinition make() {
    WorkflowDefinition result;
    fill(result, 0);
    return result;
  }

  std::set<std::string> fields; ///< that were set at least once

private:
  size_t below(size_t bound) {
    return random_() % bound;
  }

  std::string text() {
    static const std::array<std::string, 60> parts{
        "a",      "word",   "steps.x > 1", "yes",        "no",   "null", "~",    "true",
        "1",      "1.0",    "-",           "- ",         ":",    ": ",   "#",    " #",
        " ",      "  ",     "\n",          "\n\n",       "\t",   "\r",   "\r\n", "\"",
        "'",      "\\",     "\\n",         "{",          "}",    "[",    "]",    ",",
        "&",      "*",      "!",           "|",          ">",    "%",    "@",    "`",
        "?",      "? ",     "=",           "<<",         "---",  "...",  "é",    "😀",
        "\u2028", "\u0085", "\uFEFF",      "\u00A0",     "\x7f", "\x01", "\x1b", std::string(1, '\0'),
        "\n ",    " \n",    "a\nb\n",      "{\"a\":[1]}"};
    std::string out;
    for (auto pieces = below(6); pieces > 0; --pieces)
      out += parts[below(parts.size())];
    if (below(200) == 0)
      out += std::string(1500, 'x');
    return out;
  }

  template <class Number>
  Number number() {
    static const std::array<Number, 7> special{
        1, 2, 1000, 90'061'001, std::numeric_limits<Number>::max(), std::numeric_limits<Number>::min(), 0};
    return below(2) == 0 ? special[below(special.size())] : static_cast<Number>(random_() >> below(60));
  }

  double fraction() {
    static const std::array<double, 8> special{0.1,    1.5, -0.0,    1e300,
                                               5e-324, -2,  1.0 / 3, std::numeric_limits<double>::max()};
    return special[below(special.size())];
  }

  void fill(Message& message, size_t depth) {
    auto* type = message.GetDescriptor();
    auto one_kind = type->oneof_decl_count() > 0
                        ? static_cast<int>(below(static_cast<size_t>(type->oneof_decl(0)->field_count()) + 1))
                        : 0;
    for (int i = 0; i < type->field_count(); ++i) {
      auto* field = type->field(i);
      auto* choice = field->containing_oneof();
      if (choice ? one_kind >= choice->field_count() || choice->field(one_kind) != field : below(3) == 0)
        continue;
      if (field->message_type() && field->message_type() != Field::descriptor() && depth > 12)
        continue;
      fields.insert(field->full_name());
      if (field->message_type() == Field::descriptor()) {
        names(message, field);
        continue;
      }
      for (auto count = field->is_repeated() ? below(depth < 2 ? 4 : 2) : 1; count > 0; --count)
        set(message, field, depth);
    }
  }

  void names(Message& message, const FieldDescriptor* field) {
    std::set<std::string> sorted;
    for (auto count = below(4); count > 0; --count)
      sorted.insert(text());
    for (auto& name : sorted) {
      Field one;
      one.set_name(name);
      one.set_value(text());
      message.GetReflection()->AddMessage(&message, field)->CopyFrom(one);
    }
  }

  void set(Message& message, const FieldDescriptor* field, size_t depth) {
    using R = Reflection;
    auto put = [&](auto one, auto many, auto value) {
      auto* reflection = message.GetReflection();
      if (field->is_repeated())
        (reflection->*many)(&message, field, value);
      else
        (reflection->*one)(&message, field, value);
    };
    switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return put(&R::SetBool, &R::AddBool, below(2) == 0);
    case FieldDescriptor::CPPTYPE_UINT32:
      return put(&R::SetUInt32, &R::AddUInt32, number<uint32_t>());
    case FieldDescriptor::CPPTYPE_UINT64:
      return put(&R::SetUInt64, &R::AddUInt64, number<uint64_t>());
    case FieldDescriptor::CPPTYPE_INT32:
      return put(&R::SetInt32, &R::AddInt32, number<int32_t>());
    case FieldDescriptor::CPPTYPE_INT64:
      return put(&R::SetInt64, &R::AddInt64, number<int64_t>());
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return put(&R::SetDouble, &R::AddDouble, fraction());
    case FieldDescriptor::CPPTYPE_FLOAT:
      return put(&R::SetFloat, &R::AddFloat, static_cast<float>(fraction()));
    case FieldDescriptor::CPPTYPE_ENUM: {
      auto* type = field->enum_type();
      auto* value = type->value(static_cast<int>(below(static_cast<size_t>(type->value_count()))));
      return put(&R::SetEnumValue, &R::AddEnumValue, value->number());
    }
    case FieldDescriptor::CPPTYPE_STRING:
      return put(&R::SetString, &R::AddString, text());
    case FieldDescriptor::CPPTYPE_MESSAGE:
      auto* reflection = message.GetReflection();
      fill(field->is_repeated() ? *reflection->AddMessage(&message, field)
                                : *reflection->MutableMessage(&message, field),
           depth + 1);
    }
  }

  std::mt19937_64 random_;
};

void count_fields(const google::protobuf::Descriptor* type, std::set<std::string>& names) {
  for (int i = 0; i < type->field_count(); ++i) {
    auto* field = type->field(i);
    if (names.insert(field->full_name()).second && field->message_type() &&
        field->message_type() != Field::descriptor())
      count_fields(field->message_type(), names);
  }
}

WorkflowDefinition small() {
  WorkflowDefinition result;
  result.set_name("small");
  auto& step = *result.add_steps();
  step.set_id("a");
  step.set_timeout_ms(90'000);
  step.mutable_checkpoint();
  auto& with = *step.add_with();
  with.set_name("count");
  with.set_value("inputs.n");
  return result;
}

} // namespace

CAF_TEST(a definition is printed as a person would write it) {
  CAF_CHECK_EQUAL(to_yaml(small()), "name: small\nsteps:\n  - id: a\n    with:\n      count: inputs.n\n    "
                                    "timeout: 1m30s\n    checkpoint: {}\n");
  CAF_CHECK_EQUAL(to_json(small()), R"({
  "name": "small",
  "steps": [
    {
      "id": "a",
      "with": {
        "count": "inputs.n"
      },
      "timeout": "1m30s",
      "checkpoint": {}
    }
  ]
}
)");
  CAF_CHECK_EQUAL(to_yaml({}), "{}\n");
  CAF_CHECK_EQUAL(to_json({}), "{}\n");
}

CAF_TEST(a thousand definitions are read from both forms as they were) {
  std::set<std::string> set, all;
  for (uint64_t seed = 1; seed <= 1000; ++seed) {
    any_definition any{seed};
    auto definition = any.make();
    set.merge(any.fields);
    auto hash = content_hash(definition);
    for (auto& text : {to_yaml(definition), to_json(definition)}) {
      auto read = read_workflow(text);
      if (!read.problems.empty() || !equal(read.definition, definition) ||
          content_hash(read.definition) != hash)
        CAF_FAIL("seed " << seed << "\n" << to_string(read.problems, "f") << text);
    }
  }
  count_fields(WorkflowDefinition::descriptor(), all);
  CAF_CHECK_EQUAL(set.size(), all.size());
}

CAF_TEST(equal definitions have equal hashes and others do not ) {
  auto one = small(), other = small();
  CAF_CHECK_EQUAL(content_hash(one), content_hash(other));
  CAF_CHECK_EQUAL(content_hash(one).size(), size_t{64});
  other.mutable_steps(0)->set_timeout_ms(90'001);
  CAF_CHECK(content_hash(one) != content_hash(other));
  CAF_CHECK_EQUAL(content_hash({}),
                  "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8"); // of no bytes
}

CAF_TEST(the order of named values and what is unknown do not change a hash) {
  auto one = small(), other = small();
  auto add = [](WorkflowDefinition& to, const std::string& name) {
    auto& field = *to.mutable_steps(0)->add_with();
    field.set_name(name);
    field.set_value("1");
  };
  add(one, "x");
  add(one, "a");
  add(other, "a");
  add(other, "x");
  CAF_CHECK_EQUAL(content_hash(one), content_hash(other));
  other.mutable_steps(0)->GetReflection()->MutableUnknownFields(other.mutable_steps(0))->AddVarint(999, 1);
  CAF_CHECK_EQUAL(content_hash(one), content_hash(other));
  other.add_steps();
  CAF_CHECK(content_hash(one) != content_hash(other));
}
