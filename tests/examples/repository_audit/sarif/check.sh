#!/bin/bash
# The audit's SARIF report is valid by a validator from npm, and one with a part missing is not.
# Usage: check.sh REPOSITORY_AUDIT DIRECTORY   (the program; what to audit). Exits with 77 where npm cannot install.
set -eu
audit=$1
tree=$2
here=$(dirname "$(realpath "$0")")
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT

cp "$here"/package.json "$here"/validate_sarif.mjs "$home"
cd "$home"
if ! npm install --silent --no-audit --no-fund >npm.log 2>&1; then
  echo "skipped: no validator, for npm cannot install it here"
  exit 77
fi
"$audit" "$tree" --data data --out . </dev/null
node validate_sarif.mjs audit-report.sarif
grep -q '"ruleId"' audit-report.sarif || { echo "FAILED  a report without a result proves nothing"; exit 1; }
sed 's/"ruleId"/"rule"/' audit-report.sarif >broken.sarif
if node validate_sarif.mjs broken.sarif 2>/dev/null; then
  echo "FAILED  the validator takes a report whose results name no rule"
  exit 1
fi
