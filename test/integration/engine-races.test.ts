import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { KubePort } from '../../agent/ports.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { partOf, partOfLabel } from '../../core/tracking.ts';
import { type ControlPlanes, startControlPlanes } from '../clusters/control-plane.ts';
import { KubeClient } from '../clusters/kube-client.ts';
import { waitUntil } from '../clusters/wait.ts';
import { customDefinition } from '../support/custom-definition.ts';
import { type EngineRig, engineRig, wantedApplication } from '../support/engine-rig.ts';

const limit = { limitMs: 30_000, everyMs: 20 };

let dir: string;
let planes: ControlPlanes;
let client: KubeClient;
const rigs: EngineRig[] = [];

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'fairlead-engine-races-'));
  planes = await startControlPlanes({ names: ['races'], controllers: 'none', dir, log: console.error });
  client = new KubeClient(planes.cluster('races'), { fieldManager: 'kubectl-edit' });
});

afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.close();
});

afterAll(async () => {
  client?.close();
  await planes?.stop();
  rmSync(dir, { recursive: true, force: true });
});

async function openRig(
  between?: (kube: KubePort) => KubePort,
  state?: EngineRig['state'],
): Promise<EngineRig> {
  const rig = await engineRig(planes.cluster('races'), state, between);
  rigs.push(rig);
  return rig;
}

async function closeRig(rig: EngineRig): Promise<void> {
  rigs.splice(rigs.indexOf(rig), 1);
  await rig.close();
}

/** Something that happens once, when a test has armed it. */
function trap(): { arm(act: () => Promise<void> | void): void; spring(): Promise<void> } {
  let armed: (() => Promise<void> | void) | undefined;
  return {
    arm(act) {
      armed = act;
    },
    async spring() {
      const act = armed;
      armed = undefined;
      await act?.();
    },
  };
}

/** Lets everything that needs no answer of the API server happen. */
async function settle(): Promise<void> {
  for (let index = 0; index < 5; index += 1) await turn();
}

function configMap(name: string, data: Record<string, string> = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data };
}

function nameOf(object: KubeObject) {
  const { name = '', namespace = 'default' } = object.metadata;
  return { apiVersion: object.apiVersion, kind: object.kind, name, namespace };
}

function hook(name: string, rest: Partial<KubeObject> = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', annotations: { 'argocd.argoproj.io/hook': 'PreSync' } },
    spec: { restartPolicy: 'Never', containers: [{ name: 'run', image: 'busybox:1.37' }] },
    ...rest,
  };
}

const end = (pod: KubeObject, phase: 'Succeeded' | 'Failed') =>
  client.patch(nameOf(pod), { status: { phase } }, 'status');

