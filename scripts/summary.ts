/** Prints the counts of the last checks and tests as one line; .ci/run ends with it. */
import { existsSync, readFileSync } from 'node:fs';
import { addCounts, CHECK_RESULT, countChecks, countTests, TEST_SUITES, testResult } from './results.ts';

function readReport(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

let counts = countChecks(readReport(CHECK_RESULT));
for (const suite of TEST_SUITES) counts = addCounts(counts, countTests(readReport(testResult(suite))));
console.log(`${counts.passed} passed, ${counts.failed} failed`);
