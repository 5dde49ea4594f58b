import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { KubeObject } from '../../core/kube-object.ts';
import { type ControlPlanes, startControlPlanes } from '../clusters/control-plane.ts';
import { KubeClient } from '../clusters/kube-client.ts';
import { waitUntil } from '../clusters/wait.ts';
import { customDefinition } from '../support/custom-definition.ts';
import { type EngineRig, engineRig, wantedApplication } from '../support/engine-rig.ts';
import { type FaultProxy, is, openFaultProxy, statusBody } from '../support/fault-proxy.ts';

/** Deletions and attempts that something stands against: what must not happen meanwhile, and what must happen after. */

const limit = { limitMs: 60_000, everyMs: 20 };

let dir: string;
let planes: ControlPlanes;
let client: KubeClient;
let proxy: FaultProxy;
const rigs: EngineRig[] = [];

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'fairlead-held-'));
  planes = await startControlPlanes({ names: ['held'], controllers: 'none', dir, log: console.error });
  client = new KubeClient(planes.cluster('held'), { fieldManager: 'kubectl-edit' });
  proxy = await openFaultProxy(planes.cluster('held'));
});

afterEach(async () => {
  proxy.clear();
  for (const rig of rigs.splice(0)) await rig.close();
});

afterAll(async () => {
  client?.close();
  await proxy?.close();
  await planes?.stop();
  rmSync(dir, { recursive: true, force: true });
});

async function openRig(): Promise<EngineRig> {
  const rig = await engineRig(proxy.access);
  rigs.push(rig);
  return rig;
}

function configMap(name: string, data: Record<string, string> = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data };
}

function custom(kind: string, annotations: Record<string, string> = {}): KubeObject {
  const metadata = { name: 'one', namespace: 'default', annotations };
  return { apiVersion: 'test.example/v1', kind, metadata };
}

function hook(name: string, phase: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', annotations: { 'argocd.argoproj.io/hook': phase } },
    spec: {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 0,
      containers: [{ name: 'run', image: 'busybox:1.37' }],
    },
  };
}

function nameOf({ apiVersion, kind, metadata }: KubeObject) {
  const { name = '', namespace } = metadata;
  return { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) };
}

async function isThere(object: KubeObject): Promise<boolean> {
  return (await client.find(nameOf(object))) !== undefined;
}

async function untilGone(object: KubeObject): Promise<void> {
  await waitUntil(`${object.metadata.name} is gone`, async () => !(await isThere(object)), limit);
}

const refused = {
  type: 'answer',
  status: 500,
  body: statusBody(500, 'InternalError', 'failed calling webhook "guard.test.example": connection refused'),
} as const;

describe('a deletion', () => {
  it('that is refused holds back the operator that its object needs, and both go once it is taken', async () => {
    const rig = await openRig();
    const [definition, pump, operator, stays] = [
      customDefinition('Pump'),
      custom('Pump'),
      configMap('pump-operator'),
      configMap('pump-stays'),
    ];
    await rig.untilApplied(wantedApplication('pump', [definition, stays]));
    await rig.untilApplied(wantedApplication('pump', [definition, pump, operator, stays]));
    const fault = proxy.when(is('DELETE', '/pumps/one'), refused);
    rig.want(wantedApplication('pump', [definition, stays]));
    await rig.until('pump', 'says what was refused', ({ failures }) => failures[0]?.code === 'webhook-down');
    expect(await isThere(operator)).toBe(true);
    fault.remove();
    await untilGone(pump);
    await untilGone(operator);
  });

  it('of a definition is no question while a protected object of its kind would go along', async () => {
    const rig = await openRig();
    const definition = customDefinition('Valve');
    const valve = custom('Valve', { 'argocd.argoproj.io/sync-options': 'Prune=false' });
    const stays = configMap('valve-stays');
    await rig.untilApplied(wantedApplication('valve', [definition, stays]));
    await rig.untilApplied(wantedApplication('valve', [definition, valve, stays]));
    rig.want(wantedApplication('valve', [stays]));
    const { gates } = await rig.until('valve', 'is held', (found) => found.gates.length > 0);
    expect(gates).toMatchObject([{ kind: 'brake', reason: expect.stringContaining('Valve default/one') }]);
    expect(gates[0]?.id).toBeUndefined();
    expect(await isThere(definition)).toBe(true);
    await client.patch(nameOf(valve), { metadata: { annotations: null } });
  });

  it('that the brake holds is not made smaller by holding some of its objects', async () => {
    const rig = await openRig();
    const objects = Array.from({ length: 20 }, (_, index) => configMap(`braked-${index}`));
    await rig.untilApplied(wantedApplication('braked', objects));
    const until = new Date(Date.now() + 3_600_000).toISOString().replace(/\.\d+Z/, 'Z');
    for (const object of objects.slice(8, 14)) {
      await client.patch(nameOf(object), { metadata: { annotations: { 'fairlead.dev/hold-until': until } } });
    }
    rig.want(wantedApplication('braked', objects.slice(0, 8)));
    await rig.until('braked', 'is braked with all of them', ({ gates }) =>
      gates.some((gate) => gate.kind === 'brake' && gate.objects?.length === 12),
    );
    for (const object of objects) expect(await isThere(object), object.metadata.name).toBe(true);
  });
});

describe('an application', () => {
  it('whose commit is taken back before the next attempt began begins another', async () => {
    const rig = await openRig();
    const [object, before] = [configMap('taken-back', { a: '1' }), hook('taken-back-hook', 'PreSync')];
    const mode = { mode: 'sync' } as const;
    const wanted = wantedApplication('taken-back', [object, before], mode);
    rig.want(wanted);
    await waitUntil('the hook runs', () => isThere(before), limit);
    rig.want(wantedApplication('taken-back', [configMap('taken-back', { a: '2' }), before], mode));
    rig.want(wanted);
    await waitUntil(
      'the object is applied',
      async () => {
        // Each attempt has a run of its own.
        await client
          .patch(nameOf(before), { status: { phase: 'Succeeded' } }, 'status')
          .catch(() => undefined);
        return isThere(object);
      },
      limit,
    );
    expect((await client.get(nameOf(object)))['data']).toEqual({ a: '1' });
  });

  it('that ends goes on though what a hook left was not deleted at first', async () => {
    const rig = await openRig();
    const [object, after] = [configMap('ends'), hook('ends-hook', 'PostDelete')];
    const wanted = wantedApplication('ends', [object, after]);
    await rig.untilApplied(wanted);
    rig.want({ ...wanted, manifests: [], removal: 'delete' });
    await waitUntil('the hook runs', () => isThere(after), limit);
    const fault = proxy.when(is('DELETE', '/pods/ends-hook'), refused, 1);
    await client.patch(nameOf(after), { status: { phase: 'Succeeded' } }, 'status');
    await rig.until('ends', 'has ended', ({ removal }) => removal === 'done');
    expect(fault.hits).toBe(1);
    await untilGone(after);
  });
});
