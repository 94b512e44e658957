// The program as somebody types it. Include after CAF_SUITE is defined.
#pragma once

#include <sstream>
#include <tests/support/control_node.hpp>
#include <troupe/net/node/cli.hpp>

namespace troupe {

/// What a command line said and how it ended.
struct typed {
  int code = -1;
  std::string out;
  std::string err;
};

/// Types `troupe WORDS...`.
inline typed type(std::vector<std::string> words, cli_hooks hooks = {}) {
  std::ostringstream out, err;
  hooks.out = &out;
  hooks.err = &err;
  if (hooks.version.empty())
    hooks.version = "0.1.0";
  words.insert(words.begin(), "troupe");
  std::vector<char*> argv;
  for (auto& word : words)
    argv.push_back(word.data());
  typed ended;
  ended.code = run_cli(static_cast<int>(argv.size()), argv.data(), hooks);
  ended.out = out.str();
  ended.err = err.str();
  return ended;
}

/// Same, to a node of stubs.
inline typed type(const control_node& node, std::vector<std::string> words, cli_hooks hooks = {}) {
  words.push_back("--data=" + node.home.path);
  return type(std::move(words), std::move(hooks));
}

} // namespace troupe
