import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { runAnnotation } from '../../agent/plan/hook-object.ts';
import type { HookPhase } from '../../core/attempt.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { type ControlPlanes, startControlPlanes } from '../clusters/control-plane.ts';
import { KubeClient, type KubeObject as LiveObject } from '../clusters/kube-client.ts';
import { waitUntil } from '../clusters/wait.ts';
import { type EngineRig, engineRig, wantedApplication } from '../support/engine-rig.ts';
import { memoryState } from '../support/memory-state.ts';
import { type Death, mortal } from '../support/mortal-engine.ts';

const limit = { limitMs: 60_000, everyMs: 20 };

let dir: string;
let planes: ControlPlanes;
let client: KubeClient;
const rigs: EngineRig[] = [];

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'fairlead-hooks-'));
  planes = await startControlPlanes({ names: ['hooks'], controllers: 'none', dir, log: console.error });
  client = new KubeClient(planes.cluster('hooks'), { fieldManager: 'kubectl-edit' });
});

afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.close();
});

afterAll(async () => {
  client?.close();
  await planes?.stop();
  rmSync(dir, { recursive: true, force: true });
});

type Rest = Parameters<typeof engineRig>;

async function openRig(state?: Rest[1], between?: Rest[2]): Promise<EngineRig> {
  const rig = await engineRig(planes.cluster('hooks'), state, between);
  rigs.push(rig);
  return rig;
}

async function closeRig(rig: EngineRig): Promise<void> {
  rigs.splice(rigs.indexOf(rig), 1);
  await rig.close();
}

function configMap(name: string, annotations: Record<string, string> = {}, data = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default', annotations }, data };
}

const phaseOf = (phase: string, policy?: string) => ({
  'argocd.argoproj.io/hook': phase,
  ...(policy === undefined ? {} : { 'argocd.argoproj.io/hook-delete-policy': policy }),
});

function pod(name: string, phase: string, policy?: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', annotations: phaseOf(phase, policy) },
    spec: {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 0,
      containers: [{ name: 'run', image: 'busybox:1.37' }],
    },
  };
}

function job(metadata: { name: string } | { generateName: string }, phase: string, spec = {}): KubeObject {
  const containers = [{ name: 'run', image: 'busybox:1.37' }];
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { ...metadata, namespace: 'default', annotations: phaseOf(phase) },
    spec: { ...spec, template: { spec: { restartPolicy: 'Never', containers } } },
  };
}

function nameOf(object: KubeObject) {
  const { name = '', namespace = 'default' } = object.metadata;
  return { apiVersion: object.apiVersion, kind: object.kind, name, namespace };
}

const started = (object: KubeObject, before?: LiveObject): Promise<LiveObject> =>
  waitUntil(
    `the hook ${object.metadata.name ?? ''} runs`,
    async () => {
      const live = await client.find(nameOf(object));
      return live !== undefined && live.metadata.uid !== before?.metadata.uid ? live : undefined;
    },
    limit,
  );

const isGone = (object: KubeObject): Promise<unknown> =>
  waitUntil(
    `${object.metadata.name ?? ''} is gone`,
    async () => (await client.find(nameOf(object))) === undefined,
    limit,
  );

const endPod = (object: KubeObject, phase: 'Succeeded' | 'Failed' | 'Running') =>
  client.patch(nameOf(object), { status: { phase } }, 'status');

/** As the Job controller says that a Job is complete. */
async function endJob(object: KubeObject): Promise<void> {
  const now = new Date().toISOString().replace(/\.\d+Z/, 'Z');
  const condition = (type: string) => ({ type, status: 'True', lastProbeTime: now, lastTransitionTime: now });
  const conditions = [condition('SuccessCriteriaMet'), condition('Complete')];
  await client.patch(
    nameOf(object),
    { status: { startTime: now, completionTime: now, succeeded: 1, conditions } },
    'status',
  );
}

const isSynced = (rig: EngineRig, name: string) =>
  rig.until(name, 'is applied', (found) => found.sync === 'Synced' && found.appliedDigest === found.digest);

const attemptIs = (rig: EngineRig, name: string, state: string) =>
  rig.until(name, `has an attempt that is ${state}`, (found) => found.attempt?.state === state);

const sync = (rig: EngineRig, name: string, id: string) =>
  rig.engine.runOperation({
    id,
    application: `apps/${name}`,
    request: { type: 'sync' },
    requestedBy: 'ana',
  });

