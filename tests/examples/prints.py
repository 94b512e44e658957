#!/usr/bin/env python3
"""An example prints what its head says it prints, on a fresh store and again on the same one.

usage: prints.py PROGRAM SOURCE
"""
import re
import subprocess
import sys
import tempfile

program, source = sys.argv[1:]
with open(source, encoding="utf-8") as text:
    promised = re.search(r"^// Prints: (.+)$", text.read(), re.MULTILINE)
if not promised:
    sys.exit(f"{source} does not say what it prints: // Prints: ...")
with tempfile.TemporaryDirectory() as place:
    for life in ("first", "second"):
        said = subprocess.run([program], cwd=place, capture_output=True, text=True, timeout=60)
        if said.returncode != 0 or said.stdout != promised[1] + "\n":
            sys.exit(f"{source}, {life} run: expected {promised[1]!r}, got {said.stdout!r}, "
                     f"exit code {said.returncode}\n{said.stderr}")
