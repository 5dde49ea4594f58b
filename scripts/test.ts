/**
 * Runs the unit tests, those of the pages, then those against real control planes, and sums up. Arguments go to vitest:
 * `npm test -- digest` runs the files whose path holds `digest`.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { findChromium } from './find-chromium.ts';
import {
  addCounts,
  type Counts,
  countTests,
  RESULTS,
  TEST_SUITES,
  type TestSuite,
  testResult,
} from './results.ts';
import { run } from './run.ts';

const NOTES: Readonly<Record<TestSuite, string>> = {
  unit: '',
  web: ' (pages in a real browser; about a minute)',
  integration: ' (against real control planes; usually some minutes)',
};

async function runSuite(suite: TestSuite): Promise<Counts> {
  const result = testResult(suite);
  await rm(result, { force: true });
  console.log(`\n${suite} tests${NOTES[suite]}`);
  const { code } = await run(vitest(suite, result), { output: 'show' });
  const counts = countTests(existsSync(result) ? await readFile(result, 'utf8') : undefined);
  // Vitest fails without a failed test on an error between tests, such as a rejection that nobody handled.
  return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

function vitest(suite: TestSuite, result: string): readonly string[] {
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${result}`];
  return ['vitest', 'run', '--project', suite, '--passWithNoTests', ...reporters, ...process.argv.slice(2)];
}

/** Programs of a control plane: got before all tests, since tests of rendering want helm and kustomize too. */
async function prepareClusters(): Promise<boolean> {
  const { code, output } = await run(['node', 'test/clusters/build.ts'], { output: 'show' });
  if (code !== 0) console.log(`${output}The tests against real control planes can't run.`);
  return code === 0;
}

/** A browser for the tests of the pages: where there is none and we may, the system's. They skip without one. */
async function prepareBrowser(): Promise<void> {
  if (findChromium() !== undefined || process.getuid?.() !== 0) return;
  console.log('\nNo Chromium is here: trying apt-get install chromium');
  const install = 'apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium';
  const { code, output } = await run(['sh', '-c', install], { output: 'keep' });
  if (code !== 0)
    console.log(`${output}The tests of the pages will be skipped: install Chromium, or set CHROMIUM.`);
}

function describe(counts: Counts): string {
  return `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`;
}

await mkdir(RESULTS, { recursive: true });
const start = performance.now();
const clusters = await prepareClusters();
await prepareBrowser();
const lines: string[] = [];
let total: Counts = { passed: 0, failed: 0, skipped: 0 };
for (const suite of TEST_SUITES) {
  const possible = suite !== 'integration' || clusters;
  if (!possible) await rm(testResult(suite), { force: true });
  const counts = possible ? await runSuite(suite) : countTests(undefined);
  total = addCounts(total, counts);
  lines.push(`${`${suite}:`.padEnd(13)}${describe(counts)}`);
}
const seconds = ((performance.now() - start) / 1000).toFixed(0);
console.log(`\n${lines.join('\n')}\n${'all:'.padEnd(13)}${describe(total)} in ${seconds} s`);
process.exitCode = total.failed === 0 ? 0 : 1;
