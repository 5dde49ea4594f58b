import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { API_CLIENT, API_FILES, apiMissing, generateApi } from './api.ts';
import { differences, withTemporaryFolder } from './generated.ts';
import { findBaseline, findBreakingChanges, generateProto, PROTO_GENERATED } from './proto.ts';
import { CHECK_RESULT, RESULTS } from './results.ts';
import { run } from './run.ts';

type Outcome =
  | { readonly type: 'passed'; readonly note?: string }
  | { readonly type: 'skipped'; readonly note: string }
  | { readonly type: 'failed'; readonly output: string };

interface Check {
  readonly name: string;
  readonly run: () => Promise<Outcome>;
}

const CHECKS: readonly Check[] = [
  tool('types', ['tsc', '--noEmit', '--pretty', 'false']),
  tool('types of the pages', ['tsc', '-p', 'web/tsconfig.json', '--noEmit', '--pretty', 'false']),
  tool('format and lint', ['biome', 'ci', '--error-on-warnings', '--colors=off', '--max-diagnostics=50']),
  tool('promises and switches', ['oxlint', '--type-aware', '--deny-warnings']),
  tool('dead code', ['knip', '--no-progress', '--no-config-hints']),
  tool('wire lint', ['buf', 'lint', 'proto']),
  { name: 'wire compatibility', run: checkCompatibility },
  { name: 'generated wire code', run: checkGeneratedProto },
  { name: 'generated API client', run: checkGeneratedApi },
];

function tool(name: string, command: readonly string[]): Check {
  return {
    name,
    run: async () => {
      const { code, output } = await run(command, { output: 'keep' });
      return code === 0 ? { type: 'passed' } : { type: 'failed', output };
    },
  };
}

async function checkCompatibility(): Promise<Outcome> {
  const baseline = await findBaseline('.');
  if (baseline.type === 'none') return { type: 'skipped', note: baseline.why };
  const breaking = await findBreakingChanges('.', baseline.ref);
  const note = `against ${baseline.why}`;
  return breaking === '' ? { type: 'passed', note } : { type: 'failed', output: `${note}:\n${breaking}` };
}

async function checkGeneratedProto(): Promise<Outcome> {
  return withTemporaryFolder(async (folder) => {
    await generateProto(folder);
    return outcomeOf(await differences(PROTO_GENERATED, join(folder, PROTO_GENERATED)));
  });
}

async function checkGeneratedApi(): Promise<Outcome> {
  const missing = apiMissing();
  if (missing !== undefined) return { type: 'skipped', note: missing };
  return withTemporaryFolder(async (folder) => {
    await generateApi(folder);
    const found = await differences(API_CLIENT, folder);
    // The client's hand-written files stand in the same folder.
    const generated = API_FILES.map((file) => join(API_CLIENT, file));
    return outcomeOf(found.filter((line) => generated.some((path) => line.startsWith(`${path} `))));
  });
}

function outcomeOf(found: readonly string[]): Outcome {
  if (found.length === 0) return { type: 'passed' };
  return { type: 'failed', output: `${found.join('\n')}\nRun 'make generate' and commit the result.` };
}

async function runCheck(check: Check): Promise<Outcome> {
  const start = performance.now();
  const outcome = await check
    .run()
    .catch((error: Error): Outcome => ({ type: 'failed', output: error.message }));
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const note = outcome.type !== 'failed' && outcome.note ? `  (${outcome.note})` : '';
  console.log(`${outcome.type.padEnd(8)}${check.name.padEnd(24)}${seconds.padStart(5)} s${note}`);
  if (outcome.type === 'failed') console.log(outcome.output.trimEnd().replace(/^/gm, '    '));
  return outcome;
}

let failed = 0;
for (const check of CHECKS) {
  if ((await runCheck(check)).type === 'failed') failed += 1;
}
await mkdir(RESULTS, { recursive: true });
await writeFile(CHECK_RESULT, `${JSON.stringify({ failed })}\n`);
console.log(failed === 0 ? 'All checks passed.' : `${failed} of ${CHECKS.length} checks failed.`);
process.exitCode = failed === 0 ? 0 : 1;
