// Which language a file is written in.
// Invariant: the whole name decides before the extension, and the extension before the "#!" line.

#include "language.hpp"

#include "text.hpp"

#include <array>

namespace troupe::audit {
namespace {

struct language_row {
  language lang;
  std::string_view name;
  std::string_view file_names;   ///< lower case, whole names
  std::string_view extensions;   ///< lower case, without the dot
  std::string_view interpreters; ///< program in a "#!" line, without version digits
};

constexpr std::array rows{
    language_row{language::c, "c", "", "c h", ""},
    language_row{language::cpp, "c++", "", "cc cpp cxx c++ hh hpp hxx h++ ipp inl tpp", ""},
    language_row{language::python, "python", "", "py pyw pyi", "python"},
    language_row{language::javascript, "javascript", "", "js mjs cjs jsx", "node"},
    language_row{language::typescript, "typescript", "", "ts mts cts tsx", "deno"},
    language_row{language::shell, "shell", ".bashrc .profile .bash_profile", "sh bash ksh zsh",
                 "sh bash dash ksh zsh ash"},
    language_row{language::json, "json", "", "json jsonc webmanifest", ""},
    language_row{language::yaml, "yaml", "", "yml yaml", ""},
    language_row{language::toml, "toml", "", "toml", ""},
    language_row{language::ini, "ini", ".env .npmrc .pypirc .netrc .gitconfig",
                 "ini cfg conf cnf env properties", ""},
    language_row{language::cmake, "cmake", "cmakelists.txt", "cmake", ""},
    language_row{language::dockerfile, "dockerfile", "dockerfile containerfile", "dockerfile", ""},
    language_row{language::nginx, "nginx", "nginx.conf", "nginx nginxconf", ""},
    language_row{language::terraform, "terraform", "", "tf tfvars", ""},
    language_row{language::markdown, "markdown", "", "md markdown", ""},
};

/// Program named by a "#!" line: "python" for "#!/usr/bin/env -S python3.11 -u"; empty when there is none.
std::string_view interpreter(std::string_view first_line) {
  if (!first_line.starts_with("#!"))
    return {};
  for (auto word : words_of(first_line.substr(2, 256))) {
    const auto program = file_name(word);
    if (program == "env" || program.starts_with('-') || program.find('=') != std::string_view::npos)
      continue;
    return program.substr(0, program.find_first_of("0123456789."));
  }
  return {};
}

} // namespace

std::string_view name_of(language lang) {
  for (const auto& row : rows)
    if (row.lang == lang)
      return row.name;
  return "other";
}

language language_of(std::string_view path, std::string_view first_line) {
  const auto name = lower(file_name(path));
  for (const auto& row : rows)
    if (listed(name, row.file_names))
      return row.lang;
  if (name.starts_with("dockerfile.") || name.starts_with("containerfile."))
    return language::dockerfile;
  if (name.starts_with(".env."))
    return language::ini;
  if (const auto dot = name.rfind('.'); dot != std::string::npos && dot > 0) {
    const auto extension = std::string_view{name}.substr(dot + 1);
    for (const auto& row : rows)
      if (listed(extension, row.extensions))
        return row.lang;
    return language::other;
  }
  if (const auto program = interpreter(first_line); !program.empty())
    for (const auto& row : rows)
      if (listed(program, row.interpreters))
        return row.lang;
  return language::other;
}

} // namespace troupe::audit
