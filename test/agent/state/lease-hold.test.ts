import { expect, it } from 'vitest';
import type { ApiResource } from '../../../agent/ports.ts';
import { LeaseHold } from '../../../agent/state/lease-hold.ts';
import { manualTime } from '../../support/manual-time.ts';
import { type Between, MemoryCluster, noAnswer } from '../../support/memory-kube.ts';
import { recordLog } from '../../support/record-log.ts';

const leases: ApiResource = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  namespaced: true,
  verbs: [],
};
const timing = { durationMs: 30_000, renewMs: 10_000 };

function hold(
  cluster: MemoryCluster,
  time: ReturnType<typeof manualTime>,
  holder: string,
  between?: Between,
  lost: string[] = [],
): LeaseHold {
  return new LeaseHold({
    kube: cluster.client(between),
    namespace: 'fairlead',
    name: 'state',
    holder,
    log: recordLog(),
    clock: {
      now: time.clock.now,
      monotonic: () => time.clock.now().getTime(),
      setTimer: (ms, run) => ({ cancel: time.timers.after(ms, run) }),
    },
    onLost: (other) => lost.push(other),
    timing,
  });
}

it('a Lease is relied on for two thirds of its duration, from when its renewal was asked for', async () => {
  const time = manualTime('2026-01-01T00:00:00Z');
  const cluster = new MemoryCluster();
  let way: 'open' | 'slow' | 'cut' = 'slow';
  const first = hold(cluster, time, 'first', async ({ send }) => {
    if (way === 'cut') return noAnswer;
    if (way === 'slow') {
      await new Promise<void>((resolve) => void time.timers.after(2_000, resolve));
    }
    return send();
  });
  const acquired = first.acquire();
  await time.advance(4_000);
  await acquired;
  // Two requests of two seconds each are part of its time.
  way = 'cut';
  await time.advance(15_999);
  expect(first.isHeld).toBe(true);
  await time.advance(1);
  expect(first.isHeld).toBe(false);
  way = 'open';
  await time.advance(10_000);
  expect(first.isHeld).toBe(true);
  await first.close();
  time.drop();
});

it('nobody begins with a state before its holder has stopped to write for a third of its duration', async () => {
  const time = manualTime('2026-01-01T00:00:00Z');
  const cluster = new MemoryCluster();
  let isCut = false;
  const first = hold(cluster, time, 'first', async ({ send }) => (isCut ? noAnswer : send()));
  await first.acquire();
  const second = hold(cluster, time, 'second');
  void second.acquire();
  await time.advance(1_000);
  isCut = true;
  let stoppedMs = 0;
  while (!second.isHeld) {
    await time.advance(1_000);
    expect(first.isHeld && second.isHeld).toBe(false);
    if (!first.isHeld) stoppedMs += 1_000;
  }
  expect(stoppedMs).toBeGreaterThanOrEqual(timing.durationMs / 3);
  await second.close();
  time.drop();
});

it('a Lease that ran out while its process was stopped is taken again at once, unless it is another one’s by now', async () => {
  const time = manualTime('2026-01-01T00:00:00Z');
  const cluster = new MemoryCluster();
  let isStopped = false;
  const lost: string[] = [];
  const first = hold(cluster, time, 'first', async ({ send }) => (isStopped ? noAnswer : send()), lost);
  await first.acquire();
  isStopped = true;
  await time.advance(25_000);
  expect(first.isHeld).toBe(false);
  isStopped = false;
  await first.renew();
  expect(first.isHeld).toBe(true);
  isStopped = true;
  const second = hold(cluster, time, 'second');
  void second.acquire();
  await time.advance(60_000);
  expect(second.isHeld).toBe(true);
  time.drop();
  isStopped = false;
  await first.renew();
  expect(first.isHeld).toBe(false);
  expect(lost).toEqual(['second']);
});

it('a Lease that nobody else writes is renewed without being read', async () => {
  const time = manualTime('2026-01-01T00:00:00Z');
  const cluster = new MemoryCluster();
  const asked: string[] = [];
  const first = hold(cluster, time, 'first', async ({ verb, send }) => {
    asked.push(verb);
    return send();
  });
  await first.acquire();
  expect(asked).toEqual(['get', 'create']);
  await time.advance(30_000);
  expect(asked.slice(2)).toEqual(['update', 'update', 'update']);
  time.drop();
});

it('a Lease that somebody else wrote meanwhile is read before it is renewed, and left to its new holder', async () => {
  const time = manualTime('2026-01-01T00:00:00Z');
  const cluster = new MemoryCluster();
  const lost: string[] = [];
  const first = hold(cluster, time, 'first', undefined, lost);
  await first.acquire();
  await writeLease(cluster, {});
  await time.advance(10_000);
  expect([first.isHeld, lost]).toEqual([true, []]);
  await writeLease(cluster, { holderIdentity: 'second' });
  await time.advance(10_000);
  expect([first.isHeld, lost]).toEqual([false, ['second']]);
  time.drop();
});

/** As a person does. */
async function writeLease(cluster: MemoryCluster, spec: { readonly holderIdentity?: string }): Promise<void> {
  const kube = cluster.client();
  const found = await kube.get(leases, {
    group: leases.group,
    kind: 'Lease',
    namespace: 'fairlead',
    name: 'state',
  });
  if (found.type !== 'ok') throw new Error('there is no Lease');
  const before = found.object['spec'] as Record<string, string>;
  await kube.update(leases, { ...found.object, spec: { ...before, ...spec } });
}
