"""Keeps the rules of the house: one line per broken rule, exit 1. docs/CONTRIBUTING.md says why they exist.

check.py               checks this tree; `./dev test` calls it first
check.py --self-test   proves on tiny bad trees that every rule fires
check.py --suites TEST_BINARY BUILD   compares the suites the binary knows with CTest's list
"""
import fnmatch
import json
import os
import pathlib
import re
import subprocess
import sys

from headers import blank, closing, line_of, types, undocumented

# What each floor may include, besides itself.
FLOORS = {"runtime": [], "persistence": ["runtime"], "behaviors": ["runtime"],
          "actors": ["runtime", "persistence", "behaviors"], "net": ["runtime", "persistence", "behaviors", "actors"]}

# Who may include what does not belong to us: to replace a library, replace the files of its line.
FENCES = [
    (r"[a-z_0-9]+|c[a-z]+", "*"),  # the standard library
    (r"caf/.*", "*"), (r"fmt/.*", "*"), (r"google/protobuf/(message|descriptor)\.h", "*"),
    (r"google/protobuf/.*", "runtime/messages.cpp"),
    (r"rocksdb/.*", "persistence/rocksdb/*"),
    (r"libpq-fe\.h", "persistence/postgres/connection.cpp"),
    (r"spdlog/.*", "runtime/log.cpp"),
    (r"prometheus/.*", "runtime/metrics.cpp"),
    (r"toml\+\+/.*", "runtime/config.cpp"),
    (r"grpcpp/.*|troupe/.*\.grpc\.pb\.h", "net/api/calls.hpp net/api/client.cpp net/api/control.cpp net/link/grpc/* net/worker/grpc/*"),
    (r"grpc/support/log\.h", "net/link/grpc/credentials.cpp"),
    (r"CLI/.*", "net/node/cli.cpp"),
    (r"curl/.*", "net/etcd/http.cpp"),
    (r"boost/json.*", "net/api/json_read.cpp net/etcd/messages.cpp actors/workflow/expression/document.cpp behaviors/form/json.cpp"),
    (r"lua\.h|lauxlib\.h", "actors/workflow/expression.cpp actors/workflow/expression/*.cpp"),
    (r"sodium.*", "persistence/keys.cpp persistence/memory_store.cpp persistence/high_water.cpp persistence/backup_files.cpp "
     "net/etcd/base64.cpp persistence/seal*.cpp persistence/xaes_cipher.cpp persistence/key_*.cpp persistence/spent_marks.cpp behaviors/workflow_form.cpp net/node/signing_key.cpp "
     "net/node/workflow_export.cpp"),
    (r"openssl/.*", "persistence/xaes_cipher.cpp net/link/grpc/engine.cpp"),
    (r"lz4.*", "persistence/seal.cpp"),
    (r"yaml-cpp/.*", "behaviors/form/yaml.cpp"),
    (r"cxxabi\.h", "runtime/activity.cpp"),
    (r"pthread\.h", "persistence/journal.cpp"),
    (r"(fcntl|unistd|spawn|poll|sys/\w+)\.h",
     "runtime/descriptor.cpp net/api/access.cpp net/api/socket.cpp net/node/main.cpp net/node/signing_key.cpp persistence/store_directory.?pp persistence/high_water.cpp "
     "persistence/objects.cpp persistence/backup_files.cpp persistence/key_*.cpp persistence/rocksdb/* persistence/postgres/connection.cpp"),
]

