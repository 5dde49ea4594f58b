/** What one part of a run came to. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Results of the last run; ignored by Git. */
export const RESULTS = '.results';
export const CHECK_RESULT = `${RESULTS}/check.json`;
export const TEST_SUITES = ['unit', 'web', 'integration'] as const;

export type TestSuite = (typeof TEST_SUITES)[number];

/** Where vitest's JSON reporter writes the results of a suite. */
export function testResult(suite: TestSuite): string {
  return `${RESULTS}/${suite}.json`;
}

interface VitestFile {
  readonly status: string;
  readonly assertionResults: readonly { readonly status: string }[];
}

/** Where there is no result, the suite never ended: that is one failure. */
const UNFINISHED: Counts = { passed: 0, failed: 1, skipped: 0 };

/** Counts tests in a report of vitest's JSON reporter. A file that failed outside its tests counts as one failure. */
export function countTests(report: string | undefined): Counts {
  const files = parseReport(report);
  if (files === undefined) return UNFINISHED;
  let counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  for (const file of files) counts = addCounts(counts, countFile(file));
  return counts;
}

function countFile(file: VitestFile): Counts {
  const count = (status: string) => file.assertionResults.filter((test) => test.status === status).length;
  const [passed, failed] = [count('passed'), count('failed')];
  const skipped = file.assertionResults.length - passed - failed;
  return { passed, failed: failed === 0 && file.status === 'failed' ? 1 : failed, skipped };
}

function parseReport(report: string | undefined): readonly VitestFile[] | undefined {
  if (report === undefined) return undefined;
  try {
    const { testResults } = JSON.parse(report) as { readonly testResults?: readonly VitestFile[] };
    return testResults;
  } catch {
    return undefined;
  }
}

/** Counts the failures in what the checks wrote: a check that passes is no test, one that fails is a failure. */
export function countChecks(report: string | undefined): Counts {
  const match = report?.match(/^\{"failed":(\d+)\}/);
  return match ? { passed: 0, failed: Number(match[1]), skipped: 0 } : UNFINISHED;
}

export function addCounts(left: Counts, right: Counts): Counts {
  return {
    passed: left.passed + right.passed,
    failed: left.failed + right.failed,
    skipped: left.skipped + right.skipped,
  };
}
