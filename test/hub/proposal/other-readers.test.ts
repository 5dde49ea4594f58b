import { expect, test } from 'vitest';
import type { RenderPort, TreeEntry } from '../../../hub/ports.ts';
import { openOtherReaders } from '../../../hub/proposal/other-readers.ts';
import type { Workspace } from '../../../hub/proposal/workspaces.ts';
import type { Refusal } from '../../../hub/resolve/assignment.ts';

const url = 'https://git.example.com/apps.git';
const commit = { id: 'c'.repeat(40), author: 'Ada', committedAt: '2026-11-03T14:00:00Z', subject: 'c' };

/** As many overlays of one base as it says, and how often their kustomizations were looked for. */
function workspaceOf(overlays: number): { readonly workspace: Workspace; looks(): number } {
  let looks = 0;
  class Counted extends Map<string, TreeEntry> {
    override has(path: string): boolean {
      looks += 1;
      return super.has(path);
    }
  }
  const tree = new Counted();
  for (let index = 0; index < overlays; index += 1) {
    tree.set(`overlay-${index}/kustomization.yaml`, { type: 'blob', oid: 'a' });
  }
  const source = { tree, read: async () => new Map() };
  return { workspace: { url, subject: url, branch: 'main', commit, source }, looks: () => looks };
}

function reader(path: string, targetRevision = 'main'): Refusal {
  return {
    application: `argocd/${path}`,
    name: path,
    project: 'platform',
    namespace: 'team-a',
    sources: [
      { type: 'git', field: 'spec.source', repoURL: url, targetRevision, path, tool: { type: 'detect' } },
    ],
    gate: { kind: 'refusal', reason: 'of the test', remedy: '' },
    document: { location: { file: 'apps.yaml', line: 1 }, fieldLines: new Map() },
  };
}

const render: Pick<RenderPort, 'prepare'> = {
  async prepare({ path, source }) {
    const isOverlay = source.tree.get(`${path}/kustomization.yaml`) !== undefined;
    const files = isOverlay ? [`${path}/kustomization.yaml`, 'base/web.yaml'] : [`${path}/web.yaml`];
    const rendered = { type: 'rendered', manifests: [] } as const;
    return {
      type: 'ready',
      tool: 'kustomize',
      key: path,
      reads: new Map(),
      files: () => files,
      render: async () => rendered,
    };
  },
};

test('tells who reads a file: by the renderer, by the folder, of this branch, the targets left out', async () => {
  const { workspace } = workspaceOf(3);
  const refusals = [
    ...[0, 1, 2].map((index) => reader(`overlay-${index}`)),
    ...[reader('plain'), reader('elsewhere', 'other')],
  ];
  const readers = openOtherReaders(
    render as RenderPort,
    { assignments: [], refusals },
    new Set(['argocd/overlay-1']),
  );
  expect(await readers(workspace, 'base/web.yaml')).toEqual(['argocd/overlay-0', 'argocd/overlay-2']);
  expect(await readers(workspace, 'plain/web.yaml')).toEqual(['argocd/plain']);
  expect(await readers(workspace, 'plain/notes.txt')).toEqual([]);
  expect(await readers(workspace, 'elsewhere/web.yaml')).toEqual([]);
});

test('any number of files costs one look at every application', async () => {
  const count = 50;
  const { workspace, looks } = workspaceOf(count);
  const refusals = Array.from({ length: count }, (_, index) => reader(`overlay-${index}`));
  const readers = openOtherReaders(render as RenderPort, { assignments: [], refusals }, new Set());
  expect(await readers(workspace, 'base/web.yaml')).toHaveLength(count);
  const first = looks();
  for (let index = 0; index < 20; index += 1) await readers(workspace, `charts/${index}.yaml`);
  expect(looks()).toBe(first);
});
