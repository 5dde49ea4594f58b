import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { encodeDesired } from '../../core/desired.ts';
import { digest } from '../../core/digest.ts';
import { type Guard, openGuard } from '../../core/guard.ts';
import type { Hold } from '../../core/hold.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import type { ApplicationStatus } from '../../core/status.ts';
import type { SyncWindow } from '../../core/sync-window.ts';
import { type ControlPlanes, startControlPlanes } from '../clusters/control-plane.ts';
import { KubeClient } from '../clusters/kube-client.ts';
import { waitUntil } from '../clusters/wait.ts';
import { type EngineRig, engineRig, wantedApplication } from '../support/engine-rig.ts';

const limit = { limitMs: 30_000, everyMs: 20 };
const annotation = 'fairlead.dev/hold-until';

let dir: string;
let planes: ControlPlanes;
let client: KubeClient;
const rigs: EngineRig[] = [];

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'fairlead-holds-'));
  planes = await startControlPlanes({ names: ['holds'], controllers: 'none', dir, log: console.error });
  client = new KubeClient(planes.cluster('holds'), { fieldManager: 'kubectl-edit' });
});

afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.close();
});

afterAll(async () => {
  client?.close();
  await planes?.stop();
  rmSync(dir, { recursive: true, force: true });
});

async function openRig(guard: Guard = openGuard, state?: EngineRig['state']): Promise<EngineRig> {
  const rig = await engineRig(planes.cluster('holds'), state, (kube) => kube, guard);
  rigs.push(rig);
  return rig;
}

function configMap(name: string, text: string, namespace = 'default'): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data: { text } };
}

const nameOf = (name: string, namespace = 'default') => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  name,
  namespace,
});

async function textOf(name: string, namespace = 'default'): Promise<unknown> {
  return (await client.find(nameOf(name, namespace)))?.['data']?.text;
}

async function untilText(name: string, text: string | undefined, namespace = 'default'): Promise<void> {
  await waitUntil(`${name} says ${text}`, async () => (await textOf(name, namespace)) === text, limit);
}

function inHours(hours: number): string {
  return new Date(Date.now() + hours * 3_600_000).toISOString();
}

/** `null` ends it. */
function holdObject(name: string, until: string | null, namespace = 'default'): Promise<unknown> {
  return client.patch(nameOf(name, namespace), { metadata: { annotations: { [annotation]: until } } });
}

function holdNamespace(name: string, until: string | null): Promise<unknown> {
  const namespace = { apiVersion: 'v1', kind: 'Namespace', name };
  return client.patch(namespace, { metadata: { annotations: { [annotation]: until } } });
}

const isHeld = ({ gates }: ApplicationStatus): boolean => gates.some(({ kind }) => kind === 'hold');
const isDrifted = (status: ApplicationStatus): boolean => isHeld(status) && status.drifts.length > 0;

function orderedHold(id: string, more: Partial<Hold> = {}): Hold {
  const now = new Date().toISOString();
  const base = { cluster: 'holds', reason: 'INC-7', heldBy: 'm.ortiz', since: now, until: inHours(2) };
  return { id, ...base, ...more };
}

