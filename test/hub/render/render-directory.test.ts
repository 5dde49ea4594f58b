import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { formatProblem } from '../../../core/problem.ts';
import type { RenderPort, RenderRequest, RenderResult } from '../../../hub/ports.ts';
import { openRender } from '../../../hub/render/open-render.ts';
import { recordLog } from '../../support/record-log.ts';
import { renderNow, renderRequest } from '../../support/render-request.ts';
import { type SourceFile, sourceTreeOf } from '../../support/source-tree.ts';

let dir: string;
let port: RenderPort;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fairlead-render-'));
  port = await openRender({
    helm: undefined,
    kustomize: undefined,
    tmpDir: dir,
    log: recordLog(),
    maxOutputBytes: 100_000,
  });
});

afterAll(() => rm(dir, { recursive: true, force: true }));

const configMap = (name: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n`;

function render(
  files: Record<string, SourceFile>,
  change: Partial<RenderRequest> = {},
): Promise<RenderResult> {
  return renderNow(port, renderRequest(sourceTreeOf(files), change));
}

function places(result: RenderResult): readonly string[] {
  if (result.type === 'problems') return result.problems.map(formatProblem);
  return result.manifests.map(
    ({ object, origin }) => `${origin.file}:${origin.line} ${object.kind} ${object.metadata.name}`,
  );
}

test('YAML and JSON files of the folder are read, not those of its subfolders', async () => {
  const result = await render({
    'app/a.yaml': `${configMap('one')}---\n# nothing\n---\n${configMap('two')}`,
    'app/b.yml': `\ufeff${configMap('three').replaceAll('\n', '\r\n')}`,
    'app/c.json': '{"apiVersion":"v1",\n\t"kind":"ConfigMap","metadata":{"name":"four"},"data":{"n":"1"}}',
    'app/notes.txt': 'no manifest',
    'app/sub/d.yaml': configMap('five'),
    'other.yaml': configMap('six'),
  });
  expect(places(result)).toEqual([
    'app/a.yaml:1 ConfigMap one',
    'app/a.yaml:8 ConfigMap two',
    'app/b.yml:1 ConfigMap three',
    'app/c.json:1 ConfigMap four',
  ]);
});

test('recursion, include and exclude choose files as Argo CD does', async () => {
  const files = Object.fromEntries(
    ['a.yaml', 'b.yaml', 'sub/a.yaml', 'sub/c.json'].map((name) => [`app/${name}`, configMap('x')]),
  );
  const chosen = async (tool: object): Promise<readonly string[]> => {
    const result = await render(files, { tool: { type: 'directory', recurse: true, ...tool } });
    return places(result).map((place) => place.split(':')[0]?.slice(4) ?? '');
  };
  expect(await chosen({})).toEqual(['a.yaml', 'b.yaml', 'sub/a.yaml', 'sub/c.json']);
  expect(await chosen({ include: '{a.yaml,sub/c.json}' })).toEqual(['a.yaml', 'sub/c.json']);
  expect(await chosen({ include: '*a.yaml' })).toEqual(['a.yaml', 'sub/a.yaml']);
  expect(await chosen({ exclude: 'sub/*' })).toEqual(['a.yaml', 'b.yaml']);
  const malformed = await render(files, { tool: { type: 'directory', recurse: true, include: '{a.yaml' } });
  expect(places(malformed)[0]).toContain('{a.yaml is not a pattern');
});

test('row 44: lists are expanded, lists in lists too, and typed lists lend their kind', async () => {
  const result = await render({
    'app/list.yaml': `apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Secret
  metadata: {name: one}
- apiVersion: v1
  kind: ConfigMapList
  items:
  - metadata: {name: two}
`,
  });
  expect(places(result)).toEqual(['app/list.yaml:4 Secret one', 'app/list.yaml:10 ConfigMap two']);
  expect(result.type === 'rendered' && result.manifests[1]?.object.apiVersion).toBe('v1');
});

test.each([
  ['a: [1\nb: 2\n', 'app/a.yaml:1: this YAML'],
  [`${configMap('x')}kind: Secret\n`, "app/a.yaml:5: this YAML can't be read: key kind stands here twice"],
  ['kind: ConfigMap\nmetadata: {name: x}\n', 'app/a.yaml:1: x has no apiVersion'],
  ['apiVersion: v1\nmetadata: {name: x}\n', 'app/a.yaml:1: x has no kind'],
  ['apiVersion: v1\nkind: Secret\n', 'app/a.yaml:1: this Secret has no metadata'],
  [
    'apiVersion: v1\nkind: Secret\nmetadata:\n  labels: {}\n',
    'app/a.yaml:3: this Secret has no metadata.name',
  ],
  ['apiVersion: v1\nkind: Pod\nmetadata:\n  generateName: x-\n', 'app/a.yaml:4: this Pod has generateName'],
  ['apiVersion: v1\nkind: Pod\nmetadata:\n  name: 123\n', 'app/a.yaml:4: metadata.name of this Pod is 123'],
  [
    'apiVersion: v1\nkind: Pod\nmetadata:\n  name: x\n  labels:\n    a: b\n    on: yes\n',
    'app/a.yaml:7: metadata.labels.true of Pod x is not a text',
  ],
  ['- just\n- a list\n', 'app/a.yaml:1: this document is not a mapping'],
  ['plain text\n', 'app/a.yaml:1: this document is not a mapping'],
])('a bad file is a problem with its place: %j', async (text, expected) => {
  const result = await render({ 'app/a.yaml': text, 'app/b.yaml': configMap('good') });
  expect(result.type).toBe('problems');
  expect(places(result)[0]).toContain(expected);
});

