import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { formatProblem } from '../../core/problem.ts';
import { buildCatalog } from '../../hub/catalog/build-catalog.ts';
import { foldFiles } from '../../hub/catalog/fold-files.ts';
import type { RenderPort } from '../../hub/ports.ts';
import { openRender } from '../../hub/render/open-render.ts';
import { ensureBinaries } from '../clusters/binaries.ts';
import { recordLog } from '../support/record-log.ts';
import { problemTexts, renderNow, renderRequest } from '../support/render-request.ts';
import { sourceTreeOf } from '../support/source-tree.ts';
import { fleetText } from './catalog/catalog-texts.ts';

/**
 * Each file of the folder is one case: a document below `fleet/`, or several files, each after a line with its path.
 * Sources are rendered at `app`. `FAIRLEAD_WRITE_GOLDENS=1` writes what is said now; read it before it is committed.
 */
const folder = new URL('../fixtures/broken/', import.meta.url);
const goldenFile = new URL('expected.json', folder);

type Golden = Readonly<Record<string, readonly string[]>>;

let dir: string;
let port: RenderPort;

beforeAll(async () => {
  const { helm, kustomize } = await ensureBinaries(['helm', 'kustomize'], { log: () => undefined });
  dir = await mkdtemp(join(tmpdir(), 'fairlead-broken-'));
  port = await openRender({ helm: helm.path, kustomize: kustomize.path, tmpDir: dir, log: recordLog() });
}, 600_000);

afterAll(() => rm(dir, { recursive: true, force: true }));

function filesOf(name: string, text: string): Readonly<Record<string, string>> {
  if (!name.endsWith('.txt')) return { [`fleet/${name}`]: text };
  const parts = text.split(/^-- (.+) --\n/m).slice(1);
  return Object.fromEntries(
    parts.flatMap((path, index) => (index % 2 === 0 ? [[path, parts[index + 1] ?? '']] : [])),
  );
}

/** Every problem of a case, in the order in which people see them. */
async function problemsOf(name: string): Promise<readonly string[]> {
  const files = filesOf(name, await readFile(new URL(name, folder), 'utf8'));
  if (name.includes('-source-'))
    return problemTexts(await renderNow(port, renderRequest(sourceTreeOf(files))));
  const isFleet = Object.values(files).some((text) => text.includes('kind: Fleet'));
  const all = isFleet ? files : { ...files, 'fleet/zz.yaml': fleetText };
  const versions = Object.entries(all).map(([path, text]) => ({ path, oid: text, text }));
  return buildCatalog(foldFiles([], versions)).problems.map(formatProblem);
}

test('every broken document is a problem with its file, its line and what to do', async () => {
  const names = (await readdir(folder)).filter((name) => !name.endsWith('.json')).sort();
  expect(names.length).toBeGreaterThanOrEqual(60);
  const said = Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await problemsOf(name)] as const)),
  );
  if (process.env['FAIRLEAD_WRITE_GOLDENS'] === '1') {
    await writeFile(goldenFile, `${JSON.stringify(said, undefined, 2)}\n`);
  }
  expect(said).toEqual(JSON.parse(await readFile(goldenFile, 'utf8')) as Golden);
  for (const [name, problems] of Object.entries(said)) {
    expect(problems, name).not.toEqual([]);
    expect(problems.join(), name).not.toContain(dir);
    expect(problems.at(-1), name).toMatch(/^[\w./-]+(:\d+)?: .+\. .+/su);
  }
}, 120_000);
