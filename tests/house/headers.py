"""Reads C++ headers as far as check.py needs it: what they show to others, and whether a /// stands above it."""
import re

# What needs no comment: it means what the language says.
PLAIN = r"\b(override|final|friend|using|typedef|static_assert|extern)\b|\boperator\b|=\s*(default|delete)\s*$|^\s*~"


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def blank(text):
    """The text with comments, literals and preprocessor lines replaced by spaces; offsets stay the same."""
    noise = r'R"(\w*)\(.*?\)\1"|//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])\'|^[ \t]*#(?:\\\n|[^\n])*'
    return re.sub(noise, lambda m: re.sub(r"[^\n]", " ", m.group()), text, flags=re.S | re.M)


def closing(code, opening):
    """Offset just after the brace that closes the one at `opening`."""
    depth = 0
    for match in re.compile(r"[{}]").finditer(code, opening):
        depth += 1 if match.group() == "{" else -1
        if depth == 0:
            return match.end()
    return len(code)


def statements(code, begin, end):
    """(start, stop, first brace or None) of the declarations between two offsets, without what is inside them."""
    mark = re.compile(r"[(){};]")
    while match := re.compile(r"[\s;]*(?:(public|private|protected)\s*:(?!:))?").match(code, begin, end):
        if match[1]:
            yield match[1], None, None
            begin = match.end()
            continue
        start = begin = match.end()
        if start >= end:
            return
        brace, parens = None, 0
        while begin < end and (found := mark.search(code, begin, end)):
            char, begin = found.group(), found.end()
            parens += (char == "(") - (char == ")")
            if char == ";" and parens == 0:
                break
            if char == "{":
                begin = closing(code, found.start())
                if parens == 0:
                    brace = brace or found.start()
                    if not re.compile(r"\s*[,;={]").match(code, begin, end):  # no initializer followed by more
                        break
        else:
            begin = end
        yield start, begin, brace


def types(code, begin, end, space=""):
    """(full name, offset) of the types defined at namespace scope and known to the linker: not in an anonymous namespace."""
    for start, stop, brace in statements(code, begin, end):
        head = code[start:brace] if brace else ""
        if scope := re.match(r"(?:inline\s+)?namespace\b\s*([\w:]*)\s*$", head):
            if scope[1]:
                yield from types(code, brace + 1, closing(code, brace) - 1, f"{space}{scope[1]}::")
        elif kind := re.match(r"(?:class|struct|union|enum(?:\s+class)?)\s+(?:\[\[\w+\]\]\s*)?(\w+)\b(?!\s*[:<]{2})[^=(]*$", head):
            yield space + kind[1], start


def declarations(code, begin, end, owner=""):
    """(start, stop, head, body, class around it) of everything shown to others between two offsets."""
    shown = not owner.startswith("class ")
    for start, stop, brace in statements(code, begin, end):
        if stop is None:
            shown = start == "public"
            continue
        head = code[start:brace or stop - 1]
        scope = re.match(r"(?:inline\s+)?namespace\b\s*([\w:]*)", head)
        kind = re.match(r"(?:template\b.*?>\s*(?=class|struct|union))?(class|struct|union)\s+(?:\[\[\w+\]\]\s*)?(\w+)", head, re.S)
        if scope and scope[1] not in ("", "detail"):
            yield from declarations(code, brace + 1, closing(code, brace) - 1)
        elif shown and not scope and not (kind and brace is None):
            yield start, stop, head, code[brace + 1:stop - 1] if brace else "", owner.split(" ")[-1]
            if kind:
                yield from declarations(code, brace + 1, closing(code, brace) - 1, f"{kind[1]} {kind[2]}")


def needs_comment(head, body, owner):
    """The name of a declaration that has to be explained, or None."""
    kind = re.match(r"(?:template\b.*?>\s*(?=class|struct|union|enum))?(class|struct|union|enum(?:\s+class)?)\s+(?:\[\[\w+\]\]\s*)?(\w+)(?!\w*::)", head, re.S)
    if kind:
        return kind[2]
    while (less := re.sub(r"<[^<>]*>", "", head)) != head:
        head = less
    function = re.search(r"(?<![\w.:])(\w+)\s*\((?!\s*\*)", head)
    if not function or re.search(PLAIN, head) or function[1] == owner or "=" in head[:function.start()]:
        return None
    accessor = owner and re.search(r"\(\s*\)[\s\w&]*$", head) and re.fullmatch(r"\s*return [^;{}]*;\s*", body)
    return None if accessor else function[1]


def undocumented(text):
    """(line, name) of declarations without a comment above, beside, or above the group they stand in."""
    code, lines = blank(text), text.split("\n")
    group_ends, explained = -1, set()  # the line after the last explained declaration; what was explained
    for start, stop, head, body, owner in declarations(code, 0, len(code)):
        first, last = line_of(text, start), line_of(text, stop)
        name = needs_comment(head, body, owner)
        commented = lines[first - 2].lstrip().startswith("///") or "///<" in "".join(lines[first - 1:last])
        if commented or first == group_ends and not (name and body) or (owner, name) in explained:
            group_ends = last + 1
            explained.add((owner, name))
        elif name:
            yield first, name
