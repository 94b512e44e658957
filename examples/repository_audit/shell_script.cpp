// The simple commands of a shell script.
// Invariant: one pass, and bounded memory per command; what is no command is passed over.
// Source: POSIX.1-2017, Shell Command Language, sections 2.3 and 2.9, as far as the rules need it.

#include "shell_script.hpp"

#include "text.hpp"

#include <algorithm>

namespace troupe::audit {
namespace {

constexpr std::size_t most_words = 64;
constexpr std::size_t most_feeding = 16;

/// Words before a command, and programs that only start another one.
constexpr std::string_view passed_over =
    "if then elif else while until do ! { } time sudo env exec nohup command doas";

constexpr char_set name_bytes{"A-Za-z0-9_"};

bool is_assignment(std::string_view word) {
  const auto end = skip(word, 0, name_bytes);
  return end > 0 && end < word.size() && word[end] == '=';
}

class command_reader {
public:
  command_reader(std::string_view code, const std::function<void(const shell_command&)>& visit)
      : code_(code), visit_(visit) {}

  void run() {
    for (std::size_t at = 0; at < code_.size();) {
      const char c = code_[at];
      if (c == '\\' && at + 1 < code_.size() && code_[at + 1] == '\n')
        at += 2;
      else if (blank_bytes.has(c))
        ++at;
      else if (separators.has(c))
        at = separator(at);
      else
        at = word(at);
    }
    finish(false);
  }

private:
  static constexpr char_set separators{"\n;&|()`"};

  std::size_t separator(std::size_t at) {
    const char c = code_[at];
    if (c == '&' && at > 0 && code_[at - 1] == '>') // "2>&1"
      return at + 1;
    const bool twice = at + 1 < code_.size() && code_[at + 1] == c;
    if (c == '(' || c == '`') {
      const auto holder = command_.words.empty() ? std::string_view{} : command_.name();
      finish(false);
      command_.around = holder;
    } else {
      finish(c == '|' && !twice);
    }
    return at + (twice && (c == '|' || c == '&') ? 2 : 1);
  }

  std::size_t word(std::size_t at) {
    auto end = at;
    bool braces = false; // inside of ${...}, which may hold signs that end a word elsewhere
    for (; end < code_.size() && (braces || (!space_bytes.has(code_[end]) && !separators.has(code_[end])));
         ++end) {
      if (code_[end] == '\n')
        break;
      if (code_[end] == '\\')
        ++end;
      else if (code_[end] == '{' && code_[end - std::min<std::size_t>(end, 1)] == '$')
        braces = true;
      else if (code_[end] == '}')
        braces = false;
    }
    end = std::min(end, code_.size());
    add(code_.substr(at, end - at), at);
    return end;
  }

  void add(std::string_view word, std::size_t at) {
    if (command_.words.empty() && listed(word, passed_over))
      return;
    if (command_.words.empty() && is_assignment(word)) {
      command_.settings = word;
      return;
    }
    if (command_.words.empty())
      command_.offset = at;
    if (command_.words.size() < most_words)
      command_.words.push_back(word);
  }

  void finish(bool pipes) {
    std::vector<std::string_view> feeding;
    if (!command_.words.empty()) {
      visit_(command_);
      if (pipes && command_.pipeline.size() < most_feeding) {
        feeding = std::move(command_.pipeline);
        feeding.push_back(command_.name());
      }
    }
    command_ = {};
    command_.pipeline = std::move(feeding);
  }

  std::string_view code_;
  const std::function<void(const shell_command&)>& visit_;
  shell_command command_;
};

} // namespace

std::string_view shell_command::name() const {
  return file_name(words.front());
}

bool shell_command::has(std::string_view word) const {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool shell_command::has_flag(char letter) const {
  return std::any_of(words.begin() + 1, words.end(), [letter](std::string_view word) {
    return word.size() > 1 && word[0] == '-' && word[1] != '-' && word.find(letter) != std::string_view::npos;
  });
}

void for_each_command(std::string_view code, const std::function<void(const shell_command&)>& visit) {
  command_reader{code, visit}.run();
}

} // namespace troupe::audit
