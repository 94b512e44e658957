// Checks SARIF files: against the schema of SARIF 2.1.0 (rtm.5, draft 04, as shipped in @microsoft/jest-sarif), and
// that every result names a rule of its driver, by the same id and index.
// Run:    npm install && node validate_sarif.mjs report.sarif...
// Prints: one line per mistake, and returns 1; nothing, and 0, when all files are valid; 2 without a file.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import Ajv from 'ajv-draft-04';
import addFormats from 'ajv-formats';

const require = createRequire(import.meta.url);
const schemaFile = require.resolve('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json');
// The schema's pattern for languages is no regular expression with the flag u.
const ajv = new Ajv({ allErrors: true, strict: false, unicodeRegExp: false });
addFormats(ajv);
const validate = ajv.compile(JSON.parse(readFileSync(schemaFile, 'utf8')));

function mistakes(file) {
  let log;
  try {
    log = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    return [error.message];
  }
  if (!validate(log))
    return validate.errors.map((e) => `${e.instancePath || '/'} ${e.message} ${JSON.stringify(e.params)}`);
  const found = [];
  for (const run of log.runs) {
    const rules = run.tool.driver.rules ?? [];
    (run.results ?? []).forEach((result, i) => {
      if (rules[result.ruleIndex]?.id !== result.ruleId)
        found.push(`/results/${i} ruleIndex ${result.ruleIndex} is not rule ${result.ruleId}`);
    });
  }
  return found;
}

const files = process.argv.slice(2);
if (files.length === 0) {
  console.error('usage: node validate_sarif.mjs report.sarif...');
  process.exit(2);
}
let valid = true;
for (const file of files)
  for (const text of mistakes(file)) {
    console.error(`${file}: ${text}`);
    valid = false;
  }
process.exit(valid ? 0 : 1);
