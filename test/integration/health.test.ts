import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openGuard } from '../../core/guard.ts';
import type { HealthRule } from '../../core/health-rule.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import type { ApplicationStatus } from '../../core/status.ts';
import { type ControlPlanes, startControlPlanes } from '../clusters/control-plane.ts';
import { KubeClient } from '../clusters/kube-client.ts';
import { customDefinition } from '../support/custom-definition.ts';
import { type EngineRig, engineRig, type RigOverrides, wantedApplication } from '../support/engine-rig.ts';
import { memoryState } from '../support/memory-state.ts';

let dir: string;
let planes: ControlPlanes;
let client: KubeClient;
const rigs: EngineRig[] = [];

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'fairlead-health-'));
  planes = await startControlPlanes({ names: ['health'], controllers: 'none', dir, log: console.error });
  client = new KubeClient(planes.cluster('health'), { fieldManager: 'controller' });
});

afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.close();
});

afterAll(async () => {
  client?.close();
  await planes?.stop();
  rmSync(dir, { recursive: true, force: true });
});

async function openRig(overrides: RigOverrides = {}): Promise<EngineRig> {
  const rig = await engineRig(planes.cluster('health'), memoryState(), (kube) => kube, openGuard, overrides);
  rigs.push(rig);
  return rig;
}

function workload(kind: 'Deployment' | 'StatefulSet', name: string, image = 'shop/web:1'): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace: 'default' },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'web', image }] },
      },
    },
  };
}

function nameOf({ apiVersion, kind, metadata }: KubeObject) {
  return { apiVersion, kind, name: metadata.name ?? '', namespace: 'default' };
}

/** A kind whose status is written apart from the rest. */
function definitionWithStatus(kind: string): KubeObject {
  const definition = customDefinition(kind);
  const spec = definition['spec'] as { readonly versions: readonly object[] };
  const versions = spec.versions.map((version) => ({ ...version, subresources: { status: {} } }));
  return { ...definition, spec: { ...spec, versions } } as KubeObject;
}

function gauge(kind: string, limit: number): KubeObject {
  return {
    apiVersion: 'test.example/v1',
    kind,
    metadata: { name: 'one', namespace: 'default' },
    spec: { limit },
  };
}

function rolledOut(observedGeneration: number) {
  return { observedGeneration, replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 };
}

const isReady = { conditions: [{ type: 'Ready', status: 'True', reason: 'Done', message: '' }] };

async function writeStatus(object: KubeObject, status: object): Promise<void> {
  await client.patch(nameOf(object), { status }, 'status');
}

function reasonsOf({ objects }: ApplicationStatus): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(
    objects.flatMap(({ ref, health }) =>
      health === undefined ? [] : [[ref.kind, health.reason ?? health.status]],
    ),
  );
}

