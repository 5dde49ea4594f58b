import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { FolderMirror } from '../../../agent/state/folder-mirror.ts';
import { MirrorQueue } from '../../../agent/state/mirror-queue.ts';
import { SecretVault } from '../../../agent/state/secret-vault.ts';
import { temporaryFolder } from '../../session/live-pair.ts';
import { type Between, MemoryCluster, noAnswer } from '../../support/memory-kube.ts';

async function openQueue(between?: Between) {
  const cluster = new MemoryCluster();
  const dir = await temporaryFolder((work) => onTestFinished(work));
  const open = (from: MemoryCluster, way?: Between) =>
    SecretVault.open({ kube: from.client(way), namespace: 'fairlead', name: 'state' });
  const mirror = await FolderMirror.restore(dir, await open(cluster, between));
  let turns = 0;
  const queue = new MirrorQueue({
    mirror,
    still: (task) => {
      turns += 1;
      return task();
    },
    outbox: () => undefined,
  });
  return {
    queue,
    cluster,
    turns: () => turns,
    write: async (name: string, content: string) => {
      await mkdir(join(dir, 'state'), { recursive: true });
      await writeFile(join(dir, name), content);
    },
    stored: async () =>
      new Map(
        [...(await (await open(cluster.copy())).readAll())].map(([name, bytes]) => [name, String(bytes)]),
      ),
  };
}

it('the first turn copies everything, whatever it was asked for: a file without its key is worth nothing', async () => {
  const { queue, write, stored } = await openQueue();
  await write('state/key', 'key');
  await write('state/synced', '1');
  await queue.copy(['state/synced']);
  expect(await stored()).toEqual(
    new Map([
      ['state/key', 'key'],
      ['state/synced', '1'],
    ]),
  );
});

it('files that are asked for are copied alone, the rest with the next whole turn', async () => {
  const { queue, write, stored } = await openQueue();
  await write('state/synced', '1');
  await write('state/baselines', '1');
  await queue.copyAll();
  await write('state/synced', 'two');
  await write('state/baselines', 'two');
  await queue.copy(['state/synced']);
  expect([...(await stored()).values()].sort()).toEqual(['1', 'two']);
  await queue.copyAll();
  expect([...(await stored()).values()]).toEqual(['two', 'two']);
});

it('whoever asks while a turn is under way shares the next: twenty cost two writes', async () => {
  const { queue, cluster, turns, write, stored } = await openQueue();
  await write('state/synced', 'first');
  await queue.copyAll();
  const before = { writes: cluster.writes.length, turns: turns() };
  await write('state/synced', 'second');
  const under = queue.copy(['state/synced']);
  // It has begun.
  await Promise.resolve();
  await Promise.resolve();
  await write('state/synced', 'the third');
  await Promise.all([under, ...Array.from({ length: 19 }, () => queue.copy(['state/synced']))]);
  expect(turns() - before.turns).toBeLessThanOrEqual(2);
  expect(cluster.writes.length - before.writes).toBeLessThanOrEqual(2);
  expect(await stored()).toEqual(new Map([['state/synced', 'the third']]));
});

it('a turn that fails is told to all who wait for it, and what it had is due again', async () => {
  let isDown = false;
  const { queue, write, stored } = await openQueue(async ({ send }) => (isDown ? noAnswer : send()));
  await write('state/synced', 'first');
  await queue.copyAll();
  isDown = true;
  await write('state/synced', 'second');
  const results = await Promise.allSettled([queue.copy(['state/synced']), queue.copyAll()]);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  isDown = false;
  await queue.copyAll();
  expect(await stored()).toEqual(new Map([['state/synced', 'second']]));
});
