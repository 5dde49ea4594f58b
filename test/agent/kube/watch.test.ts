import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { type KubeOptions, openKube } from '../../../agent/kube/client.ts';
import type { KubeFailure, KubePort } from '../../../agent/ports.ts';
import { eventually } from '../../support/eventually.ts';
import {
  answer,
  configMap,
  configMaps,
  connectionTo,
  type LoopbackApi,
  type Responder,
  type Seen,
  startLoopbackApi,
  status,
} from './loopback-api.ts';

const opened: { api: LoopbackApi; kube: KubePort }[] = [];

afterEach(async () => {
  for (const { api, kube } of opened.splice(0)) {
    await kube.close();
    await api.close();
  }
});

/** What a handler heard, in order, and how long the watch meant to wait in between. */
interface Heard {
  readonly log: string[];
  readonly problems: (KubeFailure | undefined)[];
  readonly pausesMs: number[];
  readonly values: unknown[];
}

const holdOpen = -1;

/** Watches a server that answers its requests one after the other by `responders`; the last one answers the rest. */
async function watch(responders: readonly Responder[], options: KubeOptions & { chance?: number } = {}) {
  const heard: Heard = { log: [], problems: [], pausesMs: [], values: [] };
  const api = await startLoopbackApi((seen, response, count) => {
    const responder = responders[Math.min(count, responders.length) - 1];
    responder?.(seen, response, count);
  });
  const timing = {
    random: () => options.chance ?? 0.5,
    sleep: async (ms: number) => {
      heard.pausesMs.push(ms);
    },
  };
  const kube = openKube(await connectionTo(api.url), { timing, ...options });
  opened.push({ api, kube });
  const running = kube.watch(
    configMaps,
    { labelSelector: 'part-of' },
    {
      onSynced: (live) => heard.log.push(`synced ${[...live].sort().join(' ')}`),
      onObject: (object) => {
        heard.log.push(`object ${object.metadata.name}@${object.metadata.resourceVersion}`);
        heard.values.push(object['data']);
      },
      onDeleted: (object) => heard.log.push(`deleted ${object.metadata.name}`),
      onProblem: (failure) => heard.problems.push(failure),
    },
  );
  return { api, kube, heard, running };
}

function line(type: string, object: unknown): string {
  return `${JSON.stringify({ type, object })}\n`;
}

function bookmark(resourceVersion: string, annotations: Record<string, string> = {}): string {
  return line('BOOKMARK', {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { resourceVersion, annotations },
  });
}

const syncedAt = (resourceVersion: string) =>
  bookmark(resourceVersion, { 'k8s.io/initial-events-end': 'true' });

/** A stream of events; with `holdOpen` last it stays open. */
function stream(...parts: readonly (string | Buffer | typeof holdOpen)[]): Responder {
  return (_seen, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    for (const part of parts) if (part !== holdOpen) response.write(part);
    if (!parts.includes(holdOpen)) response.end();
  };
}

const firstState = stream(line('ADDED', configMap('a', '5')), syncedAt('10'), holdOpen);
const quiet = stream(holdOpen);

function resumedFrom(seen: Seen | undefined): string | null | undefined {
  return seen?.query.get('resourceVersion');
}