describe('health at the applied generation', () => {
  it('row 51: what no controller has answered yet is not healthy, neither when it is new nor after a change', async () => {
    // The clock stands, so that it doesn't matter how long this machine takes for the answers.
    const now = new Date();
    const rig = await openRig({ now: () => now });
    const definition = definitionWithStatus('Sensor');
    const first = [definition, gauge('Sensor', 1), workload('Deployment', 'answered')];
    rig.want(wantedApplication('answered', first));
    const applied = await rig.until('answered', 'is applied', ({ sync }) => sync === 'Synced');
    const before = rig.reports.length;
    expect(reasonsOf(applied)).toMatchObject({ Deployment: 'NotObserved', Sensor: 'StatusAwaited' });

    await writeStatus(workload('Deployment', 'answered'), rolledOut(1));
    await writeStatus(gauge('Sensor', 1), isReady);
    await rig.until('answered', 'is healthy', ({ health }) => health.status === 'Healthy');
    expect(healthies(rig, 0, before)).toEqual([]);

    const from = rig.reports.length;
    const second = wantedApplication('answered', [
      definition,
      gauge('Sensor', 2),
      workload('Deployment', 'answered', 'shop/web:2'),
    ]);
    rig.want(second);
    const changed = await rig.until(
      'answered',
      'is changed',
      (status) =>
        status.sync === 'Synced' &&
        status.appliedDigest === status.digest &&
        status.digest !== applied.digest,
    );
    expect(reasonsOf(changed)).toMatchObject({ Deployment: 'GenerationBehind', Sensor: 'StatusAwaited' });
    const until = rig.reports.length;
    await writeStatus(workload('Deployment', 'answered'), rolledOut(2));
    await writeStatus(gauge('Sensor', 2), { ...isReady, step: 2 });
    await rig.until('answered', 'is healthy again', ({ health }) => health.status === 'Healthy');
    expect(healthies(rig, from, until, changed.digest)).toEqual([]);
  });

  /** Reports of a stretch that call it healthy and applied, at this digest where one is given. */
  function healthies(rig: EngineRig, from: number, to: number, digest?: string) {
    return rig.reports
      .slice(from, to)
      .filter(
        (report) =>
          report.type === 'application' &&
          report.status.sync === 'Synced' &&
          report.status.health.status === 'Healthy' &&
          (digest === undefined || report.status.digest === digest),
      );
  }
});

describe('the deepest reason', () => {
  async function pod(owner: string, status: object): Promise<KubeObject> {
    const created = await client.create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: `${owner}-1`, namespace: 'default', labels: { app: owner } },
      spec: { containers: [{ name: 'web', image: 'shop/web:1' }] },
    } as KubeObject);
    await writeStatus(created as KubeObject, status);
    return created as KubeObject;
  }

  async function warn(about: KubeObject, reason: string, message: string): Promise<void> {
    const { kind, metadata } = about;
    await client.create({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { generateName: 'event-', namespace: 'default' },
      involvedObject: { kind, namespace: 'default', name: metadata.name, uid: metadata.uid },
      type: 'Warning',
      reason,
      message,
      lastTimestamp: new Date().toISOString(),
    } as KubeObject);
  }

  it('is told at the workload, from its pods and their events, and nothing is asked once it is well', async () => {
    const rig = await openRig();
    const plain = workload('Deployment', 'web');
    const annotations = { 'example.com/team': 'web' };
    const [web, api, store] = [
      { ...plain, metadata: { ...plain.metadata, annotations } },
      workload('Deployment', 'api'),
      workload('StatefulSet', 'store'),
    ];
    await rig.untilApplied(wantedApplication('shop', [web, api, store]));
    await pod('web', {
      phase: 'Pending',
      containerStatuses: [
        {
          name: 'web',
          image: 'shop/web:1',
          imageID: '',
          ready: false,
          restartCount: 0,
          state: {
            waiting: {
              reason: 'ImagePullBackOff',
              message: 'Back-off pulling image "shop/web:1": manifest unknown',
            },
          },
        },
      ],
    });
    const running = {
      name: 'web',
      image: 'shop/web:1',
      imageID: '',
      restartCount: 0,
      state: { running: {} },
    };
    const probed = await pod('api', { phase: 'Running', containerStatuses: [{ ...running, ready: false }] });
    await warn(probed, 'Unhealthy', 'Readiness probe failed: HTTP probe failed with statuscode: 503');
    await warn((await client.get(nameOf(store))) as KubeObject, 'FailedCreate', 'exceeded quota: small');
    expect(podRequests(rig)).toEqual([]);

    const [starting, empty] = [
      { observedGeneration: 1, replicas: 1, updatedReplicas: 1 },
      { observedGeneration: 1, replicas: 0 },
    ];
    await Promise.all([writeStatus(web, starting), writeStatus(api, starting), writeStatus(store, empty)]);
    const told = await rig.until('shop', 'tells why', ({ objects }) =>
      objects.every(({ health }) => /image|probe|quota/.test(health?.message ?? '')),
    );
    expect(Object.fromEntries(told.objects.map(({ ref, health }) => [ref.name, health]))).toEqual({
      web: {
        status: 'Progressing',
        reason: 'ImagePullBackOff',
        message:
          `0 of 1 replicas are available: container web can't pull image shop/web:1 (ImagePullBackOff): ` +
          'Back-off pulling image "shop/web:1": manifest unknown',
      },
      api: {
        status: 'Progressing',
        reason: 'Unhealthy',
        message:
          '0 of 1 replicas are available: a probe fails: Readiness probe failed: HTTP probe failed with statuscode: 503',
      },
      store: {
        status: 'Degraded',
        reason: 'FailedCreate',
        message: '0 of 1 replicas are ready: its pods are refused: exceeded quota: small',
      },
    });
    expect(told.health).toMatchObject({ status: 'Degraded', reason: 'FailedCreate' });

    await Promise.all([web, api, store].map((object) => writeStatus(object, rolledOut(1))));
    await rig.until('shop', 'is well', ({ health }) => health.status === 'Healthy');
    await rig.engine.whenIdle();
    const asked = podRequests(rig).length;
    await client.patch(nameOf(web), { metadata: { annotations: { 'example.com/seen': 'yes' } } });
    await writeStatus(web, { ...rolledOut(1), conditions: [] });
    // Events of one object come in their order: once this one is healed, those before it were seen.
    await client.patch(nameOf(web), { metadata: { annotations: { 'example.com/team': 'other' } } });
    await expect
      .poll(async () => (await client.get(nameOf(web)))?.metadata.annotations?.['example.com/team'])
      .toBe('web');
    await rig.engine.whenIdle();
    expect(podRequests(rig)).toHaveLength(asked);
  });

  function podRequests(rig: EngineRig): readonly string[] {
    return rig.requests.filter((request) => /\b(pods|events)\b/.test(request));
  }
});

