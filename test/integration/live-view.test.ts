import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Inspector } from '../../agent/inspect/inspector.ts';
import { openKube } from '../../agent/kube/client.ts';
import { openConnection } from '../../agent/kube/connection.ts';
import { guardKube } from '../../agent/kube/guard-kube.ts';
import type { KubePort } from '../../agent/ports.ts';
import { keyedDigest } from '../../core/digest.ts';
import { type Guard, openGuard } from '../../core/guard.ts';
import type { LiveObject, LogRecord, ObjectEvents, ResourceTree } from '../../core/live-view.ts';
import { type ObjectRef, parseRef } from '../../core/object-ref.ts';
import { answerWindowBytes, type QueryFailure, type QueryRequest } from '../../core/query.ts';
import { type ControlPlanes, startControlPlanes } from '../clusters/control-plane.ts';
import { KubeClient, type KubeObject } from '../clusters/kube-client.ts';
import { type EngineRig, engineRig, wantedApplication } from '../support/engine-rig.ts';
import { type FaultProxy, is, openFaultProxy, statusBody } from '../support/fault-proxy.ts';
import { deployment } from '../support/plain-objects.ts';
import { recordLog } from '../support/record-log.ts';

let dir: string;
let planes: ControlPlanes;
let client: KubeClient;
let proxy: FaultProxy;
let kube: KubePort;
let rig: EngineRig;
const inspectors: Inspector[] = [];

const application = 'apps/shop';
const password = 'correct horse battery staple';

/** What controllers would make of the application, and what is nobody's. */
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'fairlead-live-'));
  planes = await startControlPlanes({ names: ['live'], controllers: 'none', dir, log: console.error });
  client = new KubeClient(planes.cluster('live'));
  proxy = await openFaultProxy(planes.cluster('live'));
  const { server, caPem, token } = proxy.access;
  kube = openKube(await openConnection({ type: 'explicit', server, caPem, token }));
  rig = await engineRig(planes.cluster('live'));
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'db', namespace: 'default' },
    stringData: { password },
  };
  await rig.untilApplied(wantedApplication('shop', [deployment('web'), secret]));
  const web = await client.get({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    namespace: 'default',
    name: 'web',
  });
  const set = await client.create(replicaSet('web-1', web, 2));
  await client.create(replicaSet('web-0', web, 0));
  for (const name of ['web-1-a', 'web-1-b']) await client.create(pod(name, set));
  // One that claims to be of the same, by a uid that was never given.
  await client.create(pod('impostor', { ...set, metadata: { ...set['metadata'], uid: 'made-up' } }));
  await client.create(pod('alone', undefined));
  const made = await client.get({ apiVersion: 'v1', kind: 'Pod', namespace: 'default', name: 'web-1-a' });
  await client.create(event('pulled', made, 'Pulled'));
  await client.create(event('scaled', web, 'ScalingReplicaSet'));
  const alone = await client.get({ apiVersion: 'v1', kind: 'Pod', namespace: 'default', name: 'alone' });
  await client.create(event('other', alone, 'NotOurs'));
}, 600_000);

afterEach(() => {
  proxy.clear();
  for (const inspector of inspectors.splice(0)) inspector.close();
});

afterAll(async () => {
  await rig?.close();
  await kube?.close();
  client?.close();
  await proxy?.close();
  await planes?.stop();
  rmSync(dir, { recursive: true, force: true });
});

function ownedBy(owner: KubeObject | undefined): object {
  if (owner === undefined) return {};
  const { apiVersion, kind, metadata } = owner;
  return {
    ownerReferences: [{ apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true }],
  };
}

function replicaSet(name: string, owner: KubeObject, replicas: number): KubeObject {
  const template = {
    metadata: { labels: { app: 'web' } },
    spec: { containers: [{ name: 'web', image: 'web:1' }] },
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name, namespace: 'default', ...ownedBy(owner) },
    spec: { replicas, selector: { matchLabels: { app: 'web' } }, template },
  };
}

function pod(name: string, owner: KubeObject | undefined): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', ...ownedBy(owner) },
    spec: {
      containers: [
        { name: 'web', image: 'web:1' },
        { name: 'proxy', image: 'proxy:2' },
      ],
    },
  };
}

function event(name: string, about: KubeObject, reason: string): KubeObject {
  const { apiVersion, kind, metadata } = about;
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name, namespace: 'default' },
    involvedObject: { apiVersion, kind, namespace: 'default', name: metadata.name, uid: metadata.uid },
    type: 'Normal',
    reason,
    message: `${reason} happened`,
    count: 3,
    firstTimestamp: '2026-11-01T00:00:00Z',
    lastTimestamp: '2026-11-01T00:01:00Z',
    source: { component: 'test' },
  };
}

