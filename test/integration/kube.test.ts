import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type KubeOptions, openKube } from '../../agent/kube/client.ts';
import { type ConnectionSource, openConnection } from '../../agent/kube/connection.ts';
import type { RequestRecord } from '../../agent/kube/transport.ts';
import type { ApiResource, KubeFailure, KubePort, WatchHandler } from '../../agent/ports.ts';
import type { JsonObject } from '../../core/json.ts';
import { type KubeObject, refOf } from '../../core/kube-object.ts';
import { type ControlPlane, type ControlPlanes, startControlPlanes } from '../clusters/control-plane.ts';

const group = 'things.example.dev';
const crd: KubeObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `counters.${group}` },
  spec: {
    group,
    names: { kind: 'Counter', listKind: 'CounterList', plural: 'counters', singular: 'counter' },
    scope: 'Namespaced',
    versions: ['v1', 'v1beta1'].map((name) => ({
      name,
      served: true,
      storage: name === 'v1',
      schema: {
        openAPIV3Schema: {
          type: 'object',
          properties: {
            spec: { type: 'object', properties: { count: { type: 'integer', format: 'int64' } } },
          },
        },
      },
    })),
  },
};

function configMap(name: string, data: JsonObject, labels: Record<string, string> = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'default', name, labels }, data };
}

