// YAML, reading; the only file that sees yaml-cpp. Invariant: nothing it throws leaves this file, and what it would read wrongly
// (quotes that never end, control characters, other encodings) is refused before or after.

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <istream>
#include <streambuf>
#include <troupe/behaviors/form/tree.hpp>
#include <troupe/runtime/utf8.hpp>
#include <troupe/runtime/workflow_limits.hpp>
#include <utility>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

namespace troupe {
namespace {

text_place place(const YAML::Mark& mark) {
  return {static_cast<size_t>(mark.line + 1), static_cast<size_t>(mark.column + 1)};
}

text_place place_in(std::string_view text, size_t at) {
  auto before = text.substr(0, at);
  return {static_cast<size_t>(std::count(before.begin(), before.end(), '\n')) + 1,
          at - (before.rfind('\n') + 1) + 1};
}

// The text for yaml-cpp, which keeps signs of structure until it knows that what they begin is no key: the text ends early where
// they are too many since the last thing it told of.
class bounded_text final : public std::streambuf {
public:
  explicit bounded_text(std::string_view text) {
    auto* begin = const_cast<char*>(text.data()); // a stream buffer without this is never written to
    setg(begin, begin, begin + text.size());
  }

  void told() {
    signs_ = 0;
  }
  bool ended_early() const {
    return ended_early_;
  }

private:
  std::streamsize xsgetn(char* to, std::streamsize size) override {
    ended_early_ = ended_early_ || signs_ > limits::definition_signs;
    if (ended_early_)
      return 0;
    auto read = std::streambuf::xsgetn(to, size);
    signs_ += static_cast<size_t>(
        std::count_if(to, to + read, [](char c) { return std::strchr("[]{},:", c) != nullptr; }));
    return read;
  }

  size_t signs_ = 0;
  bool ended_early_ = false;
};

constexpr std::string_view no_alias =
    "aliases are not allowed: write the value again, or put a text that begins with `*` in quotes";

struct stopped {
  workflow_problem why;
};

[[noreturn]] void stop(text_place at, std::string text) {
  throw stopped{{{}, std::move(text), {}, at}};
}

class yaml_events final : public YAML::EventHandler {
public:
  yaml_events(std::string_view text, bounded_text& source) : text_{text}, source_{source} {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (std::exchange(begun_, true))
      stop(place(mark), "a text holds one definition: a second document is not allowed");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_properties(mark, "?", anchor);
    keep(tree_.scalar(written_as::null, {}, place(mark)));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    stop(place(mark), std::string{no_alias});
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_properties(mark, tag, anchor);
    refuse_open_quotes(mark);
    keep(tree_.scalar(tag == "!" ? written_as::quoted : written_as::plain, value, place(mark)));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    refuse_properties(mark, tag, anchor);
    keep(tree_.open(written_as::list, place(mark)));
  }
  void OnSequenceEnd() override {
    tree_.close();
    keep(true);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    refuse_properties(mark, tag, anchor);
    keep(tree_.open(written_as::object, place(mark)));
  }
  void OnMapEnd() override {
    OnSequenceEnd();
  }

  written_value take() {
    return tree_.take();
  }

private:
  void keep(bool kept) {
    source_.told();
    if (!kept)
      throw stopped{*tree_.problem()};
  }

  char at(const YAML::Mark& mark) const {
    return mark.pos >= 0 && static_cast<size_t>(mark.pos) < text_.size()
               ? text_[static_cast<size_t>(mark.pos)]
               : '\0';
  }

  // The tag is "!" for what stands in quotes and "?" for what does not, unless there is one.
  void refuse_properties(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) const {
    if (anchor != 0)
      stop(place(mark), "anchors are not allowed: put a text that begins with `&` in quotes");
    if ((tag != "!" && tag != "?") || at(mark) == '!')
      stop(place(mark), "tags are not allowed: put a text that begins with `!` in quotes");
  }

  // yaml-cpp takes the end of the text for that of the quotes.
  void refuse_open_quotes(const YAML::Mark& mark) const {
    auto quote = at(mark);
    if (quote != '"' && quote != '\'')
      return;
    for (auto i = static_cast<size_t>(mark.pos) + 1; i < text_.size(); ++i)
      if (text_[i] == '\\' && quote == '"')
        ++i;
      else if (text_[i] == quote && !(quote == '\'' && text_.substr(i + 1).starts_with(quote) && ++i))
        return;
    stop(place(mark), "the quotes that begin here never end");
  }

  std::string_view text_;
  bounded_text& source_;
  tree_collector tree_;
  bool begun_ = false;
};

// yaml-cpp says what it was doing; people want to know what to write.
std::string remedy(const std::string& message) {
  if (message == "illegal map value")
    return "a `:` is not allowed here: indent with care, and put a text with `: ` in quotes";
  if (message.starts_with("illegal block entry") || message.find("tab") != std::string::npos)
    return "a list item is not allowed here: indent with spaces, all items of a list alike";
  if (message == "the referenced anchor is not defined")
    return std::string{no_alias};
  if (message == "illegal EOF in scalar")
    return "the text ends, but the quotes do not";
  if (message == "unknown token")
    return "a text cannot begin with this character: put it in quotes";
  return "no YAML: " + message;
}

// The first byte that no YAML may hold; some of them mean something else to yaml-cpp.
std::optional<workflow_problem> strange_byte(std::string_view text) {
  auto control = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\r' && c != '\t';
  };
  if (auto found = std::find_if(text.begin(), text.end(), control); found != text.end())
    return workflow_problem{
        {},
        fmt::format("the control character {:#04x} is not allowed: write it as an escape in double quotes",
                    *found),
        {},
        place_in(text, static_cast<size_t>(found - text.begin()))};
  if (auto clean = clean_utf8(text); clean != text) {
    auto differ = std::mismatch(text.begin(), text.end(), clean.begin(), clean.end()).first;
    return workflow_problem{
        {}, "the text is no UTF-8 here", {}, place_in(text, static_cast<size_t>(differ - text.begin()))};
  }
  return std::nullopt;
}

} // namespace

written_text read_yaml_tree(std::string_view text) {
  if (auto strange = strange_byte(text))
    return {{}, std::move(strange)};
  bounded_text source{text};
  yaml_events events{text, source};
  auto refused = [](std::string why, text_place at) {
    return written_text{{}, workflow_problem{{}, std::move(why), {}, at}};
  };
  auto too_many = [&](text_place at) {
    return refused(
        fmt::format("more than {} brackets, commas and colons in one place: use lines instead of brackets",
                    limits::definition_signs),
        at);
  };
  try {
    std::istream in{&source};
    YAML::Parser parser{in};
    while (parser.HandleNextDocument(events)) {
    }
  } catch (const stopped& early) {
    return source.ended_early() ? too_many(early.why.at) : written_text{{}, early.why};
  } catch (const YAML::Exception& failed) {
    auto at = failed.mark.is_null() ? text_place{} : place(failed.mark);
    return source.ended_early() ? too_many(at) : refused(remedy(failed.msg), at);
  } catch (const std::exception& failed) {
    return refused(fmt::format("no YAML: {}", failed.what()), {});
  }
  if (source.ended_early())
    return too_many({});
  return {events.take(), std::nullopt};
}

} // namespace troupe