describe('a watch', () => {
  it('asks for the first state as events, and says when it is complete', async () => {
    const { api, heard } = await watch([
      stream(
        line('ADDED', configMap('a', '5')),
        line('ADDED', configMap('b', '7')),
        line('DELETED', configMap('a', '9')),
        syncedAt('10'),
        line('MODIFIED', configMap('b', '11')),
        holdOpen,
      ),
    ]);
    await eventually(() => expect(heard.log).toHaveLength(5));
    expect(heard.log).toEqual(['object a@5', 'object b@7', 'deleted a', 'synced default/b', 'object b@11']);
    const { query, path } = api.seen[0]!;
    expect(path).toBe('/api/v1/configmaps');
    expect(Object.fromEntries(query)).toEqual({
      watch: 'true',
      allowWatchBookmarks: 'true',
      sendInitialEvents: 'true',
      resourceVersionMatch: 'NotOlderThan',
      labelSelector: 'part-of',
      timeoutSeconds: '2700',
    });
  });

  it('goes on from its last resource version when the server ends it, without a pause or a new list', async () => {
    const { api, heard } = await watch([
      stream(line('ADDED', configMap('a', '5')), syncedAt('10'), bookmark('42')),
      stream(line('MODIFIED', configMap('a', '43'))),
      quiet,
    ]);
    await eventually(() => expect(api.seen).toHaveLength(3));
    expect(api.seen.map(resumedFrom)).toEqual([null, '42', '43']);
    expect(api.seen[1]?.query.has('sendInitialEvents')).toBe(false);
    expect(heard).toMatchObject({
      log: ['object a@5', 'synced default/a', 'object a@43'],
      pausesMs: [],
      problems: [],
    });
  });

  it.each([
    [
      'as a status',
      (_: Seen, response: ServerResponse) => answer(response, 410, status(410, 'Expired', 'too old')),
    ],
    [
      'as an event in a 200 stream',
      stream(line('ERROR', status(410, 'Expired', 'too old resource version'))),
    ],
  ] as const)('reads the state anew when its resource version expired, told %s', async (_how, expired) => {
    const { api, heard } = await watch([
      stream(line('ADDED', configMap('a', '5')), line('ADDED', configMap('b', '6')), syncedAt('10')),
      expired,
      stream(line('ADDED', configMap('b', '6')), syncedAt('90'), holdOpen),
    ]);
    await eventually(() => expect(heard.log).toContain('synced default/b'));
    expect(api.seen.map((seen) => seen.query.has('sendInitialEvents'))).toEqual([true, false, true]);
    expect(heard.log.slice(-2)).toEqual(['object b@6', 'synced default/b']);
    expect(heard.problems).toEqual([]);
  });

  it('loses nothing of an event whose connection drops in the middle of its line', async () => {
    const event = line('MODIFIED', configMap('a', '12'));
    const { api, heard } = await watch([
      (seen, response, count) => {
        stream(
          line('ADDED', configMap('a', '5')),
          syncedAt('10'),
          event.slice(0, 30),
          holdOpen,
        )(seen, response, count);
        setImmediate(() => response.socket?.resetAndDestroy());
      },
      stream(event, holdOpen),
    ]);
    await eventually(() => expect(heard.log).toContain('object a@12'));
    expect(heard.log.filter((entry) => entry === 'object a@12')).toHaveLength(1);
    expect(resumedFrom(api.seen[1])).toBe('10');
    expect(heard.problems).toEqual([expect.objectContaining({ status: 0 }), undefined]);
    expect(heard.pausesMs).toEqual([500]);
  });

  it('does not take half a line for an event when a stream ends in good order', async () => {
    const { heard } = await watch([
      stream(syncedAt('10'), '{"type":"MODIFIED"'),
      stream(line('MODIFIED', configMap('a', '12')), holdOpen),
    ]);
    await eventually(() => expect(heard.log).toEqual(['synced ', 'object a@12']));
    expect(heard.problems[0]?.message).toMatch(/ended before its event/);
  });

  it('keeps a character whole that arrives in two chunks', async () => {
    const bytes = Buffer.from(line('ADDED', configMap('b', '6', { greeting: 'Grüße 🦊' })));
    const middle = bytes.indexOf(Buffer.from('🦊')) + 2;
    let response: ServerResponse | undefined;
    const { heard } = await watch([
      (seen, each, count) => {
        response = each;
        const first = Buffer.concat([
          Buffer.from(line('ADDED', configMap('a', '5'))),
          bytes.subarray(0, middle),
        ]);
        stream(first, holdOpen)(seen, each, count);
      },
    ]);
    // Once the first event was handled, the chunk that it came in was read to its end.
    await eventually(() => expect(heard.log).toHaveLength(1));
    response?.write(bytes.subarray(middle));
    await eventually(() => expect(heard.values).toEqual([{}, { greeting: 'Grüße 🦊' }]));
  });

  it('keeps integers that a double would round', async () => {
    const event = line('ADDED', configMap('a', '5')).replace('"data":{}', '"data":{"id":9007199254740993}');
    const { heard } = await watch([stream(event, holdOpen)]);
    await eventually(() => expect(heard.values).toEqual([{ id: 9007199254740993n }]));
  });

  it('takes silence for a dead connection and goes on from where it was', async () => {
    const { api, heard } = await watch([firstState, quiet], { watchIdleMs: 200 });
    await eventually(() => expect(api.seen.length).toBeGreaterThan(2));
    expect(api.seen.slice(1, 3).map(resumedFrom)).toEqual(['10', '10']);
    expect(heard.problems).toEqual([]);
  });

  it('lists in pages instead where the first state can not be had as events', async () => {
    const { api, heard } = await watch([
      (_, response) => answer(response, 422, status(422, 'Invalid', 'sendInitialEvents is forbidden')),
      (_, response) =>
        answer(response, 200, {
          kind: 'ConfigMapList',
          metadata: { resourceVersion: '30', continue: 'more' },
          items: [{ metadata: { namespace: 'default', name: 'a', resourceVersion: '5' } }],
        }),
      (_, response) =>
        answer(response, 200, {
          kind: 'ConfigMapList',
          metadata: { resourceVersion: '30' },
          items: [{ metadata: { namespace: 'other', name: 'a', resourceVersion: '6' } }],
        }),
      stream(line('MODIFIED', configMap('a', '31')), holdOpen),
    ]);
    await eventually(() => expect(heard.log).toHaveLength(4));
    expect(heard.log).toEqual(['object a@5', 'object a@6', 'synced default/a other/a', 'object a@31']);
    expect(api.seen.map((seen) => seen.query.get('continue'))).toEqual([null, null, 'more', null]);
    expect(api.seen[1]?.query.get('limit')).toBe('500');
    expect(resumedFrom(api.seen[3])).toBe('30');
    expect(heard).toMatchObject({ problems: [], pausesMs: [] });
  });

  it('does not sync on a list whose later page fails', async () => {
    const page = { kind: 'ConfigMapList', metadata: { resourceVersion: '30', continue: 'more' }, items: [] };
    const { heard, api } = await watch([
      (_, response) => answer(response, 400, status(400, 'BadRequest', 'unknown option')),
      (_, response) => answer(response, 200, page),
      (_, response) => answer(response, 500, status(500, 'InternalError', 'etcd is away')),
      quiet,
    ]);
    await eventually(() => expect(api.seen).toHaveLength(4));
    expect(heard.log).toEqual([]);
    expect(heard.problems).toEqual([expect.objectContaining({ status: 500 })]);
    expect(api.seen[3]?.query.has('continue')).toBe(false);
  });

  it('lists instead where the server ignores the option and never says that the state is complete', async () => {
    const { api } = await watch([stream(line('ADDED', configMap('a', '5')), holdOpen), quiet], {
      watchIdleMs: 200,
    });
    await eventually(() => expect(api.seen).toHaveLength(2));
    expect(api.seen[1]?.query.get('limit')).toBe('500');
  });

  it('backs off from 1 s to 30 s, tells its problem, and that it runs again', async () => {
    const unavailable: Responder = (_, response) =>
      answer(response, 500, status(500, 'InternalError', 'broken'));
    const { heard } = await watch([...Array<Responder>(7).fill(unavailable), firstState], { chance: 1 });
    await eventually(() => expect(heard.log).toContain('synced default/a'));
    expect(heard.pausesMs).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
    expect(heard.problems).toHaveLength(8);
    expect(heard.problems[0]).toMatchObject({ status: 500, reason: 'InternalError', message: 'broken' });
    expect(heard.problems.at(-1)).toBeUndefined();
  });

  it('begins its back-off anew once it was told something', async () => {
    const broken: Responder = (_, response) => answer(response, 500, status(500, 'InternalError', 'broken'));
    const oneEvent: Responder = (seen, response, count) => {
      stream(line('MODIFIED', configMap('a', '11')), '{"half', holdOpen)(seen, response, count);
      setImmediate(() => response.end());
    };
    const { heard, api } = await watch([firstStateThenEnd, broken, broken, oneEvent, quiet], { chance: 1 });
    await eventually(() => expect(api.seen).toHaveLength(5));
    expect(heard.pausesMs).toEqual([1000, 2000, 1000]);
  });

  it('waits as long as the server asks it to', async () => {
    const { heard } = await watch([
      (_, response) =>
        answer(response, 429, status(429, 'TooManyRequests', 'slow down'), { 'retry-after': '7' }),
      firstState,
    ]);
    await eventually(() => expect(heard.log).toContain('synced default/a'));
    expect(heard.pausesMs).toEqual([7000]);
    expect(heard.problems[0]).toMatchObject({ status: 429, retryAfterSeconds: 7 });
  });

  it.each([403, 404])('asks slowly after a %i', async (code) => {
    const { heard } = await watch([
      (_, response) => answer(response, code, status(code, 'Refused', 'no')),
      firstState,
    ]);
    await eventually(() => expect(heard.log).toContain('synced default/a'));
    expect(heard.pausesMs).toEqual([45_000]);
  });

  it('pauses before it asks a server again that ends every watch with nothing', async () => {
    const { heard, api } = await watch([firstStateThenEnd, stream(), stream(), quiet], { chance: 1 });
    await eventually(() => expect(api.seen).toHaveLength(4));
    expect(heard.pausesMs).toEqual([1000, 2000]);
  });

  it('brings an event again that its handler failed on', async () => {
    let calls = 0;
    const api = await startLoopbackApi((seen, response, count) => {
      const events = [syncedAt('10'), line('MODIFIED', configMap('a', '11')), holdOpen] as const;
      stream(...(count === 1 ? events : events.slice(1)))(seen, response, count);
    });
    const kube = openKube(await connectionTo(api.url), {
      timing: { random: () => 0, sleep: async () => undefined },
    });
    opened.push({ api, kube });
    kube.watch(
      configMaps,
      {},
      {
        onSynced: () => undefined,
        onObject: () => {
          calls += 1;
          if (calls === 1) throw new Error('the disk is full');
        },
        onDeleted: () => undefined,
        onProblem: () => undefined,
      },
    );
    await eventually(() => expect(calls).toBe(2));
    expect(resumedFrom(api.seen[1])).toBe('10');
  });

  it('is silent once it is closed, and ends its connection', async () => {
    let response: ServerResponse | undefined;
    const { heard, running } = await watch([
      (seen, each, count) => {
        response = each;
        firstState(seen, each, count);
      },
    ]);
    await eventually(() => expect(heard.log).toHaveLength(2));
    running.close();
    await once(response!, 'close');
    expect(heard).toMatchObject({ problems: [], pausesMs: [] });
  });
});

const firstStateThenEnd = stream(syncedAt('10'));