describe('an attempt that is killed', () => {
  /** Runs to the end through one death; tells how often the hook was created, by run. */
  async function runThrough(name: string, death: Death | undefined): Promise<readonly string[]> {
    const hook = job({ generateName: `${name}-` }, 'PreSync');
    const after = pod(`${name}-after`, 'PostSync', 'HookSucceeded');
    const wanted = wantedApplication(name, [configMap(name), hook, after]);
    const created: string[] = [];
    const state = memoryState();
    const body = mortal(state, death);
    const witness = (
      between: (kube: Parameters<typeof body.between>[0]) => ReturnType<typeof body.between>,
    ) =>
      ((kube) =>
        between({
          ...kube,
          async create(resource, object) {
            const answer = await kube.create(resource, object);
            const run = object.metadata.annotations?.[runAnnotation];
            if (answer.type === 'ok' && run !== undefined) created.push(`${run} ${resource.kind}`);
            return answer;
          },
        })) satisfies Rest[2];
    const endAll = async (): Promise<void> => {
      for (const kind of ['Job', 'Pod']) {
        const apiVersion = kind === 'Job' ? 'batch/v1' : 'v1';
        for (const live of await client.list(apiVersion, kind, 'default')) {
          if (!(live.metadata.name ?? '').startsWith(name)) continue;
          const object = { ...(live as KubeObject), apiVersion, kind };
          if (kind === 'Pod' && live.status?.phase !== 'Succeeded') await endPod(object, 'Succeeded');
          if (kind === 'Job' && live.status?.completionTime === undefined) await endJob(object);
        }
      }
    };
    const first = await openRig(
      body.state,
      witness((kube) => body.between(kube)),
    );
    first.want(wanted);
    const isApplied = (rig: EngineRig) => {
      const found = rig.status(name);
      return found?.sync === 'Synced' && found.attempt?.state === 'succeeded';
    };
    const through = async (rig: EngineRig, isOver: () => boolean) => {
      await waitUntil(
        `${name} is over`,
        async () => {
          await endAll().catch(() => undefined);
          return isOver() || isApplied(rig);
        },
        limit,
      );
    };
    await through(first, body.isDead);
    await closeRig(first);
    const second = await openRig(
      state,
      witness((kube) => kube),
    );
    second.want(wanted);
    await through(second, () => false);
    await isGone(after);
    await second.engine.whenIdle();
    await closeRig(second);
    return created;
  }

  it('row 33: at any step ends as an undisturbed one, each hook created once', async () => {
    const kinds = (created: readonly string[]) => created.map((run) => run.split('/').at(-1)).sort();
    expect(kinds(await runThrough('undisturbed', undefined))).toEqual(['PostSync Pod', 'PreSync Job']);
    for (const when of ['before', 'after'] as const) {
      // The inventory, the first hook, the object, the second hook, and what becomes of it.
      for (const write of [1, 2, 3, 4, 5]) {
        const name = `killed-${when}-${write}`;
        const created = await runThrough(name, { write, when });
        expect({ name, created: kinds(created) }).toEqual({ name, created: ['PostSync Pod', 'PreSync Job'] });
        const jobs = await client.list('batch/v1', 'Job', 'default');
        expect(jobs.filter((live) => live.metadata.name.startsWith(name))).toHaveLength(1);
      }
    }
  });
});

describe('a Job with a time to live', () => {
  it('row 41: of no second is a success, also where it ended while no agent watched, and then it goes', async () => {
    const hook = job({ name: 'brief' }, 'PreSync', { ttlSecondsAfterFinished: 0 });
    const wanted = wantedApplication('brief', [configMap('brief'), hook]);
    const first = await openRig();
    first.want(wanted);
    const live = await started(hook);
    expect(live.spec.ttlSecondsAfterFinished).toBeGreaterThan(3600);
    await first.engine.whenIdle();
    await closeRig(first);
    await endJob(hook);
    const second = await openRig(first.state);
    second.want(wanted);
    await isSynced(second, 'brief');
    await waitUntil(
      'its time to live is that of Git',
      async () => (await client.get(nameOf(hook))).spec.ttlSecondsAfterFinished === 0,
      limit,
    );
    expect((await client.get(nameOf(hook))).metadata.uid).toBe(live.metadata.uid);
    await client.delete(nameOf(hook));
    await second.engine.whenIdle();
    expect(second.status('brief')).toMatchObject({ sync: 'Synced', failures: [] });
  });

  it('row 41: that is deleted with its end in one event is a success', async () => {
    const hook = job({ name: 'vanishing' }, 'PreSync');
    let hold = true;
    const rig = await openRig(undefined, (kube) => ({
      ...kube,
      watch: (resource, options, handler) =>
        kube.watch(resource, options, {
          ...handler,
          onObject: (object, arrival) => {
            if (resource.kind !== 'Job' || !hold) handler.onObject(object, arrival);
          },
        }),
    }));
    rig.want(wantedApplication('vanishing', [configMap('vanishing'), hook]));
    await started(hook);
    await rig.engine.whenIdle();
    await endJob(hook);
    await client.delete(nameOf(hook));
    await isSynced(rig, 'vanishing');
    hold = false;
  });
});