describe('the Kubernetes port on a real API server', () => {
  let dir: string;
  let planes: ControlPlanes;
  let cluster: ControlPlane;
  let kube: KubePort;
  let resources: readonly ApiResource[];
  const records: RequestRecord[] = [];
  const opened: KubePort[] = [];

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'fairlead-kube-'));
    planes = await startControlPlanes({ names: ['one'], controllers: 'none', dir, log: console.error });
    cluster = planes.cluster('one');
    const source: ConnectionSource = { type: 'kubeconfig', path: cluster.kubeconfig, context: 'one' };
    kube = openKube(await openConnection(source), { onRequest: (record) => records.push(record) });
    resources = (await kube.discover()).resources;
  });

  afterAll(async () => {
    await kube?.close();
    await planes?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  afterEach(async () => {
    for (const each of opened.splice(0)) await each.close();
  });

  async function open(options: KubeOptions = {}, access: Partial<ControlPlane> = {}): Promise<KubePort> {
    const { server, caPem, token } = { ...cluster, ...access };
    const port = openKube(await openConnection({ type: 'explicit', server, caPem, token }), options);
    opened.push(port);
    return port;
  }

  function resource(kind: string, version = 'v1'): ApiResource {
    const found = resources.find((each) => each.kind === kind && each.version === version);
    if (found === undefined) throw new Error(`${kind} ${version} is not served`);
    return found;
  }

  async function apply(object: KubeObject): Promise<KubeObject> {
    const result = await kube.apply(resource(object.kind), object, { dryRun: false });
    if (result.type === 'failed') throw new Error(result.failure.message);
    return result.object;
  }

  it('finds what is served, with scope and every version', async () => {
    const discovery = await kube.discover();
    expect(discovery.kubernetesVersion).toMatch(/^v1\.\d+/);
    expect(discovery.unknownGroups.size).toBe(0);
    expect(resource('Namespace')).toMatchObject({ group: '', plural: 'namespaces', namespaced: false });
    expect(resource('Deployment')).toMatchObject({ group: 'apps', plural: 'deployments', namespaced: true });
    const scalers = discovery.resources.filter((each) => each.kind === 'HorizontalPodAutoscaler');
    expect(scalers.map((each) => each.version)).toEqual(['v2', 'v1']);
    expect(discovery.resources.some((each) => each.plural.includes('/'))).toBe(false);
  });

  it('applies as fairlead, previews without writing, reads, lists and replaces', async () => {
    const object = configMap('basic', { a: '1' }, { set: 'basic' });
    const ref = refOf(object);
    const maps = resource('ConfigMap');
    const preview = await kube.apply(maps, object, { dryRun: true });
    expect(preview).toMatchObject({ type: 'ok', object: { data: { a: '1' } } });
    expect(await kube.get(maps, ref)).toMatchObject({ failure: { status: 404, reason: 'NotFound' } });

    const applied = await apply(object);
    expect(applied.metadata.managedFields).toMatchObject([{ manager: 'fairlead', operation: 'Apply' }]);
    expect(await kube.get(maps, ref)).toEqual({ type: 'ok', object: applied });
    const list = await kube.list(maps, { labelSelector: 'set=basic', namespace: 'default' });
    expect(list).toEqual({ type: 'ok', objects: [applied], resourceVersion: expect.stringMatching(/^\d+$/) });

    const patched = await kube.patch(maps, ref, { data: { b: '2' } }, { manager: 'fairlead-repair' });
    expect(patched).toMatchObject({ object: { data: { a: '1', b: '2' } } });
    expect(await kube.update(maps, { ...applied, data: { a: '3' } })).toMatchObject({
      failure: { status: 409, reason: 'Conflict' },
    });
    if (patched.type === 'failed') throw new Error(patched.failure.message);
    expect(await kube.update(maps, { ...patched.object, data: { a: '3' } })).toMatchObject({ type: 'ok' });
    expect(await kube.create(maps, object)).toMatchObject({
      failure: { status: 409, reason: 'AlreadyExists' },
    });
  });

  it('deletes only the object with the uid it was told', async () => {
    const object = configMap('deleted', {});
    const { metadata } = await apply(object);
    const maps = resource('ConfigMap');
    expect(await kube.delete(maps, refOf(object), { uid: 'another' })).toMatchObject({
      failure: { status: 409 },
    });
    const uid = metadata.uid ?? '';
    expect(await kube.delete(maps, refOf(object), { uid })).toMatchObject({ type: 'ok' });
    expect(await kube.delete(maps, refOf(object), { uid })).toMatchObject({ type: 'ok' });
    expect(await kube.get(maps, refOf(object))).toMatchObject({ failure: { status: 404 } });
    const unserved = { ...maps, version: 'v9' };
    expect(await kube.delete(unserved, refOf(object), { uid })).toMatchObject({ failure: { status: 404 } });
  });

  it('keeps the case and the colons of a name', async () => {
    const role: KubeObject = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'Team:ReadOnly' },
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
    };
    await apply(role);
    const read = await kube.get(resource('ClusterRole'), refOf(role));
    expect(read).toMatchObject({ type: 'ok', object: { metadata: { name: 'Team:ReadOnly' } } });
  });

  it('loses nothing of a NetworkPolicy', async () => {
    const ingress = [
      { from: [{ podSelector: { matchLabels: { app: 'web' } } }], ports: [{ port: 80, protocol: 'TCP' }] },
    ];
    const policy: KubeObject = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { namespace: 'default', name: 'web' },
      spec: { podSelector: {}, ingress, policyTypes: ['Ingress'] },
    };
    expect(await apply(policy)).toMatchObject({ spec: { ingress } });
  });

  it('names the field that the schema does not know', async () => {
    const object = { ...configMap('strict', {}), dat: { a: '1' } };
    const result = await kube.apply(resource('ConfigMap'), object, { dryRun: false });
    expect(result).toMatchObject({ type: 'failed', failure: { message: expect.stringContaining('dat') } });
    expect(await kube.get(resource('ConfigMap'), refOf(object))).toMatchObject({ failure: { status: 404 } });
  });

  it('row 46: carries a 64-bit integer there and back, at each served version', async () => {
    await apply(crd);
    await vi.waitFor(async () => {
      resources = (await kube.discover()).resources;
      const counters = resources.filter((each) => each.kind === 'Counter');
      expect(counters.map((each) => each.version)).toEqual(['v1', 'v1beta1']);
    }, 20_000);
    const count = 9_007_199_254_740_993n;
    for (const version of ['v1', 'v1beta1']) {
      const object: KubeObject = {
        apiVersion: `${group}/${version}`,
        kind: 'Counter',
        metadata: { namespace: 'default', name: version },
        spec: { count },
      };
      const counters = resource('Counter', version);
      await vi.waitFor(async () => {
        expect(await kube.apply(counters, object, { dryRun: false })).toMatchObject({
          object: { spec: { count } },
        });
      }, 20_000);
      expect(await kube.get(counters, refOf(object))).toMatchObject({ object: { spec: { count } } });
    }
  });

  it('tells a closed port, a wrong token and an unknown authority apart', async () => {
    const ref = refOf(configMap('basic', {}));
    const wrongToken = await open({}, { token: 'wrong' });
    expect(await wrongToken.get(resource('ConfigMap'), ref)).toMatchObject({
      failure: { status: 401, message: expect.stringContaining('does not accept the credentials') },
    });
    const { server, token } = cluster;
    const stranger = openKube(await openConnection({ type: 'explicit', server, token }));
    opened.push(stranger);
    expect(await stranger.get(resource('ConfigMap'), ref)).toMatchObject({
      failure: { status: 0, message: expect.stringContaining('not signed by the configured authority') },
    });
  });

  it('counts what it sends', async () => {
    records.length = 0;
    await kube.apply(resource('ConfigMap'), configMap('counted', {}), { dryRun: true });
    expect(records).toEqual([
      { method: 'PATCH', verb: 'dry-run', resource: 'configmaps', status: 201, bytes: expect.any(Number) },
    ]);
  });

  describe('a watch', () => {
    /** What a watch told, by name. */
    function recorder() {
      const log: string[] = [];
      const problems: (KubeFailure | undefined)[] = [];
      const handler: WatchHandler = {
        onSynced: (live) => log.push(`synced ${[...live].sort().join(' ')}`),
        onObject: ({ metadata }) => log.push(`object ${metadata.name}`),
        onDeleted: ({ metadata }) => log.push(`deleted ${metadata.name}`),
        onProblem: (failure) => problems.push(failure),
      };
      return { log, problems, handler };
    }

    it('tells the first state, then what changes; a label that is removed is a deletion', async () => {
      await apply(configMap('w1', {}, { watched: 'one' }));
      const { log, problems, handler } = recorder();
      const port = await open();
      port.watch(resource('ConfigMap'), { labelSelector: 'watched=one' }, handler);
      await vi.waitFor(() => expect(log).toEqual(['object w1', 'synced default/w1']), 10_000);
      const second = await apply(configMap('w2', {}, { watched: 'one' }));
      await apply(configMap('w1', {}));
      await kube.delete(resource('ConfigMap'), refOf(second), { uid: second.metadata.uid ?? '' });
      await vi.waitFor(() => expect(log).toHaveLength(5), 10_000);
      expect(log.slice(2)).toEqual(['object w2', 'deleted w1', 'deleted w2']);
      expect(problems).toEqual([]);
    });

    it('survives a restart of the API server without missing a change', async () => {
      await apply(configMap('r1', { v: '1' }, { watched: 'two' }));
      const { log, problems, handler } = recorder();
      const sent: RequestRecord[] = [];
      const timing = {
        random: () => 0.2,
        sleep: (ms: number) => new Promise<void>((r) => setTimeout(r, ms / 10)),
      };
      const port = await open({ timing, onRequest: (record) => sent.push(record) });
      port.watch(resource('ConfigMap'), { labelSelector: 'watched=two' }, handler);
      await vi.waitFor(() => expect(log).toContain('synced default/r1'), 10_000);

      await cluster.apiServer.stop();
      await vi.waitFor(() => expect(problems.at(-1)).toMatchObject({ status: 0 }), 20_000);
      await cluster.apiServer.start();
      await apply(configMap('r2', {}, { watched: 'two' }));
      await vi.waitFor(() => expect(log).toContain('object r2'), 60_000);
      await vi.waitFor(() => expect(problems.at(-1)).toBeUndefined(), 10_000);
      expect(sent.filter((record) => record.verb === 'list')).toEqual([]);
    });

    it('finds a dead connection by its silence, and writes fail in words until the server is back', async () => {
      const { log, handler } = recorder();
      const port = await open({ watchIdleMs: 1_500, requestTimeoutMs: 1_000 });
      port.watch(resource('ConfigMap'), { labelSelector: 'watched=three' }, handler);
      await vi.waitFor(() => expect(log).toEqual(['synced ']), 10_000);
      // One answer first, so that what is met in silence is an open connection.
      await port.get(resource('ConfigMap'), refOf(configMap('basic', {})));
      cluster.apiServer.process?.pause();
      try {
        expect(await port.get(resource('ConfigMap'), refOf(configMap('basic', {})))).toMatchObject({
          failure: { status: 0, message: expect.stringContaining('did not answer in time') },
        });
      } finally {
        cluster.apiServer.process?.resume();
      }
      await apply(configMap('s1', {}, { watched: 'three' }));
      await vi.waitFor(() => expect(log).toContain('object s1'), 30_000);
      await vi.waitFor(async () => {
        expect(await port.get(resource('ConfigMap'), refOf(configMap('s1', {})))).toMatchObject({
          type: 'ok',
        });
      }, 30_000);
    });
  });
});
