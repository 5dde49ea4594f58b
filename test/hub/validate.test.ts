import { execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '../../core/error.ts';
import type { RenderPort } from '../../hub/ports.ts';
import { readDirectory } from '../../hub/read-directory.ts';
import { openRender } from '../../hub/render/open-render.ts';
import { type ValidationResult, validateDirectory } from '../../hub/validate.ts';
import { ensureBinaries } from '../clusters/binaries.ts';
import { recordLog } from '../support/record-log.ts';

const examples = join(import.meta.dirname, '../../examples/fleet');
const repoURL = 'https://git.example.com/platform/platform-config.git';

let root: string;
let render: RenderPort;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fairlead-validate-test-'));
  const { helm, kustomize } = await ensureBinaries(['helm', 'kustomize'], {
    log: (line) => process.stderr.write(`${line}\n`),
  });
  render = await openRender({
    helm: helm.path,
    kustomize: kustomize.path,
    tmpDir: join(root, 'render'),
    log: recordLog(),
  });
}, 300_000);

afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

/** A copy of examples/fleet with some files replaced. */
async function exampleWith(changes: Readonly<Record<string, (text: string) => string>>): Promise<string> {
  const dir = await mkdtemp(join(root, 'fleet-'));
  await cp(examples, dir, { recursive: true });
  for (const [path, change] of Object.entries(changes)) {
    await writeFile(join(dir, path), change(await readFile(join(dir, path), 'utf8')));
  }
  return dir;
}

async function resultOf(dir: string, application: string): Promise<ValidationResult | undefined> {
  const { applications } = await validateDirectory({ dir, repoURL, render });
  return applications.find((each) => each.application === `argocd/${application}`)?.result;
}

describe('examples/fleet', () => {
  it('is without a problem or finding, and every application renders', async () => {
    const validation = await validateDirectory({ dir: examples, repoURL, render });
    expect(validation.problems).toEqual([]);
    expect(validation.findings).toEqual([]);
    const counts = validation.applications.map(({ application, cluster, result }) => [
      application,
      cluster,
      result.type === 'rendered' ? result.objects : result,
    ]);
    expect(counts).toEqual([
      ['argocd/guestbook-dev', 'dev', 3],
      ['argocd/guestbook-prod', 'prod', 3],
      ['argocd/guestbook-staging', 'staging', 3],
      ['argocd/payments-dev', 'dev', 5],
      ['argocd/payments-prod', 'prod', 6],
      ['argocd/payments-staging', 'staging', 5],
      ['argocd/storefront-dev', 'dev', 6],
      ['argocd/storefront-prod', 'prod', 10],
      ['argocd/storefront-staging', 'staging', 8],
    ]);
  }, 60_000);
});