describe("the fleet's own rules", () => {
  it('judge what is live anew when they come, change and go, and write nothing', async () => {
    const rig = await openRig();
    const definition = customDefinition('Meter');
    const meter = gauge('Meter', 3);
    const wanted = (healthRules?: readonly HealthRule[]) =>
      wantedApplication('meters', [definition, meter], healthRules === undefined ? {} : { healthRules });
    await rig.untilApplied(wanted());
    await rig.until('meters', 'is healthy', ({ health }) => health.status === 'Healthy');
    const writes = rig.writes().length;

    const rule: HealthRule = {
      group: 'test.example',
      kind: 'Meter',
      healthy: 'object.status.reached >= object.spec.limit',
      message: "string(object.status.reached) + ' of ' + string(object.spec.limit)",
    };
    rig.want(wanted([rule]));
    await rig.until('meters', 'is judged by the rule', ({ health }) => health.reason === 'HealthRule');
    await client.patch(nameOf(meter), { status: { reached: 2 } });
    const moving = await rig.until('meters', 'moves', ({ health }) => health.message.includes('2 of 3'));
    expect(moving.health).toMatchObject({ status: 'Progressing', message: 'Meter default/one: 2 of 3' });

    rig.want(wanted([{ ...rule, healthy: 'object.status.reached >= 2' }]));
    await rig.until('meters', 'is judged by another rule', ({ health }) => health.status === 'Healthy');
    rig.want(wanted([{ ...rule, healthy: '1 / 0 == 1' }]));
    const unknown = await rig.until(
      'meters',
      'can not be judged',
      ({ health }) => health.status === 'Unknown',
    );
    expect(unknown.health.message).toContain('division by zero');
    rig.want(wanted());
    await rig.until('meters', 'is judged by no rule', ({ health }) => health.status === 'Healthy');
    await rig.engine.whenIdle();
    expect(rig.writes()).toHaveLength(writes);
  });
});