describe('waves', () => {
  it('row 42: are not held by what may stay in progress for good', async () => {
    const rig = await openRig();
    const meta = (name: string) => ({ name, namespace: 'default' });
    const objects: KubeObject[] = [
      {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: meta('unbound'),
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
      },
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: meta('without-address'),
        spec: { type: 'LoadBalancer', selector: { app: 'x' }, ports: [{ port: 80 }] },
      },
      {
        apiVersion: 'policy/v1',
        kind: 'PodDisruptionBudget',
        metadata: meta('unmet'),
        spec: { minAvailable: 1, selector: { matchLabels: { app: 'x' } } },
      },
      {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'Ingress',
        metadata: meta('without-address'),
        spec: { defaultBackend: { service: { name: 'without-address', port: { number: 80 } } } },
      },
      {
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata: meta('without-metrics'),
        spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'x' }, maxReplicas: 2 },
      },
      configMap('second-wave', { 'argocd.argoproj.io/sync-wave': '1' }),
    ];
    const claim = { ...objects[0]!, metadata: { ...meta('hook-claim'), annotations: phaseOf('PreSync') } };
    const last = pod('after-all', 'PostSync');
    rig.want(wantedApplication('stuck', [...objects, claim, last]));
    await started(configMap('second-wave'));
    await started(last);
    await endPod(last, 'Succeeded');
    await isSynced(rig, 'stuck');
  });

  it('delete what left Git before the hooks after them, with PruneLast once the rest is healthy', async () => {
    const rig = await openRig();
    const [old, kept] = [configMap('prune-old'), configMap('prune-kept')];
    await rig.untilApplied(wantedApplication('prune-last', [old, kept]));
    const workload: KubeObject = {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: { name: 'prune-new', namespace: 'default' },
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: 'prune-new' } },
        template: {
          metadata: { labels: { app: 'prune-new' } },
          spec: { containers: [{ name: 'web', image: 'nginx:1.27' }] },
        },
      },
    };
    rig.want(wantedApplication('prune-last', [kept, workload], { pruneLast: true }));
    const live = await started(workload);
    await rig.until('prune-last', 'waits', (found) => found.cause === 'applying');
    await rig.engine.whenIdle();
    expect(await client.find(nameOf(old))).toBeDefined();
    const status = { replicas: 1, readyReplicas: 1, availableReplicas: 1 };
    const { generation: observedGeneration } = live.metadata;
    await client.patch(nameOf(workload), { status: { ...status, observedGeneration } }, 'status');
    await isGone(old);
    await isSynced(rig, 'prune-last');
  });
});

