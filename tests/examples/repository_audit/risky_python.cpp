// Risky calls of Python are found, their safe relatives are not.
#define CAF_SUITE examples.repository_audit.risky_python
#include "rows.hpp"

#include "examples/repository_audit/risky_code.hpp"
#include "examples/repository_audit/risky_rules.hpp"

using namespace troupe::audit;

CAF_TEST(each rule holds where it should and nowhere else) {
  std::vector<rule_info> rules;
  for (const auto& rule : python_rules())
    rules.push_back(rule.info);
  check_rows(
      {
          {"a.py", "eval(x)\nexec(compile(x))", "python-eval python-eval "},
          {"a.py", "model.eval()\neval('1')\ndef eval(x): pass\nliteral_eval(x) # eval(x)\n'''eval(x)'''",
           ""},
          {"a.py", "pickle.load(f)\npickle.loads(b)", "python-deserialize python-deserialize "},
          {"a.py", "json.load(f)\npickle.dump(x, f)", ""},
          {"a.py", "yaml.load(f)\nyaml.load(f, Loader=yaml.Loader)", "python-yaml-load python-yaml-load "},
          {"a.py", "yaml.safe_load(f)\nyaml.load(f, Loader=yaml.SafeLoader)\nyaml.load(f, CSafeLoader)", ""},
          {"a.py", "subprocess.run(f'ls {x}', shell=True)\nPopen(cmd,\n  shell = True)",
           "python-shell python-shell "},
          {"a.py", "subprocess.run('ls', shell=True)", "python-shell-literal "},
          {"a.py",
           "subprocess.run(['ls', x])\nsubprocess.run(x, shell=False)\nsubprocess.run(x, note='shell=True')",
           ""},
          {"a.py", "os.system('ls ' + x)\nos.popen(x)", "python-os-command python-os-command "},
          {"a.py", "os.system('ls')\nplatform.system()", ""},
          {"a.py", "tempfile.mktemp()", "python-temporary-name "},
          {"a.py", "tempfile.mkstemp()", ""},
          {"a.py", "requests.get(u, verify=False)", "python-tls-unverified "},
          {"a.py",
           "requests.get(u, verify=True)\ndef f(verify=False): pass\nx.verify = False\nverify == False", ""},
          {"a.py", "c = ssl._create_unverified_context", "python-tls-context "},
          {"a.py", "c = ssl.create_default_context()", ""},
          {"a.py", "hashlib.md5(x)\nhashlib.sha1(x).hexdigest()", "python-weak-hash python-weak-hash "},
          {"a.py", "hashlib.md5(x, usedforsecurity=False)\nhashlib.sha256(x)", ""},
          {"a.py", "token = random.choice(x)", "python-weak-random "},
          {"a.py", "token = secrets.choice(x)\ndice = random.randint(1, 6)", ""},
          {"a.py", "assert user.is_admin", "python-assert "},
          {"a.py", "assert x > 0", ""},
          {"test_a.py", "assert user.is_admin", ""},
          {"a.py", "app.run(debug=True)", "python-flask-debug "},
          {"a.py", "app.run(debug=False)\nother.run(debug=True)", ""},
      },
      rules, check_risky_code);
}