describe('a commit that comes in the middle of a request', () => {
  it('is applied though the object was just being compared with the commit before', async () => {
    const compared = trap();
    const rig = await openRig((kube) => ({
      ...kube,
      async apply(resource, object, options) {
        const answer = await kube.apply(resource, object, options);
        if (options.dryRun) await compared.spring();
        return answer;
      },
    }));
    const application = (a: string) =>
      wantedApplication('middle', [configMap('middle', { a })], { mode: 'sync' });
    await rig.untilApplied(application('1'));
    compared.arm(async () => {
      rig.want(application('2'));
      await settle();
    });
    await client.patch(nameOf(configMap('middle')), { data: { a: '9' } });
    await waitUntil(
      'the new content is applied',
      async () => (await client.get(nameOf(configMap('middle')))).data.a === '2',
      limit,
    );
    await rig.engine.whenIdle();
    expect(rig.drifts('middle')).toEqual([]);
  });

  it('keeps an object that it brings back while it was about to be deleted', async () => {
    const about = trap();
    const rig = await openRig((kube) => ({
      ...kube,
      async get(resource, ref) {
        const answer = await kube.get(resource, ref);
        if (ref.name === 'back') await about.spring();
        return answer;
      },
    }));
    const [stays, back] = [configMap('stays'), configMap('back')];
    await rig.untilApplied(wantedApplication('again', [stays, back]));
    const before = await client.get(nameOf(back));
    about.arm(() => rig.want(wantedApplication('again', [stays, back, configMap('more')])));
    rig.want(wantedApplication('again', [stays]));
    await waitUntil('the newest is applied', () => client.find(nameOf(configMap('more'))), limit);
    await rig.engine.whenIdle();
    expect(rig.requests.filter((request) => request.startsWith('delete'))).toEqual([]);
    expect((await client.get(nameOf(back))).metadata.uid).toBe(before.metadata.uid);
  });

  it('keeps an object that another application took while it was about to be deleted', async () => {
    const about = trap();
    const rig = await openRig((kube) => ({
      ...kube,
      async get(resource, ref) {
        const answer = await kube.get(resource, ref);
        if (ref.name === 'taken') await about.spring();
        return answer;
      },
    }));
    const [a, taken] = [configMap('taken-a'), configMap('taken')];
    const other = (objects: readonly KubeObject[]) => wantedApplication('taker', objects);
    await rig.untilApplied(wantedApplication('giver', [a, taken]), other([configMap('taken-b')]));
    const before = await client.get(nameOf(taken));
    about.arm(async () => {
      rig.want(wantedApplication('giver', [a]), other([configMap('taken-b'), taken]));
      await waitUntil(
        'it is taken',
        async () => (await client.get(nameOf(taken))).metadata.labels[partOfLabel] === partOf('apps/taker'),
        limit,
      );
    });
    rig.want(wantedApplication('giver', [a]), other([configMap('taken-b')]));
    await rig.until('taker', 'has two', (found) => found.sync === 'Synced' && found.objects.length === 2);
    await rig.engine.whenIdle();
    expect((await client.get(nameOf(taken))).metadata.uid).toBe(before.metadata.uid);
  });
});

describe('the inventory', () => {
  it('names an object before it is written, also one that comes while the inventory is written', async () => {
    const written = trap();
    const early: string[] = [];
    const rig = await openRig((kube) => ({
      ...kube,
      async create(resource, object) {
        await written.spring();
        return kube.create(resource, object);
      },
      async update(resource, object) {
        await written.spring();
        return kube.update(resource, object);
      },
      async apply(resource, object, options) {
        const shards = await client.list('v1', 'ConfigMap', 'fairlead-test');
        const name = object.metadata.name ?? '';
        if (!JSON.stringify(shards).includes(`/ConfigMap:default/${name}`)) early.push(name);
        return kube.apply(resource, object, options);
      },
    }));
    const [first, second] = [configMap('ahead-1'), configMap('ahead-2')];
    const application = wantedApplication('ahead', [first, second]);
    written.arm(async () => {
      rig.want(application);
      await settle();
    });
    rig.want(wantedApplication('ahead', [first]));
    await rig.until('ahead', 'has both', (found) => found.sync === 'Synced' && found.objects.length === 2);
    expect(early).toEqual([]);
  });
});

describe('an object on its way out', () => {
  it('that Git brings back is made anew once it is gone, and the sync ends', async () => {
    const rig = await openRig();
    const held = configMap('held');
    const finalizers = { metadata: { finalizers: ['test.example/held'] } };
    await rig.untilApplied(wantedApplication('held', [configMap('held-too'), held]));
    const before = await client.get(nameOf(held));
    await client.patch(nameOf(held), finalizers);
    rig.want(wantedApplication('held', [configMap('held-too')]));
    await waitUntil(
      'it is being deleted',
      async () => (await client.get(nameOf(held))).metadata.deletionTimestamp !== undefined,
      limit,
    );
    const application = wantedApplication('held', [configMap('held-too'), held]);
    rig.want(application);
    await rig.engine.whenIdle();
    await client.patch(nameOf(held), { metadata: { finalizers: null } });
    await waitUntil(
      'there is a new one',
      async () => {
        const found = await client.find(nameOf(held));
        return found !== undefined && found.metadata.uid !== before.metadata.uid;
      },
      limit,
    );
    await rig.until('held', 'is in sync', (found) => found.sync === 'Synced');
  });
});

