import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { KubePort } from '../../agent/ports.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { type ControlPlanes, startControlPlanes } from '../clusters/control-plane.ts';
import { KubeClient } from '../clusters/kube-client.ts';
import { waitUntil } from '../clusters/wait.ts';
import { customDefinition } from '../support/custom-definition.ts';
import { type EngineRig, engineRig, wantedApplication } from '../support/engine-rig.ts';

const limit = { limitMs: 30_000, everyMs: 20 };

let dir: string;
let planes: ControlPlanes;
let client: KubeClient;
let injector: KubeClient;
const rigs: EngineRig[] = [];

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'fairlead-recreate-'));
  planes = await startControlPlanes({ names: ['anew'], controllers: 'none', dir, log: console.error });
  client = new KubeClient(planes.cluster('anew'), { fieldManager: 'kubectl-edit' });
  injector = new KubeClient(planes.cluster('anew'), { fieldManager: 'cainjector' });
});

afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.close();
});

afterAll(async () => {
  client?.close();
  injector?.close();
  await planes?.stop();
  rmSync(dir, { recursive: true, force: true });
});

async function openRig(
  state?: EngineRig['state'],
  between?: (kube: KubePort) => KubePort,
): Promise<EngineRig> {
  const rig = await engineRig(planes.cluster('anew'), state, between);
  rigs.push(rig);
  return rig;
}

async function closeRig(rig: EngineRig): Promise<void> {
  await rig.close();
  rigs.splice(rigs.indexOf(rig), 1);
}

function nameOf(object: KubeObject) {
  const { name = '', namespace } = object.metadata;
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    name,
    ...(namespace === undefined ? {} : { namespace }),
  };
}

async function uidOf(object: KubeObject): Promise<string> {
  return (await client.get(nameOf(object))).metadata.uid;
}

function thing(apiVersion: string, kind: string, name: string, more: Record<string, unknown>): KubeObject {
  return { apiVersion, kind, metadata: { name, namespace: 'default' }, ...more } as KubeObject;
}

function annotated(object: KubeObject, annotations: Record<string, string>): KubeObject {
  return { ...object, metadata: { ...object.metadata, annotations } };
}

const template = (label: string, image = 'busybox:1.37', more: Record<string, unknown> = {}) => ({
  metadata: { labels: { app: label } },
  spec: { containers: [{ name: 'main', image }], ...more },
});

function job(name: string, image: string, more: Record<string, unknown> = {}): KubeObject {
  return thing('batch/v1', 'Job', name, {
    spec: { template: template(name, image, { restartPolicy: 'Never', ...more }) },
  });
}

function deployment(name: string, label: string, more: Record<string, unknown> = {}): KubeObject {
  return thing('apps/v1', 'Deployment', name, {
    spec: { selector: { matchLabels: { app: label } }, template: template(label), ...more },
  });
}

function statefulSet(name: string, size: string): KubeObject {
  const claim = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: size } } };
  return thing('apps/v1', 'StatefulSet', name, {
    spec: {
      selector: { matchLabels: { app: name } },
      serviceName: name,
      template: template(name),
      volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: claim }],
    },
  });
}

function service(name: string, more: Record<string, unknown>): KubeObject {
  return thing('v1', 'Service', name, { spec: { ports: [{ port: 80 }], selector: { app: name }, ...more } });
}

const optIn = { 'argocd.argoproj.io/sync-options': 'Force=true,Replace=true' };

