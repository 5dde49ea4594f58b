import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openGuard } from '../../core/guard.ts';
import type { JsonObject } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { type ControlPlanes, startControlPlanes } from '../clusters/control-plane.ts';
import { KubeClient } from '../clusters/kube-client.ts';
import { waitUntil } from '../clusters/wait.ts';
import { customDefinition } from '../support/custom-definition.ts';
import { type EngineRig, engineRig, type RigOverrides, wantedApplication } from '../support/engine-rig.ts';
import {
  type FaultProxy,
  is,
  isWatch,
  isWrite,
  type Match,
  openFaultProxy,
  statusBody,
} from '../support/fault-proxy.ts';
import { memoryState } from '../support/memory-state.ts';
import { deployment } from '../support/plain-objects.ts';

const limit = { limitMs: 60_000, everyMs: 20 };

let dir: string;
let planes: ControlPlanes;
let client: KubeClient;
let proxy: FaultProxy;
const rigs: EngineRig[] = [];

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'fairlead-cluster-faults-'));
  planes = await startControlPlanes({ names: ['faults'], controllers: 'none', dir, log: console.error });
  client = new KubeClient(planes.cluster('faults'), { fieldManager: 'kubectl-edit' });
  proxy = await openFaultProxy(planes.cluster('faults'));
});

afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.close();
  proxy.clear();
});

afterAll(async () => {
  client?.close();
  await proxy?.close();
  await planes?.stop();
  rmSync(dir, { recursive: true, force: true });
});

async function openRig(
  state: EngineRig['state'] = memoryState(),
  overrides: RigOverrides = {},
): Promise<EngineRig> {
  const rig = await engineRig(proxy.access, state, (kube) => kube, openGuard, overrides);
  rigs.push(rig);
  return rig;
}

async function closeRig(rig: EngineRig): Promise<void> {
  rigs.splice(rigs.indexOf(rig), 1);
  await rig.close();
}

function configMap(name: string, data: Record<string, string> = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data };
}

function custom(kind: string, name: string, version = 'v1'): KubeObject {
  const apiVersion = `test.example/${version}`;
  return { apiVersion, kind, metadata: { name, namespace: 'default' }, spec: { size: 1 } };
}

function nameOf({ apiVersion, kind, metadata }: KubeObject) {
  return { apiVersion, kind, name: metadata.name ?? '', namespace: metadata.namespace ?? 'default' };
}

const isDelete: Match = (request) => request.method === 'DELETE';

describe('an API that does not answer', () => {
  it('row 28: makes its group unknown, deletes nothing, and is found again by itself', async () => {
    const object = custom('Dial', 'one');
    const definition = wantedApplication('dial-kind', [customDefinition('Dial')]);
    const first = await openRig();
    await first.untilApplied(definition, wantedApplication('dials', [object, configMap('dials')]));
    await closeRig(first);

    const outage = proxy.when(is('GET', '/apis'), {
      type: 'rewrite',
      rewrite(body) {
        for (const group of body.items) {
          if (group.metadata.name !== 'test.example') continue;
          for (const version of group.versions) version.freshness = 'Stale';
        }
        return body;
      },
    });
    const second = await openRig(first.state);
    const deleted = proxy.count(isDelete);
    // The object left Git while nobody can say whether it is there: it stays owned, and live.
    second.want(definition, wantedApplication('dials', [configMap('dials', { a: '2' })]));
    await waitUntil(
      'the others are applied',
      async () => (await client.get(nameOf(configMap('dials')))).data?.a === '2',
      limit,
    );
    await waitUntil(
      'the group is told',
      () =>
        second.reports.some(
          (report) => report.type === 'cluster' && report.status.problems.join().includes('test.example'),
        ),
      limit,
    );
    await second.engine.whenIdle();
    expect(proxy.count(isDelete)).toBe(deleted);
    expect(await client.find(nameOf(object))).toBeDefined();

    outage.remove();
    await waitUntil('it is pruned', async () => (await client.find(nameOf(object))) === undefined, {
      ...limit,
      detail: () => JSON.stringify([second.requests.slice(-30), second.status('dials')], undefined, 1),
    });
    await second.until(
      'dials',
      'is in sync',
      (status) => status.sync === 'Synced' && status.drifts.length === 0,
    );
  });

  it('row 8: since the conversion of one definition is broken stops that kind only', async () => {
    const definition = customDefinition('Knob');
    const [v1] = (definition['spec'] as unknown as { versions: [JsonObject] }).versions;
    const both: KubeObject = {
      ...definition,
      spec: {
        ...(definition['spec'] as object),
        versions: [v1, { ...v1, name: 'v2', storage: false }],
      },
    };
    await client.create(both);
    await waitUntil(
      'it is served',
      async () => {
        const found = await client.get(
          nameOf({ ...both, metadata: { name: definition.metadata.name ?? '' } } as KubeObject),
        );
        return found.status?.conditions?.some(
          (each: { type: string; status: string }) => each.type === 'Established' && each.status === 'True',
        );
      },
      limit,
    );
    const object = custom('Knob', 'one', 'v2');
    const first = await openRig();
    await first.untilApplied(wantedApplication('knobs', [object, configMap('knobs')]));
    await closeRig(first);

    // Nothing listens there, so that no object can be converted from the stored v1 to v2.
    const clientConfig = { url: 'https://127.0.0.1:1/convert' };
    const webhook = { conversionReviewVersions: ['v1'], clientConfig };
    await client.patch(nameOf(both), { spec: { conversion: { strategy: 'Webhook', webhook } } });
    await waitUntil(
      'its conversion fails',
      () =>
        client.get(nameOf(object)).then(
          () => false,
          () => true,
        ),
      limit,
    );
    const second = await openRig(first.state);
    const deleted = proxy.count(isDelete);
    second.want(
      wantedApplication('knobs', [configMap('knobs', { a: '2' })]),
      wantedApplication('other', [configMap('other')]),
    );
    await second.until('other', 'is in sync', (status) => status.sync === 'Synced');
    await waitUntil(
      'its neighbour is applied',
      async () => (await client.get(nameOf(configMap('knobs')))).data?.a === '2',
      limit,
    );
    await second.engine.whenIdle();
    expect(proxy.count(isDelete)).toBe(deleted);
    // What is pruned elsewhere goes on.
    second.want(
      wantedApplication('knobs', [configMap('knobs', { a: '2' })]),
      wantedApplication('other', [configMap('rest')]),
    );
    await waitUntil(
      'another is pruned',
      async () => (await client.find(nameOf(configMap('other')))) === undefined,
      limit,
    );

    await client.patch(nameOf(both), { spec: { conversion: { strategy: 'None', webhook: null } } });
    await waitUntil(
      'it is pruned once it can be read',
      () =>
        client.find(nameOf(object)).then(
          (found) => found === undefined,
          () => false,
        ),
      limit,
    );
  });
});