describe('a start', () => {
  it('waits for what is remembered, so that a disk that fails once makes no sync', async () => {
    const first = await openRig();
    const wanted = configMap('recalled', { a: '1' });
    const application = wantedApplication('recalled', [wanted], { mode: 'sync' });
    await first.untilApplied(application);
    await closeRig(first);
    await client.patch(nameOf(wanted), { data: { a: '2' } });
    let failures = 0;
    const second = await openRig(undefined, {
      ...first.state,
      async readDocument(name) {
        if (name === 'synced') failures += 1;
        if (name === 'synced' && failures === 1) throw new Error('input/output error');
        return first.state.readDocument(name);
      },
    });
    second.want(application);
    await second.until('recalled', 'has drifted', (found) => found.drifts.length === 1);
    await second.engine.whenIdle();
    expect(second.writes()).toEqual([]);
  });
});

describe('a hook', () => {
  it('that runs while the agent restarts goes on and is not run again', async () => {
    const first = await openRig();
    const before = hook('goes-on');
    const application = wantedApplication('goes-on', [configMap('goes-on'), before]);
    first.want(application);
    const started = await waitUntil('the hook runs', () => client.find(nameOf(before)), limit);
    await first.engine.whenIdle();
    await closeRig(first);
    const second = await openRig(undefined, first.state);
    second.want(application);
    await second.engine.whenIdle();
    expect((await client.get(nameOf(before))).metadata.uid).toBe(started.metadata.uid);
    await end(before, 'Succeeded');
    await second.until('goes-on', 'is applied', (found) => found.sync === 'Synced');
    expect((await client.get(nameOf(before))).metadata.uid).toBe(started.metadata.uid);
    expect(second.requests.filter((request) => request.startsWith('delete'))).toEqual([]);
  });

  it('that ended while the agent was away is taken for done', async () => {
    const first = await openRig();
    const before = hook('ended');
    const application = wantedApplication('ended', [configMap('ended'), before]);
    first.want(application);
    const started = await waitUntil('the hook runs', () => client.find(nameOf(before)), limit);
    await first.engine.whenIdle();
    await closeRig(first);
    await end(before, 'Succeeded');
    const second = await openRig(undefined, first.state);
    second.want(application);
    await second.until('ended', 'is applied', (found) => found.sync === 'Synced');
    expect((await client.get(nameOf(before))).metadata.uid).toBe(started.metadata.uid);
  });

  it('runs again with the next sync', async () => {
    const rig = await openRig();
    const before = hook('repeated');
    rig.want(wantedApplication('repeated', [configMap('repeated', { a: '1' }), before]));
    const started = await waitUntil('the hook runs', () => client.find(nameOf(before)), limit);
    await end(before, 'Succeeded');
    await rig.until('repeated', 'is applied', (found) => found.sync === 'Synced');
    rig.want(wantedApplication('repeated', [configMap('repeated', { a: '2' }), before]));
    await waitUntil(
      'the hook runs again',
      async () => (await client.find(nameOf(before)))?.metadata.uid !== started.metadata.uid,
      limit,
    );
  });

  it('is tried again where the API server could not be reached', async () => {
    let failures = 0;
    const rig = await openRig((kube) => ({
      ...kube,
      async create(resource, object) {
        if (resource.kind !== 'Pod' || failures > 0) return kube.create(resource, object);
        failures += 1;
        const message = 'the connection broke before the answer was complete';
        return { type: 'failed', failure: { status: 0, reason: '', message, causes: [] } };
      },
    }));
    const before = hook('tried-again');
    rig.want(wantedApplication('tried-again', [configMap('tried-again'), before]));
    await waitUntil('the hook runs', () => client.find(nameOf(before)), limit);
    await end(before, 'Succeeded');
    await rig.until('tried-again', 'is applied', (found) => found.sync === 'Synced');
  });

  it('whose end was lost with the watch fails instead of being waited for', async () => {
    let relist: () => void = () => undefined;
    const rig = await openRig((kube) => ({
      ...kube,
      watch(resource, options, handler) {
        if (resource.kind !== 'Pod') return kube.watch(resource, options, handler);
        relist = () => handler.onSynced(new Set(), '1');
        return kube.watch(resource, options, { ...handler, onDeleted: () => undefined });
      },
    }));
    const before = hook('lost');
    rig.want(wantedApplication('lost', [configMap('lost'), before]));
    await waitUntil('the hook runs', () => client.find(nameOf(before)), limit);
    await rig.engine.whenIdle();
    await client.delete(nameOf(before));
    await waitUntil('it is gone', async () => (await client.find(nameOf(before))) === undefined, limit);
    relist();
    const status = await rig.until('lost', 'has failed', (found) => found.cause === 'failed');
    expect(status.failures).toMatchObject([{ code: 'hook-failed' }]);
  });
});

