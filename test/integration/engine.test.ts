import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { KubeObject } from '../../core/kube-object.ts';
import { partOf, partOfLabel, trackingAnnotation } from '../../core/tracking.ts';
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
  dir = mkdtempSync(join(tmpdir(), 'fairlead-engine-'));
  planes = await startControlPlanes({ names: ['engine'], controllers: 'none', dir, log: console.error });
  client = new KubeClient(planes.cluster('engine'), { fieldManager: 'kubectl-edit' });
});

afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.close();
});

afterAll(async () => {
  client?.close();
  await planes?.stop();
  rmSync(dir, { recursive: true, force: true });
});

async function openRig(state?: EngineRig['state']): Promise<EngineRig> {
  const rig = await engineRig(planes.cluster('engine'), state);
  rigs.push(rig);
  return rig;
}

function configMap(name: string, data: Record<string, string>, namespace = 'default'): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data };
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

function deployment(name: string, image = 'nginx:1.27', replicas = 2): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'default' },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'web', image, ports: [{ containerPort: 80 }] }] },
      },
    },
  };
}

describe('applying', () => {
  it('applies a definition, its object and their namespace given in the wrong order', async () => {
    const rig = await openRig();
    const definition = customDefinition('Gauge');
    const gauge: KubeObject = {
      apiVersion: 'test.example/v1',
      kind: 'Gauge',
      metadata: { name: 'one', namespace: 'gauges' },
      spec: { limit: 3 },
    };
    const namespace: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'gauges' } };
    await rig.untilApplied(wantedApplication('gauges', [gauge, definition, namespace]));
    expect(await client.get(nameOf(gauge))).toMatchObject({ spec: { limit: 3 } });
    expect(rig.status('gauges')).toMatchObject({ sync: 'Synced', failures: [], drifts: [] });
  });

  it('marks what it applies, and sends nothing when the same is wanted again', async () => {
    const rig = await openRig();
    const objects = [configMap('again', { a: '1' }), deployment('again')];
    const application = wantedApplication('again', objects);
    await rig.untilApplied(application);
    const live = await client.get(nameOf(objects[0]!));
    expect(live.metadata.labels[partOfLabel]).toBe(partOf('apps/again'));
    expect(live.metadata.annotations[trackingAnnotation]).toBe('apps/again:/ConfigMap:default/again');
    rig.requests.length = 0;
    rig.want(application);
    await rig.engine.whenIdle();
    expect(rig.requests).toEqual([]);
  });

  it('costs one request to change one object', async () => {
    const rig = await openRig();
    await rig.untilApplied(wantedApplication('single', [configMap('single', { a: '1' })]));
    rig.requests.length = 0;
    await rig.untilApplied(wantedApplication('single', [configMap('single', { a: '2' })]));
    expect(rig.requests).toEqual(['apply configmaps']);
  });

  it('takes away a field that left Git, and leaves what others added', async () => {
    const rig = await openRig();
    await rig.untilApplied(wantedApplication('fields', [configMap('fields', { a: '1', b: '2' })]));
    await client.patch(nameOf(configMap('fields', {})), { data: { theirs: '3' } });
    await rig.untilApplied(wantedApplication('fields', [configMap('fields', { a: '1' })]));
    expect((await client.get(nameOf(configMap('fields', {})))).data).toEqual({ a: '1', theirs: '3' });
    expect(rig.drifts('fields')).toEqual([]);
  });

  it('goes on with the others when the API server refuses one object', async () => {
    const rig = await openRig();
    const bad = deployment('bad');
    const broken = {
      ...bad,
      spec: { ...(bad['spec'] as object), selector: { matchLabels: { app: 'other' } } },
    };
    rig.want(wantedApplication('mixed', [broken, configMap('mixed', { a: '1' })]));
    const status = await rig.until('mixed', 'has failed', (found) => found.cause === 'failed');
    expect(status.failures).toMatchObject([{ ref: { kind: 'Deployment' }, code: 'invalid' }]);
    expect(await client.get(nameOf(configMap('mixed', {})))).toMatchObject({ data: { a: '1' } });
  });

  it('makes the namespace that an application asks for', async () => {
    const rig = await openRig();
    await rig.untilApplied(
      wantedApplication('made', [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'in' } }], {
        namespace: 'made',
        createNamespace: true,
      }),
    );
    expect(
      await client.find({ apiVersion: 'v1', kind: 'ConfigMap', name: 'in', namespace: 'made' }),
    ).toBeDefined();
  });
});

