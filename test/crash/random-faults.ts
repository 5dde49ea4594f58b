import { type Fault, type FaultProxy, isWatch, statusBody } from '../support/fault-proxy.ts';
import type { ProxiedRequest } from '../support/proxied-watch.ts';

/** Of requests; a run makes some hundred. */
const faultShare = 0.1;
const watchFaultEveryMs = 150;

export interface RandomFaults {
  /** What was done to whom, by kind of fault. */
  readonly counts: ReadonlyMap<string, number>;
  stop(): void;
}

/**
 * An API server and a network that fail now and then, in every way that a request or a watch can: 429, 500, 503, an
 * answer that is lost or cut in the middle, a request that never arrives, a watch that is cut, ended, silent for a while
 * or told 410. The same order of requests meets the same faults for the same seed.
 */
export function beginRandomFaults(proxy: FaultProxy, seed: number): RandomFaults {
  const random = randomFrom(seed);
  const counts = new Map<string, number>();
  function count(name: string): void {
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const rule = proxy.when(
    () => true,
    (request) => {
      if (random() >= faultShare) return { type: 'pass' };
      const [name, fault] = pick(isWatch(request) ? watchRequestFaults : requestFaults(request), random);
      count(name);
      return fault;
    },
  );
  const timer = setInterval(() => disturbWatch(proxy, random, count), watchFaultEveryMs);
  return {
    counts,
    stop() {
      clearInterval(timer);
      rule.remove();
      for (const watch of proxy.watches()) watch.release();
    },
  };
}

type NamedFault = readonly [string, Fault];

const busy: Fault = {
  type: 'answer',
  status: 429,
  headers: { 'retry-after': '1' },
  body: statusBody(429, 'TooManyRequests', 'too many requests, please try again later'),
};
const internal: Fault = {
  type: 'answer',
  status: 500,
  body: statusBody(500, 'InternalError', 'etcdserver: request timed out'),
};
const unavailable: Fault = {
  type: 'answer',
  status: 503,
  body: statusBody(503, 'ServiceUnavailable', 'apiserver not ready'),
};
const expired: Fault = {
  type: 'answer',
  status: 410,
  body: statusBody(410, 'Expired', 'too old resource version'),
};

const watchRequestFaults: readonly NamedFault[] = [
  ['watch answered 410', expired],
  ['watch answered 500', internal],
  ['watch request dropped', { type: 'drop' }],
];

function requestFaults(request: ProxiedRequest): readonly NamedFault[] {
  return [
    ['429', busy],
    ['500', internal],
    ['503', unavailable],
    ['request dropped', { type: 'drop' }],
    ['answer lost', { type: 'lose-answer' }],
    ['answer cut', { type: 'cut', afterBytes: 40 }],
    ...(request.query.has('continue') ? [['continue token expired', expired] as const] : []),
  ];
}

function disturbWatch(proxy: FaultProxy, random: () => number, count: (name: string) => void): void {
  const watches = proxy.watches();
  if (watches.length === 0) return;
  const watch = pick(watches, random);
  const what = pick(['cut', 'cut in an event', 'ended', 'told 410', 'held', 'released'] as const, random);
  count(`watch ${what}`);
  if (what === 'cut') watch.cut();
  else if (what === 'cut in an event') watch.cut('{"type":"MODIFIED","obj');
  else if (what === 'ended') watch.end();
  else if (what === 'held') watch.hold();
  else if (what === 'released') for (const each of watches) each.release();
  else watch.send({ type: 'ERROR', object: statusBody(410, 'Expired', 'too old resource version') });
}

function pick<T>(from: readonly T[], random: () => number): T {
  return from[Math.floor(random() * from.length)] as T;
}

/** mulberry32: small, and good enough to choose faults. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