it('what was deleted before a list, and looked at before that, is missed though no event tells of it', async () => {
  const looked = trap();
  let relist: (version: string) => void = () => undefined;
  let isHidden = false;
  const object = configMap('unlisted', { a: '1' });
  const rig = await openRig((kube) => ({
    ...kube,
    watch(resource, options, handler) {
      if (resource.kind !== 'ConfigMap') return kube.watch(resource, options, handler);
      relist = (version) => handler.onSynced(new Set(), version);
      return kube.watch(resource, options, {
        ...handler,
        onSynced: (live, version) => handler.onSynced(live, version),
        onObject: (found, arrival) => handler.onObject(found, arrival),
        onProblem: (failure) => handler.onProblem(failure),
        onDeleted: (gone) => (isHidden ? undefined : handler.onDeleted(gone)),
      });
    },
    async apply(resource, applied, options) {
      const answer = await kube.apply(resource, applied, options);
      if (options.dryRun && applied.metadata.name === 'unlisted') await looked.spring();
      return answer;
    },
  }));
  await rig.untilApplied(wantedApplication('unlisted', [object], { mode: 'sync' }));
  looked.arm(async () => {
    isHidden = true;
    await client.delete(nameOf(object));
    const later = await client.create(configMap('unlisted-later'));
    relist(String((later['metadata'] as { resourceVersion?: string }).resourceVersion));
  });
  await client.patch(nameOf(object), { data: { a: '2' } });
  const status = await rig.until('unlisted', 'is missed', (found) => found.drifts[0]?.kind === 'missing');
  expect(status.drifts).toHaveLength(1);
});

describe('an operation', () => {
  it('ends when its application leaves the cluster', async () => {
    const rig = await openRig();
    const application = wantedApplication('leaves', [configMap('leaves'), hook('leaves')]);
    rig.want(application);
    await waitUntil('the hook runs', () => client.find(nameOf(hook('leaves'))), limit);
    rig.engine.runOperation({
      id: 'op-leaves',
      application: 'apps/leaves',
      request: { type: 'sync' },
      requestedBy: 'ana',
    });
    rig.want();
    await waitUntil('it failed', () => rig.result('op-leaves')?.phase === 'Failed', limit);
  });

  it('that is sent again after a restart goes on where it was', async () => {
    const first = await openRig();
    const before = hook('resent');
    const application = wantedApplication('resent', [configMap('resent'), before], { mode: 'observe' });
    const operation = {
      id: 'op-resent',
      application: 'apps/resent',
      request: { type: 'sync' },
      requestedBy: 'ana',
    } as const;
    first.want(application);
    first.engine.runOperation(operation);
    const started = await waitUntil('the hook runs', () => client.find(nameOf(before)), limit);
    await first.engine.whenIdle();
    await closeRig(first);
    const second = await openRig(undefined, first.state);
    second.want(application);
    second.engine.runOperation(operation);
    await second.engine.whenIdle();
    expect((await client.get(nameOf(before))).metadata.uid).toBe(started.metadata.uid);
    await end(before, 'Succeeded');
    await waitUntil('the sync ended', () => second.result('op-resent')?.phase === 'Succeeded', limit);
    expect(await client.find(nameOf(configMap('resent')))).toBeDefined();
  });
});