describe('drift', () => {
  it('is healed, and told with field, values, writer and time', async () => {
    const rig = await openRig();
    const wanted = deployment('healed');
    await rig.untilApplied(wantedApplication('healed', [wanted]));
    rig.requests.length = 0;
    await client.patch(nameOf(wanted), {
      spec: { template: { spec: { containers: [{ name: 'web', image: 'evil:1', ports: [] }] } } },
    });
    await waitUntil('the drift is closed', () => rig.drifts('healed').length === 2, limit);
    const [opened, closed] = rig.drifts('healed');
    expect(closed).toMatchObject({ change: 'closed', end: 'healed', drift: { id: opened!.drift.id } });
    const image = opened!.drift.fields.find((field) => field.path.endsWith('.image'));
    expect(image).toMatchObject({
      path: 'spec.template.spec.containers[name=web].image',
      desired: 'nginx:1.27',
      live: 'evil:1',
      writer: { manager: 'kubectl-edit', operation: 'Update' },
    });
    expect(image!.writtenAt).toMatch(/^\d{4}-/);
    const live = await client.get(nameOf(wanted));
    expect(live.spec.template.spec.containers[0].image).toBe('nginx:1.27');
    await rig.engine.whenIdle();
    expect(rig.requests).toEqual(['dry-run deployments.apps', 'apply deployments.apps']);
  });

  it('is told and left in mode sync, until a sync is asked for', async () => {
    const rig = await openRig();
    const wanted = configMap('left', { a: '1' });
    await rig.untilApplied(wantedApplication('left', [wanted], { mode: 'sync' }));
    await client.patch(nameOf(wanted), { data: { a: '2' } });
    const status = await rig.until('left', 'has drifted', (found) => found.drifts.length === 1);
    expect(status).toMatchObject({ sync: 'OutOfSync', cause: 'drifted' });
    expect(status.drifts[0]).toMatchObject({
      kind: 'changed',
      fields: [{ path: 'data.a', desired: '1', live: '2' }],
    });
    await rig.engine.whenIdle();
    expect((await client.get(nameOf(wanted))).data.a).toBe('2');
    rig.engine.runOperation({
      id: 'op-1',
      application: 'apps/left',
      request: { type: 'sync' },
      requestedBy: 'ana',
    });
    await waitUntil('the sync ended', () => rig.result('op-1')?.phase === 'Succeeded', limit);
    expect(rig.drifts('left').at(-1)).toMatchObject({ change: 'closed', end: 'synced' });
    expect((await client.get(nameOf(wanted))).data.a).toBe('1');
  });

  it('ends as reverted when somebody puts it back', async () => {
    const rig = await openRig();
    const wanted = configMap('back', { a: '1' });
    await rig.untilApplied(wantedApplication('back', [wanted], { mode: 'sync' }));
    await client.patch(nameOf(wanted), { data: { a: '2' } });
    await rig.until('back', 'has drifted', (found) => found.drifts.length === 1);
    await client.patch(nameOf(wanted), { data: { a: '1' } });
    await waitUntil('the drift is closed', () => rig.drifts('back').at(-1)?.end === 'reverted', limit);
    await rig.until('back', 'is in sync', (found) => found.sync === 'Synced');
  });

  it('of a deleted object is missing, and is healed by a new one', async () => {
    const rig = await openRig();
    const wanted = configMap('gone', { a: '1' });
    await rig.untilApplied(wantedApplication('gone', [wanted]));
    const before = await client.get(nameOf(wanted));
    await client.delete(nameOf(wanted));
    await waitUntil('the drift is closed', () => rig.drifts('gone').length === 2, limit);
    expect(rig.drifts('gone')[0]).toMatchObject({ drift: { kind: 'missing' }, change: 'opened' });
    expect((await client.get(nameOf(wanted))).metadata.uid).not.toBe(before.metadata.uid);
  });

  it('by scaling names the manager that scaled, without a time', async () => {
    const rig = await openRig();
    const wanted = deployment('scaled');
    await rig.untilApplied(wantedApplication('scaled', [wanted], { mode: 'sync' }));
    await client.patch(nameOf(wanted), { spec: { replicas: 5 } }, 'scale');
    const status = await rig.until('scaled', 'has drifted', (found) => found.drifts.length === 1);
    expect(status.drifts[0]!.fields).toEqual([
      {
        path: 'spec.replicas',
        desired: 2,
        live: 5,
        writer: { manager: 'kubectl-edit', operation: 'Update', subresource: 'scale' },
        confidence: 'field',
        cause: 'taken-over',
      },
    ]);
  });

  it('of a Secret never shows a value', async () => {
    const rig = await openRig();
    const secret: KubeObject = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'hidden', namespace: 'default' },
      stringData: { password: 'correct horse' },
    };
    await rig.untilApplied(wantedApplication('hidden', [secret], { mode: 'sync' }));
    await client.patch(nameOf(secret), { stringData: { password: 'battery staple' } });
    const status = await rig.until('hidden', 'has drifted', (found) => found.drifts.length === 1);
    expect(status.drifts[0]!.fields).toMatchObject(
      [{ path: 'data.password', desired: /^hmac/, live: /^hmac/ }].map(({ path }) => ({
        path,
        desired: expect.stringMatching(/^hmac-/),
        live: expect.stringMatching(/^hmac-/),
      })),
    );
    const told = JSON.stringify([
      rig.reports,
      [...(rig.state as never as { documents: Map<string, unknown> }).documents],
    ]);
    for (const value of ['correct horse', 'battery staple']) {
      expect(told).not.toContain(value);
      expect(told).not.toContain(btoa(value));
    }
  });

  it('is only told in mode observe, on objects that others made', async () => {
    const rig = await openRig();
    await client.create(configMap('observed', { a: '1', more: 'theirs' }));
    const wanted = configMap('observed', { a: '1' });
    rig.want(wantedApplication('observed', [wanted], { mode: 'observe' }));
    await rig.until('observed', 'is compared', (found) => found.sync === 'Synced');
    await client.patch(nameOf(wanted), { data: { a: '2' } });
    const status = await rig.until('observed', 'has drifted', (found) => found.drifts.length === 1);
    expect(status.drifts[0]!.fields).toMatchObject([{ path: 'data.a', desired: '1', live: '2' }]);
    await rig.engine.whenIdle();
    expect(rig.writes()).toEqual([]);
  });
});

