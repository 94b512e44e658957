"""Writes docs/reference/workflow.md: the fields, bounds and comments of definition.proto, and the examples.

workflow_page.py           prints nothing and exits 1 with a word of advice when the page is stale
workflow_page.py --write   writes it
"""
import pathlib
import re
import sys
import textwrap

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/reference/workflow.md"
BOUNDS = ("workflow_", "definition_", "map_", "loop_", "expanded_", "approv")  # those of definitions and runs
NOT_WRITTEN = "Not in a definition"  # said of fields that belong to tasks at work

HEAD = """# Workflow definitions

<!-- Written by tests/house/workflow_page.py from runtime/proto/definition.proto and examples/workflows/. -->

A workflow is data: a graph of steps that a run follows. It is written as YAML or as JSON; both say the same, and so does
`workflow_builder` in C++. Whatever is printed as one form is read from it as the same definition, with the same hash.

## Form

Both forms follow from the messages below by four rules:

1. **Names are those of the fields.** An object has each at most once. What is not written has its default.
2. **Times and sizes have units.** `x_ms` is written `x: 90s`, `x_bytes` would be `x: 64KiB`: whole numbers, each with a unit of
   `d h m s ms` or `GiB MiB KiB B`, the larger first, as in `1h30m`. A number without a unit is refused.
3. **Named values are objects.** A list of `Field` is written `name: value`, its order does not count. A text stays as it is;
   numbers, `true`, `false` and `null` become the text they are written as; a list or an object becomes its JSON in one line, its
   names in the order written. Fields of bytes hold the same.
4. **Words of an enum** are in lower case without their prefix: `quorum` for `JOIN_QUORUM`.

A text whose first character is `{` is read as JSON (RFC 8259), any other as YAML 1.2: one document, without anchors, aliases and
tags. Only `true` and `false` are booleans; a number is what JSON calls one; `~`, `null` and what is left empty are nothing, which
only a named value can be. Other words are texts, and need quotes only where YAML asks for them, as in `when: 'inputs.a == ": "'`.

What does not fit is refused: unknown and repeated names, two kinds in one step, values of another kind. Each mistake is told with
its line, its column (in bytes, from 1), and what is allowed:

```text
order.yaml:9:15: there is no `max_retry` here: did you mean `max_retries`?
order.yaml:10:16: `90` needs a unit: one of d, h, m, s, ms, as in `90s`
```

Expressions are described in [expressions.md](expressions.md). What can be printed and read again: definitions whose texts are
UTF-8, whose numbers are finite, whose named values have different names, and whose text is within the bounds at the end.
"""

NUMBERS = {"uint32": "whole number, 0 to 4294967295", "uint64": "whole number, 0 to 18446744073709551615",
           "int64": "whole number", "double": "number"}


def words_of(name):
    """What an enum value is called."""
    return name.split("_", 1)[1].lower()


def values_of_limits(text):
    """Each bound: its name, its value for people, and why."""
    comment, found = [], []
    for line in text.splitlines():
        if line.startswith("///"):
            comment.append(line[3:].strip())
        elif match := re.match(r"inline constexpr (\S+) (\w+)( = |\{)(.*?)\}?;", line):
            kind, name, _, value = match.groups()
            value = value.replace("'", " ").replace("4u << 20", "4 MiB").replace("1h", "1 h")
            if "hours" in kind:
                value = {"24 * 366 * 10": "3660 d"}.get(value, value + " h")
            found.append((name, value, " ".join(comment)))
        else:
            comment = []
    return found


def parse(text):
    """Messages and enums: {name: (comment, [(label, type, name, comment, oneof)])}, {name: [(word, comment)]}."""
    messages, enums, comment, inside = {}, {}, [], []
    fields = None
    for line in text.splitlines():
        is_indented = line.startswith("   ")
        line = line.strip()
        if line.startswith("//") and is_indented and fields:  # what was said of the last field goes on
            label, kind, name, said, in_oneof = fields[-1]
            fields[-1] = (label, kind, name, f"{said} {line[2:].strip()}", in_oneof)
            continue
        if line.startswith("//"):
            comment.append(line[2:].strip())
            continue
        fields = None
        if match := re.match(r"message (\w+) \{$", line):
            inside.append(match[1])
            messages[match[1]] = (" ".join(comment), [])
        elif match := re.match(r"enum (\w+) \{(.*)", line):
            inside.append(match[1])
            enums[match[1]] = [(words_of(word), "") for word in re.findall(r"(\w+) = \d+;", match[2])]
            if line.endswith("}"):
                inside.pop()
        elif match := re.match(r"oneof (\w+) \{$", line):
            inside.append("oneof " + match[1])
        elif match := re.match(r"(repeated )?(\w+) (\w+) = \d+;(?:\s*//\s*(.*))?$", line):
            owner = [name for name in inside if not name.startswith("oneof")][-1]
            fields = messages[owner][1]
            fields.append((bool(match[1]), match[2], match[3], match[4] or "", inside[-1].startswith("oneof")))
        elif match := re.match(r"(\w+) = \d+;(?:\s*//\s*(.*))?$", line):
            enums[inside[-1]].append((words_of(match[1]), match[2] or ""))
        elif line == "}":
            inside.pop()
        comment = []
    return messages, enums