# Words that do not belong somewhere: rule, files, pattern, what to do, {file it may stand in: reason}.
PRODUCT = "runtime/* persistence/* behaviors/* actors/* net/*"
NOW = r"(system|steady|high_resolution)_clock::now\b"
WORDS = [
    ("real-time", "tests/*.?pp -tests/bench/* -tests/chaos/* -tests/simulator/main.cpp", r"this_thread::sleep_|\busleep\(|\bnanosleep\(|" + NOW, "let virtual time pass instead", {}),
    ("clock", PRODUCT, NOW, "take a troupe::clock", {
        "runtime/clock.hpp": "the one that reads it",
        "net/api/control.cpp": "gRPC's deadlines", "net/api/client.cpp": "gRPC's deadlines",
        "net/link/grpc/credentials.cpp": "gRPC's deadlines",
        "net/etcd/steady.hpp": "leases, by the second"}),
    ("blocking", "actors/*", r"\bdetached\b|\bblocking_actor\b|\bscoped_actor\b", "nothing here may block; put it behind a door", {}),
    ("coroutine", PRODUCT, r"\bco_(await|return|yield)\b", "return an action or send a message", {}),
    ("map-field", "*.proto", r"\bmap\s*<", "use repeated entries, sorted: the bytes of a map have no order", {}),
    ("todo", "*", r"\bTO(?:DO)\b(?!\(#\d+\))", "name its issue, TO" "DO(#12), or do it", {}),
    ("path", "*", r"(?<![\w.}])/(home|work|root|Users)/\w", "make the path relative", {}),
]

# Files without a test at the mirrored path, by the test that covers them.
COVERED_BY = {
    "tests/actors/agent/task_scheduler.cpp": """
        actors/agent/dispatcher.cpp""",
    "tests/actors/workflow/run/replay.cpp": """
        actors/workflow/run/causes.cpp""",
    "tests/actors/agent/shard_host.cpp": """
        actors/agent/host_notices.cpp
        actors/agent/residents.cpp""",
    "tests/actors/agent/shard_closing.cpp": """
        actors/agent/porter.cpp
        actors/agent/wake_queue.cpp""",
    "tests/persistence/rebuild.cpp": """
        persistence/index_rows.cpp""",
    "tests/persistence/journal_core.cpp": """
        persistence/entity_reader.cpp""",
    "tests/net/node/node.cpp": """
        net/node/node_tree.cpp
        net/node/storage.cpp""",
    "tests/persistence/rocksdb/store.cpp": """
        persistence/rocksdb/database.cpp""",
    "tests/persistence/postgres/connection.cpp": """
        persistence/postgres/session.cpp""",
    "tests/persistence/rocksdb/damage.cpp": """
        persistence/rocksdb/checkup.cpp""",
    "tests/persistence/rocksdb/backup.cpp": """
        persistence/rocksdb/backup_engine.cpp
        persistence/rocksdb/restore.cpp""",
    "tests/actors/workflow/expression/syntax.cpp": """
        actors/workflow/expression/tokens.cpp""",
    "tests/actors/workflow/expression/functions.cpp": """
        actors/workflow/expression/arguments.cpp
        actors/workflow/expression/numbers.cpp""",
    "tests/actors/workflow/expression/result.cpp": """
        actors/workflow/expression/values.cpp""",
    "tests/behaviors/form/yaml.cpp": """
        behaviors/form/tree.cpp""",
    "tests/actors/workflow/schedule.cpp": """
        actors/workflow/schedule_book.cpp
        actors/workflow/schedule_effects.cpp
        actors/workflow/schedule_spec.cpp""",
    "tests/actors/workflow/goal.cpp": """
        actors/workflow/goal_book.cpp""",
    "tests/net/node/schedule_commands.cpp": """
        net/node/schedule_views.cpp""",
    "tests/actors/agent/agent.cpp": """
        actors/agent/attempt.cpp""",
    "tests/actors/workflow/workflow_catalog.cpp": """
        actors/workflow/published_run.cpp""",
    "tests/net/link/session.cpp": """
        net/link/session_reading.cpp""",
    "tests/net/worker/session.cpp": """
        net/worker/session_reading.cpp""",
    "tests/net/worker/desk.cpp": """
        net/worker/hiring.cpp""",
    "tests/net/link/inbound.cpp": """
        net/link/codec.cpp""",
    "tests/net/link/grpc_wire.cpp": """
        net/link/grpc/credentials.cpp
        net/link/grpc/dialler.cpp
        net/link/grpc/engine.cpp
        net/link/grpc/listener.cpp""",
    "tests/actors/workflow/rollout.cpp": """
        actors/workflow/open_runs.cpp""",
    "tests/net/node/workflow_catalog_commands.cpp": """
        net/node/definition_file.cpp
        net/node/revision_views.cpp""",
}

