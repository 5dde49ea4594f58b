import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ReadFiles, readFleetFiles } from '../../hub/fleet-files.ts';
import type { SourceTree } from '../../hub/ports.ts';
import { applicationText } from '../support/fleet-texts.ts';
import { type SourceFile, sourceTreeOf } from '../support/source-tree.ts';

const fleet = { url: 'https://git.example.com/fleet.git', branch: 'main', path: '', protectedPath: 'fleet' };
const web = applicationText('web', { repoURL: fleet.url });

async function expectHeld(after: SourceTree): Promise<void> {
  const first = await readFleetFiles(fleet, sourceTreeOf({ 'applications/prod/web.yaml': web }), {
    files: new Map(),
  });
  for (let previous: ReadFiles = first, pass = 0; pass < 2; pass += 1) {
    const read = await readFleetFiles(fleet, after, previous);
    expect(read.removed).toEqual([]);
    expect(read.files.get('applications/prod/web.yaml')).toMatchObject({
      stale: true,
      documents: [{ name: 'web' }],
    });
    previous = read;
  }
}

test.for<readonly [string, Record<string, SourceFile>]>([
  ['its folder', { 'applications/prod': { symlink: '../elsewhere' } }],
  ['a folder above', { applications: { symlink: 'elsewhere' } }],
])('a link in place of %s holds what stood there', ([, files]) => expectHeld(sourceTreeOf(files)));

test('a submodule in place of its folder holds what stood there', async () => {
  const source = sourceTreeOf({ 'README.md': 'x' });
  const tree = new Map(source.tree).set('applications', { type: 'submodule', oid: '1'.repeat(40) });
  await expectHeld({ ...source, tree });
});

test('a folder that is gone takes its documents with it', async () => {
  const before = await readFleetFiles(fleet, sourceTreeOf({ 'applications/web.yaml': web }), {
    files: new Map(),
  });
  const after = await readFleetFiles(fleet, sourceTreeOf({ 'README.md': 'x' }), before);
  expect(after.removed).toEqual(['applications/web.yaml']);
});

const content = fc.constantFrom<SourceFile>(web, `${web}# 2`, 'a: 1', '{', '', { symlink: 'elsewhere' });
const path = fc.constantFrom(
  ...[
    'web.yaml',
    'applications/web.yaml',
    'applications/prod/web.yaml',
    'applications/prod/db.yml',
    'notes.txt',
  ],
  ...[
    'applications',
    'applications/prod',
    'Chart.yaml',
    'applications/Chart.yaml',
    'other/Chart.yaml',
    'other/web.yaml',
  ],
);
const commits = fc.array(fc.dictionary(path, content, { noNullPrototype: true }), {
  minLength: 2,
  maxLength: 6,
});

test('what is read by the difference of two trees is what is read by looking at every path', async () => {
  await fc.assert(
    fc.asyncProperty(commits, async (versions) => {
      let known: ReadFiles = { files: new Map() };
      for (const files of versions) {
        const source = sourceTreeOf({ ...withoutHidden(files), 'README.md': 'x' });
        const byDifference = await readFleetFiles(fleet, source, known);
        const byAll = await readFleetFiles(fleet, source, { files: known.files });
        expect(new Map([...byDifference.files].sort())).toEqual(new Map([...byAll.files].sort()));
        expect(byDifference.changed.map((file) => file.path)).toEqual(byAll.changed.map((file) => file.path));
        expect(byDifference.removed.toSorted()).toEqual(byAll.removed.toSorted());
        known = byDifference;
      }
    }),
    { numRuns: 300 },
  );
});

/** No tree has a file below a file. */
function withoutHidden(files: Readonly<Record<string, SourceFile>>): Record<string, SourceFile> {
  const paths = Object.keys(files);
  return Object.fromEntries(
    Object.entries(files).filter(([name]) => !paths.some((other) => name.startsWith(`${other}/`))),
  );
}

test('a commit that touches one of many files reads that one', async () => {
  const files = Object.fromEntries(
    Array.from({ length: 50 }, (_, index) => [`applications/a${index}.yaml`, `${web}# ${index}`]),
  );
  const before = await readFleetFiles(fleet, sourceTreeOf(files), { files: new Map() });
  const source = sourceTreeOf({ ...files, 'applications/a7.yaml': `${web}# changed` });
  const { changed } = await readFleetFiles(fleet, source, before);
  expect(changed.map((file) => file.path)).toEqual(['applications/a7.yaml']);
  expect(source.reads()).toBe(1);
});