describe('what can’t be changed in place', () => {
  it.each<{ kind: string; before: KubeObject; after: KubeObject }>([
    { kind: 'the template of a Job', before: job('row20-job', 'a:1'), after: job('row20-job', 'a:2') },
    {
      kind: 'the selector of a Deployment',
      before: deployment('row20-selector', 'a'),
      after: deployment('row20-selector', 'b'),
    },
    {
      kind: 'a claim of a StatefulSet',
      before: statefulSet('row20-claim', '1Gi'),
      after: statefulSet('row20-claim', '2Gi'),
    },
    {
      kind: 'the address of a Service with a fixed port',
      before: service('row20-address', { type: 'NodePort', ports: [{ port: 80, nodePort: 30_777 }] }),
      after: service('row20-address', { clusterIP: 'None' }),
    },
    {
      kind: 'an immutable ConfigMap',
      before: thing('v1', 'ConfigMap', 'row20-fixed', { immutable: true, data: { a: '1' } }),
      after: thing('v1', 'ConfigMap', 'row20-fixed', { immutable: true, data: { a: '2' } }),
    },
  ])('row 20: $kind fails and stays without leave, and is made anew with it', async ({ before, after }) => {
    const rig = await openRig();
    const name = before.metadata.name ?? '';
    await rig.untilApplied(wantedApplication(name, [before]));
    const uid = await uidOf(before);
    rig.want(wantedApplication(name, [after]));
    const status = await rig.until(name, 'has failed', (found) => found.failures.length === 1);
    expect(status.failures).toMatchObject([{ code: 'immutable' }]);
    expect(await uidOf(before)).toBe(uid);
    expect(rig.requests.filter((request) => request.startsWith('delete'))).toEqual([]);
    await rig.untilApplied(wantedApplication(name, [annotated(after, optIn)]));
    expect(await uidOf(before)).not.toBe(uid);
    expect(rig.requests.filter((request) => request.startsWith('delete'))).toHaveLength(1);
    expect(rig.drifts(name)).toEqual([]);
  });

  it('row 20: an application’s Replace=true counts for what says nothing itself', async () => {
    const rig = await openRig();
    const options = { replace: true } as const;
    const denied = annotated(job('row20-denied', 'a:1'), { 'fairlead.dev/recreate': 'never' });
    const objects = (image: string) => [
      job('row20-app', image),
      annotated(job('row20-denied', image), { 'fairlead.dev/recreate': 'never' }),
    ];
    await rig.untilApplied(wantedApplication('row20-app', objects('a:1'), options));
    const before = [await uidOf(job('row20-app', '')), await uidOf(denied)];
    rig.want(wantedApplication('row20-app', objects('a:2'), options));
    await rig.until('row20-app', 'has failed', (found) => found.cause === 'failed');
    await rig.engine.whenIdle();
    expect(await uidOf(job('row20-app', ''))).not.toBe(before[0]);
    expect(await uidOf(denied)).toBe(before[1]);
  });

  it('row 20: a claim on storage is never made anew', async () => {
    const rig = await openRig();
    const claim = (mode: string) =>
      annotated(
        thing('v1', 'PersistentVolumeClaim', 'row20-pvc', {
          spec: { accessModes: [mode], resources: { requests: { storage: '1Gi' } } },
        }),
        optIn,
      );
    await rig.untilApplied(wantedApplication('row20-pvc', [claim('ReadWriteOnce')]));
    const uid = await uidOf(claim(''));
    rig.want(wantedApplication('row20-pvc', [claim('ReadWriteMany')]));
    const { failures } = await rig.until('row20-pvc', 'has failed', (found) => found.failures.length === 1);
    expect(failures[0]).toMatchObject({
      code: 'immutable',
      message: expect.stringContaining('takes with it what no apply brings back'),
    });
    expect(await uidOf(claim(''))).toBe(uid);
  });

  it('row 20: what it owns stays where that was asked for', async () => {
    const rig = await openRig();
    const wanted = (size: string) =>
      annotated(statefulSet('row20-orphan', size), { 'fairlead.dev/recreate': 'orphan' });
    await rig.untilApplied(wantedApplication('row20-orphan', [wanted('1Gi')]));
    const uid = await uidOf(wanted(''));
    const pod: KubeObject = thing('v1', 'Pod', 'row20-orphan-0', { spec: template('row20-orphan').spec });
    const owner = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'row20-orphan', uid };
    await client.create({ ...pod, metadata: { ...pod.metadata, ownerReferences: [owner] } });
    rig.want(wantedApplication('row20-orphan', [wanted('2Gi')]));
    // The garbage collector lets go of the Pods, then of the finalizer. There is none here, so the test is it.
    await waitUntil(
      'its deletion waits for the collector',
      async () => (await client.get(nameOf(wanted('')))).metadata.finalizers?.[0] === 'orphan',
      limit,
    );
    await client.patch(nameOf(wanted('')), { metadata: { finalizers: null } });
    await waitUntil(
      'it is made anew',
      async () => {
        const live = await client.find(nameOf(wanted('')));
        return live !== undefined && live['metadata'].uid !== uid;
      },
      limit,
    );
    expect((await client.get(nameOf(pod))).metadata.deletionTimestamp).toBeUndefined();
  });

  it('row 20: a Job is not made anew while its Pods run, and is when they have ended', async () => {
    const rig = await openRig();
    const wanted = (image: string) => annotated(job('row20-runs', image), optIn);
    await rig.untilApplied(wantedApplication('row20-runs', [wanted('a:1')]));
    const uid = await uidOf(wanted(''));
    const startTime = '2026-01-01T00:00:00Z';
    await client.patch(nameOf(wanted('')), { status: { active: 1, ready: 1, startTime } }, 'status');
    rig.want(wantedApplication('row20-runs', [wanted('a:2')]));
    const { failures } = await rig.until('row20-runs', 'waits', (found) => found.failures.length === 1);
    expect(failures[0]?.message).toContain('1 of its Pods run now');
    expect(await uidOf(wanted(''))).toBe(uid);
    await client.patch(nameOf(wanted('')), { status: { active: 0, ready: 0, startTime } }, 'status');
    await waitUntil(
      'it is made anew',
      async () => {
        const live = await client.find(nameOf(wanted('')));
        return live !== undefined && live['metadata'].uid !== uid;
      },
      limit,
    );
  });

  it.each(['kept', 'lost'])(
    'row 20: a crash between deletion and creation is made up for, the state %s',
    async (memory) => {
      const name = `row20-crash-${memory}`;
      let isDown = false;
      const first = await openRig(undefined, (kube) => ({
        ...kube,
        async delete(...asked) {
          const answer = await kube.delete(...asked);
          isDown = true;
          return answer;
        },
        apply: (resource, object, options) =>
          isDown && object.metadata.name === name
            ? Promise.resolve({
                type: 'failed',
                failure: { status: 0, reason: '', message: 'the process is gone', causes: [] },
              })
            : kube.apply(resource, object, options),
      }));
      const wanted = (image: string) => annotated(job(name, image), optIn);
      await first.untilApplied(wantedApplication(name, [wanted('a:1')], { mode: 'sync' }));
      const uid = await uidOf(wanted(''));
      first.want(wantedApplication(name, [wanted('a:2')], { mode: 'sync' }));
      await waitUntil(
        'it is deleted',
        async () => (await client.find(nameOf(wanted('')))) === undefined,
        limit,
      );
      await closeRig(first);
      const second = await openRig(memory === 'kept' ? first.state : undefined);
      await second.untilApplied(wantedApplication(name, [wanted('a:2')], { mode: 'sync' }));
      const live = await client.get(nameOf(wanted('')));
      expect(live.metadata.uid).not.toBe(uid);
      expect(live.spec.template.spec.containers[0].image).toBe('a:2');
    },
  );

  it.each(['the trial', 'the read before it'])(
    'what the API server could not answer of %s is asked again, not taken for a refusal',
    async (what) => {
      const name = `busy-${what === 'the trial' ? 'trial' : 'read'}`;
      const failure = {
        status: 503,
        reason: 'ServiceUnavailable',
        message: 'apiserver not ready',
        causes: [],
      };
      let isRefused = false;
      let busy = 0;
      const isBusy = (): boolean => isRefused && busy === 0 && ++busy === 1;
      const rig = await openRig(undefined, (kube) => ({
        ...kube,
        async apply(resource, object, options) {
          const isTrial = object.metadata.name?.startsWith('fairlead-trial-') === true;
          if (what === 'the trial' && isTrial && isBusy()) return { type: 'failed', failure };
          const answer = await kube.apply(resource, object, options);
          if (object.metadata.name === name && answer.type === 'failed') isRefused = true;
          return answer;
        },
        async get(resource, ref) {
          const isRead = what !== 'the trial' && ref.name === name;
          return isRead && isBusy() ? { type: 'failed', failure } : kube.get(resource, ref);
        },
      }));
      const wanted = (image: string) => annotated(job(name, image), optIn);
      await rig.untilApplied(wantedApplication(name, [wanted('a:1')]));
      const uid = await uidOf(wanted(''));
      await rig.untilApplied(wantedApplication(name, [wanted('a:2')]));
      expect(await uidOf(wanted(''))).not.toBe(uid);
      expect(busy).toBe(1);
    },
  );

  it('row 19: nothing is deleted whose replacement the API server would refuse', async () => {
    const rig = await openRig();
    const wanted = (image: string, more: Record<string, unknown> = {}) =>
      annotated(job('row19-bad', image, more), optIn);
    await rig.untilApplied(wantedApplication('row19-bad', [wanted('a:1')]));
    const uid = await uidOf(wanted(''));
    rig.want(wantedApplication('row19-bad', [wanted('a:2', { serviceAccountName: 'NOT A NAME' })]));
    const { failures } = await rig.until('row19-bad', 'has failed', (found) => found.failures.length === 1);
    expect(failures[0]?.message).toContain('the new one would be refused too');
    expect(await uidOf(wanted(''))).toBe(uid);
    expect(rig.requests.filter((request) => request.startsWith('delete'))).toEqual([]);
  });
});

