// Risky calls and assignments of JavaScript and TypeScript.
// Sources: the rules of eslint-plugin-security and of the Node.js security guide; CWE-78, 79, 95, 295, 327,
// 338.

#include "risky_rules.hpp"

#include "text.hpp"

namespace troupe::audit {
namespace {

bool first_is_computed(const word_use& use) {
  const auto first = argument(use.code, 0);
  return !first.empty() && !is_literal(first);
}

bool body_is_computed(const word_use& use) {
  return use.before == "new" && !use.code.empty() && !is_literal(use.code);
}

bool first_is_put_together(const word_use& use) {
  return first_is_computed(use) && contains_any(argument(use.code, 0), "${ + concat");
}

bool value_is_computed(const word_use& use) {
  const auto value = trim(use.code);
  if (use.owner.empty() || value.empty())
    return false;
  const auto close = value.find(value.front(), 1); // masked strings hold no quotes
  const bool literal = close != std::string_view::npos && is_literal(value.substr(0, close + 1));
  return !literal || trim(value.substr(close + 1)).starts_with('+');
}

bool is_false(const word_use& use) {
  return trim(use.code).starts_with("false");
}

bool is_zero(const word_use& use) {
  return trim(use.text).find_first_of("0") <= 1; // 0, "0" or '0'
}

bool guards_secret(const word_use& use) {
  return names_secret(use.line);
}

bool hash_is_weak(const word_use& use) {
  return contains_any(lower(use.text.substr(0, 8)), "md5 sha1");
}

constexpr word_rule table[] = {
    {{"code.javascript-eval", "JavascriptEval", "Text is run as code.",
      "Use JSON.parse(), or a table of functions.", severity::medium},
     "eval",
     "- window globalThis self",
     "(",
     first_is_computed},
    {{"code.javascript-function", "JavascriptFunction", "Text is run as the body of a function.",
      "Write a function, or use a table of functions.", severity::medium},
     "Function",
     "-",
     "(",
     body_is_computed},
    {{"code.javascript-command", "JavascriptCommand",
      "A shell runs a command that is put together at run time.",
      "Use execFile() or spawn() with a list of arguments.", severity::high},
     "exec execSync",
     "child_process childProcess cp shell - ?",
     "(",
     first_is_put_together},
    {{"code.javascript-html", "JavascriptHtml", "Text becomes part of the page without being escaped.",
      "Use textContent, or sanitize it first.", severity::medium},
     "innerHTML outerHTML",
     "*",
     "=",
     value_is_computed},
    {{"code.javascript-document-write", "JavascriptDocumentWrite",
      "Text becomes part of the page without being escaped.", "Build nodes with createElement().",
      severity::medium},
     "write writeln",
     "document",
     "(",
     first_is_computed},
    {{"code.javascript-react-html", "JavascriptReactHtml", "React does not escape this text.",
      "Render it as text, or sanitize it first.", severity::medium},
     "dangerouslySetInnerHTML",
     "*",
     ":="},
    {{"code.javascript-weak-random", "JavascriptWeakRandom",
      "Math.random() can be guessed, and a secret is made here.",
      "Use crypto.randomBytes() or crypto.getRandomValues().", severity::medium},
     "random",
     "Math",
     "(",
     guards_secret},
    {{"code.javascript-tls-unverified", "JavascriptTlsUnverified",
      "The certificate of the other side is not checked.", "Leave it out, or name the right CA.",
      severity::high},
     "rejectUnauthorized",
     "*",
     ":=",
     is_false},
    {{"code.javascript-tls-environment", "JavascriptTlsEnvironment",
      "No certificate is checked in this process.", "Name the right CA in NODE_EXTRA_CA_CERTS.",
      severity::high},
     "NODE_TLS_REJECT_UNAUTHORIZED",
     "*",
     ":=",
     is_zero},
    {{"code.javascript-weak-cipher", "JavascriptWeakCipher",
      "This function derives its key and vector from a bare hash.",
      "Use createCipheriv() with a random vector.", severity::medium},
     "createCipher createDecipher",
     "*",
     "("},
    {{"code.javascript-weak-hash", "JavascriptWeakHash", "MD5 and SHA-1 do not protect against forgery.",
      "Use SHA-256.", severity::low},
     "createHash",
     "*",
     "(",
     hash_is_weak},
};

} // namespace

std::span<const word_rule> javascript_rules() {
  return table;
}

} // namespace troupe::audit
