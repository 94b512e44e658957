#!/usr/bin/env python3
"""Writes a file that compiles tests together: what they include comes first, once, then each in a namespace of its own.
Usage: together.py OUT FILE..."""
import os
import re
import sys

out, files = sys.argv[1], sys.argv[2:]
INCLUDE = re.compile(r'^#include (?:"(.*?)"|<.*?>).*$', re.M)
headers, bodies = [], []
for number, path in enumerate(files, 1):
    for line in INCLUDE.finditer(open(path).read()):
        beside = os.path.join(os.path.dirname(path), line.group(1)) if line.group(1) else ""
        header = f'#include "{beside}"' if beside and os.path.exists(beside) else line.group(0)
        if header not in headers:
            headers.append(header)
    bodies.append(f'#undef CAF_SUITE\nnamespace file_{number} {{\n#include "{path}"\n}}\n')
headers.sort(key=lambda header: "/tests/" in header or "<tests/" in header or '"' in header or "caf/test/" in header)  # their macros come last
text = "\n".join(headers) + "\n" + "".join(bodies)
if not os.path.exists(out) or open(out).read() != text:
    os.makedirs(os.path.dirname(out), exist_ok=True)
    open(out, "w").write(text)