def describe_type(repeated, kind, name, messages, enums):
    """The type of a field and its default, as people write them."""
    if kind == "Field":
        return "object of names and values", "none"
    if kind == "int64" and name.endswith("_ms"):
        what, default = "time", "`0s`"
    elif kind in NUMBERS:
        what, default = NUMBERS[kind], "0"
    elif kind == "bool":
        what, default = "`true` or `false`", "`false`"
    elif kind == "string":
        what, default = "text", "empty"
    elif kind == "bytes":
        what, default = "a value, as a named one", "empty"
    elif kind in enums:
        words = [f"`{word}`" + (f" ({why})" if why else "") for word, why in enums[kind]]
        what, default = ", ".join(words), f"`{enums[kind][0][0]}`"
    else:
        assert kind in messages, f"{kind} is unknown"
        what, default = f"[{kind}](#{kind.lower()})", "none"
    return (f"list of {what}", "none") if repeated else (what, default)


def table(name, messages, enums, with_bounds):
    rows = ["| field | type | default | |", "| --- | --- | --- | --- |"]
    for repeated, kind, field, comment, in_oneof in messages[name][1]:
        if NOT_WRITTEN in comment:
            continue
        what, default = describe_type(repeated, kind, field, messages, enums)
        written = re.sub(r"_(ms|bytes)$", "", field) if kind == "int64" else field
        said = with_bounds(comment) + ("; " if in_oneof and comment else "") + ("a kind" if in_oneof else "")
        rows.append(f"| `{written}` | {what} | {default} | {said} |".replace("  |", " |"))
    return "\n".join(rows)


def page():
    common = (ROOT / "runtime/proto/agent.proto").read_text()
    priority = re.search(r"^enum Priority \{.*\}$", common, re.M)[0]
    messages, enums = parse(priority + "\n" + (ROOT / "runtime/proto/definition.proto").read_text())
    limits = values_of_limits((ROOT / "runtime/workflow_limits.hpp").read_text())
    values = {name: value for name, value, _ in limits}

    def with_bounds(text):
        return re.sub(r"limits::(\w+)", lambda found: values[found[1]], text).replace("|", "\\|")

    kinds = {kind: field for _, kind, field, _, in_oneof in messages["StepDefinition"][1] if in_oneof}
    parts = ["Block", "JoinRule", "RetryPolicy", "Case", "LoopBudget"]
    top = ["WorkflowDefinition", "InputDefinition", "VariableDefinition", "StepDefinition"]
    assert set(messages) == {*top, *parts, *kinds}, "a message has no place on the page"
    def said(name):
        return textwrap.fill(with_bounds(messages[name][0]), 120)

    out = [HEAD]
    for name in top:
        out.append(f"## {name}\n\n{said(name)}\n\n{table(name, messages, enums, with_bounds)}\n")
    out.append("A step has one kind. Each is shown with a whole workflow.\n")
    for kind, field in kinds.items():
        example = (ROOT / f"examples/workflows/{field}.yaml").read_text()
        title, text = example.split("\n", 1)
        own = "" if kind in parts else f"\n\n{said(kind)}\n\n{table(kind, messages, enums, with_bounds)}"
        see = "\n\nWaits for so many of its needs. Its fields are those of a [JoinRule](#joinrule)." if kind in parts else ""
        anchor = kind if kind not in parts else "Join"
        out.append(f"### {anchor}\n\nWritten `{field}`.{see}{own}\n\n{title[2:]}\n\n```yaml\n{text}```\n")
    out.append("## Parts of steps\n")
    for name in parts:
        out.append(f"### {name}\n\n{said(name)}\n\n".replace("\n\n\n\n", "\n\n") + table(name, messages, enums, with_bounds) + "\n")
    rows = []
    shown = [limit for limit in limits if limit[0].startswith(BOUNDS)]
    for why in dict.fromkeys(why for _, _, why in shown):
        several = [(f"`{name}`", value) for name, value, own in shown if own == why]
        rows.append(" | ".join(", ".join(column) for column in zip(*several)) + f" | {why} |")
    out.append("## Bounds\n\n| bound | value | why |\n| --- | --- | --- |\n" + "\n".join(f"| {row}" for row in rows) + "\n")
    return "\n".join(out)


def main(arguments):
    if arguments == ["--write"]:
        PAGE.write_text(page())
    elif not PAGE.exists() or PAGE.read_text() != page():
        print(f"{PAGE.relative_to(ROOT)}: stale: python3 {pathlib.Path(__file__).relative_to(ROOT)} --write")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