# Messages of the interfaces that are no commands: the house's own notes, which cause nothing a person could ask about.
WITHOUT_CONTEXT = {
    "Activate": "a host to itself", "Passivated": "an entity to its host", "Tick": "an actor to itself",
    "Replayed": "the journal's answer", "TimersChanged": "rows that are written already",
    "Redeliver": "asks for rows, each with the context of its cause", "EntityCrashed": "a host to the scheduler",
    "CloseShards": "a node to its own host", "ShardsChanged": "a node to its own timers",
    "AgentChanged": "a copy of what is written already", "AwaitStart": "a parent to its child", "Ping": "liveness",
}

# Rows of what the whole system must do; docs/roadmap.md has each once.
ROWS = {"A": 17, "B": 13, "C": 7, "D": 10, "E": 8, "F": 5, "G": 7, "H": 13, "I": 17, "J": 5, "K": 3, "L": 7, "M": 5, "N": 6,
        "P": 12, "Q": 6, "R": 9, "S": 3, "U": 7, "V": 11, "X": 6, "Y": 6, "Z": 8, "AA": 5, "AB": 12, "W": 13}

CHECK = "tests/house/check.py"
LONGEST_FILE = 400  # lines; nine in ten have fewer than 300
SKIPPED = {".git", "build", ".cache", "node_modules", "__pycache__", "troupe-data"}
CHECKS = r"\bCAF_(CHECK|REQUIRE|FAIL)\w*\s*\(|\b(expect|disallow|FAIL)\s*\("


class Tree:
    def __init__(self, root, covered_by, without_context, words):
        self.covered_by, self.without_context, self.words = covered_by, without_context, words
        self.files = {}
        for folder, folders, names in os.walk(root):
            folders[:] = [f for f in folders if f not in SKIPPED]
            for name in set(names) - SKIPPED:
                path = pathlib.Path(folder, name)
                try:
                    self.files[path.relative_to(root).as_posix()] = path.read_text()
                except (UnicodeDecodeError, OSError):
                    continue  # no text

    def some(self, *patterns):
        def matches(file, sign):
            return any(fnmatch.fnmatchcase(file, p.lstrip("-")) for p in patterns if p.startswith("-") == sign)
        return [(f, t) for f, t in sorted(self.files.items()) if matches(f, False) and not matches(f, True)]

    def product(self, *ends):
        return [(f, t) for f, t in self.some(*PRODUCT.split()) if f.endswith(ends)]


def floors_and_fences(tree):
    for file, text in tree.product(".hpp", ".cpp", ".def", ".proto"):
        floor, family = file.split("/")[0], "/".join(file.split("/")[:2])
        for match in re.finditer(r'^[ \t]*(?:#include|import) *([<"])([^>"]+)[>"]', text, re.M):
            quote, name = match.groups()
            where = file, line_of(text, match.start())
            ours = re.match(r"troupe/([\w.]+)|(?:runtime|persistence|behaviors|actors|net|tests|examples)(?=/)", name)
            if ours:
                part = ours[1] or ours[0]
                if part not in [floor, *FLOORS[floor]]:
                    yield *where, "floor", f"{floor} may not know {part}; move the code or pass a handle"
                elif quote == '"' and not file.endswith(".proto"):
                    yield *where, "floor", f"include <troupe/{name}>"
                elif part == "actors" == floor and file.count("/") > 1 < name.count("/") - 1 and f"{family}/" not in name:
                    yield *where, "family", f"{family} may not include {name}; meet through runtime/interface"
            if not ours or name.endswith(".grpc.pb.h"):
                seen_by = [files for pattern, files in FENCES if re.fullmatch(pattern, name)]
                if not file.endswith(".proto") and not any(fnmatch.fnmatchcase(file, f) for s in seen_by[:1] for f in s.split()):
                    yield *where, "fence", f"<{name}> belongs to {seen_by[0] if seen_by else 'no file yet: give it one in FENCES'}"