describe('pruning', () => {
  it('deletes exactly the object that left Git', async () => {
    const rig = await openRig();
    const names = ['keep-1', 'keep-2', 'leave'];
    const objects = names.map((name) => configMap(name, {}));
    await rig.untilApplied(wantedApplication('pruned', objects));
    rig.requests.length = 0;
    await rig.untilApplied(wantedApplication('pruned', objects.slice(0, 2)));
    await waitUntil('it is gone', async () => (await client.find(nameOf(objects[2]!))) === undefined, limit);
    expect(rig.requests.filter((request) => request.startsWith('delete'))).toEqual(['delete configmaps']);
    for (const object of objects.slice(0, 2)) expect(await client.find(nameOf(object))).toBeDefined();
  });

  it('is held by the brake when nothing would be left', async () => {
    const rig = await openRig();
    const object = configMap('braked', {});
    await rig.untilApplied(wantedApplication('braked', [object]));
    rig.want(wantedApplication('braked', []));
    const status = await rig.until('braked', 'is held', (found) => found.gates.length === 1);
    expect(status.gates[0]).toMatchObject({
      kind: 'brake',
      reason: expect.stringContaining('ConfigMap default/braked'),
    });
    expect(await client.find(nameOf(object))).toBeDefined();
    await rig.untilApplied(wantedApplication('braked', [object]));
    expect(rig.status('braked')!.gates).toEqual([]);
  });

  it('leaves what says that it must stay, and what a copied label claims', async () => {
    const rig = await openRig();
    const kept = configMap('kept', {});
    const asked = {
      ...kept,
      metadata: { ...kept.metadata, annotations: { 'argocd.argoproj.io/sync-options': 'Prune=false' } },
    };
    const stays = configMap('stays', {});
    await rig.untilApplied(wantedApplication('kept', [asked, stays]));
    const live = await client.get(nameOf(kept));
    const copy = configMap('copied', {});
    await client.create({
      ...copy,
      metadata: { ...copy.metadata, labels: live.metadata.labels, annotations: live.metadata.annotations },
    });
    rig.want(wantedApplication('kept', [stays]));
    await rig.until('kept', 'has an extra object', (found) => found.drifts[0]?.kind === 'extra');
    await rig.engine.whenIdle();
    expect(await client.find(nameOf(kept))).toBeDefined();
    expect(await client.find(nameOf(copy))).toBeDefined();
  });

  it('releases the objects of a removed application, and deletes those of one that asked for it', async () => {
    const rig = await openRig();
    const released = configMap('released', {});
    const deleted = configMap('deleted', {});
    await rig.untilApplied(
      wantedApplication('released', [released]),
      wantedApplication('deleted', [deleted]),
    );
    rig.want(
      wantedApplication('released', [], { removal: 'release' }),
      wantedApplication('deleted', [], { removal: 'delete' }),
    );
    await rig.until('released', 'is done', (found) => found.removal === 'done');
    await rig.until('deleted', 'is done', (found) => found.removal === 'done');
    const live = await client.get(nameOf(released));
    expect(live.metadata.labels ?? {}).not.toHaveProperty([partOfLabel]);
    expect(await client.find(nameOf(deleted))).toBeUndefined();
  });

  it('leaves the objects of an application that goes without a word', async () => {
    const rig = await openRig();
    const object = configMap('orphan', {});
    await rig.untilApplied(
      wantedApplication('orphan', [object]),
      wantedApplication('other', [configMap('other', {})]),
    );
    rig.want(wantedApplication('other', [configMap('other', {})]));
    await rig.engine.whenIdle();
    expect(await client.find(nameOf(object))).toBeDefined();
  });

  it('moves an object between applications without deleting it', async () => {
    const rig = await openRig();
    const moved = configMap('moved', {});
    const [a, b] = [configMap('moved-a', {}), configMap('moved-b', {})];
    await rig.untilApplied(wantedApplication('from', [a, moved]), wantedApplication('to', [b]));
    const before = await client.get(nameOf(moved));
    await rig.untilApplied(wantedApplication('from', [a]), wantedApplication('to', [b, moved]));
    const after = await client.get(nameOf(moved));
    expect(after.metadata.uid).toBe(before.metadata.uid);
    expect(after.metadata.labels[partOfLabel]).toBe(partOf('apps/to'));
    expect(rig.requests.filter((request) => request.startsWith('delete'))).toEqual([]);
  });

  it('gives an object that two applications declare to the one that has it', async () => {
    const rig = await openRig();
    const shared = configMap('shared', { from: 'b' });
    await rig.untilApplied(wantedApplication('b-first', [shared]));
    rig.want(
      wantedApplication('b-first', [shared]),
      wantedApplication('a-second', [configMap('shared', { from: 'a' })]),
    );
    const status = await rig.until('a-second', 'is gated', (found) => found.gates.length === 1);
    expect(status.gates[0]).toMatchObject({ kind: 'conflict', owner: 'apps/b-first' });
    expect((await client.get(nameOf(shared))).data.from).toBe('b');
  });
});

