#!/bin/bash
# An audit killed with -9 goes on where it was: it says so, does no finished step again, and reports the same bytes.
# Usage: audit_continues.sh REPOSITORY_AUDIT   (the program)
set -eu
audit=$1
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT

fail() {
  echo "FAILED  $*"
  tail -n 20 "$home"/said.*
  exit 1
}

# Enough files that the audit cannot end before it is killed; every tenth has something to be found.
mkdir "$home/tree"
for folder in $(seq 40); do
  mkdir "$home/tree/$folder"
  for file in $(seq 100); do
    seq -f "line %g of a file" 400 >"$home/tree/$folder/$file.py"
    [ $((file % 10)) -ne 0 ] || echo "os.system('rm ' + name)" >>"$home/tree/$folder/$file.py"
  done
done

run() { # run STORE LOG: one audit with a store and a report of this name; replaces its shell
  exec "$audit" "$home/tree" --data "$home/data.$1" --out "$home/out.$1" </dev/null >"$home/said.$2" 2>&1
}

(run whole whole) || fail "the undisturbed audit ends well"

(run killed killed) &
job=$!
until grep -qs "inventory done" "$home/said.killed"; do
  kill -0 $job 2>/dev/null || fail "the audit that is to be killed ended before"
done
kill -9 $job
wait $job 2>/dev/null || true
grep -q "report done" "$home/said.killed" && fail "the audit was killed too late to show anything"

(run killed again) || fail "the audit that goes on ends well"
grep -q "continuing the audit" "$home/said.again" || fail "it says that it goes on"
grep -qx "inventory done before" "$home/said.again" || fail "a finished step is done again"
for report in audit-report.md audit-report.sarif; do
  cmp "$home/out.whole/$report" "$home/out.killed/$report" || fail "$report is the same as without the kill"
done
grep -q "os.system" "$home/out.killed/audit-report.md" || fail "the report names what is there"
