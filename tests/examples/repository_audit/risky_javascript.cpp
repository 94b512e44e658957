// Risky calls and assignments of JavaScript are found, their safe relatives are not.
#define CAF_SUITE examples.repository_audit.risky_javascript
#include "rows.hpp"

#include "examples/repository_audit/risky_code.hpp"
#include "examples/repository_audit/risky_rules.hpp"

using namespace troupe::audit;

CAF_TEST(each rule holds where it should and nowhere else) {
  std::vector<rule_info> rules;
  for (const auto& rule : javascript_rules())
    rules.push_back(rule.info);
  check_rows(
      {
          {"a.js", "eval(x); window.eval('(' + x + ')')", "javascript-eval javascript-eval "},
          {"a.js", "retrieval(x); policy.eval(x); eval('1'); /eval(x)/; // eval(x)", ""},
          {"a.min.js", "eval(x)", ""},
          {"a.ts", "f = new Function('a', body)", "javascript-function "},
          {"a.ts", "x: Function; function Function(a) {}; new Function('return 1')", ""},
          {"a.js", "exec(`ls ${x}`); child_process.execSync('ls ' + x)",
           "javascript-command javascript-command "},
          {"a.js", "exec('ls'); re.exec(a + b); execFile(`ls ${x}`); exec(`ls`)", ""},
          {"a.js", "e.innerHTML = x; e.outerHTML += `<a>${x}`; e.innerHTML = '<a>' + x",
           "javascript-html javascript-html javascript-html "},
          {"a.js", "e.innerHTML = ''; if (e.innerHTML == x) e.textContent = x; e.innerHTML = '<b>', f()", ""},
          {"a.js", "document.write(x)", "javascript-document-write "},
          {"a.js", "document.write('<a>'); stream.write(x)", ""},
          {"a.jsx", "<p dangerouslySetInnerHTML={{__html: x}} />", "javascript-react-html "},
          {"a.jsx", "<p>{x}</p>", ""},
          {"a.js", "token = Math.random().toString(36)", "javascript-weak-random "},
          {"a.js", "x = Math.random()\ntoken = crypto.random()", ""},
          {"a.js", "{ rejectUnauthorized: false }; o.rejectUnauthorized = false",
           "javascript-tls-unverified javascript-tls-unverified "},
          {"a.js", "{ rejectUnauthorized: true }; rejectUnauthorized === false", ""},
          {"a.js", "process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'", "javascript-tls-environment "},
          {"a.js", "process.env.NODE_TLS_REJECT_UNAUTHORIZED = '1'", ""},
          {"a.js", "crypto.createCipher('aes192', p)", "javascript-weak-cipher "},
          {"a.js", "crypto.createCipheriv('aes192', k, v)", ""},
          {"a.js", "crypto.createHash('md5')", "javascript-weak-hash "},
          {"a.js", "crypto.createHash('sha256')", ""},
      },
      rules, check_risky_code);
}