describe('a watch that is late', () => {
  const ofConfigMaps: Match = (request) => isWatch(request) && request.path.endsWith('/configmaps');

  it('row 31: brings no second write of what is known to be written', async () => {
    const rig = await openRig();
    await rig.untilApplied(wantedApplication('late', [configMap('late', { a: '1' })]));
    await waitUntil('the watch runs', () => proxy.watches(ofConfigMaps).length === 1, limit);
    const [watch] = proxy.watches(ofConfigMaps);
    watch!.hold();
    rig.requests.length = 0;
    const next = wantedApplication('late', [configMap('late', { a: '2' })]);
    await rig.untilApplied(next);
    rig.want(next);
    await rig.engine.whenIdle();
    watch!.release();
    // A later event proves that the held ones came before it.
    await client.patch(nameOf(configMap('late')), { data: { a: '3' } });
    await waitUntil('the drift is healed', () => rig.drifts('late').at(-1)?.end === 'healed', limit);
    await rig.engine.whenIdle();
    expect(rig.requests.filter((request) => request === 'apply configmaps')).toHaveLength(2);
    expect(rig.drifts('late').map(({ change }) => change)).toEqual(['opened', 'closed']);
  });

  it('row 31: deletes nothing that took the place of what is known', async () => {
    const rig = await openRig();
    const object = configMap('replaced', { a: '1' });
    const kept = configMap('replaced-kept');
    await rig.untilApplied(wantedApplication('replaced', [object, kept]));
    await waitUntil('the watch runs', () => proxy.watches(ofConfigMaps).length === 1, limit);
    const [watch] = proxy.watches(ofConfigMaps);
    watch!.hold();
    await client.delete(nameOf(object));
    await client.create({ ...object, data: { theirs: '1' } });
    const { uid } = (await client.get(nameOf(object))).metadata;
    await rig.untilApplied(wantedApplication('replaced', [kept]));
    watch!.release();
    await rig.engine.whenIdle();
    expect((await client.get(nameOf(object))).metadata.uid).toBe(uid);
  });
});

describe('an agent whose clock is wrong', () => {
  it.each([-3_600_000, 3_600_000])(
    'row 32: by %d ms applies, heals and attributes as ever',
    async (skewMs) => {
      const name = `skewed-${skewMs < 0 ? 'behind' : 'ahead'}`;
      const rig = await openRig(memoryState(), { now: () => new Date(Date.now() + skewMs) });
      const workload = deployment(name);
      await rig.untilApplied(wantedApplication(name, [workload]));
      await rig.until(name, 'is progressing', (status) => status.health.status === 'Progressing');
      const before = Date.now();
      await client.patch(nameOf(workload), { spec: { replicas: 5 } });
      await waitUntil('the drift is healed', () => rig.drifts(name).at(-1)?.end === 'healed', limit);
      expect((await client.get(nameOf(workload))).spec.replicas).toBe(2);
      const [opened] = rig.drifts(name);
      expect(opened!.drift.writer).toMatchObject({ manager: 'kubectl-edit' });
      // By the API server's clock: seconds from the edit, not an hour.
      expect(Math.abs(Date.parse(opened!.drift.writtenAt ?? '') - before)).toBeLessThan(1_800_000);
    },
  );
});