describe('a hold set with kubectl on an object', () => {
  it('leaves a hotfix as it is and reports it, until the hold is taken away', async () => {
    const rig = await openRig();
    await rig.untilApplied(wantedApplication('fixed', [configMap('fixed', 'git')]));
    await holdObject('fixed', inHours(1));
    await rig.until('fixed', 'is held and calm', (found) => isHeld(found) && found.sync === 'Synced');
    rig.requests.length = 0;

    await client.patch(nameOf('fixed'), { data: { text: 'hotfix' } });
    const status = await rig.until('fixed', 'shows the hotfix', isDrifted);
    expect([status.sync, status.cause]).toEqual(['OutOfSync', 'gated']);
    expect(status.gates).toEqual([
      expect.objectContaining({ kind: 'hold', owner: 'kubectl', until: expect.any(String) }),
    ]);
    await rig.engine.whenIdle();
    expect(await textOf('fixed')).toBe('hotfix');
    expect(rig.writes()).toEqual([]);
    const reported = (): boolean => {
      const newest = rig.reports.findLast((report) => report.type === 'cluster');
      const [hold] = newest?.status.holds ?? [];
      return hold?.type === 'kubectl' && hold.ref.name === 'fixed';
    };
    await waitUntil('the cluster tells of the hold', reported, limit);

    await holdObject('fixed', null);
    await untilText('fixed', 'git');
    await rig.until('fixed', 'is as in Git', (found) => found.sync === 'Synced' && found.gates.length === 0);
    await waitUntil(
      'the drift is closed',
      () => rig.drifts('fixed').some(({ change }) => change === 'closed'),
      limit,
    );
  });

  it('keeps that object from what is new in Git and from being pruned, and nothing else', async () => {
    const rig = await openRig();
    await rig.untilApplied(
      wantedApplication('mixed', [
        configMap('held', 'one'),
        configMap('free', 'one'),
        configMap('gone', 'one'),
      ]),
    );
    await holdObject('held', inHours(1));
    await holdObject('gone', inHours(1));
    await rig.until('mixed', 'is held twice', ({ gates }) => gates.length === 2);
    rig.want(wantedApplication('mixed', [configMap('held', 'two'), configMap('free', 'two')]));
    await untilText('free', 'two');
    await rig.engine.whenIdle();
    expect([await textOf('held'), await textOf('gone')]).toEqual(['one', 'one']);

    await holdObject('held', null);
    await untilText('held', 'two');
    await rig.engine.whenIdle();
    expect(await textOf('gone')).toBe('one');
    await holdObject('gone', null);
    await untilText('gone', undefined);
  });

  it('counts no longer than the guard lets it, and ends by itself', async () => {
    const rig = await openRig({ ...openGuard, maxHoldMs: 1_000 });
    await rig.untilApplied(wantedApplication('capped', [configMap('capped', 'git')]));
    await holdObject('capped', inHours(1));
    await client.patch(nameOf('capped'), { data: { text: 'hotfix' } });
    await untilText('capped', 'git');
    const live = await client.find(nameOf('capped'));
    expect(live?.metadata.annotations?.[annotation]).toBeDefined();
    await rig.until('capped', 'is free', (found) => found.sync === 'Synced' && found.gates.length === 0);
  });

  it('is remembered by an agent that starts again, and found by one that was down when it was set', async () => {
    const first = await openRig();
    const wanted = wantedApplication('again', [configMap('known', 'git'), configMap('unknown', 'git')]);
    await first.untilApplied(wanted);
    await holdObject('known', inHours(1));
    await first.until('again', 'is held', isHeld);
    await first.close();

    await holdObject('unknown', inHours(1));
    for (const name of ['known', 'unknown']) await client.patch(nameOf(name), { data: { text: 'hotfix' } });
    const second = await openRig(openGuard, first.state);
    second.want(wanted);
    await second.until(
      'again',
      'shows both',
      ({ gates, drifts }) => gates.length === 2 && drifts.length === 2,
    );
    await second.engine.whenIdle();
    expect([await textOf('known'), await textOf('unknown')]).toEqual(['hotfix', 'hotfix']);
    expect(second.writes().filter((request) => !request.startsWith('dry-run'))).toEqual([]);
  });
});

it('a hold on a Namespace stops healing, syncing, making and pruning in it, and nowhere else', async () => {
  const namespace: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'held-place' } };
  await client.create(namespace);
  const rig = await openRig();
  const place = (name: string, text: string) => configMap(name, text, 'held-place');
  await rig.untilApplied(
    wantedApplication('placed', [
      place('healed', 'one'),
      place('pruned', 'one'),
      configMap('elsewhere', 'one'),
    ]),
  );
  await holdNamespace('held-place', inHours(1));
  await rig.until('placed', 'is held', isHeld);
  await client.patch(nameOf('healed', 'held-place'), { data: { text: 'hotfix' } });
  await rig.until('placed', 'shows the hotfix', isDrifted);
  rig.want(
    wantedApplication('placed', [
      place('healed', 'one'),
      place('made', 'two'),
      configMap('elsewhere', 'two'),
    ]),
  );
  await untilText('elsewhere', 'two');
  await rig.engine.whenIdle();
  const texts = () => Promise.all(['healed', 'pruned', 'made'].map((name) => textOf(name, 'held-place')));
  expect(await texts()).toEqual(['hotfix', 'one', undefined]);

  await holdNamespace('held-place', null);
  await waitUntil(
    'all of it is as in Git',
    async () => JSON.stringify(await texts()) === JSON.stringify(['one', undefined, 'two']),
    limit,
  );
});