describe('validateDirectory', () => {
  it("shows a refusal before and after rendering, and a source that can't be rendered", async () => {
    const dir = await exampleWith({
      'applications/dev/guestbook.yaml': (text) =>
        text.replace('namespace: guestbook', 'namespace: kube-system'),
      'fleet/projects/platform.yaml': (text) => text.replace('kind: Service }', 'kind: Services }'),
      'apps/guestbook/staging/service.yaml': (text) => `${text}  broken: [\n`,
    });
    expect(await resultOf(dir, 'guestbook-dev')).toMatchObject({
      type: 'refused',
      gate: {
        reason: "project shop doesn't allow namespace kube-system on cluster dev",
        location: { file: 'fleet/projects/shop.yaml', line: 10 },
      },
    });
    expect(await resultOf(dir, 'payments-prod')).toMatchObject({
      type: 'refused',
      gate: {
        reason: expect.stringContaining("doesn't allow the kind Service (namespaceResourceWhitelist)"),
      },
    });
    expect(await resultOf(dir, 'guestbook-staging')).toMatchObject({
      type: 'problems',
      problems: [{ location: { file: 'apps/guestbook/staging/service.yaml' } }],
    });
    expect(await resultOf(dir, 'guestbook-prod')).toMatchObject({ type: 'rendered' });
  }, 60_000);

  it('renders what the directory holds of the repository, and leaves other repositories alone', async () => {
    const dir = await exampleWith({});
    const other = await validateDirectory({ dir, repoURL: 'https://elsewhere.example.com/x.git', render });
    expect(new Set(other.applications.map(({ result }) => result.type))).toEqual(new Set(['not-checked']));
    const byPath = await validateDirectory({ dir, render });
    expect(new Set(byPath.applications.map(({ result }) => result.type))).toEqual(new Set(['rendered']));
    execFileSync('git', ['init', '-q', dir]);
    execFileSync('git', ['-C', dir, 'remote', 'add', 'origin', 'git@elsewhere.example.com:x.git']);
    const byOrigin = await validateDirectory({ dir, render });
    expect(new Set(byOrigin.applications.map(({ result }) => result.type))).toEqual(new Set(['not-checked']));
  }, 60_000);

  it('renders a chart with charts of the directory that it is made of, and leaves those of repositories alone', async () => {
    const isMadeOf = (repository: string) => (text: string) =>
      `${text}dependencies: [{ name: common, version: 0.x, repository: '${repository}' }]\n`;
    const dir = await exampleWith({
      'charts/storefront/Chart.yaml': isMadeOf('file://../common'),
      'applications/dev/storefront.yaml': (text) =>
        text
          .replace('path: charts/storefront', 'chart: web')
          .replace(/targetRevision: .*/, 'targetRevision: 1.x'),
    });
    await mkdir(join(dir, 'charts/common/templates'), { recursive: true });
    await writeFile(join(dir, 'charts/common/Chart.yaml'), 'apiVersion: v2\nname: common\nversion: 0.1.0\n');
    expect(await resultOf(dir, 'storefront-dev')).toEqual({ type: 'not-checked', repoURL });
    expect(await resultOf(dir, 'storefront-prod')).toMatchObject({ type: 'rendered' });
    const charts = 'https://charts.example.com';
    const other = await exampleWith({ 'charts/storefront/Chart.yaml': isMadeOf(charts) });
    expect(await resultOf(other, 'storefront-prod')).toEqual({ type: 'not-checked', repoURL: charts });
  }, 60_000);

  it('judges a pull request by the rules of its base', async () => {
    const kubeSystem = (text: string) => text.replace('namespace: guestbook', 'namespace: kube-system');
    const dir = await exampleWith({
      'applications/dev/guestbook.yaml': kubeSystem,
      'fleet/projects/shop.yaml': kubeSystem,
    });
    const guestbook = async (baseDir?: string) => {
      const base = baseDir === undefined ? {} : { baseDir };
      const { applications } = await validateDirectory({ dir, repoURL, render, ...base });
      return applications.find(({ application }) => application === 'argocd/guestbook-dev')?.result.type;
    };
    expect(await guestbook()).toBe('rendered');
    expect(await guestbook(examples)).toBe('refused');
  }, 60_000);

  it("says that a directory isn't there", async () => {
    await expect(validateDirectory({ dir: join(root, 'nowhere'), render })).rejects.toThrow(AppError);
  });
});

describe('readDirectory', () => {
  it('gives the object ids that Git gives', async () => {
    const dir = await mkdtemp(join(root, 'tree-'));
    const files = { 'a.txt': 'a\n', 'a/b.txt': 'b\n', a0: '', 'ä/c.txt': 'ü', 'node_modules/x.js': 'x' };
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(dir, path)), { recursive: true });
      await writeFile(join(dir, path), text, { mode: path === 'a0' ? 0o755 : 0o644 });
    }
    await mkdir(join(dir, 'empty'));
    await symlink('a.txt', join(dir, 'link'));
    const git = (...args: readonly string[]) =>
      execFileSync('git', ['-C', dir, ...args], { encoding: 'utf8' });
    git('init', '-q');
    git('add', '--', 'a.txt', 'a', 'a0', 'ä', 'link');
    const { tree, read } = await readDirectory(dir);
    expect(tree.get('')?.oid).toBe(git('write-tree').trim());
    expect(tree.get('a0')?.type).toBe('executable');
    const link = tree.get('link');
    expect(link?.type).toBe('symlink');
    const contents = await read([link?.oid ?? '']);
    expect(new TextDecoder().decode(contents.get(link?.oid ?? ''))).toBe('a.txt');
    expect([...tree.keys()].filter((path) => path.startsWith('node_modules') || path === 'empty')).toEqual(
      [],
    );
  });
});