describe('an application that goes', () => {
  it('row 43: runs its deletion hooks around its objects and leaves no hook and no finalizer of ours', async () => {
    const hooks = {
      before: pod('leave-presync', 'PreSync'),
      first: pod('leave-predelete', 'PreDelete'),
      last: pod('leave-postdelete', 'PostDelete'),
    };
    const object = configMap('leave');
    const wanted = wantedApplication('leave', [object, ...Object.values(hooks)]);
    const rig = await openRig();
    rig.want(wanted);
    const before = await started(hooks.before);
    await endPod(hooks.before, 'Succeeded');
    await isSynced(rig, 'leave');
    expect(await client.find(nameOf(hooks.first))).toBeUndefined();

    // Healing what somebody deleted runs no hook.
    await client.delete(nameOf(object));
    await started(object);
    await isSynced(rig, 'leave');
    await rig.engine.whenIdle();
    expect((await client.get(nameOf(hooks.before))).metadata.uid).toBe(before.metadata.uid);

    // The agent is started anew with the removal: what it needs of Git it has kept.
    await closeRig(rig);
    const second = await openRig(rig.state);
    second.want({ ...wanted, manifests: [], removal: 'delete' });
    const first = await started(hooks.first);
    await second.engine.whenIdle();
    expect(await client.find(nameOf(object))).toBeDefined();
    expect(first.metadata.finalizers).toBeUndefined();
    await endPod(hooks.first, 'Succeeded');
    await isGone(object);
    const last = await started(hooks.last);
    expect(last.metadata.finalizers).toBeUndefined();
    expect(second.status('leave')?.removal).toBe('pending');
    await endPod(hooks.last, 'Succeeded');
    for (const hook of Object.values(hooks)) await isGone(hook);
    await second.until('leave', 'is gone', (found) => found.removal === 'done');
  });

  it('row 43: keeps its objects where a PreDelete hook fails, until a sync that is asked for runs it again', async () => {
    const [hook, object] = [pod('stay-predelete', 'PreDelete'), configMap('stay')];
    const wanted = wantedApplication('stay', [object, hook]);
    const rig = await openRig();
    await rig.untilApplied(wanted);
    rig.want({ ...wanted, manifests: [], removal: 'delete' });
    const failed = await started(hook);
    await endPod(hook, 'Failed');
    const status = await attemptIs(rig, 'stay', 'failed');
    expect(status).toMatchObject({ removal: 'pending', failures: [{ code: 'hook-failed' }] });
    await rig.engine.whenIdle();
    expect(await client.find(nameOf(object))).toBeDefined();
    sync(rig, 'stay', 'op-stay');
    await started(hook, failed);
    await endPod(hook, 'Succeeded');
    await rig.until('stay', 'is gone', (found) => found.removal === 'done');
    expect(await client.find(nameOf(object))).toBeUndefined();
    await isGone(hook);
  });
});

describe('an attempt that fails', () => {
  it('runs its SyncFail hooks once, deletes by the result of the sync, and begins anew when asked', async () => {
    const ok = pod('fails-ok', 'PreSync', 'HookFailed');
    const bad = pod('fails-bad', 'PreSync', 'HookSucceeded');
    const onFail = pod('fails-hook', 'SyncFail');
    const object = configMap('fails');
    const wanted = wantedApplication('fails', [object, ok, bad, onFail]);
    const rig = await openRig();
    rig.want(wanted);
    await started(ok);
    const first = await started(bad);
    await endPod(ok, 'Succeeded');
    await endPod(bad, 'Failed');
    const told = await started(onFail);
    await endPod(onFail, 'Succeeded');
    const status = await attemptIs(rig, 'fails', 'failed');
    expect(status.attempt?.message).toContain('PreSync hook Pod default/fails-bad failed');
    await isGone(ok);
    await closeRig(rig);
    const second = await openRig(rig.state);
    second.want(wanted);
    await attemptIs(second, 'fails', 'failed');
    await second.engine.whenIdle();
    expect((await client.get(nameOf(bad))).metadata.uid).toBe(first.metadata.uid);
    expect((await client.get(nameOf(onFail))).metadata.uid).toBe(told.metadata.uid);
    expect(await client.find(nameOf(object))).toBeUndefined();
    sync(second, 'fails', 'op-fails');
    await started(bad, first);
    await started(ok);
    for (const hook of [ok, bad]) await endPod(hook, 'Succeeded');
    await isSynced(second, 'fails');
    await isGone(bad);
    expect(await client.find(nameOf(ok))).toBeDefined();
    await waitUntil('the sync succeeded', () => second.result('op-fails')?.phase === 'Succeeded', limit);
  });

  it('runs its SyncFail hooks for an object that the API server refuses', async () => {
    const onFail = pod('refused-hook', 'SyncFail');
    const bad = { ...configMap('refused'), data: { 'not a key': 'x' } };
    const rig = await openRig();
    rig.want(wantedApplication('refused', [bad, configMap('beside'), onFail]));
    await started(onFail);
    await endPod(onFail, 'Succeeded');
    const status = await attemptIs(rig, 'refused', 'failed');
    expect(status.attempt?.message).toContain("ConfigMap default/refused can't be applied");
    expect(await client.find(nameOf(configMap('beside')))).toBeDefined();
  });
});