describe('what stands in the way', () => {
  it('row 22: the default rollingUpdate beside type Recreate goes, once', async () => {
    const rig = await openRig();
    const wanted = deployment('row22', 'row22', { strategy: { type: 'Recreate' } });
    await rig.untilApplied(wantedApplication('row22', [deployment('row22', 'row22')]));
    await rig.untilApplied(wantedApplication('row22', [wanted]));
    expect((await client.get(nameOf(wanted))).spec.strategy).toEqual({ type: 'Recreate' });
    rig.requests.length = 0;
    rig.want(wantedApplication('row22', [wanted]));
    await rig.engine.whenIdle();
    expect(rig.writes()).toEqual([]);
    // Nobody but Git holds it there: without it the default comes back.
    await rig.untilApplied(wantedApplication('row22', [deployment('row22', 'row22')]));
    expect((await client.get(nameOf(wanted))).spec.strategy.type).toBe('RollingUpdate');
  });

  it('row 22: an injected caBundle beside conversion None goes, once', async () => {
    const rig = await openRig();
    const base = customDefinition('Lever');
    const definition = (conversion: unknown): KubeObject =>
      ({ ...base, spec: { ...(base['spec'] as object), conversion } }) as unknown as KubeObject;
    const service = { name: 'convert', namespace: 'default' };
    const webhook = { clientConfig: { service }, conversionReviewVersions: ['v1'] };
    const caPem = planes.cluster('anew').caPem;
    await rig.untilApplied(wantedApplication('row22-crd', [definition({ strategy: 'Webhook', webhook })]));
    await injector.patch(nameOf(base), {
      spec: { conversion: { webhook: { clientConfig: { caBundle: btoa(caPem) } } } },
    });
    await rig.untilApplied(wantedApplication('row22-crd', [definition({ strategy: 'None' })]));
    expect((await client.get(nameOf(base))).spec.conversion).toEqual({ strategy: 'None' });
    await rig.engine.whenIdle();
    rig.requests.length = 0;
    rig.want(wantedApplication('row22-crd', [definition({ strategy: 'None' })]));
    await rig.engine.whenIdle();
    expect(rig.writes()).toEqual([]);
  });

  it('row 22: an injected caBundle beside insecureSkipTLSVerify goes, once', async () => {
    const rig = await openRig();
    const registration = (more: Record<string, unknown>): KubeObject => ({
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: 'v1.row22.example' },
      spec: {
        group: 'row22.example',
        version: 'v1',
        groupPriorityMinimum: 100,
        versionPriority: 100,
        service: { name: 'none', namespace: 'default' },
        ...more,
      },
    });
    const name = nameOf(registration({}));
    rig.want(wantedApplication('row22-api', [registration({})]));
    await waitUntil('it is there', () => client.find(name), limit);
    await injector.patch(name, { spec: { caBundle: btoa(planes.cluster('anew').caPem) } });
    const wanted = registration({ insecureSkipTLSVerify: true });
    rig.want(wantedApplication('row22-api', [wanted]));
    await waitUntil(
      'it is repaired',
      async () => (await client.get(name)).spec.insecureSkipTLSVerify === true,
      limit,
    );
    expect((await client.get(name)).spec).not.toHaveProperty('caBundle');
    await closeRig(rig);
    await client.delete(name);
  });
});