describe('replicas', () => {
  it('row 35: that Git leaves out belong to who scales; that Git names are drift, told with who scaled', async () => {
    const rig = await openRig();
    const scaled = deployment('scaled', {});
    const named = deployment('named', { replicas: 2 });
    await rig.untilApplied(wantedApplication('replicas', [scaled, named], { mode: 'sync' }));
    rig.requests.length = 0;
    for (const name of ['scaled', 'named']) {
      const path = `/apis/apps/v1/namespaces/default/deployments/${name}/scale?fieldManager=kubectl-scale`;
      await client.request('PATCH', path, { spec: { replicas: 7 } }, 'application/merge-patch+json');
    }
    const status = await rig.until('replicas', 'has drifted', (found) => found.drifts.length > 0);
    expect(status.drifts).toMatchObject([
      {
        ref: { name: 'named' },
        fields: [
          {
            path: 'spec.replicas',
            desired: 2,
            live: 7,
            writer: { manager: 'kubectl-scale', subresource: 'scale' },
          },
        ],
      },
    ]);
    expect(status.drifts[0]!.fields[0]).not.toHaveProperty('writtenAt');
    await rig.engine.whenIdle();
    expect(rig.writes()).toEqual([]);
    expect((await client.get(nameOf(scaled))).spec.replicas).toBe(7);
  });
});

describe('a fight', () => {
  it('row 49: over an object ends after a few writes, however often it is changed, and is told with its writer', async () => {
    // Its clock stands still, so that neither fades what was healed nor ends the rest.
    const now = new Date();
    const rig = await openRig(memoryState(), { now: () => now });
    const object = configMap('fought', { a: '1' });
    const application = wantedApplication('fought', [object, configMap('fought-beside', { a: '1' })]);
    await rig.untilApplied(application);
    let edits = 0;
    const edit = () => {
      edits += 1;
      return client.patch(nameOf(object), { data: { a: `theirs-${edits}` } });
    };
    const isLeft = () => rig.status('fought')?.gates.find(({ id }) => id?.startsWith('fight '));
    // Somebody who changes it back as soon as it was healed.
    await waitUntil(
      'it is left as it is',
      async () => {
        if (isLeft() !== undefined) return true;
        if ((await client.get(nameOf(object)))['data'].a === '1') await edit();
        return false;
      },
      limit,
    );
    expect(isLeft()).toMatchObject({
      kind: 'hold',
      reason: expect.stringMatching(
        /^data\.a of ConfigMap default\/fought is changed by kubectl-edit as often as application apps\/fought heals it/,
      ),
    });
    await rig.engine.whenIdle();
    const written = rig.writes().length;
    for (let more = 0; more < 200; more += 1) await edit();
    const last = `theirs-${edits}`;
    await rig.until('fought', 'shows the last change', ({ drifts }) => drifts[0]?.fields[0]?.live === last);
    await rig.engine.whenIdle();
    expect(rig.writes().length).toBe(written);
    expect((await client.get(nameOf(object)))['data'].a).toBe(last);

    // What Git says next is applied, once, to this object too.
    rig.want(wantedApplication('fought', [object, configMap('fought-beside', { a: '2' })]));
    const isSaid = async (name: string, text: string): Promise<boolean> =>
      (await client.get(nameOf(configMap(name))))['data'].a === text;
    await waitUntil(
      'Git is applied to both',
      async () => (await isSaid('fought', '1')) && (await isSaid('fought-beside', '2')),
      limit,
    );
  });
});

describe('a fleet at rest', () => {
  it('row 38: writes nothing when its watches begin anew, others touch what is theirs, and the agent restarts', async () => {
    const count = 200;
    const applications = Array.from({ length: 10 }, (_, application) =>
      wantedApplication(
        `rest-${application}`,
        Array.from({ length: count / 10 }, (__, index) =>
          configMap(`rest-${application}-${index}`, { a: '1' }),
        ),
      ),
    );
    const first = await openRig();
    await first.untilApplied(...applications, wantedApplication('rest-deployment', [deployment('rest')]));
    const all = [...applications, wantedApplication('rest-deployment', [deployment('rest')])];
    const written = proxy.count(isWrite);
    const begun = proxy.count((request) => request.query.has('sendInitialEvents'));
    const watches = proxy.watches();
    for (const watch of watches) {
      watch.send({ type: 'ERROR', object: statusBody(410, 'Expired', 'too old resource version') });
    }
    await client.patch(nameOf(deployment('rest')), { status: { observedGeneration: 1 } }, 'status');
    await client.patch(nameOf(configMap('rest-0-0')), { metadata: { annotations: { theirs: '1' } } });
    await waitUntil(
      'every watch began anew',
      () => proxy.count((request) => request.query.has('sendInitialEvents')) >= begun + watches.length,
      limit,
    );
    await first.engine.whenIdle();
    await closeRig(first);
    const second = await openRig(first.state);
    second.want(...all);
    for (const { application } of all) {
      await second.until(
        application.slice('apps/'.length),
        'is in sync',
        (status) => status.sync === 'Synced',
      );
    }
    await second.engine.whenIdle();
    expect(proxy.count(isWrite) - written).toBe(0);
    expect(second.writes()).toEqual([]);
  });
});