describe('a restart', () => {
  it('costs no write, no dry-run and no sync where nothing changed', async () => {
    const first = await openRig();
    const objects = [configMap('restart', { a: '1' }), deployment('restart')];
    const application = wantedApplication('restart', objects, { mode: 'sync' });
    await first.untilApplied(application);
    await first.close();
    rigs.splice(rigs.indexOf(first), 1);
    await client.patch(nameOf(objects[0]!), { data: { a: '2' } });
    const second = await openRig(first.state);
    second.want(application);
    await second.until('restart', 'has drifted', (found) => found.drifts.length === 1);
    await second.engine.whenIdle();
    expect(second.writes()).toEqual([]);
    expect(second.requests.filter((request) => request.startsWith('dry-run'))).toEqual([
      'dry-run configmaps',
    ]);
    expect((await client.get(nameOf(objects[0]!))).data.a).toBe('2');
  });
});

describe('what is lost', () => {
  it('costs a comparison and no write where it is the state', async () => {
    const first = await openRig();
    const application = wantedApplication('amnesia', [
      configMap('amnesia', { a: '1' }),
      deployment('amnesia'),
    ]);
    await first.untilApplied(application);
    await first.close();
    rigs.splice(rigs.indexOf(first), 1);
    const second = await openRig();
    await second.untilApplied(application);
    expect(second.writes()).toEqual([]);
    expect(second.drifts('amnesia')).toEqual([]);
  });

  it('is found again by the marks where it is the inventory, and is pruned when it leaves Git', async () => {
    const first = await openRig();
    const objects = ['lost-1', 'lost-2', 'lost-3'].map((name) => configMap(name, {}));
    await first.untilApplied(wantedApplication('lost', objects));
    await first.close();
    rigs.splice(rigs.indexOf(first), 1);
    for (const shard of await client.list('v1', 'ConfigMap', 'fairlead-test')) {
      await client.delete({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        name: shard.metadata.name,
        namespace: 'fairlead-test',
      });
    }
    const second = await openRig();
    await second.untilApplied(wantedApplication('lost', objects.slice(0, 2)));
    await waitUntil('it is gone', async () => (await client.find(nameOf(objects[2]!))) === undefined, limit);
    await second.until(
      'lost',
      'is in sync',
      (found) => found.sync === 'Synced' && found.objects.length === 2,
    );
  });

  it('is made up for when the API server comes back', async () => {
    const rig = await openRig();
    const { apiServer } = planes.cluster('engine');
    await rig.untilApplied(wantedApplication('outage', [configMap('outage', { a: '1' })]));
    await apiServer.stop();
    rig.want(wantedApplication('outage', [configMap('outage', { a: '2' })]));
    await rig.until('outage', 'has failed', (found) => found.cause === 'failed');
    await apiServer.start();
    await rig.until('outage', 'is applied', (found) => found.sync === 'Synced');
    expect((await client.get(nameOf(configMap('outage', {})))).data.a).toBe('2');
    expect(rig.requests.filter((request) => request.startsWith('delete'))).toEqual([]);
  });
});

