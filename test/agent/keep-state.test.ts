import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openStateKeeper } from '../../agent/keep-state.ts';
import type { KubePort } from '../../agent/ports.ts';
import { openOutbox } from '../../agent/report/open-outbox.ts';
import { FolderMirror } from '../../agent/state/folder-mirror.ts';
import { openState } from '../../agent/state/open-state.ts';
import { SecretVault } from '../../agent/state/secret-vault.ts';
import { temporaryFolder } from '../session/live-pair.ts';
import { type Between, MemoryCluster, noAnswer } from '../support/memory-kube.ts';
import { recordLog } from '../support/record-log.ts';

const namespace = 'fairlead';

/** An agent's state in Secrets of this cluster. */
async function keep(cluster: MemoryCluster, between?: Between, folderThere?: string) {
  const stateDir = folderThere ?? (await temporaryFolder((work) => onTestFinished(work)));
  const kube = cluster.client(between) as KubePort;
  const problems: (string | undefined)[] = [];
  const keeper = await openStateKeeper(
    { stateDir, stateIn: 'secret', carryOver: 'none', namespace },
    { kube, log: recordLog() },
  );
  const dir = join(stateDir, 'state');
  const folder = await openState({ dir });
  const clock = { now: () => new Date(), setTimer: () => ({ cancel: () => undefined }) };
  const outbox = await openOutbox({ dir, clock });
  const kept = await keeper.keep({ state: folder, outbox, onProblem: (problem) => problems.push(problem) });
  let isClosed = false;
  const close = async (): Promise<void> => {
    if (isClosed) return;
    isClosed = true;
    await kept.close();
    await outbox.close();
    await folder.close();
    await keeper.close();
  };
  onTestFinished(close);
  return { keeper, problems, state: kept.state, close };
}

/** A document as an agent would find it that starts now, on another node. */
async function foundElsewhere(cluster: MemoryCluster, name: string) {
  const vault = await SecretVault.open({
    kube: cluster.copy().client(),
    namespace,
    name: 'fairlead-agent-state',
  });
  const dir = await temporaryFolder((work) => onTestFinished(work));
  await FolderMirror.restore(dir, vault);
  const state = await openState({ dir: join(dir, 'state') });
  onTestFinished(() => state.close());
  return state.readDocument(name);
}

const ofSecrets = (cluster: MemoryCluster) => cluster.writes.filter((write) => write.includes('secrets/'));

describe('a state in Secrets', () => {
  it('has a document that was secured, on another node', async () => {
    const cluster = new MemoryCluster();
    const { state } = await keep(cluster);
    await state.saveDocument('synced', { app: 1 });
    await state.secureDocuments(['synced']);
    expect(await foundElsewhere(cluster, 'synced')).toEqual({ app: 1 });
  });

  it('tells who relies on it that it could not be kept, and takes it once it can', async () => {
    const cluster = new MemoryCluster();
    let isDown = false;
    const { state, problems } = await keep(cluster, async ({ object, send }) =>
      isDown && object.startsWith('secrets/') ? noAnswer : send(),
    );
    await state.saveDocument('synced', { app: 1 });
    isDown = true;
    await expect(state.secureDocuments(['synced'])).rejects.toMatchObject({ code: 'unavailable' });
    expect(problems.at(-1)).toContain('an older state');
    isDown = false;
    await state.secureDocuments(['synced']);
    expect(await foundElsewhere(cluster, 'synced')).toEqual({ app: 1 });
  });

  it('is not written once another agent has taken it over, and the one before is told', async () => {
    const cluster = new MemoryCluster();
    const { state, keeper } = await keep(cluster);
    const successor = await SecretVault.open({
      kube: cluster.client(),
      namespace,
      name: 'fairlead-agent-state',
    });
    await state.saveDocument('synced', { app: 1 });
    await expect(state.secureDocuments(['synced'])).rejects.toMatchObject({ code: 'conflict' });
    expect((await keeper.lost).code).toBe('conflict');
    await successor.commit(new Map([['mine', Buffer.from('still')]]));
  });

  it('is not written while its Lease is not held', async () => {
    const cluster = new MemoryCluster();
    const { state, keeper } = await keep(cluster);
    await keeper.close();
    await state.saveDocument('synced', { app: 1 });
    const before = ofSecrets(cluster).length;
    await expect(state.secureDocuments(['synced'])).rejects.toThrow('Lease');
    expect(ofSecrets(cluster).length).toBe(before);
  });
});

describe('an agent whose state moves', () => {
  async function openFolder(cluster: MemoryCluster, stateDir: string) {
    const kube = cluster.client() as KubePort;
    const config = { stateDir, stateIn: 'folder', carryOver: 'from-secrets', namespace } as const;
    await openStateKeeper(config, { kube, log: recordLog() });
    const state = await openState({ dir: join(stateDir, 'state') });
    onTestFinished(() => state.close());
    return state;
  }

  it('from Secrets into a folder finds it there, and the folder is never overwritten again', async () => {
    const cluster = new MemoryCluster();
    const before = await keep(cluster);
    await before.state.saveDocument('synced', { app: 1 });
    await before.state.secureDocuments(['synced']);
    await before.close();
    const stateDir = await temporaryFolder((work) => onTestFinished(work));
    const state = await openFolder(cluster, stateDir);
    expect(await state.readDocument('synced')).toEqual({ app: 1 });
    await state.saveDocument('synced', { app: 2 });
    await state.close();
    const writes = cluster.writes.length;
    const again = await openFolder(cluster, stateDir);
    expect(await again.readDocument('synced')).toEqual({ app: 2 });
    expect(cluster.writes.slice(writes).filter((write) => /secrets\/.*-\d/.test(write))).toEqual([]);
  });

  it('from a folder into Secrets has it there from its start', async () => {
    const cluster = new MemoryCluster();
    const stateDir = await temporaryFolder((work) => onTestFinished(work));
    const folder = await openState({ dir: join(stateDir, 'state') });
    await folder.saveDocument('synced', { app: 1 });
    await folder.close();
    const { state } = await keep(cluster, undefined, stateDir);
    expect(await state.readDocument('synced')).toEqual({ app: 1 });
    expect(await foundElsewhere(cluster, 'synced')).toEqual({ app: 1 });
  });
});
