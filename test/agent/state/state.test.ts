import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type AgentState, openState } from '../../../agent/state/open-state.ts';
import { type Digest, keyedDigest } from '../../../core/digest.ts';
import { temporaryFolder } from '../../session/live-pair.ts';

const digestKey = new Uint8Array(32).fill(3);
const epoch = { counter: 1, nonce: 'n' };

async function folder(): Promise<string> {
  return temporaryFolder((work) => onTestFinished(work));
}

/** Contents by digest, and the entries that name them: application i has the content `tag i`. */
function make(count: number, tag: string): { entries: Map<string, Digest>; blobs: Map<Digest, Uint8Array> } {
  const entries = new Map<string, Digest>();
  const blobs = new Map<Digest, Uint8Array>();
  for (let index = 0; index < count; index += 1) {
    const bytes = new TextEncoder().encode(`${tag} ${index} `.repeat(50));
    const digest = keyedDigest(digestKey, bytes);
    entries.set(`app-${index}`, digest);
    blobs.set(digest, bytes);
  }
  return { entries, blobs };
}

async function save(
  state: AgentState,
  generation: number,
  entries: Map<string, Digest>,
  blobs: Map<Digest, Uint8Array>,
): Promise<void> {
  await state.saveDesired({ epoch, digestKey, head: { generation, entries } }, blobs);
}

async function reopen(state: AgentState, dir: string): Promise<AgentState> {
  await state.close();
  const again = await openState({ dir });
  onTestFinished(() => again.close());
  return again;
}

test('what was stored is there after a restart, whole', async () => {
  const dir = await folder();
  const { entries, blobs } = make(50, 'one');
  const state = await openState({ dir });
  await save(state, 1, entries, blobs);
  const again = await reopen(state, dir);
  expect(await again.readDesired()).toEqual({ epoch, digestKey, head: { generation: 1, entries } });
  const read = await again.readBlobs([...blobs.keys()]);
  expect(new Map([...read].map(([digest, bytes]) => [digest, Buffer.from(bytes).toString()]))).toEqual(
    new Map([...blobs].map(([digest, bytes]) => [digest, Buffer.from(bytes).toString()])),
  );
});

test('nothing on the disk shows a content, and the key is for this user only', async () => {
  const dir = await folder();
  const { entries, blobs } = make(3, 'hunter2');
  const state = await openState({ dir });
  onTestFinished(() => state.close());
  await save(state, 1, entries, blobs);
  await state.saveDocument('synced', { password: 'hunter2' });
  for (const file of await readdir(dir, { recursive: true })) {
    const path = join(dir, file);
    if (!(await stat(path)).isFile()) continue;
    expect((await readFile(path)).includes('hunter2')).toBe(false);
    expect((await stat(path)).mode & 0o077).toBe(0);
  }
});

test('a damaged content is left out and the others are read', async () => {
  const dir = await folder();
  const { entries, blobs } = make(3, 'one');
  const state = await openState({ dir });
  await save(state, 1, entries, blobs);
  const [pack = ''] = await readdir(join(dir, 'packs'));
  const bytes = await readFile(join(dir, 'packs', pack));
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  await writeFile(join(dir, 'packs', pack), bytes);
  const again = await reopen(state, dir);
  expect((await again.readBlobs([...blobs.keys()])).size).toBe(2);
  // What the hub sends again replaces it.
  await save(again, 1, entries, blobs);
  expect((await again.readBlobs([...blobs.keys()])).size).toBe(3);
});

test('many small changes keep few files and little more than what is in force', async () => {
  const dir = await folder();
  const { entries, blobs } = make(100, 'first');
  const state = await openState({ dir });
  onTestFinished(() => state.close());
  await save(state, 1, entries, blobs);
  for (let generation = 2; generation <= 150; generation += 1) {
    const changed = make(1, `generation ${generation}`);
    entries.set(`app-${generation % 100}`, [...changed.blobs.keys()][0] ?? '');
    for (const [digest, bytes] of changed.blobs) blobs.set(digest, bytes);
    await save(state, generation, entries, changed.blobs);
  }
  const packs = await readdir(join(dir, 'packs'));
  expect(packs.length).toBeLessThanOrEqual(33);
  const sizes = await Promise.all(packs.map(async (pack) => (await stat(join(dir, 'packs', pack))).size));
  const living = [...new Set(entries.values())].reduce(
    (sum, digest) => sum + (blobs.get(digest)?.length ?? 0) + 28,
    0,
  );
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(2.1 * living);
  expect((await state.readBlobs([...entries.values()])).size).toBe(new Set(entries.values()).size);
});

test('a write that a crash cut short changes nothing', async () => {
  const dir = await folder();
  const { entries, blobs } = make(2, 'one');
  const state = await openState({ dir });
  await save(state, 1, entries, blobs);
  // A pack without a head that names it, and half of a head: what a crash leaves.
  await writeFile(join(dir, 'packs', '9.pack'), 'half');
  await writeFile(join(dir, 'desired.new'), 'half');
  const again = await reopen(state, dir);
  expect((await again.readDesired())?.head.generation).toBe(1);
  expect(await readdir(join(dir, 'packs'))).toEqual(['1.pack']);
});

test('a damaged head is an error with its file and what to do, and deletes nothing', async () => {
  const dir = await folder();
  const { entries, blobs } = make(2, 'one');
  const state = await openState({ dir });
  await save(state, 1, entries, blobs);
  await state.close();
  await writeFile(join(dir, 'desired'), 'rubbish');
  await expect(openState({ dir })).rejects.toMatchObject({ code: 'invalid', subject: join(dir, 'desired') });
  expect(await readdir(join(dir, 'packs'))).toHaveLength(1);
});

test('two agents do not share a folder, and the lock of a dead one is taken over', async () => {
  const dir = await folder();
  const state = await openState({ dir });
  await expect(openState({ dir })).rejects.toMatchObject({ code: 'conflict' });
  await state.close();
  await writeFile(join(dir, 'lock'), '999999999 1');
  const again = await openState({ dir });
  await again.close();
  // A living process with this number, but not the one that took the lock: numbers are used again.
  await writeFile(join(dir, 'lock'), `${process.ppid} 1`);
  await (await openState({ dir })).close();
});

test('documents are kept by any name', async () => {
  const dir = await folder();
  const state = await openState({ dir });
  expect(await state.readDocument('a/b')).toBeUndefined();
  await Promise.all([state.saveDocument('a/b', { n: 1 }), state.saveDocument('a/b', { n: 2n ** 60n })]);
  const again = await reopen(state, dir);
  expect(await again.readDocument('a/b')).toEqual({ n: 2n ** 60n });
});
