"""Writes a C++ file that holds workflow definitions as texts, so that the program alone has them.

embed_templates.py OUT FILE...   the templates are named as their files
"""
import pathlib
import sys

out, *files = sys.argv[1:]
rows = []
for file in map(pathlib.Path, files):
    text = file.read_text(encoding="utf-8")
    if ')yaml"' in text or len(text) > 60_000:
        sys.exit(f"{file}: cannot stand in a literal")
    rows.append(f'      {{"{file.stem}", R"yaml({text})yaml"}},\n')
pathlib.Path(out).write_text(
    "// Written by .cmake/embed_templates.py from examples/workflows/.\n"
    "#include <troupe/net/node/workflow_templates.hpp>\n\n"
    "namespace troupe {\n\n"
    "std::span<const workflow_template> workflow_templates() {\n"
    "  static constexpr workflow_template all[] = {\n" + "".join(rows) + "  };\n  return all;\n}\n\n} // namespace troupe\n",
    encoding="utf-8")
