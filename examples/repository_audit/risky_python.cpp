// Risky calls of Python.
// Sources: the rules of bandit (B101, B102, B201, B301, B303, B306, B307, B311, B323, B501, B506, B602,
// B605).

#include "risky_rules.hpp"

#include "text.hpp"

namespace troupe::audit {
namespace {

bool first_is_computed(const word_use& use) {
  const auto first = argument(use.code, 0);
  return !first.empty() && !is_literal(first);
}

bool loader_is_unsafe(const word_use& use) {
  return !contains_any(use.code, "SafeLoader BaseLoader");
}

bool shell_runs_computed(const word_use& use) {
  return has_keyword(use.code, "shell", "True") && first_is_computed(use);
}

bool shell_runs_literal(const word_use& use) {
  return has_keyword(use.code, "shell", "True") && !first_is_computed(use);
}

bool is_switched_off(const word_use& use) {
  return trim(use.code).starts_with("False") && !trim(use.line).starts_with("def ");
}

bool is_for_security(const word_use& use) {
  return !has_keyword(use.code, "usedforsecurity", "False");
}

bool guards_secret(const word_use& use) {
  return names_secret(use.line);
}

bool asserts_permission(const word_use& use) {
  return !contains_any(lower(use.path), "test conftest") &&
         contains_any(lower(use.line),
                      "is_admin is_staff is_superuser is_authenticated permission authoriz has_perm");
}

bool debugs(const word_use& use) {
  return has_keyword(use.code, "debug", "True");
}

constexpr word_rule table[] = {
    {{"code.python-eval", "PythonEval", "Text is run as code.",
      "Use ast.literal_eval(), or a table of functions.", severity::medium},
     "eval exec",
     "- builtins",
     "(",
     first_is_computed},
    {{"code.python-deserialize", "PythonDeserialize", "Reading this format can run any code.",
      "Use JSON, or check a signature before reading.", severity::medium},
     "load loads Unpickler",
     "pickle cPickle _pickle dill cloudpickle marshal joblib",
     "("},
    {{"code.python-yaml-load", "PythonYamlLoad", "Loading YAML this way can run any code.",
      "Use yaml.safe_load().", severity::high},
     "load load_all unsafe_load unsafe_load_all",
     "yaml",
     "(",
     loader_is_unsafe},
    {{"code.python-shell", "PythonShell", "A shell runs a command that is put together at run time.",
      "Pass a list of arguments and leave shell=True out.", severity::high},
     "run call check_call check_output Popen",
     "subprocess sp -",
     "(",
     shell_runs_computed},
    {{"code.python-shell-literal", "PythonShellLiteral", "A shell runs a fixed command.",
      "Pass a list of arguments and leave shell=True out.", severity::low},
     "run call check_call check_output Popen",
     "subprocess sp -",
     "(",
     shell_runs_literal},
    {{"code.python-os-command", "PythonOsCommand", "A shell runs a command that is put together at run time.",
      "Use subprocess.run() with a list of arguments.", severity::high},
     "system popen",
     "os",
     "(",
     first_is_computed},
    {{"code.python-temporary-name", "PythonTemporaryName",
      "Another program can take this name before the file is made.",
      "Use tempfile.mkstemp() or NamedTemporaryFile().", severity::medium},
     "mktemp",
     "tempfile",
     "("},
    {{"code.python-tls-unverified", "PythonTlsUnverified",
      "The certificate or signature of the other side is not checked.",
      "Leave verify=False out, or name the right CA file.", severity::high},
     "verify",
     "-",
     "=",
     is_switched_off},
    {{"code.python-tls-context", "PythonTlsContext", "Certificates are not checked in this context.",
      "Use ssl.create_default_context().", severity::high},
     "_create_unverified_context",
     "*",
     ""},
    {{"code.python-weak-hash", "PythonWeakHash", "MD5 and SHA-1 do not protect against forgery.",
      "Use SHA-256, or say usedforsecurity=False.", severity::low},
     "md5 sha1",
     "hashlib",
     "(",
     is_for_security},
    {{"code.python-weak-random", "PythonWeakRandom",
      "Numbers of this module can be guessed, and a secret is made here.", "Use the module secrets.",
      severity::medium},
     "random randint choice choices randrange getrandbits sample",
     "random",
     "(",
     guards_secret},
    {{"code.python-assert", "PythonAssert", "With -O this check of a permission is gone.",
      "Raise an exception instead.", severity::info},
     "assert",
     "-",
     "",
     asserts_permission},
    {{"code.python-flask-debug", "PythonFlaskDebug",
      "The debugger runs code for anyone who reaches the port.", "Switch debug on by the environment only.",
      severity::medium},
     "run",
     "app application",
     "(",
     debugs},
};

} // namespace

std::span<const word_rule> python_rules() {
  return table;
}

} // namespace troupe::audit
