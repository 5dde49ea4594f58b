import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rewriteTree } from '../../../hub/git/rewrite-tree.ts';
import { createGitRepo, type GitRepo, gitEnvironment } from '../../support/git-repo.ts';

let dir: string;
let repo: GitRepo;
let loads = 0;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fairlead-tree-'));
  repo = await createGitRepo(dir, 'a.git');
});

afterAll(() => rm(dir, { recursive: true, force: true }));

async function load(oid: string): Promise<Uint8Array> {
  loads += 1;
  return execFileSync('git', ['cat-file', 'tree', oid], { cwd: repo.dir, env: gitEnvironment() });
}

const segment = fc.constantFrom('a', 'a-', 'a.b', 'b', 'ä', 'z');
const file = fc.constantFrom('x.yaml', 'y', 'a.yaml');
const path = fc
  .tuple(fc.array(segment, { maxLength: 3 }), file)
  .map(([folders, name]) => [...folders, name].join('/'));
const content = fc.constantFrom('1\n', '2\n', '');
const files = fc.dictionary(path, content, { minKeys: 1, maxKeys: 12 });
const changes = fc.dictionary(path, fc.option(content, { nil: null }), { minKeys: 1, maxKeys: 6 });

test('any change of any tree gives the tree that Git itself makes', async () => {
  let number = 0;
  await fc.assert(
    fc.asyncProperty(files, changes, async (before, change) => {
      number += 1;
      const branch = `run-${number}`;
      await repo.commit(before, { branch });
      const root = await repo.head(`${branch}^{tree}`);
      const encoder = new TextEncoder();
      const wanted = new Map(
        Object.entries(change).map(([each, text]) => [
          each,
          text === null ? undefined : encoder.encode(text),
        ]),
      );
      const { oid } = await rewriteTree(root, { changes: wanted }, load);
      await repo.commit(change, { branch });
      expect(oid).toBe(await repo.head(`${branch}^{tree}`));
    }),
    { numRuns: 25 },
  );
});

test('only the trees on the way to a change are read and made', async () => {
  const many = Object.fromEntries(
    Array.from({ length: 400 }, (_, index) => [`f${index % 20}/g${index}/x.yaml`, `${index}\n`]),
  );
  await repo.commit(many, { branch: 'many' });
  loads = 0;
  const wanted = new Map([['f3/g3/x.yaml', new TextEncoder().encode('new\n')]]);
  const { objects } = await rewriteTree(await repo.head('many^{tree}'), { changes: wanted }, load);
  expect(loads).toBe(3);
  expect(objects.map(({ type }) => type).sort()).toEqual(['blob', 'tree', 'tree', 'tree']);
});
