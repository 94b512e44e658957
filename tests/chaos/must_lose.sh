#!/bin/bash
# A node that does not sync loses what it acknowledged when its power is cut, and the harness says so: one that cannot fail
# proves nothing.
# Usage: must_lose.sh TROUPE_CHAOS   (the program)
set -u
report=$("$1" --mode nosync --rounds 10 --seed 1)
code=$?
echo "$report"
[ "$code" -eq 1 ] || { echo "FAILED  exit code $code instead of 1"; exit 1; }
grep -Eq '^lost +[1-9]' <<<"$report" || { echo "FAILED  no loss is reported"; exit 1; }