def words(tree):
    for rule, files, pattern, advice, excused in tree.words:
        for file, text in tree.some(*files.split()):
            hits = list(re.finditer(pattern, text))
            if file not in excused:
                yield from ((file, line_of(text, m.start()), rule, advice) for m in hits)
        for file in excused:
            if not re.search(pattern, tree.files.get(file, "")):
                yield CHECK, 1, "stale", f"{file} no longer needs its exception from {rule}"


def sizes(tree):
    for file, text in tree.product(".hpp", ".cpp", ".proto", ".def"):
        if text.count("\n") > LONGEST_FILE:
            yield file, LONGEST_FILE + 1, "size", f"more than {LONGEST_FILE} lines: give each job a file of its own"
    for file, text in tree.some("*.cpp", "*.hpp"):
        if not text.startswith("// "):
            yield file, 1, "opening", "open with the file's role (and its invariant) in a // comment"


def mirror(tree):
    covered = {file: test for test, files in tree.covered_by.items() for file in files.split()}
    for file, _ in tree.product(".cpp"):
        if f"tests/{file}" not in tree.files and file not in [*covered, "net/node/main.cpp"]:
            yield file, 1, "mirror", f"write tests/{file}"
    for file, test in covered.items():
        if file not in tree.files or f"tests/{file}" in tree.files or test not in [*tree.files, "nothing yet"]:
            yield CHECK, 1, "stale", f"{file} no longer needs its place in COVERED_BY"


def suites(tree):
    checking = {f: re.compile("|".join([CHECKS, *names(t)])) for f, t in tree.some("tests/*.?pp")}
    shared = "|".join(n for f, t in tree.some("tests/*.hpp") for n in names(t)) or "(?!)"
    for file, text in tree.some(*[f"tests/{part}/*.cpp" for part in [*FLOORS, "examples", "sim", "journey"]]):
        expected = file[len("tests/"):-len(".cpp")].replace("/", ".")
        found = re.findall(r"^#define CAF_SUITE +(\S+)", text, re.M)
        if found != [expected]:
            yield file, 1, "suite", f"#define CAF_SUITE {expected}, once"
        tests = [m for m in re.finditer(r"^CAF_TEST\(([^\n]*)\) *\{", text, re.M)]
        if not tests:
            yield file, 1, "suite", "a suite that runs nothing: write a CAF_TEST"
        code = blank(text)
        for test in tests:
            body = code[test.end():closing(code, test.end() - 1)]
            if not checking[file].search(body) and not re.search(shared, body):
                yield file, line_of(text, test.start()), "check", f"'{test[1]}' checks nothing"


def names(text):
    """Calls of functions of a test file that check something themselves."""
    code = blank(text)
    for match in re.finditer(r"\b(\w+)\([^;{}]*\)[^;{}()]*\{", code):
        if match[1] not in ("if", "for", "while", "switch", "CAF_TEST") and re.search(CHECKS, code[match.end():closing(code, match.end() - 1)]):
            yield rf"\b{match[1]}(?:<[^;()]*>)?\("


def documented(tree):
    for file, text in tree.product(".hpp"):
        for line, what in undocumented(text):
            yield file, line, "comment", f"say in /// what {what} is for, its units, range and errors"