/** A query that runs, and a reader who takes what came when told to. */
interface Running {
  text(): string;
  bytes(): number;
  take(): void;
  end(): void;
  readonly finished: Promise<QueryFailure | undefined>;
}

function begin(
  request: QueryRequest,
  guard: Guard = openGuard,
  takes: 'at once' | 'when told' = 'at once',
): Running {
  const inspector = new Inspector({
    kube: guardKube(kube, guard, 'fairlead-test'),
    applications: rig.engine,
    guard,
    seal: (text) => keyedDigest(new Uint8Array(32).fill(7), text),
    clock: {
      now: () => new Date(),
      setTimer(ms, fire) {
        const timer = setTimeout(fire, ms);
        return { cancel: () => clearTimeout(timer) };
      },
    },
    log: recordLog(),
  });
  inspectors.push(inspector);
  const chunks: Uint8Array[] = [];
  let [bytes, taken] = [0, 0];
  const { promise, resolve } = Promise.withResolvers<QueryFailure | undefined>();
  const take = (): void => {
    inspector.more('q', bytes - taken);
    taken = bytes;
  };
  inspector.begin({
    id: 'q',
    request,
    answer(part) {
      if (part.type === 'end') return resolve(undefined);
      if (part.type === 'error') return resolve(part.failure);
      chunks.push(part.bytes);
      bytes += part.bytes.length;
      if (takes === 'at once') take();
    },
  });
  const text = () => Buffer.concat(chunks).toString('utf8');
  return { text, bytes: () => bytes, take, end: () => inspector.end('q'), finished: promise };
}

async function read<T>(request: QueryRequest, guard?: Guard): Promise<T> {
  const running = begin(request, guard);
  expect(await running.finished).toBeUndefined();
  return JSON.parse(running.text()) as T;
}

function named(text: string): ObjectRef {
  const ref = parseRef(text);
  if (ref === undefined) throw new Error(`no reference: ${text}`);
  return ref;
}

function records(text: string): readonly LogRecord[] {
  return text
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as LogRecord);
}

const podLog = is('GET', '/pods/web-1-a/log');
const webPod = named('/Pod:default/web-1-a');

describe('the tree', () => {
  it('goes from the application’s objects down to the pods, by uid', async () => {
    const tree = await read<ResourceTree>({ type: 'tree', application, kinds: 'known' });
    expect(tree.problems).toEqual([]);
    expect(tree.nodes.map(({ depth, ref }) => `${depth} ${ref.kind} ${ref.name}`)).toEqual([
      '0 Deployment web',
      '1 ReplicaSet web-1',
      '2 Pod web-1-a',
      '2 Pod web-1-b',
      '0 Secret db',
    ]);
    expect(tree.nodes[0]).toMatchObject({ idle: 1, presence: 'live' });
    expect(tree.nodes[2]).toMatchObject({
      images: ['web:1', 'proxy:2'],
      containers: ['web', 'proxy'],
      ready: '0/2',
      health: { status: 'Progressing' },
    });
  });

  it('looks through every kind where that is asked for', async () => {
    const tree = await read<ResourceTree>({ type: 'tree', application, kinds: 'all' });
    expect(tree.nodes.map(({ ref }) => ref.name)).toContain('web-0');
  });

  it('leaves what the guard doesn’t allow alone, and says so', async () => {
    const guard: Guard = { ...openGuard, kinds: { deny: ['Pod'] } };
    const tree = await read<ResourceTree>({ type: 'tree', application, kinds: 'known' }, guard);
    expect(tree.nodes.map(({ ref }) => ref.kind)).not.toContain('Pod');
    expect(tree.problems).toEqual([expect.stringContaining('pods')]);
  });

  it('shows what can be read where a right is missing, and names the right', async () => {
    const refused = statusBody(403, 'Forbidden', 'pods is forbidden: cannot list resource "pods"');
    proxy.when(is('GET', '/pods'), { type: 'answer', status: 403, body: refused });
    const tree = await read<ResourceTree>({ type: 'tree', application, kinds: 'known' });
    expect(tree.nodes.map(({ ref }) => ref.name)).toContain('web-1');
    expect(tree.problems).toEqual([expect.stringMatching(/pods in namespace default.*list on pods/s)]);
  });

  it('is refused for an application that the agent doesn’t have', async () => {
    const failure = await begin({ type: 'tree', application: 'apps/none', kinds: 'known' }).finished;
    expect(failure).toMatchObject({ code: 'not-found', subject: 'apps/none' });
  });
});

