import { describe, expect, test } from 'vitest';
import { addCounts, countChecks, countTests } from '../../scripts/results.ts';

function report(...files: readonly { status: string; tests: readonly string[] }[]): string {
  const testResults = files.map(({ status, tests }) => ({
    status,
    assertionResults: tests.map((each) => ({ status: each })),
  }));
  return JSON.stringify({ testResults });
}

describe('counting tests', () => {
  test('counts each test once, todo and skipped ones apart', () => {
    const text = report(
      { status: 'failed', tests: ['passed', 'failed', 'failed'] },
      { status: 'passed', tests: ['passed', 'pending', 'todo', 'skipped'] },
    );
    expect(countTests(text)).toEqual({ passed: 2, failed: 2, skipped: 3 });
  });

  test('a file that fails before or after its tests is a failure', () => {
    const text = report({ status: 'failed', tests: [] }, { status: 'failed', tests: ['passed'] });
    expect(countTests(text)).toEqual({ passed: 1, failed: 2, skipped: 0 });
  });

  test.each([undefined, '', '{"testRes', '{}'])('no whole report (%s) is a failure', (text) => {
    expect(countTests(text)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });

  test('a run without tests is none', () => {
    expect(countTests(report())).toEqual({ passed: 0, failed: 0, skipped: 0 });
  });
});

describe('counting checks', () => {
  test('only failures count', () => {
    expect(countChecks('{"failed":0}\n')).toEqual({ passed: 0, failed: 0, skipped: 0 });
    expect(countChecks('{"failed":12}\n')).toEqual({ passed: 0, failed: 12, skipped: 0 });
  });

  test('checks that never ended are a failure', () => {
    expect(countChecks(undefined)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });
});

test('counts add up', () => {
  const left = { passed: 1, failed: 2, skipped: 3 };
  expect(addCounts(left, { passed: 10, failed: 20, skipped: 30 })).toEqual({
    passed: 11,
    failed: 22,
    skipped: 33,
  });
});