describe('a hold of the hub', () => {
  it('stops everything of one application, refuses a sync with the reason, and ends when the hub ends it', async () => {
    const rig = await openRig();
    await rig.untilApplied(
      wantedApplication('frozen', [configMap('frozen', 'one'), configMap('left', 'one')]),
      wantedApplication('other', [configMap('other', 'one')]),
    );
    rig.engine.setHolds([orderedHold('h1', { application: 'apps/frozen' })]);
    const calm = await rig.until(
      'frozen',
      'is held and calm',
      (found) => isHeld(found) && found.sync === 'Synced',
    );
    expect(calm.gates).toEqual([
      expect.objectContaining({ kind: 'hold', id: 'h1', owner: 'm.ortiz', reason: 'INC-7' }),
    ]);
    rig.want(
      wantedApplication('frozen', [configMap('frozen', 'two')]),
      wantedApplication('other', [configMap('other', 'two')]),
    );
    await untilText('other', 'two');
    const gated = await rig.until('frozen', 'waits', (status) => status.cause === 'gated');
    // What was never applied is no drift.
    expect(gated.drifts.filter(({ kind }) => kind !== 'extra')).toEqual([]);
    rig.engine.runOperation({
      id: 'op-1',
      application: 'apps/frozen',
      request: { type: 'sync' },
      requestedBy: 'm.ortiz',
    });
    await waitUntil('the sync is refused', () => rig.result('op-1')?.phase === 'Failed', limit);
    expect(rig.result('op-1')?.message).toMatch(
      /^nothing is written until .*, by m\.ortiz: INC-7\. .*hold end h1$/,
    );
    await rig.engine.whenIdle();
    expect([await textOf('frozen'), await textOf('left')]).toEqual(['one', 'one']);

    rig.engine.setHolds([]);
    await untilText('frozen', 'two');
    await untilText('left', undefined);
    await rig.until('frozen', 'is free', (found) => found.sync === 'Synced' && found.gates.length === 0);
  });

  it('of a whole cluster is kept across a restart without the hub', async () => {
    const first = await openRig();
    const wanted = wantedApplication('whole', [configMap('whole', 'git')]);
    await first.untilApplied(wanted);
    first.engine.setHolds([orderedHold('h2')]);
    await first.until('whole', 'is held', isHeld);
    await first.close();
    await client.patch(nameOf('whole'), { data: { text: 'hotfix' } });
    const second = await openRig(openGuard, first.state);
    second.want(wanted);
    await second.until('whole', 'shows the hotfix', isDrifted);
    await second.engine.whenIdle();
    expect(await textOf('whole')).toBe('hotfix');
    second.engine.setHolds([]);
    await untilText('whole', 'git');
  });
});