describe('a live object', () => {
  it('is shown without what machines write for themselves', async () => {
    const answer = await read<LiveObject>({
      type: 'live',
      application,
      object: named('apps/Deployment:default/web'),
      form: 'short',
    });
    expect(answer.object).toMatchObject({ kind: 'Deployment', spec: { replicas: 2 } });
    expect(answer.object.metadata.managedFields).toBeUndefined();
  });

  it('is shown where an object of the application made it', async () => {
    const answer = await read<LiveObject>({ type: 'live', application, object: webPod, form: 'full' });
    expect(answer.object.metadata).toMatchObject({ name: 'web-1-a', managedFields: [{}] });
  });

  it('has its values sealed where it is a Secret', async () => {
    const object = named('/Secret:default/db');
    for (const form of ['short', 'full'] as const) {
      const running = begin({ type: 'live', application, object, form });
      expect(await running.finished).toBeUndefined();
      expect(running.text()).toContain('"password":');
      for (const text of [password, Buffer.from(password).toString('base64')]) {
        expect(running.text()).not.toContain(text);
      }
    }
  });

  it.for(['/Pod:default/alone', '/Pod:default/impostor', '/Namespace:/default'])(
    'that is not of the application is refused, whoever asks: %s',
    async (object) => {
      const running = begin({ type: 'live', application, object: named(object), form: 'short' });
      expect(await running.finished).toMatchObject({
        code: 'denied',
        remedy: expect.stringContaining('app tree'),
      });
      expect(running.bytes()).toBe(0);
      if (!object.startsWith('/Pod')) return;
      const logs = begin({ type: 'logs', application, object: named(object), mode: 'now' });
      expect(await logs.finished).toMatchObject({ code: 'denied' });
      const events = begin({ type: 'events', application, object: named(object) });
      expect(await events.finished).toMatchObject({ code: 'denied' });
    },
  );

  it('outside of the guard is not even asked for', async () => {
    const guard: Guard = { ...openGuard, namespaces: ['other'], clusterScoped: 'never' };
    const before = proxy.requests.length;
    const running = begin({ type: 'live', application, object: webPod, form: 'short' }, guard);
    expect(await running.finished).toMatchObject({
      code: 'denied',
      message: expect.stringContaining('installed for'),
    });
    expect(proxy.requests.length).toBe(before);
  });
});

describe('events', () => {
  it('are those of the application and of what it made', async () => {
    const answer = await read<ObjectEvents>({ type: 'events', application });
    expect(answer.problems).toEqual([]);
    expect(answer.events.map(({ reason, count }) => `${reason} ${count}`).sort()).toEqual([
      'Pulled 3',
      'ScalingReplicaSet 3',
    ]);
  });

  it('of one object are its own and of what it made', async () => {
    const set = await read<ObjectEvents>({
      type: 'events',
      application,
      object: named('apps/ReplicaSet:default/web-1'),
    });
    expect(set.events).toMatchObject([
      { reason: 'Pulled', ref: { kind: 'Pod', name: 'web-1-a' }, source: 'test' },
    ]);
  });
});

