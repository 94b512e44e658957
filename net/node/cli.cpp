// CLI: words -> command -> exit code. The only file that sees CLI11.
// Invariant: every way out is an exit code with, unless it is 0, a reason on `err`.

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <fmt/format.h>
#include <iostream>
#include <troupe/net/node/cli.hpp>
#include <troupe/net/node/command.hpp>
#include <troupe/runtime/clock.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/nearest.hpp>

namespace troupe {
namespace {

constexpr std::string_view introduction =
    R"(troupe runs agents that act, remember, are supervised, and get better.

To begin:
  troupe node                              run a node; its data is in ./troupe-data
  troupe status                            how it is doing
  troupe run start --capability NAME       give an agent a task
  troupe run list                          what runs and what ran
  troupe tree                              who supervises whom

All commands: troupe help
)";

int refuse(std::ostream& err, const caf::error& why, std::string_view next) {
  auto text = text_of(why);
  err << "troupe: " << printable(text.empty() ? to_string(code_of(why)) : text) << '\n';
  err << "next:   " << printable(next) << '\n';
  return info(code_of(why)).exit_code;
}

// What follows `group` in the words of commands; the first words if it is empty.
std::vector<std::string_view> words_below(std::string_view group) {
  std::vector<std::string_view> found;
  for (auto& known : commands()) {
    auto words = known.words;
    if (!group.empty() && (words.substr(0, group.size()) != group || words.size() == group.size() ||
                           words[group.size()] != ' '))
      continue;
    words.remove_prefix(group.empty() ? 0 : group.size() + 1);
    words = words.substr(0, words.find(' '));
    if (found.empty() || found.back() != words)
      found.push_back(words);
  }
  return found;
}

const cli_command* find_command(std::string_view words) {
  for (auto& known : commands())
    if (known.words == words)
      return &known;
  return nullptr;
}

void explain(std::ostream& out, std::string_view group) {
  for (auto& known : commands())
    if (group.empty() || known.words.substr(0, group.size() + 1) == std::string{group} + " ")
      out << fmt::format("  troupe {:<18} {}\n", known.words, known.summary);
  out << "\nMore about one: troupe help "
      << (group.empty() ? "run start" : std::string{group} + " " + std::string{words_below(group).front()})
      << '\n';
}

// Exactly the commands whose second word somebody typed alone.
std::string_view by_second_word(std::string_view word) {
  for (auto& known : commands())
    if (auto space = known.words.find(' ');
        space != std::string_view::npos && known.words.substr(space + 1) == word)
      return known.words;
  return {};
}

int unknown_word(std::ostream& err, std::string_view group, std::string_view word) {
  auto full = group.empty() ? "troupe" : "troupe " + std::string{group};
  auto candidates = words_below(group);
  auto near = nearest(word, candidates);
  auto meant = near.empty() ? (group.empty() ? std::string{by_second_word(word)} : "")
                            : (group.empty() ? "" : std::string{group} + " ") + std::string{near};
  auto text = fmt::format("`{}` has no command '{}'", full, word);
  if (!meant.empty())
    text += fmt::format("; did you mean `troupe {}`?", meant);
  return refuse(err, make_error(ec::invalid_argument, text),
                meant.empty() ? "troupe help" : "troupe help " + meant);
}

void add_option(CLI::App& app, const cli_option& known, cli_arguments& said) {
  std::string name{known.name}, help{known.help};
  auto* added = std::visit(
      [&](auto to) -> CLI::Option* {
        auto& target = said.*to;
        if constexpr (std::is_same_v<decltype(target), bool&>)
          return app.add_flag(name, target, help);
        else
          return app.add_option(name, target, help);
      },
      known.to);
  if (std::holds_alternative<std::vector<std::string> cli_arguments::*>(known.to) && name.front() == '-')
    added->allow_extra_args(false); // one value each time it is written
  added->required(known.required);
}

int unknown_argument(std::ostream& err, const cli_command& doing, CLI::App& app) {
  std::vector<std::string> names;
  for (auto* known : app.get_options())
    for (auto& name : known->get_lnames())
      names.push_back("--" + name);
  auto extras = app.remaining();
  auto extra = extras.empty() ? std::string{} : extras.front();
  std::vector<std::string_view> candidates{names.begin(), names.end()};
  auto near = extra.substr(0, 1) == "-" ? nearest(extra, candidates) : std::string_view{};
  auto text = fmt::format("`troupe {}` takes no '{}'", doing.words, extra);
  if (!near.empty())
    text += fmt::format("; did you mean {}?", near);
  return refuse(err, make_error(ec::invalid_argument, text), fmt::format("troupe help {}", doing.words));
}

std::string next_step(const cli_command& doing, const caf::error& why) {
  auto text = text_of(why); // a command in the text is the better one
  if (auto begin = text.find("`troupe "); begin != std::string::npos)
    if (auto end = text.find('`', begin + 1); end != std::string::npos)
      return text.substr(begin + 1, end - begin - 1);
  switch (code_of(why)) {
  case ec::invalid_argument:
  case ec::invalid_workflow:
    return fmt::format("troupe help {}", doing.words);
  case ec::unauthenticated:
  case ec::permission_denied:
    return fmt::format("troupe {} --token-file FILE", doing.words);
  case ec::unavailable:
  case ec::disk_full:
  case ec::read_only:
    return "troupe status";
  case ec::quarantined:
    return "troupe dlq list";
  default:
    return std::string{doing.next};
  }
}

int act(const cli_command& doing, std::vector<std::string> rest, const cli_hooks& hooks, std::ostream& out,
        std::ostream& err) {
  CLI::App app{std::string{doing.summary}, "troupe " + std::string{doing.words}};
  cli_arguments said;
  for (auto* options : {&doing.options, &common_options()})
    for (auto& known : *options)
      add_option(app, known, said);
  std::reverse(rest.begin(), rest.end()); // as CLI11 wants them
  try {
    app.parse(std::move(rest));
  } catch (const CLI::CallForHelp&) {
    out << app.help();
    return 0;
  } catch (const CLI::ExtrasError&) {
    return unknown_argument(err, doing, app);
  } catch (const CLI::ParseError& wrong) {
    return refuse(err,
                  make_error(ec::invalid_argument, fmt::format("`troupe {}`: {}", doing.words, wrong.what())),
                  fmt::format("troupe help {}", doing.words));
  }
  cli_session at{std::move(said), hooks, out, err,
                 text_look{hooks.terminal && !std::getenv("NO_COLOR"), system_clock{}.now_ms()}};
  auto code = doing.act(at);
  return code ? *code : refuse(err, code.error(), next_step(doing, code.error()));
}

// Takes the words of a command out of the arguments; what is left goes to the command.
std::vector<std::string> take_words(std::vector<std::string>& rest) {
  auto has_value = [](const std::string& argument) {
    for (auto& known : common_options())
      if (argument == known.name)
        return !std::holds_alternative<bool cli_arguments::*>(known.to);
    return false;
  };
  std::vector<std::string> words;
  for (size_t i = 0; i < rest.size() && words.size() < 2;) {
    if (words == std::vector<std::string>{"run"} && rest[i].starts_with("--template")) {
      words.push_back("start"); // what else could be meant
      break;
    }
    if (rest[i].substr(0, 1) == "-") {
      i += has_value(rest[i]) ? 2 : 1;
      continue;
    }
    words.push_back(std::move(rest[i]));
    rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(i));
    if (words.size() == 1 && find_command(words.front()))
      break;
  }
  return words;
}