describe('hooks and waves', () => {
  const hook = (phase: string): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `hook-${phase.toLowerCase()}`,
      namespace: 'default',
      annotations: { 'argocd.argoproj.io/hook': phase },
    },
    spec: { restartPolicy: 'Never', containers: [{ name: 'run', image: 'busybox:1.37' }] },
  });
  const end = (pod: KubeObject, phase: 'Succeeded' | 'Failed') =>
    client.patch(nameOf(pod), { status: { phase } }, 'status');

  it('run once: before the objects, and not again after a restart', async () => {
    const first = await openRig();
    const before = hook('PreSync');
    const object = configMap('hooked', { a: '1' });
    const application = wantedApplication('hooked', [object, before]);
    first.want(application);
    await waitUntil('the hook runs', () => client.find(nameOf(before)), limit);
    await first.engine.whenIdle();
    expect(await client.find(nameOf(object))).toBeUndefined();
    expect(first.status('hooked')).toMatchObject({ sync: 'OutOfSync', cause: 'applying' });
    await end(before, 'Succeeded');
    await first.until('hooked', 'is applied', (found) => found.sync === 'Synced');
    expect(await client.find(nameOf(object))).toBeDefined();
    await first.close();
    rigs.splice(rigs.indexOf(first), 1);
    const second = await openRig(first.state);
    second.want(application);
    await second.until('hooked', 'is in sync', (found) => found.sync === 'Synced');
    expect(second.writes()).toEqual([]);
  });

  it('stop the sync when they fail', async () => {
    const rig = await openRig();
    const pod = { ...hook('PreSync'), metadata: { ...hook('PreSync').metadata, name: 'hook-fails' } };
    const object = configMap('unhooked', {});
    rig.want(wantedApplication('unhooked', [object, pod]));
    await waitUntil('the hook runs', () => client.find(nameOf(pod)), limit);
    await end(pod, 'Failed');
    const status = await rig.until('unhooked', 'has failed', (found) => found.cause === 'failed');
    expect(status.failures).toMatchObject([{ code: 'hook-failed', ref: { name: 'hook-fails' } }]);
    expect(await client.find(nameOf(object))).toBeUndefined();
  });

  it('hold a later wave until the earlier one is healthy', async () => {
    const rig = await openRig();
    const workload = deployment('wave-0');
    const later = configMap('wave-1', {});
    const second = {
      ...later,
      metadata: { ...later.metadata, annotations: { 'argocd.argoproj.io/sync-wave': '1' } },
    };
    rig.want(wantedApplication('waves', [second, workload]));
    await waitUntil('the first wave is there', () => client.find(nameOf(workload)), limit);
    await rig.engine.whenIdle();
    expect(await client.find(nameOf(later))).toBeUndefined();
    const ready = async () => {
      const { generation: observedGeneration } = (await client.get(nameOf(workload))).metadata;
      const counts = { replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2 };
      await client.patch(nameOf(workload), { status: { observedGeneration, ...counts } }, 'status');
    };
    await ready();
    await rig.until('waves', 'is applied', (found) => found.sync === 'Synced');
    expect(await client.find(nameOf(later))).toBeDefined();

    // A foreign edit of an object whose turn has not come doesn't bring its turn forward.
    rig.want(
      wantedApplication('waves', [{ ...second, data: { a: '2' } }, deployment('wave-0', 'nginx:1.28')]),
    );
    await rig.until('waves', 'waits', (found) => found.cause === 'applying');
    await client.patch(nameOf(later), { data: { theirs: '1' } });
    await rig.engine.whenIdle();
    expect((await client.get(nameOf(later))).data).toEqual({ theirs: '1' });
    await ready();
    await rig.until('waves', 'is applied', (found) => found.sync === 'Synced');
    expect((await client.get(nameOf(later))).data).toEqual({ a: '2', theirs: '1' });
  });
});

