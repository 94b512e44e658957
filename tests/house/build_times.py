#!/usr/bin/env python3
"""The files that took longest to compile, from Ninja's log. usage: build_times.py BUILD [COUNT]

Times are of each file's last compilation; an entry served by ccache is as short as its copy.
"""
import pathlib
import sys

build = pathlib.Path(sys.argv[1])
count = int(sys.argv[2]) if len(sys.argv) > 2 else 15
try:
    lines = (build / ".ninja_log").read_text(encoding="utf-8").splitlines()
except FileNotFoundError:
    sys.exit(f"{build} has not been built; type ./dev test first")
took = {}
for line in lines:
    if line.startswith("#"):
        continue
    start, end, _, target, _ = line.split("\t")
    if target.endswith((".o", ".gch")):
        took[target] = (int(end) - int(start)) / 1000
slowest = sorted(took.items(), key=lambda item: -item[1])
print(f"{len(took)} files, {sum(took.values()):.0f} s in all; the slowest:")
for target, seconds in slowest[:count]:
    name = target.split(".dir/", 1)[-1].removesuffix(".o").replace("__/", "")
    print(f"{seconds:7.1f} s  {name}")
