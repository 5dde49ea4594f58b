import { expect, test } from 'vitest';
import { readFleetFiles } from '../../hub/fleet-files.ts';
import type { SourceTree } from '../../hub/ports.ts';
import { applicationText } from '../support/fleet-texts.ts';
import { type SourceFile, sourceTreeOf } from '../support/source-tree.ts';

const fleet = { url: 'https://git.example.com/fleet.git', branch: 'main', path: '', protectedPath: 'fleet' };
const web = applicationText('web', { repoURL: fleet.url });

async function expectHeld(after: SourceTree): Promise<void> {
  const { files } = await readFleetFiles(
    fleet,
    sourceTreeOf({ 'applications/prod/web.yaml': web }),
    new Map(),
  );
  for (let previous = files, pass = 0; pass < 2; pass += 1) {
    const read = await readFleetFiles(fleet, after, previous);
    expect(read.removed).toEqual([]);
    expect(read.files.get('applications/prod/web.yaml')).toMatchObject({
      stale: true,
      documents: [{ name: 'web' }],
    });
    previous = read.files;
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
  const before = await readFleetFiles(fleet, sourceTreeOf({ 'applications/web.yaml': web }), new Map());
  const after = await readFleetFiles(fleet, sourceTreeOf({ 'README.md': 'x' }), before.files);
  expect(after.removed).toEqual(['applications/web.yaml']);
});
