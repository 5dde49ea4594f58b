import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { SecretVault } from '../../../agent/state/secret-vault.ts';
import { type Between, MemoryCluster, type MemoryRequest, noAnswer } from '../../support/memory-kube.ts';

const index = 'secrets/state';

function open(cluster: MemoryCluster, between?: Between): Promise<SecretVault> {
  return SecretVault.open({ kube: cluster.client(between), namespace: 'fairlead', name: 'state' });
}

/** A content of one part: it does not compress. */
function large(): Buffer {
  return randomBytes(5_000);
}

function state(content: Buffer): ReadonlyMap<string, Buffer> {
  return new Map([['state', content]]);
}

/** What an agent would find that starts now; throws where it is damaged. */
async function stored(cluster: MemoryCluster): Promise<string> {
  const files = await (await open(cluster.copy())).readAll();
  return Buffer.from(files.get('state') ?? '').toString('hex');
}

describe('an index write whose answer is lost', () => {
  /** The second write of the index is carried out by `onWrite`, and nothing is answered until `heal`. */
  async function doubtful(onWrite: (request: MemoryRequest) => void) {
    const cluster = new MemoryCluster();
    let next: 'as-usual' | 'doubtful' | 'cut' | 'index-cut' = 'as-usual';
    const vault = await open(cluster, async (request) => {
      const isIndexWrite = request.object === index && request.verb !== 'get';
      if (next === 'doubtful' && isIndexWrite) {
        next = 'cut';
        onWrite(request);
      }
      const isCut = next === 'cut' || (next === 'index-cut' && isIndexWrite);
      return isCut ? noAnswer : request.send();
    });
    await vault.commit(state(large()));
    next = 'doubtful';
    const written = large();
    await expect(vault.commit(state(written))).rejects.toMatchObject({ code: 'unavailable' });
    return {
      cluster,
      vault,
      written,
      heal() {
        next = 'as-usual';
      },
      healButIndex() {
        next = 'index-cut';
      },
    };
  }

  it('and was taken stays whole while the next commit breaks off before its own', async () => {
    const { cluster, vault, written, heal, healButIndex } = await doubtful(({ send }) => send());
    healButIndex();
    await expect(vault.commit(state(large()))).rejects.toMatchObject({ code: 'unavailable' });
    expect(await stored(cluster)).toBe(written.toString('hex'));
    heal();
    const next = large();
    await vault.commit(state(next));
    expect(await stored(cluster)).toBe(next.toString('hex'));
  });

  it('and was not taken changes nothing, also when it arrives after all', async () => {
    let late: MemoryRequest | undefined;
    const { cluster, vault, heal } = await doubtful((request) => {
      late = request;
    });
    heal();
    const next = large();
    await vault.commit(state(next));
    expect(late?.send()).toMatchObject({ type: 'failed', failure: { status: 409 } });
    expect(await stored(cluster)).toBe(next.toString('hex'));
  });

  it('and that arrives in the middle of the next commit leaves a whole state', async () => {
    const cluster = new MemoryCluster();
    let late: MemoryRequest | undefined;
    let isNext = false;
    const vault = await open(cluster, async (request) => {
      const isIndexWrite = request.object === index && request.verb === 'update';
      if (isIndexWrite && late === undefined && isNext) {
        late = request;
        return noAnswer;
      }
      // The first write of the next commit meets it.
      if (late !== undefined && request.verb !== 'get' && isNext) {
        isNext = false;
        late.send();
      }
      return request.send();
    });
    await vault.commit(state(large()));
    isNext = true;
    const written = large();
    await expect(vault.commit(state(written))).rejects.toMatchObject({ code: 'unavailable' });
    await expect(vault.commit(state(large()))).rejects.toMatchObject({ code: 'unavailable' });
    expect(await stored(cluster)).toBe(written.toString('hex'));
    const last = large();
    await vault.commit(state(last));
    expect(await stored(cluster)).toBe(last.toString('hex'));
  });

  it('is a conflict once another process has taken the state over', async () => {
    const { cluster, vault, heal } = await doubtful(({ send }) => send());
    const successor = await open(cluster);
    const next = large();
    await successor.commit(state(next));
    heal();
    await expect(vault.commit(state(large()))).rejects.toMatchObject({ code: 'conflict' });
    expect(await stored(cluster)).toBe(next.toString('hex'));
  });

  it('is no conflict where a quota was counted at the same moment', async () => {
    const cluster = new MemoryCluster();
    let isBusy = false;
    const vault = await open(cluster, async (request) => {
      if (!isBusy || request.verb === 'get') return request.send();
      const failure = {
        status: 409,
        reason: 'Conflict',
        message: 'resourcequotas "q" was modified',
        causes: [],
      };
      return { type: 'failed', failure };
    });
    await vault.commit(state(Buffer.from('small')));
    isBusy = true;
    await expect(vault.commit(state(Buffer.from('new')))).rejects.toMatchObject({ code: 'unavailable' });
    isBusy = false;
    await vault.commit(state(Buffer.from('new')));
    expect(await stored(cluster)).toBe(Buffer.from('new').toString('hex'));
  });
});

/** One that stops before a request of its commit; tells how the commit ended once it goes on. */
async function stopBefore(cluster: MemoryCluster, request: number) {
  let left = Number.POSITIVE_INFINITY;
  const reached = Promise.withResolvers<'stopped'>();
  const goOn = Promise.withResolvers<void>();
  const vault = await open(cluster, async ({ send }) => {
    left -= 1;
    if (left === 0) {
      reached.resolve('stopped');
      await goOn.promise;
    }
    return send();
  });
  await vault.commit(state(large()));
  await vault.commit(state(large()));
  left = request;
  const result = vault.commit(state(large())).then(
    () => 'committed' as const,
    (error: { readonly code: string }) => error.code,
  );
  const first = await Promise.race([result, reached.promise]);
  return { first, result, goOn: () => goOn.resolve() };
}

it.each([1, 2, 3])(
  'a process that was stopped before any of its requests, and goes on after %i commits of its successor, harms nothing',
  async (commits) => {
    let stops = 0;
    for (let request = 1; ; request += 1) {
      const cluster = new MemoryCluster();
      const stopped = await stopBefore(cluster, request);
      if (stopped.first === 'committed') break;
      stops += 1;
      const successor = await open(cluster);
      let content = large();
      await successor.commit(state(content));
      for (let more = 1; more < commits; more += 1) {
        content = large();
        await successor.commit(state(content));
      }
      stopped.goOn();
      const end = await stopped.result;
      expect(await stored(cluster), `before request ${request}: ${end}`).toBe(content.toString('hex'));
      // The successor goes on being the one that may write.
      const last = large();
      await successor.commit(state(last));
      expect(await stored(cluster)).toBe(last.toString('hex'));
    }
    expect(stops).toBeGreaterThanOrEqual(4);
  },
);

it('a content that did not change costs no write', async () => {
  const cluster = new MemoryCluster();
  const vault = await open(cluster);
  const content = large();
  await vault.commit(state(content));
  const before = cluster.writes.length;
  await vault.commit(state(Buffer.from(content)));
  expect(cluster.writes.length).toBe(before);
});