describe('what left Git', () => {
  it('is forgotten where its kind is gone from the cluster', async () => {
    const rig = await openRig();
    const definition = customDefinition('Meter');
    const meter: KubeObject = {
      apiVersion: 'test.example/v1',
      kind: 'Meter',
      metadata: { name: 'one', namespace: 'default' },
    };
    await client.create(definition);
    await rig.untilApplied(wantedApplication('meters', [configMap('meters'), meter]));
    await closeRig(rig);
    const { namespace: _none, ...named } = nameOf(definition);
    await client.delete(named);
    await waitUntil('it is gone', async () => (await client.find(named)) === undefined, limit);
    const second = await openRig(undefined, rig.state);
    await second.untilApplied(wantedApplication('meters', [configMap('meters')]));
    expect(second.status('meters')!.objects).toHaveLength(1);
  });
});

describe('a Secret that the API server refuses', () => {
  const secret = (name: string, annotations: Record<string, string> = {}): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: 'default', annotations },
    stringData: { pin: 90210771 } as never,
    data: { 'bad key': btoa('with "quotes"\nand lines') },
  });

  it('is not repeated in the failure', async () => {
    const rig = await openRig();
    rig.want(wantedApplication('refused', [secret('refused')]));
    const status = await rig.until('refused', 'has failed', (found) => found.cause === 'failed');
    expect(status.failures).toHaveLength(1);
    expect(JSON.stringify(rig.reports)).not.toContain('90210771');
  });

  it('is not repeated in the failure of a hook', async () => {
    const rig = await openRig();
    const made = secret('refused-hook', { 'helm.sh/hook': 'pre-install' });
    rig.want(wantedApplication('refused-hook', [made]));
    const status = await rig.until('refused-hook', 'has failed', (found) => found.cause === 'failed');
    expect(status.failures).toMatchObject([{ code: 'hook-failed' }]);
    expect(JSON.stringify(rig.reports)).not.toContain('90210771');
  });
});

describe('one kind at two versions', () => {
  it('is judged at the version that Git names', async () => {
    const rig = await openRig();
    const scaler = (version: string, name: string): KubeObject => ({
      apiVersion: `autoscaling/${version}`,
      kind: 'HorizontalPodAutoscaler',
      metadata: { name, namespace: 'default' },
      spec: {
        minReplicas: 1,
        maxReplicas: 3,
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
        ...(version === 'v1' ? { targetCPUUtilizationPercentage: 80 } : {}),
      },
    });
    const objects = ['v1', 'v2'].map((version) => scaler(version, `at-${version}`));
    await rig.untilApplied(
      ...objects.map((object, index) => wantedApplication(`versions-${index + 1}`, [object])),
    );
    for (let maxReplicas = 4; maxReplicas < 8; maxReplicas += 1) {
      for (const object of objects) await client.patch(nameOf(object), { spec: { maxReplicas } });
      await waitUntil(
        'both are healed',
        async () => {
          const live = await Promise.all(objects.map((object) => client.get(nameOf(object))));
          return live.every((found) => found.spec.maxReplicas === 3);
        },
        limit,
      );
      await rig.engine.whenIdle();
    }
    const paths = [1, 2].flatMap((index) =>
      rig.drifts(`versions-${index}`).flatMap((event) => event.drift.fields.map((field) => field.path)),
    );
    expect(new Set(paths)).toEqual(new Set(['spec.maxReplicas']));
  });
});

describe('an API server that answers again', () => {
  it('is asked at once for what it left unanswered, whatever the back-off', async () => {
    const failure = { status: 0, reason: '', message: 'no answer', causes: [], retryAfterSeconds: 3600 };
    let isAway = false;
    let recover = (): void => undefined;
    const rig = await openRig((kube) => ({
      ...kube,
      apply: async (...args) => (isAway ? { type: 'failed', failure } : kube.apply(...args)),
      watch(resource, options, handler) {
        recover = () => handler.onProblem(undefined);
        return kube.watch(resource, options, handler);
      },
    }));
    await rig.untilApplied(wantedApplication('unanswered', [configMap('unanswered', { a: '1' })]));
    isAway = true;
    rig.want(wantedApplication('unanswered', [configMap('unanswered', { a: '2' })]));
    await rig.until('unanswered', 'has failed', (found) => found.cause === 'failed');
    isAway = false;
    recover();
    await rig.until('unanswered', 'is applied', (found) => found.sync === 'Synced');
    expect((await client.get(nameOf(configMap('unanswered')))).data.a).toBe('2');
  });
});