describe('logs', () => {
  /** A kubelet's log, line by line as they are written. */
  function say(lines: readonly string[], pods = podLog): void {
    proxy.when(pods, {
      type: 'stream',
      async tell(write) {
        for (const line of lines) await write(`2026-11-01T00:00:00.5Z ${line}\n`);
      },
    });
  }

  it('come line by line, of the container that the pod names first', async () => {
    say(['one', 'two']);
    const running = begin({
      type: 'logs',
      application,
      object: webPod,
      mode: 'now',
      tailLines: 5,
      sinceSeconds: 60,
    });
    expect(await running.finished).toBeUndefined();
    expect(records(running.text())).toEqual([
      { type: 'source', namespace: 'default', pod: 'web-1-a', container: 'web' },
      { type: 'line', pod: 'web-1-a', container: 'web', at: '2026-11-01T00:00:00.5Z', text: 'one' },
      { type: 'line', pod: 'web-1-a', container: 'web', at: '2026-11-01T00:00:00.5Z', text: 'two' },
    ]);
    const asked = proxy.requests.findLast(podLog)?.query;
    expect(Object.fromEntries(asked ?? [])).toMatchObject({
      container: 'web',
      tailLines: '5',
      sinceSeconds: '60',
    });
  });

  it('of what makes pods are those of its pods', async () => {
    say(['hello'], (request) => request.path.endsWith('/log'));
    const object = named('apps/Deployment:default/web');
    const running = begin({ type: 'logs', application, object, mode: 'follow', container: 'proxy' });
    expect(await running.finished).toBeUndefined();
    const pods = records(running.text()).flatMap((record) => (record.type === 'line' ? record.pod : []));
    expect(pods.sort()).toEqual(['web-1-a', 'web-1-b']);
  });

  it('of a pod that went meanwhile are left out by name, and those of the others come', async () => {
    say(['hello'], (request) => request.path.endsWith('/log'));
    const body = statusBody(404, 'NotFound', 'pods "web-1-b" not found', { name: 'web-1-b' });
    proxy.when(is('GET', '/pods/web-1-b'), { type: 'answer', status: 404, body });
    const object = named('apps/Deployment:default/web');
    const running = begin({ type: 'logs', application, object, mode: 'now' });
    expect(await running.finished).toBeUndefined();
    const told = records(running.text());
    expect(told.flatMap((record) => (record.type === 'line' ? record.pod : []))).toEqual(['web-1-a']);
    expect(told.flatMap((record) => (record.type === 'note' ? record.message : []))).toEqual([
      expect.stringContaining('Pod default/web-1-b is left out'),
    ]);
  });

  it('say what the real API server says where there is no node', async () => {
    const failure = await begin({ type: 'logs', application, object: webPod, mode: 'now' }).finished;
    expect(failure?.message).toContain('web-1-a');
  });

  it('name the containers that there are', async () => {
    const failure = await begin({ type: 'logs', application, object: webPod, mode: 'now', container: 'none' })
      .finished;
    expect(failure).toMatchObject({ code: 'not-found', remedy: 'Name one of web, proxy' });
  });

  it('name the missing right, and are refused by an agent that was installed without them', async () => {
    const body = statusBody(403, 'Forbidden', 'pods "web-1-a" is forbidden: cannot get resource "pods/log"');
    proxy.when(podLog, { type: 'answer', status: 403, body });
    const failure = await begin({ type: 'logs', application, object: webPod, mode: 'now' }).finished;
    expect(failure).toMatchObject({ code: 'denied', remedy: expect.stringContaining('get on pods/log') });
    const asked = proxy.count(podLog);
    const guard: Guard = { ...openGuard, logs: 'never' };
    const refused = await begin({ type: 'logs', application, object: webPod, mode: 'now' }, guard).finished;
    expect(refused).toMatchObject({ code: 'denied', message: expect.stringContaining('no logs') });
    expect(proxy.count(podLog)).toBe(asked);
  });

  it('that never end and come faster than they are read cost a window of memory; what is dropped is counted', async () => {
    let written = 0;
    let state: 'telling' | 'over' = 'telling';
    const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
    let hasStopped = false;
    void stopped.then(() => (hasStopped = true));
    proxy.when(podLog, {
      type: 'stream',
      async tell(write) {
        while (!hasStopped) {
          written += 1;
          if ((await write(`2026-11-01T00:00:00Z line ${written} ${'x'.repeat(200)}\n`)) === 'gone') break;
        }
        state = 'over';
      },
    });
    const running = begin(
      { type: 'logs', application, object: webPod, mode: 'follow' },
      openGuard,
      'when told',
    );
    // Nobody takes anything, and ten windows are written.
    await expect.poll(() => written * 230, { timeout: 60_000 }).toBeGreaterThan(10 * answerWindowBytes);
    expect(running.bytes()).toBeLessThanOrEqual(answerWindowBytes);
    stop();
    let failure: QueryFailure | undefined | 'running' = 'running';
    void running.finished.then((found) => (failure = found));
    await expect
      .poll(
        () => {
          running.take();
          return failure;
        },
        { timeout: 60_000 },
      )
      .toBeUndefined();
    const found = records(running.text());
    const lines = found.filter((record) => record.type === 'line').length;
    const dropped = found.reduce((sum, record) => sum + (record.type === 'dropped' ? record.lines : 0), 0);
    expect(dropped).toBeGreaterThan(0);
    expect(lines + dropped).toBe(written);
    expect(state).toBe('over');
  });

  it('that are not followed wait for their reader, line for line', async () => {
    const count = 5_000;
    say(Array.from({ length: count }, (_, index) => `line ${index} ${'x'.repeat(100)}`));
    const running = begin({ type: 'logs', application, object: webPod, mode: 'now' }, openGuard, 'when told');
    let isOver = false;
    void running.finished.then(() => (isOver = true));
    await expect
      .poll(
        () => {
          running.take();
          return isOver;
        },
        { timeout: 60_000, interval: 5 },
      )
      .toBe(true);
    const lines = records(running.text()).flatMap((record) =>
      record.type === 'line' ? record.text.split(' ')[1] : [],
    );
    expect(lines).toEqual(Array.from({ length: count }, (_, index) => String(index)));
  });

  it('end their connection to the API server when nobody reads them any more', async () => {
    const states: string[] = [];
    proxy.when(podLog, {
      type: 'stream',
      async tell(write) {
        await write('2026-11-01T00:00:00Z one\n');
        states.push('told');
        while ((await write('2026-11-01T00:00:00Z more\n')) === 'listening') await new Promise(setImmediate);
        states.push('gone');
      },
    });
    const running = begin({ type: 'logs', application, object: webPod, mode: 'follow' });
    await expect.poll(() => running.text(), { timeout: 30_000 }).toContain('"text":"more"');
    running.end();
    await expect.poll(() => states, { timeout: 30_000 }).toEqual(['told', 'gone']);
  });
});
