#!/bin/bash
# The tree passes its own audit: nothing critical, nothing high. Usage: audit.sh REPOSITORY_AUDIT TREE
set -eu
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
"$1" "$2" --data "$home/data" --out "$home" </dev/null 2>"$home/said" | tee "$home/counts" || { cat "$home/said"; exit 1; }
grep -q ' 0 critical 0 high ' "$home/counts" || { grep -A2 -E '\*\*(critical|high)\*\*' "$home/audit-report.md"; exit 1; }