describe('operations', () => {
  it('of type diff answer every difference and write nothing', async () => {
    const rig = await openRig();
    const wanted = configMap('compared', { a: '1' });
    await rig.untilApplied(wantedApplication('compared', [wanted], { mode: 'sync' }));
    await client.patch(nameOf(wanted), { data: { a: '2' } });
    await rig.until('compared', 'has drifted', (found) => found.drifts.length === 1);
    rig.requests.length = 0;
    const request = { type: 'diff' } as const;
    rig.engine.runOperation({ id: 'op-2', application: 'apps/compared', request, requestedBy: 'ana' });
    await waitUntil('the diff ended', () => rig.result('op-2')?.phase === 'Succeeded', limit);
    expect(JSON.parse(rig.result('op-2')!.message)).toMatchObject([
      { ref: { name: 'compared' }, kind: 'changed', fields: [{ path: 'data.a', desired: '1', live: '2' }] },
    ]);
    expect(rig.writes()).toEqual([]);
  });

  it('of type sync apply what is only observed', async () => {
    const rig = await openRig();
    const wanted = configMap('asked', { a: '1' });
    rig.want(wantedApplication('asked', [wanted], { mode: 'observe' }));
    await rig.until('asked', 'is missing', (found) => found.cause === 'not-applied');
    const request = { type: 'sync' } as const;
    rig.engine.runOperation({ id: 'op-3', application: 'apps/asked', request, requestedBy: 'ana' });
    await waitUntil('the sync ended', () => rig.result('op-3')?.phase === 'Succeeded', limit);
    expect(await client.find(nameOf(wanted))).toBeDefined();
    rig.requests.length = 0;
    await client.patch(nameOf(wanted), { data: { a: '2' } });
    await rig.until('asked', 'has drifted', (found) => found.drifts.length === 1);
    expect(rig.writes()).toEqual([]);
  });

  it('for an application that the cluster does not have fail with a sentence', async () => {
    const rig = await openRig();
    rig.want();
    const request = { type: 'sync' } as const;
    rig.engine.runOperation({ id: 'op-4', application: 'apps/nobody', request, requestedBy: 'ana' });
    await waitUntil('it failed', () => rig.result('op-4')?.phase === 'Failed', limit);
    expect(rig.result('op-4')!.message).toContain('apps/nobody');
  });
});
