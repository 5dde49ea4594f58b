import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { digest } from '../../../core/digest.ts';
import type { Tree, TreeEntry } from '../../../hub/ports.ts';
import { findRestored, restoreTree, splitShared } from '../../../hub/promotion/plan-rollback.ts';

type Files = ReadonlyMap<string, string>;

/** Everything of a commit, as the Git port gives it. */
function treeOf(files: Files): Tree {
  const tree = new Map<string, TreeEntry>([['', { type: 'tree', oid: digest([...files].sort().join()) }]]);
  for (const [path, content] of files) {
    for (let end = path.indexOf('/'); end >= 0; end = path.indexOf('/', end + 1)) {
      const folder = path.slice(0, end);
      const below = [...files].filter(([each]) => each.startsWith(`${folder}/`)).sort();
      tree.set(folder, { type: 'tree', oid: digest(below.join()) });
    }
    const type = content.startsWith('#!') ? 'executable' : 'blob';
    tree.set(path, { type, oid: content });
  }
  return tree;
}

function filesOf(tree: Tree): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...tree]
      .filter(([, { type }]) => type !== 'tree')
      .map(([path, { type, oid }]) => [path, `${type} ${oid}`]),
  );
}

const names = ['web', 'web-two', 'shop', 'web/nested'] as const;
const shared = 'base/base.yaml';

/** A plain folder, and the base where the folder says so. */
function readsOf(name: string, files: Files): readonly string[] {
  const own = [...files.keys()].filter((path) => path.slice(0, path.lastIndexOf('/')) === name);
  const usesBase = own.some((path) => path.endsWith('/uses-base'));
  return [...own, ...(usesBase && files.has(shared) ? [shared] : [])];
}

function rollBack(name: string, past: Files, now: Files): Tree {
  const [pastTree, nowTree] = [treeOf(past), treeOf(now)];
  const facts = { readPast: readsOf(name, past), readNow: readsOf(name, now), folder: name };
  const restored = findRestored({ past: pastTree, now: nowTree, ...facts });
  const readers = new Map(
    [...restored.keys()].map((path) => [
      path,
      names.filter(
        (other) =>
          other !== name && (readsOf(other, now).includes(path) || readsOf(other, past).includes(path)),
      ),
    ]),
  );
  return restoreTree(nowTree, splitShared(restored, readers).own);
}

const path = fc.oneof(
  fc.constant(shared),
  fc.constant('README.md'),
  fc
    .tuple(fc.constantFrom(...names), fc.constantFrom('a.yaml', 'b.yaml', 'run.sh', 'uses-base'))
    .map(([name, file]) => `${name}/${file}`),
);
const change = fc.tuple(path, fc.option(fc.constantFrom('1', '2', '3', '#!x'), { nil: undefined }));
const commits = fc.array(fc.array(change, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 12 });

test('any application, back to any commit of any course: its files are as they were, and nothing else is touched', () => {
  fc.assert(
    fc.property(commits, fc.nat(), fc.constantFrom(...names), (course, at, name) => {
      const states: Map<string, string>[] = [new Map()];
      for (const changes of course) {
        const next = new Map(states.at(-1));
        for (const [file, content] of changes) {
          if (content === undefined) next.delete(file);
          else next.set(file, content);
        }
        states.push(next);
      }
      const [past, now] = [states[at % states.length] ?? new Map(), states.at(-1) ?? new Map()];
      const result = filesOf(rollBack(name, past, now));
      const [before, current] = [filesOf(treeOf(past)), filesOf(treeOf(now))];
      const isOwn = (file: string): boolean => file.slice(0, file.lastIndexOf('/')) === name;
      for (const file of new Set([...Object.keys(before), ...Object.keys(current), ...Object.keys(result)])) {
        if (isOwn(file)) expect(result[file], file).toBe(before[file]);
        else if (file !== shared) expect(result[file], file).toBe(current[file]);
        else expect([before[file], current[file]]).toContain(result[file]);
      }
    }),
    { numRuns: 500 },
  );
});

test('rolled back and forward again, all is as it was', () => {
  fc.assert(
    fc.property(commits, fc.constantFrom(...names), (course, name) => {
      const past = new Map<string, string>([
        ['web/a.yaml', '0'],
        [shared, '0'],
      ]);
      const now = new Map(past);
      for (const [file, content] of course.flat()) {
        if (content === undefined) now.delete(file);
        else now.set(file, content);
      }
      const back = rollBack(name, past, now);
      const files = new Map(
        [...back].filter(([, { type }]) => type !== 'tree').map(([p, { oid }]) => [p, oid]),
      );
      const own = (tree: Tree) =>
        Object.entries(filesOf(tree)).filter(([p]) => p.slice(0, p.lastIndexOf('/')) === name);
      expect(Object.fromEntries(own(rollBack(name, now, files)))).toEqual(
        Object.fromEntries(own(treeOf(now))),
      );
    }),
  );
});

test('a file whose kind alone has changed comes back', () => {
  const [past, now] = [{ type: 'executable', oid: '1' } as const, { type: 'blob', oid: '1' } as const];
  const reads = { readPast: ['web/run.sh'], readNow: ['web/run.sh'], folder: 'web' };
  const trees = { past: new Map([['web/run.sh', past]]), now: new Map([['web/run.sh', now]]) };
  expect(findRestored({ ...trees, ...reads })).toEqual(new Map([['web/run.sh', past]]));
});

describe('restoreTree', () => {
  const now = treeOf(
    new Map([
      ['web/a.yaml', '1'],
      ['web/deep/b.yaml', '1'],
      ['shop/c.yaml', '1'],
    ]),
  );

  test('gives changed folders ids of their own, and leaves the others theirs', () => {
    const tree = restoreTree(now, new Map([['web/a.yaml', { type: 'blob', oid: '2' }]]));
    expect(tree.get('web')?.oid).not.toBe(now.get('web')?.oid);
    expect(tree.get('')?.oid).not.toBe(now.get('')?.oid);
    expect(tree.get('web/deep')).toEqual(now.get('web/deep'));
    expect(tree.get('shop')).toEqual(now.get('shop'));
    const other = restoreTree(now, new Map([['web/a.yaml', { type: 'blob', oid: '3' }]]));
    expect(other.get('web')?.oid).not.toBe(tree.get('web')?.oid);
  });

  test('makes folders that come back and drops those that are empty', () => {
    const tree = restoreTree(
      now,
      new Map<string, TreeEntry | undefined>([
        ['web/deep/b.yaml', undefined],
        ['new/far/d.yaml', { type: 'blob', oid: '1' }],
      ]),
    );
    expect(tree.has('web/deep')).toBe(false);
    expect(tree.get('new')?.type).toBe('tree');
    expect(tree.get('new/far')?.type).toBe('tree');
  });
});

test('what other applications read as well stays, and is named with them', () => {
  const restored = new Map([
    ['web/a.yaml', { type: 'blob', oid: '1' } as const],
    [shared, { type: 'blob', oid: '1' } as const],
  ]);
  expect(splitShared(restored, new Map([[shared, ['argocd/shop']]]))).toEqual({
    own: new Map([['web/a.yaml', { type: 'blob', oid: '1' }]]),
    kept: [{ path: shared, applications: ['argocd/shop'] }],
  });
});
