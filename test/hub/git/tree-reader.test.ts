import { expect, test } from 'vitest';
import type { NamedEntry } from '../../../hub/git/git-objects.ts';
import { TreeReader } from '../../../hub/git/tree-reader.ts';

const file = (name: string, oid: string): NamedEntry => ({ name, oid, type: 'blob' });
const folder = (name: string, oid: string): NamedEntry => ({ name, oid, type: 'tree' });

const objects: Readonly<Record<string, readonly NamedEntry[]>> = {
  root1: [folder('apps', 'apps1'), folder('docs', 'docs1')],
  root2: [folder('apps', 'apps2'), folder('docs', 'docs1')],
  apps1: [folder('a', 'a1'), folder('b', 'b1')],
  apps2: [folder('a', 'a2'), folder('b', 'b1')],
  a1: [file('x', 'x1')],
  a2: [file('x', 'x2')],
  b1: [file('x', 'x1')],
  docs1: [],
};

function counting() {
  const loaded: string[] = [];
  const load = async (oids: readonly string[]) => {
    loaded.push(...oids);
    return new Map(oids.map((oid) => [oid, objects[oid] ?? []]));
  };
  return { loaded, load };
}

test('a second tree costs only the folders that changed', async () => {
  const reader = new TreeReader();
  const first = counting();
  const before = await reader.read('root1', first.load);
  expect(first.loaded.sort()).toEqual(['a1', 'apps1', 'b1', 'docs1', 'root1']);
  const second = counting();
  const after = await reader.read('root2', second.load);
  expect(second.loaded.sort()).toEqual(['a2', 'apps2', 'root2']);
  expect(before.get('apps/a/x')?.oid).toBe('x1');
  expect(after.get('apps/a/x')?.oid).toBe('x2');
  expect([...after.keys()]).toEqual(['', 'apps', 'apps/a', 'apps/a/x', 'apps/b', 'apps/b/x', 'docs']);
});

test('the same tree is the same object, read once', async () => {
  const reader = new TreeReader();
  const { load, loaded } = counting();
  expect(await reader.read('root1', load)).toBe(await reader.read('root1', load));
  expect(loaded).toHaveLength(5);
});
