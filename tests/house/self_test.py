"""Proves on tiny bad trees that every rule of check.py fires, at the right line and alone."""
import pathlib
import tempfile

import check

GOOD_TEST = "// Proof.\n#define CAF_SUITE {}\nCAF_TEST(it works) {{\n  CAF_CHECK(true);\n}}\n"
GOOD_TREE = {
    "runtime/a.hpp": "// A.\n#include <string>\n#include <caf/all.hpp>\nnamespace troupe {\n/// Adds.\nint add(int);\n}\n",
    "runtime/e.hpp": "// E.\nnamespace troupe {\n/// E.\nstruct a {};\n}\n",
    "runtime/a.cpp": "// A: adds.\n#include <troupe/runtime/a.hpp>\n", "tests/runtime/a.cpp": GOOD_TEST.format("runtime.a"),
    "runtime/interface/x.hpp": "// X.\n/// X.\nusing x = typed<rpc<Get, Got>, note<Tick>>;\n",
    "runtime/proto/x.proto": "message Get { Context context = 1; }\nmessage Got {}\nmessage Tick {}\n",
    "net/b.cpp": "// B.\n#include <troupe/runtime/a.hpp>\n", "tests/net/a.cpp": GOOD_TEST.format("net.a"),
    "CMakeLists.txt": "project(troupe VERSION 0.1.0)\n",
    "docs/roadmap.md": "".join(f"| {part}{n} |\n" for part, last in check.ROWS.items() for n in range(1, last + 1)),
}
SHOWS = "// C.\nnamespace troupe {\n/// C.\n"
CASES = [
    ("persistence/c.hpp", "// C.\n#include <troupe/behaviors/x.hpp>\n", 2, "floor"),
    ("behaviors/c.hpp", "// C.\n#include <troupe/persistence/x.hpp>\n", 2, "floor"),
    ("runtime/proto/y.proto", 'import "troupe/net/proto/z.proto";\n', 1, "floor"),
    ("net/c.hpp", '// C.\n#include "tests/support/fixture.hpp"\n', 2, "floor"),
    ("net/c.hpp", "// C.\n#include <troupe/troupe.hpp>\n", 2, "floor"),
    ("net/c.hpp", '// C.\n#include "net/d.hpp"\n', 2, "floor"),
    ("actors/agent/c.hpp", "// C.\n#include <troupe/actors/tool/x.hpp>\n", 2, "family"),
    ("net/c.hpp", "// C.\n#include <rocksdb/db.h>\n", 2, "fence"),
    ("net/c.hpp", "// C.\n#include <unheard/of.h>\n", 2, "fence"),
    ("behaviors/c.hpp", "// C.\n#include <unistd.h>\n", 2, "fence"),
    ("net/c.hpp", "// C.\n#include <troupe/runtime/proto/x.grpc.pb.h>\n", 2, "fence"),
    ("tests/support/c.hpp", "// C.\nauto x = std::chrono::system_clock::now();\n", 2, "real-time"),
    ("tests/support/c.hpp", "// C.\nvoid x() { std::this_thread::sleep_for(1s); }\n", 2, "real-time"),
    ("net/c.hpp", "// C.\nauto x = std::chrono::steady_clock::now();\n", 2, "clock"),
    ("actors/c.hpp", "// C.\nauto x = spawn<caf::detached>();\n", 2, "blocking"),
    ("behaviors/c.hpp", "// C.\nauto x = [] { co_return; };\n", 2, "coroutine"),
    ("runtime/proto/y.proto", "message Y {\n  map<string, string> x = 1;\n}\n", 2, "map-field"),
    ("docs/x.md", "TO" "DO: more\n", 1, "todo"),
    ("docs/x.md", "see /" "home/somebody/notes\n", 1, "path"),
    ("net/c.hpp", "// C.\n" + "\n" * check.LONGEST_FILE, check.LONGEST_FILE + 1, "size"),
    ("net/c.hpp", "#pragma once\n", 1, "opening"),
    ("net/c.cpp", "// C.\n", 1, "mirror"),
    ("tests/net/b.cpp", GOOD_TEST.format("net.b"), 1, "stale"),
    ("tests/net/d.cpp", GOOD_TEST.format("net.c"), 1, "suite"),
    ("tests/net/d.cpp", "// D.\n#define CAF_SUITE net.d\n", 1, "suite"),
    ("tests/net/d.cpp", GOOD_TEST.format("net.d") + "CAF_TEST(nothing) {\n  // CAF_CHECK(true);\n  run();\n}\n", 6, "check"),
    ("net/c.hpp", SHOWS + "struct c {\n  int get() const;\n};\n}\n", 5, "comment"),
    ("net/c.hpp", SHOWS + "class c {\npublic:\n  c();\n  void set(int) {\n    a();\n    b();\n  }\n};\n}\n", 7, "comment"),
    ("net/c.hpp", SHOWS + "int c();\n\ntemplate <class T>\nT d(T x);\n}\n", 6, "comment"),
    ("net/c.hpp", "// C.\nnamespace troupe {\nenum class c { one };\n}\n", 3, "comment"),
    ("net/c.hpp", "// C.\nnamespace troupe {\nstruct c {};\n}\n", 3, "comment"),
    ("runtime/f.hpp", "// F.\nnamespace troupe {\nnamespace {\nstruct a {};\n}\n/// A.\nclass a final : b<c> {};\n}\n", 7, "one-name"),
    ("runtime/proto/x.proto", "message Get { string id = 1; }\nmessage Tick {}\n", 1, "context"),
    ("runtime/proto/x.proto", "message Get { Context context = 1; }\nmessage Tick { Context context = 1; }\n", 1, "stale"),
    ("runtime/version.hpp", '// V.\ninline const char* version = "0.2.0";\n', 2, "version"),
    ("docs/roadmap.md", GOOD_TREE["docs/roadmap.md"].replace("| Q6 |\n", ""), 1, "roadmap"),
    ("docs/roadmap.md", GOOD_TREE["docs/roadmap.md"] + "| Q6 |\n", 1, "roadmap"),
    ("docs/roadmap.md", GOOD_TREE["docs/roadmap.md"] + "| T1 |\n", 1, "roadmap"),
]


def run():
    """Every line of CASES breaks one rule of a good tree; exactly that one must be found, at that line."""
    failures = 0
    for file, text, line, rule in [("README.md", "", 0, None), *CASES]:
        with tempfile.TemporaryDirectory() as folder:
            for name, content in {**GOOD_TREE, file: text}.items():
                path = pathlib.Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content)
            found = check.broken(folder, {"tests/net/a.cpp": "net/b.cpp"}, {"Tick": "a note"}, [(*w[:4], {}) for w in check.WORDS])
            at = check.CHECK if rule == "stale" else file
            if [f[:3] for f in found] != [(at, line, rule)] * (rule is not None):
                failures += 1
                print(f"self-test: expected {at}:{line}: {rule} for {text!r}, found {found}")
    return 1 if failures else 0
