import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { formatProblem } from '../../core/problem.ts';
import { openRender } from '../../hub/render/open-render.ts';
import { validateDirectory } from '../../hub/validate.ts';
import { recordLog } from '../support/record-log.ts';

const page = join(import.meta.dirname, '../../docs/fleet-repository.md');
const deployment = 'apps/shop/prod/deployment.yaml';
let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fairlead-page-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** The files of the page, each a block of YAML whose first line is its path. */
async function filesOfPage(): Promise<ReadonlyMap<string, string>> {
  const blocks = (await readFile(page, 'utf8')).matchAll(/^```yaml\n# (\S+)\n(.*?)^```$/gms);
  return new Map([...blocks].map(([, path = '', text = '']) => [path, text]));
}

async function validate(files: ReadonlyMap<string, string>) {
  const dir = await mkdtemp(join(root, 'fleet-'));
  for (const [path, text] of files) {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(join(dir, path), text);
  }
  const render = await openRender({
    helm: undefined,
    kustomize: undefined,
    tmpDir: join(dir, '.render'),
    log: recordLog(),
  });
  return validateDirectory({ dir, repoURL: 'https://git.example.com/shop/config.git', render });
}

it('the YAML of the page on the fleet repository is a fleet without a problem', async () => {
  const { problems, findings, applications } = await validate(await filesOfPage());
  expect(problems.map(formatProblem)).toEqual([]);
  expect(findings.map(({ message }) => message)).toEqual([]);
  expect(applications.map(({ application, result }) => [application, result.type])).toEqual([
    ['argocd/shop-prod', 'rendered'],
  ]);
});

it('without its digest the image of the page is refused, as the page says', async () => {
  const files = new Map(await filesOfPage());
  files.set(deployment, (files.get(deployment) ?? '').replace(/@sha256:\w+/, ''));
  const { applications } = await validate(files);
  expect(applications[0]?.result).toMatchObject({
    type: 'refused',
    gate: { owner: 'environment prod', location: { file: deployment } },
  });
});
