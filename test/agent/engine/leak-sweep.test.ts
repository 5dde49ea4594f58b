import { expect, it } from 'vitest';
import { InventoryStore } from '../../../agent/apply/inventory-store.ts';
import { Activity } from '../../../agent/engine/activity.ts';
import { LeakSweep } from '../../../agent/engine/leak-sweep.ts';
import { ResourceCatalog } from '../../../agent/engine/resource-catalog.ts';
import { unprotected } from '../../../agent/plan/prune-protection.ts';
import type { ApiResource, KubePort, ScanResult } from '../../../agent/ports.ts';
import { type Guard, openGuard } from '../../../core/guard.ts';
import type { KubeObject } from '../../../core/kube-object.ts';
import { formatRef } from '../../../core/object-ref.ts';
import { partOf, partOfLabel, trackingAnnotation, trackingId } from '../../../core/tracking.ts';
import { configMapPort } from '../../support/config-map-port.ts';
import { type ManualTime, manualTime } from '../../support/manual-time.ts';
import { recordLog } from '../../support/record-log.ts';

const hour = 3_600_000;
const kinds = ['ConfigMap', 'Secret', 'Service'];

interface Swept {
  readonly time: ManualTime;
  /** `Secret@namespace`, in order. */
  readonly lists: string[];
  readonly told: string[];
  readonly sweep: LeakSweep;
}

interface Cluster {
  readonly guard?: Guard;
  readonly objects?: readonly KubeObject[];
  /** By kind. */
  readonly results?: Readonly<Record<string, ScanResult>>;
  readonly unknownGroups?: ReadonlySet<string>;
  readonly random?: number;
}

/** An agent whose one application ever had three kinds, and of them one ConfigMap in its inventory. */
async function openSweep(cluster: Cluster): Promise<Swept> {
  const time = manualTime('2026-01-01T00:00:00Z');
  const lists: string[] = [];
  const told: string[] = [];
  const resources = kinds.map(
    (kind): ApiResource => ({
      group: '',
      version: 'v1',
      kind,
      plural: `${kind.toLowerCase()}s`,
      namespaced: true,
      verbs: [],
    }),
  );
  const kube: KubePort = {
    ...configMapPort().kube,
    discover: async () => ({
      kubernetesVersion: '',
      resources,
      unknownGroups: cluster.unknownGroups ?? new Set(),
    }),
    async scan(resource, scope, look) {
      expect(scope).toMatchObject({ labelSelector: partOfLabel, form: 'metadata' });
      lists.push(`${resource.kind}@${scope.namespace ?? ''}`);
      for (const object of cluster.objects ?? []) if (object.kind === resource.kind) look(object);
      return cluster.results?.[resource.kind] ?? { type: 'ok' };
    },
  };
  const inventory = new InventoryStore(kube, 'fairlead-system');
  const keys = kinds.map((kind) => `/${kind}:shop/known`);
  await inventory.add('apps/shop', new Map(keys.map((key) => [key, { protections: unprotected }])));
  await inventory.remove('apps/shop', keys.slice(1));
  const catalog = new ResourceCatalog(kube, () => undefined);
  await catalog.refresh();
  const setTimer = (ms: number, fire: () => void) => ({ cancel: time.timers.after(ms, fire) });
  const services = {
    kube,
    catalog,
    inventory,
    activity: new Activity(),
    guard: cluster.guard ?? openGuard,
    log: recordLog(),
    random: () => cluster.random ?? 0.5,
    works: () => [],
    clock: { now: () => time.clock.now(), setTimer },
  };
  const sweep = new LeakSweep(services, (owner, key) => told.push(`${owner} ${key}`), 24 * hour);
  sweep.start();
  await time.settle();
  return { time, lists, told, sweep };
}

function marked(kind: string, name: string, names = name): KubeObject {
  const ref = { group: '', kind, namespace: 'shop', name: names };
  return {
    apiVersion: 'v1',
    kind,
    metadata: {
      name,
      namespace: 'shop',
      uid: `uid-${name}`,
      labels: { [partOfLabel]: partOf('apps/shop') },
      annotations: { [trackingAnnotation]: trackingId('apps/shop', ref) },
    },
  };
}

it.each([0, 0.5, 0.99])(
  'looks at nothing at the start and at each kind within two days (chance %d)',
  async (random) => {
    const { time, lists } = await openSweep({ random });
    await time.advance(3 * hour);
    expect(lists).toEqual([]);
    await time.advance(45 * hour);
    expect(new Set(lists)).toEqual(new Set(kinds.map((kind) => `${kind}@`)));
  },
);

it('looks at one kind at a time, each as often as the others', async () => {
  const { time, lists, sweep } = await openSweep({});
  await time.advance(8 * hour);
  expect(lists).toHaveLength(1);
  await time.advance(16 * hour);
  expect(lists.toSorted()).toEqual(kinds.map((kind) => `${kind}@`));
  sweep.close();
  await time.advance(48 * hour);
  expect(lists).toHaveLength(3);
});

it('tells of what names itself and is in no inventory, and of nothing else', async () => {
  const leaving = marked('Secret', 'leaving');
  const { time, told } = await openSweep({
    objects: [
      marked('ConfigMap', 'known'),
      marked('Secret', 'lost'),
      marked('Secret', 'copy', 'lost'),
      { ...leaving, metadata: { ...leaving.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } },
    ],
  });
  await time.advance(24 * hour);
  expect(told).toEqual([
    `apps/shop ${formatRef({ group: '', kind: 'Secret', namespace: 'shop', name: 'lost' })}`,
  ]);
});

it('concludes nothing from a list that fails, and goes on with the other kinds', async () => {
  const failure = { status: 403, reason: 'Forbidden', message: 'no right', causes: [] };
  const { time, lists, told } = await openSweep({
    objects: [marked('Secret', 'lost'), marked('Service', 'lost')],
    results: { Secret: { type: 'failed', failure } },
  });
  await time.advance(24 * hour);
  expect(lists).toHaveLength(3);
  expect(told).toEqual(['apps/shop /Service:shop/lost']);
});

it('asks nothing of a group that does not answer', async () => {
  const { time, lists } = await openSweep({ unknownGroups: new Set(['']) });
  await time.advance(48 * hour);
  expect(lists).toEqual([]);
});

it('looks only into the namespaces of the guard', async () => {
  const guard: Guard = { ...openGuard, namespaces: ['shop', 'team-*', 'tools'], clusterScoped: 'never' };
  const { time, lists } = await openSweep({ guard });
  await time.advance(24 * hour);
  expect(lists.toSorted()).toEqual(kinds.flatMap((kind) => [`${kind}@shop`, `${kind}@tools`]));
});
