"""Makes the messages of .proto files CAF types: message_types.py OUT.cpp FOLDER FUNCTION FILE.proto...

Writes one type-ID block per file (100 ids each) and one function that registers them all.
"""
import pathlib
import re
import sys

out, folder, function = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
protos = [pathlib.Path(p) for p in sys.argv[4:]]


def messages(proto):
    """Names of the top-level messages of a .proto file, in order."""
    text = re.sub(r"//[^\n]*", "", proto.read_text())
    found, depth = [], 0
    for match in re.finditer(r"\bmessage\s+(\w+)\s*\{|[{}]", text):
        if match.group(1) and depth == 0:
            found.append(match.group(1))
        depth += -1 if match.group(0) == "}" else 1
    assert len(found) <= 100, f"{proto}: more than 100 messages, give the family a second file"
    return found


first_id = 0 if function == "add_messages" else 5000  # the house first, its users and tests after it
lines = [f"// Generated from {folder}: CAF types of its messages."]
lines += [f"#include <troupe/{folder}/{p.stem}.pb.h>" for p in protos]
lines += ["#include <troupe/runtime/messages.hpp>", ""]
for index, proto in enumerate(protos):
    block = f"troupe_{proto.stem}"
    lines.append(f"CAF_BEGIN_TYPE_ID_BLOCK({block}, caf::first_custom_type_id + {first_id + 100 * index})")
    lines += [f"  CAF_ADD_TYPE_ID({block}, (troupe::{m}))" for m in messages(proto)]
    lines += [f"CAF_END_TYPE_ID_BLOCK({block})", ""]
lines += [
    "namespace troupe {",
    f"void {function}(caf::actor_system_config& config) {{",
    *[f"  config.add_message_types<caf::id_block::troupe_{p.stem}>();" for p in protos],
    "}",
    "} // namespace troupe",
    "",
]
out.parent.mkdir(parents=True, exist_ok=True)
out.write_text("\n".join(lines))