describe('a sync window', () => {
  const lasting = (kind: SyncWindow['kind'], more: Partial<SyncWindow> = {}): SyncWindow => ({
    ...{ kind, schedule: '* * * * *', durationMs: 3_600_000, timeZone: 'UTC', manualSync: false },
    ...more,
  });
  const isShut = ({ gates }: ApplicationStatus): boolean => gates.some(({ kind }) => kind === 'window');
  const wanted = (text: string, windows: readonly SyncWindow[]) =>
    wantedApplication('windowed', [configMap('windowed', text)], { windows });

  it('that denies stops syncing and healing, says nothing while all is as in Git, and lets go when it is over', async () => {
    const rig = await openRig();
    await rig.untilApplied(wanted('one', [lasting('allow')]));
    const shut = wanted('one', [lasting('allow'), lasting('deny')]);
    rig.want(shut);
    await rig.until(
      'windowed',
      'is calm while it is shut',
      (found) =>
        found.digest === digest(encodeDesired(shut)) && found.sync === 'Synced' && found.gates.length === 0,
    );
    await client.patch(nameOf('windowed'), { data: { text: 'hotfix' } });
    const drifted = await rig.until(
      'windowed',
      'is shut and drifted',
      (found) => isShut(found) && found.drifts.length > 0,
    );
    expect(drifted.cause).toBe('gated');
    rig.want(wanted('two', [lasting('deny')]));
    await rig.until(
      'windowed',
      'waits with what is new',
      (found) => isShut(found) && found.sync === 'OutOfSync',
    );
    await rig.engine.whenIdle();
    expect(await textOf('windowed')).toBe('hotfix');

    rig.want(wanted('two', [lasting('allow')]));
    await untilText('windowed', 'two');
    await rig.until('windowed', 'is open', (found) => found.sync === 'Synced' && found.gates.length === 0);
  });

  it('lets a person sync against it where it says so, and nobody else', async () => {
    const rig = await openRig();
    const sync = async (id: string) => {
      const request = { type: 'sync' } as const;
      rig.engine.runOperation({ id, application: 'apps/windowed', request, requestedBy: 'm.ortiz' });
      const isOver = () => ['Failed', 'Succeeded'].includes(rig.result(id)?.phase ?? '');
      await waitUntil(`${id} is over`, isOver, limit);
      return rig.result(id);
    };
    rig.want(wanted('three', [lasting('deny')]));
    await rig.until('windowed', 'is shut', isShut);
    const refused = await sync('op-shut');
    expect(refused?.phase).toBe('Failed');
    expect(refused?.message).toContain('by project platform: project platform denies syncs now');

    rig.want(wanted('three', [lasting('deny', { manualSync: true })]));
    await rig.until('windowed', 'is shut for Git', ({ gates }) =>
      gates.some(({ remedy }) => remedy.includes('sync it by hand')),
    );
    expect(await sync('op-open')).toMatchObject({ phase: 'Succeeded' });
    expect(await textOf('windowed')).toBe('three');
  });

  it('that lets a running sync go on lets nothing else be written', async () => {
    const rig = await openRig();
    const waved = (name: string, wave: string): KubeObject => ({
      ...configMap(name, 'git'),
      metadata: { name, namespace: 'default', annotations: { 'argocd.argoproj.io/sync-wave': wave } },
    });
    const first: KubeObject = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'overrun-first', namespace: 'default' },
      spec: {
        template: {
          spec: { restartPolicy: 'Never', containers: [{ name: 'a', image: 'registry.invalid/a' }] },
        },
      },
    };
    const job = { apiVersion: 'batch/v1', kind: 'Job', name: 'overrun-first', namespace: 'default' };
    const overrun = (windows: readonly SyncWindow[]) =>
      wantedApplication('overrun', [waved('overrun-early', '-1'), first, waved('overrun-late', '1')], {
        windows,
      });
    rig.want(overrun([lasting('allow')]));
    await waitUntil('the Job is there', async () => (await client.find(job)) !== undefined, limit);
    const shut = overrun([lasting('deny', { syncOverrun: true })]);
    rig.want(shut);
    await rig.until('overrun', 'knows the window', (found) => found.digest === digest(encodeDesired(shut)));
    await client.patch(nameOf('overrun-early'), { data: { text: 'hotfix' } });
    await rig.until('overrun', 'shows the hotfix', ({ drifts }) => drifts.length > 0);
    const now = new Date().toISOString();
    const conditions = ['SuccessCriteriaMet', 'Complete'].map((type) => ({
      ...{ type, status: 'True', lastProbeTime: now, lastTransitionTime: now },
    }));
    const status = { startTime: now, completionTime: now, succeeded: 1, conditions };
    await client.patch(job, { status }, 'status');
    await untilText('overrun-late', 'git');
    await rig.until(
      'overrun',
      'is shut again, and drifted',
      (found) => isShut(found) && found.drifts.length > 0,
    );
    await rig.engine.whenIdle();
    expect(await textOf('overrun-early')).toBe('hotfix');
  });

  it('that ends by itself lets go without anybody asking', async () => {
    const rig = await openRig();
    // With seconds, which a project can't say: it opened a moment ago and is over in a few.
    const opened = new Date(Date.now() - 1_000);
    const [second, minute, at] = [opened.getUTCSeconds(), opened.getUTCMinutes(), opened.getUTCHours()];
    const schedule = `${second} ${minute} ${at} * * *`;
    rig.want(wanted('four', [lasting('deny', { schedule, durationMs: 4_000 })]));
    await untilText('windowed', 'four');
  });
});
