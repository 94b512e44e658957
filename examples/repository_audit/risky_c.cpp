// Risky calls of C and C++.
// Sources: CWE-120, 134, 242, 338, 377, 78; the rules of flawfinder and of SEI CERT C (STR31, FIO21, MSC30,
// ENV33).

#include "risky_rules.hpp"

#include "text.hpp"

namespace troupe::audit {
namespace {

/// Tells whether a format holds a `%s` without the number that bounds it: a width for input, a precision for
/// output.
bool has_unbounded_string(std::string_view text, bool input) {
  constexpr char_set flags{"0-9lh#+ -"};
  constexpr char_set numbers{"1-9"};
  for (auto at = text.find('%'); at != std::string_view::npos; at = text.find('%', at)) {
    const auto end = skip(text, at + 1, flags);
    const bool bounded = input && skip(text, at + 1, numbers) != at + 1;
    if (end < text.size() && text[end] == 's' && !bounded)
      return true;
    at = end + 1;
  }
  return false;
}

bool source_is_computed(const word_use& use) {
  return !is_literal(argument(use.code, 1));
}

bool command_is_computed(const word_use& use) {
  const std::size_t parameters = use.word == "system" ? 1 : 2;
  return !use.code.empty() && !is_literal(argument(use.code, 0)) && argument(use.code, parameters).empty();
}

bool writes_any_length(const word_use& use) {
  return !is_literal(argument(use.code, 1)) || has_unbounded_string(use.text, false);
}

bool reads_any_length(const word_use& use) {
  return has_unbounded_string(use.text, true);
}

bool length_is_of_source(const word_use& use) {
  const auto length = argument(use.code, 2);
  return length.starts_with("strlen") && length.ends_with(')');
}

bool guards_secret(const word_use& use) {
  return names_secret(use.line);
}

/// The format is the last argument and a plain variable: nothing says what it contains.
bool format_is_variable(const word_use& use) {
  const std::size_t index = use.word == "printf" || use.word == "wprintf" ? 0
                            : use.word == "snprintf"                      ? 2
                                                                          : 1;
  const auto format = argument(use.code, index);
  const bool name =
      !format.empty() && skip(format, 0, word_bytes) == format.size() && lower(format) == format;
  return name && argument(use.code, index + 1).empty();
}

constexpr word_rule table[] = {
    {{"code.c-gets", "CGets", "gets() writes past any buffer.", "Use fgets() or std::getline().",
      severity::high},
     "gets",
     "- std",
     "("},
    {{"code.c-unbounded-copy", "CUnboundedCopy", "This copy does not know how large its destination is.",
      "Use std::string, or snprintf() with the size of the destination.", severity::medium},
     "strcpy strcat stpcpy wcscpy wcscat",
     "- std",
     "(",
     source_is_computed},
    {{"code.c-unbounded-format", "CUnboundedFormat",
      "This output does not know how large its destination is.", "Use snprintf() or std::format_to_n().",
      severity::medium},
     "sprintf vsprintf",
     "- std",
     "(",
     writes_any_length},
    {{"code.c-unbounded-scan", "CUnboundedScan", "A %s without width reads a word of any length.",
      "Give the width of the buffer less one: %63s.", severity::medium},
     "scanf fscanf sscanf",
     "- std",
     "(",
     reads_any_length},
    {{"code.c-command", "CCommand", "A shell runs a command that is put together at run time.",
      "Use posix_spawn() or execv() with separate arguments.", severity::high},
     "system popen _popen",
     "- std",
     "(",
     command_is_computed},
    {{"code.c-temporary-name", "CTemporaryName",
      "Another program can take this name before the file is made.", "Use mkstemp() or std::tmpfile().",
      severity::medium},
     "tmpnam tempnam mktemp",
     "- std",
     "("},
    {{"code.c-alloca", "CAlloca", "A large size overflows the stack without any error.",
      "Use std::vector, or an array of fixed size.", severity::low},
     "alloca _alloca",
     "-",
     "("},
    {{"code.c-copy-length-of-source", "CCopyLengthOfSource",
      "The length comes from the source, not the destination.", "Check the size of the destination first.",
      severity::low},
     "memcpy memmove",
     "- std",
     "(",
     length_is_of_source},
    {{"code.c-weak-random", "CWeakRandom", "rand() can be guessed, and a secret is made here.",
      "Read from getrandom() or the random generator of a cryptographic library.", severity::medium},
     "rand random drand48 lrand48",
     "- std",
     "(",
     guards_secret},
    {{"code.c-format-string", "CFormatString", "A variable is used as format: a % in it reads memory.",
      "Write printf(\"%s\", text).", severity::medium},
     "printf wprintf fprintf syslog dprintf snprintf",
     "- std",
     "(",
     format_is_variable},
};

} // namespace

std::span<const word_rule> c_rules() {
  return table;
}

} // namespace troupe::audit