bool asks_for_help(const std::vector<std::string>& rest) {
  return std::find_if(rest.begin(), rest.end(),
                      [](auto& word) { return word == "-h" || word == "--help"; }) != rest.end();
}

} // namespace

int run_cli(int argc, char** argv, const cli_hooks& hooks) {
  auto& out = hooks.out ? *hooks.out : std::cout;
  auto& err = hooks.err ? *hooks.err : std::cerr;
  std::vector<std::string> rest{argv + std::min(argc, 1), argv + argc};
  if (rest.empty()) {
    out << introduction;
    return 0;
  }
  if (rest.front() == "--version")
    rest.front() = "version";
  auto help = rest.front() == "help" || asks_for_help(rest);
  if (rest.front() == "help")
    rest.erase(rest.begin());
  auto words = take_words(rest);
  if (words.empty() && help) {
    explain(out, "");
    return 0;
  }
  if (words.empty())
    return refuse(err, make_error(ec::invalid_argument, "no command is named"), "troupe help");
  auto group = words.front();
  if (auto* found = find_command(group))
    return act(*found, help ? std::vector<std::string>{"--help"} : std::move(rest), hooks, out, err);
  if (words_below(group).empty())
    return unknown_word(err, "", group);
  if (words.size() == 1) {
    explain(help ? out : err, group);
    return help ? 0 : info(ec::invalid_argument).exit_code;
  }
  if (auto* found = find_command(group + " " + words.back()))
    return act(*found, help ? std::vector<std::string>{"--help"} : std::move(rest), hooks, out, err);
  return unknown_word(err, group, words.back());
}

} // namespace troupe