def one_name(tree):
    first = {}
    for file, text in tree.some("*.hpp", "*.cpp"):
        if not re.match(r"tests/(consumer|fuzz|bench|sim|chaos)/|examples/\d", file):  # programs of their own
            for name, offset in types(blank(text), 0, len(text)):
                if first.setdefault(name, file) != file:
                    yield file, line_of(text, offset), "one-name", f"{name} is also in {first[name]}; the linker keeps one of them"


def commands(tree):
    interfaces = tree.some("runtime/interface/*.hpp")
    asked = {m for _, text in interfaces for m in re.findall(r"\b(?:rpc|note)<\s*(\w+)", blank(text))}
    messages = {}
    for file, text in tree.some("runtime/proto/*.proto"):
        for match in re.finditer(r"^message (\w+) *\{(.*)", text, re.M):
            rest = text[match.start(2):match.start(2) + 200]
            messages[match[1]] = file, line_of(text, match.start()), bool(re.match(r"(\s|//[^\n]*)*Context context = 1;", rest))
    for name in sorted(asked & set(messages)):
        file, line, has = messages[name]
        if not has and name not in tree.without_context:
            yield file, line, "context", f"field 1 of {name} is `Context context = 1`, as of every command"
    for name in tree.without_context:
        if name not in asked or name not in messages or messages[name][2]:
            yield CHECK, 1, "stale", f"{name} no longer needs its line in WITHOUT_CONTEXT"


def roadmap(tree):
    text = tree.files.get("docs/roadmap.md", "")
    found = re.findall(r"^\| *([A-Z]{1,2}\d+) *\|", text, re.M)
    wanted = [f"{part}{n}" for part, last in ROWS.items() for n in range(1, last + 1)]
    for row in wanted:
        if found.count(row) != 1:
            yield "docs/roadmap.md", 1, "roadmap", f"row {row} stands there {found.count(row)} times; give it one"
    for row in sorted(set(found) - set(wanted)):
        yield "docs/roadmap.md", 1, "roadmap", f"row {row} is unknown: add it to ROWS"


def version(tree):
    told = re.search(r"project\(troupe VERSION ([\d.]+)", tree.files.get("CMakeLists.txt", ""))
    said = re.search(r'version = "([\d.]+)"', tree.files.get("runtime/version.hpp", ""))
    if told and said and told[1] != said[1]:
        yield "runtime/version.hpp", line_of(tree.files["runtime/version.hpp"], said.start()), "version", f"CMakeLists.txt says {told[1]}"


RULES = [floors_and_fences, words, sizes, mirror, suites, documented, one_name, commands, roadmap, version]


def broken(root, covered_by, without_context, words_):
    tree = Tree(root, covered_by, without_context, words_)
    return sorted({finding for rule in RULES for finding in rule(tree)})


def compare_suites(binary, build):
    """CTest and the binary must know the same suites: an unknown one passes with nothing run."""
    listed = subprocess.run([binary, "-n", "-a"], capture_output=True, text=True, check=True).stdout
    inside = set(re.findall(r"^ +- (?!house\.)(\S+)", listed, re.M))
    shown = subprocess.run(["ctest", "--test-dir", build, "--show-only=json-v1"], capture_output=True, text=True, check=True).stdout
    outside = {t["name"] for t in json.loads(shown)["tests"]
               if pathlib.Path(t.get("command", [""])[0]).name == "troupe_tests" and not t["name"].startswith("house.")}
    for suite in sorted(inside ^ outside):
        print(f"{suite}: suite: known to {'the binary' if suite in inside else 'CTest'} alone: configure and build again")
    return 1 if inside ^ outside else 0


def main(arguments):
    if arguments[:1] == ["--self-test"]:
        import self_test
        return self_test.run()
    if arguments[:1] == ["--suites"]:
        return compare_suites(*arguments[1:])
    found = broken(pathlib.Path(__file__).resolve().parents[2], COVERED_BY, WITHOUT_CONTEXT, WORDS)
    for file, line, rule, advice in found:
        print(f"{file}:{line}: {rule}: {advice}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