test('files that are no manifests are passed over, but not one that lost a line, and not all of them', async () => {
  const notes = { 'app/mkdocs.yml': 'site_name: shop\nnav: [a.md]\n' };
  expect(places(await render({ ...notes, 'app/a.yaml': configMap('x') }))).toEqual([
    'app/a.yaml:1 ConfigMap x',
  ]);
  for (const line of ['kind: ConfigMap\n', 'apiVersion: v1\n', 'metadata:\n  name: x\n']) {
    const cut = { 'app/a.yaml': configMap('x').replace(line, ''), 'app/b.yaml': configMap('y') };
    expect((await render(cut)).type).toBe('problems');
  }
  expect(places(await render(notes))).toEqual([
    expect.stringContaining('app/mkdocs.yml:1: this document has no apiVersion'),
  ]);
  expect((await render({ 'app/a.json': '{"a": 1}', 'app/b.yaml': configMap('y') })).type).toBe('problems');
});

test('a hook may have a generated name', async () => {
  const text =
    'apiVersion: batch/v1\nkind: Job\nmetadata:\n  generateName: x-\n  annotations: {argocd.argoproj.io/hook: PreSync}\n';
  expect((await render({ 'app/a.yaml': text })).type).toBe('rendered');
});

test('large integers, quoted texts and YAML 1.1 booleans keep their meaning', async () => {
  const result = await render({
    'app/a.yaml': `${configMap('x')}data:\n  quoted: "0777"\nother: [0777, yes, 12345678901234567890, 2026-01-02]\n`,
  });
  expect(result.type === 'rendered' && result.manifests[0]?.object).toMatchObject({
    data: { quoted: '0777' },
    other: [511, true, 12345678901234567890n, '2026-01-02'],
  });
});

test('a link to a file is read; one that leaves the repository is a problem', async () => {
  const inside = await render({
    'app/a.yaml': { symlink: '../shared/base.yaml' },
    'shared/base.yaml': configMap('x'),
  });
  expect(places(inside)).toEqual(['app/a.yaml:1 ConfigMap x']);
  for (const symlink of ['/etc/passwd', '../../etc/passwd', 'a.yaml', 'gone.yaml']) {
    expect((await render({ 'app/a.yaml': { symlink } })).type).toBe('problems');
  }
});

test('a path that is not there says what is; an empty one is a problem too', async () => {
  const files = {
    'apps/payments/a.yaml': configMap('x'),
    'apps/orders/a.yaml': configMap('y'),
    'docs/README.md': 'x',
  };
  expect(places(await render(files, { path: 'apps/payment' }))).toEqual([
    'apps/web.yaml:9: the repository has no folder apps/payment at this revision (spec.source.path). There are apps/payments, apps/orders',
  ]);
  expect(places(await render(files, { path: 'apps/payments/a.yaml' }))[0]).toContain('is a file');
  expect(places(await render(files, { path: 'docs' }))[0]).toMatch(/^apps\/web.yaml:9: docs holds no YAML/);
});

test('limits and odd files are problems: too large, not UTF-8, Jsonnet', async () => {
  expect(places(await render({ 'app/a.yaml': `${configMap('x')}# ${'x'.repeat(100_000)}` }))[0]).toContain(
    'larger than 100000 bytes',
  );
  expect(places(await render({ 'app/a.yaml': Uint8Array.of(0xff, 0xfe, 0x41) }))[0]).toContain(
    'app/a.yaml: this file is not UTF-8',
  );
  expect(places(await render({ 'app/a.jsonnet': '{}' }))[0]).toContain('app/a.jsonnet: Jsonnet');
  expect(
    places(
      await render({ 'app/a.yaml': '# +argocd:skip-file-rendering\n:::', 'app/b.yaml': configMap('x') }),
    ),
  ).toEqual(['app/b.yaml:1 ConfigMap x']);
});

test('an unreadable source is a problem, not an exception', async () => {
  const source = sourceTreeOf({ 'app/a.yaml': configMap('x') });
  const broken = { tree: source.tree, read: () => Promise.reject(new Error('the disk is gone')) };
  expect(places(await renderNow(port, renderRequest(broken)))[0]).toContain('the disk is gone');
});

test('a kustomization or a chart without its tool is a problem with a remedy', async () => {
  expect(places(await render({ 'app/kustomization.yaml': 'resources: []\n' }))[0]).toContain(
    'Install kustomize',
  );
  expect(places(await render({ 'app/Chart.yaml': 'name: x\n', 'app/kustomization.yaml': '' }))[0]).toContain(
    'Install helm',
  );
});

test('law: the key follows the chosen files, and nothing else', async () => {
  const name = fc.constantFrom(
    'app/a.yaml',
    'app/b.yaml',
    'app/c.txt',
    'app/sub/d.yaml',
    'other/e.yaml',
    'README.md',
  );
  const files = fc.dictionary(name, fc.constantFrom(configMap('x'), configMap('y')), {
    noNullPrototype: true,
  });
  await fc.assert(
    fc.asyncProperty(
      files,
      name,
      fc.constantFrom(configMap('x'), configMap('z')),
      async (rest, changed, content) => {
        const before = { ...rest, 'app/a.yaml': configMap('x') };
        const after: Record<string, string> = { ...before, [changed]: content };
        const keyOf = async (tree: Record<string, string>): Promise<string> => {
          const prepared = await port.prepare(renderRequest(sourceTreeOf(tree)));
          return prepared.type === 'ready' ? prepared.key : 'problem';
        };
        const isChosen = changed === 'app/a.yaml' || changed === 'app/b.yaml';
        const isEqual = before[changed as keyof typeof before] === content || !isChosen;
        expect((await keyOf(before)) === (await keyOf(after))).toBe(isEqual);
      },
    ),
    { numRuns: 60 },
  );
});