describe('a definition', () => {
  it('row 24: keeps a version at which objects are stored, and loses it once they are not', async () => {
    const rig = await openRig();
    const base = customDefinition('Crank');
    const [only] = (base['spec'] as { versions: Record<string, unknown>[] }).versions;
    const definition = (...versions: { name: string; storage: boolean }[]): KubeObject => {
      const all = versions.map((version) => ({ ...only, ...version }));
      return { ...base, spec: { ...(base['spec'] as object), versions: all } } as unknown as KubeObject;
    };
    const old = { name: 'v1alpha1', storage: true };
    await rig.untilApplied(wantedApplication('row24', [definition(old)]));
    const both = definition({ ...old, storage: false }, { name: 'v1', storage: true });
    await rig.untilApplied(wantedApplication('row24', [both]));
    rig.want(wantedApplication('row24', [definition({ name: 'v1', storage: true })]));
    const { failures } = await rig.until('row24', 'is refused', (found) => found.failures.length === 1);
    expect(failures[0]).toMatchObject({
      code: 'version-stored',
      message: expect.stringContaining('v1alpha1'),
    });
    expect((await client.get(nameOf(base))).spec.versions).toHaveLength(2);
    await client.patch(nameOf(base), { status: { storedVersions: ['v1'] } }, 'status');
    await waitUntil(
      'the old version is gone',
      async () => (await client.get(nameOf(base))).spec.versions.length === 1,
      limit,
    );
    await rig.until('row24', 'is in sync', (found) => found.sync === 'Synced');
  });
});

describe('an object on its way out', () => {
  it('row 27: is waited for, with what holds it named, and made again', async () => {
    const rig = await openRig();
    const object = thing('v1', 'ConfigMap', 'row27', { data: { a: '1' } });
    await rig.untilApplied(wantedApplication('row27', [object]));
    const uid = await uidOf(object);
    await client.patch(nameOf(object), { metadata: { finalizers: ['example.com/held'] } });
    await client.delete(nameOf(object));
    const status = await rig.until(
      'row27',
      'shows what holds it',
      (found) => found.objects[0]?.health?.message.includes('example.com/held') === true,
    );
    expect(status.sync).toBe('OutOfSync');
    await rig.engine.whenIdle();
    rig.requests.length = 0;
    rig.want(wantedApplication('row27', [{ ...object, data: { a: '2' } }]));
    await rig.engine.whenIdle();
    expect(rig.writes()).toEqual([]);
    await client.patch(nameOf(object), { metadata: { finalizers: null } });
    await rig.until('row27', 'is in sync', (found) => found.sync === 'Synced');
    const live = await client.get(nameOf(object));
    expect(live.metadata.uid).not.toBe(uid);
    expect(live.data).toEqual({ a: '2' });
  });
});