describe('a hook', () => {
  it('of two phases runs in both, and goes after the sync where its policy says so', async () => {
    const both = pod('twice', 'PreSync,PostSync', 'HookSucceeded');
    const rig = await openRig();
    rig.want(wantedApplication('twice', [configMap('twice'), both]));
    const first = await started(both);
    await endPod(both, 'Succeeded');
    await started(both, first);
    expect(await client.find(nameOf(configMap('twice')))).toBeDefined();
    await endPod(both, 'Succeeded');
    await isSynced(rig, 'twice');
    await isGone(both);
    const phases = rig.status('twice')?.attempt?.hooks.map(({ phase, state }) => [phase, state]);
    expect(phases).toEqual([
      ['PreSync', 'succeeded'],
      ['PostSync', 'succeeded'],
    ] satisfies [HookPhase, string][]);
  });

  it('at work is not broken off by another commit, only by a sync that is asked for', async () => {
    const hook = pod('patient', 'PreSync');
    const wanted = (a: string) => wantedApplication('patient', [configMap('patient', {}, { a }), hook]);
    const rig = await openRig();
    rig.want(wanted('1'));
    const first = await started(hook);
    await endPod(hook, 'Running');
    rig.want(wanted('2'));
    await rig.until('patient', 'waits for the earlier run', (found) =>
      (found.attempt?.hooks[0]?.message ?? '').includes('its earlier run is still at work'),
    );
    await rig.engine.whenIdle();
    expect((await client.get(nameOf(hook))).metadata).toMatchObject({ uid: first.metadata.uid });
    sync(rig, 'patient', 'op-patient');
    await started(hook, first);
    await endPod(hook, 'Succeeded');
    await isSynced(rig, 'patient');
    expect((await client.get(nameOf(configMap('patient')))).data).toEqual({ a: '2' });
  });

  it('that left Git is cleared away after the next sync that succeeds', async () => {
    const hook = job({ generateName: 'leftover-' }, 'PreSync');
    const rig = await openRig();
    rig.want(wantedApplication('leftover', [configMap('leftover'), hook]));
    const live = await waitUntil(
      'the hook runs',
      async () =>
        (await client.list('batch/v1', 'Job', 'default')).find((found) =>
          found.metadata.name.startsWith('leftover-'),
        ),
      limit,
    );
    const named = { ...(live as KubeObject), apiVersion: 'batch/v1', kind: 'Job' };
    await endJob(named);
    await isSynced(rig, 'leftover');
    expect(await client.find(nameOf(named))).toBeDefined();
    rig.want(wantedApplication('leftover', [configMap('leftover', {}, { a: '2' })]));
    await isGone(named);
  });
});

describe('a sync that is cancelled', () => {
  it('deletes what runs of its hooks, applies nothing more, and begins anew when asked again', async () => {
    const hook = pod('cancelled', 'PreSync');
    const object = configMap('cancelled');
    const wanted = wantedApplication('cancelled', [object, hook]);
    const rig = await openRig();
    rig.want(wanted);
    const byGit = await started(hook);
    sync(rig, 'cancelled', 'op-1');
    const first = await started(hook, byGit);
    rig.engine.cancelOperation('op-1');
    await waitUntil('it is told', () => rig.result('op-1')?.phase === 'Failed', limit);
    expect(rig.result('op-1')?.message).toContain('it was cancelled');
    await isGone(hook);
    await attemptIs(rig, 'cancelled', 'cancelled');
    await closeRig(rig);
    const second = await openRig(rig.state);
    second.want(wanted);
    const status = await attemptIs(second, 'cancelled', 'cancelled');
    expect(status).toMatchObject({ sync: 'OutOfSync' });
    await second.engine.whenIdle();
    expect(await client.find(nameOf(object))).toBeUndefined();
    expect(await client.find(nameOf(hook))).toBeUndefined();
    sync(second, 'cancelled', 'op-2');
    await started(hook, first);
    await endPod(hook, 'Succeeded');
    await waitUntil('the sync succeeded', () => second.result('op-2')?.phase === 'Succeeded', limit);
    expect(await client.find(nameOf(object))).toBeDefined();
  });

  it('before it was known here has its result too', async () => {
    const rig = await openRig();
    rig.engine.cancelOperation('op-unknown');
    rig.want();
    await waitUntil('it is told', () => rig.result('op-unknown')?.phase === 'Failed', limit);
  });
});
