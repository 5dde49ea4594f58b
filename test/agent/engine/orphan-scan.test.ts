import { expect, it } from 'vitest';
import { InventoryStore } from '../../../agent/apply/inventory-store.ts';
import { Activity } from '../../../agent/engine/activity.ts';
import type { KnownObject } from '../../../agent/engine/engine-services.ts';
import {
  defaultOrphanPace,
  type KeptOrphanLook,
  type OrphanQuestion,
  OrphanScan,
} from '../../../agent/engine/orphan-scan.ts';
import { ResourceCatalog } from '../../../agent/engine/resource-catalog.ts';
import { KeptDocuments } from '../../../agent/observe/kept-documents.ts';
import type { ApiResource, KubePort, ScanResult } from '../../../agent/ports.ts';
import { type Guard, openGuard } from '../../../core/guard.ts';
import type { KubeObject } from '../../../core/kube-object.ts';
import type { OrphanFinds, OrphanRules } from '../../../core/orphans.ts';
import type { Report } from '../../../core/session.ts';
import { configMapPort } from '../../support/config-map-port.ts';
import { manualTime } from '../../support/manual-time.ts';
import { memoryState } from '../../support/memory-state.ts';
import { recordLog } from '../../support/record-log.ts';

const minute = 60_000;
const hour = 60 * minute;
const all: OrphanRules = { ignore: [], deny: [] };
const shop: OrphanQuestion = { project: 'shop', namespace: 'web', rules: all };
const noAnswer: ScanResult = {
  type: 'failed',
  failure: { status: 0, reason: '', message: 'no answer', causes: [] },
};
const forbidden: ScanResult = {
  type: 'failed',
  failure: { status: 403, reason: 'Forbidden', message: 'secrets is forbidden', causes: [] },
};

interface World {
  questions: OrphanQuestion[];
  objects: KubeObject[];
  works: KnownObject[];
  readonly results: Record<string, ScanResult>;
}

function resourceOf(kind: string): ApiResource {
  const plural = `${kind.toLowerCase()}s`;
  return { group: '', version: 'v1', kind, plural, namespaced: true, verbs: ['list'] };
}

/** An agent of a cluster that serves four kinds, one of which can't be listed. */
async function openScan(guard: Guard = openGuard, state = memoryState()) {
  const time = manualTime('2026-01-01T00:00:00Z');
  const lists: string[] = [];
  const finds: OrphanFinds[] = [];
  const world: World = { questions: [], objects: [], works: [], results: {} };
  const resources = [
    ...['ConfigMap', 'Secret', 'Event'].map(resourceOf),
    { ...resourceOf('Review'), verbs: ['create'] },
    { ...resourceOf('Node'), namespaced: false },
  ];
  const kube: KubePort = {
    ...configMapPort().kube,
    discover: async () => ({ kubernetesVersion: '', resources, unknownGroups: new Set() }),
    async scan(resource, scope, look) {
      expect(scope.form).toBe('metadata');
      lists.push(`${resource.kind}@${scope.namespace ?? ''}`);
      for (const object of world.objects)
        if (object.kind === resource.kind && object.metadata.namespace === scope.namespace) look(object);
      return world.results[resource.kind] ?? { type: 'ok' };
    },
  };
  const setTimer = (ms: number, fire: () => void) => ({ cancel: time.timers.after(ms, fire) });
  const catalog = new ResourceCatalog(kube, () => undefined);
  await catalog.refresh();
  const kept = new KeptDocuments<KeptOrphanLook>({
    state,
    name: 'orphan-looks',
    shards: 1,
    setTimer,
    onError: (error) => expect(error).toBeUndefined(),
  });
  await kept.read();
  const services = {
    kube,
    catalog,
    inventory: new InventoryStore(kube, 'fairlead-system'),
    activity: new Activity(),
    guard,
    namespace: 'fairlead-system',
    log: recordLog(),
    random: () => 0.5,
    works: () => world.works,
    report(report: Report) {
      if (report.type === 'orphans') finds.push(report.finds);
    },
    clock: { now: () => time.clock.now(), setTimer },
  };
  const scan = new OrphanScan(services, kept, () => world.questions, defaultOrphanPace);
  return { time, lists, finds, world, scan, kept };
}

function configMap(name: string, namespace = 'web'): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, uid: `uid-${name}` } };
}

function work(name: string): KnownObject {
  const ref = { group: '', kind: 'ConfigMap', namespace: 'web', name };
  return { application: 'apps/shop', ref, prepared: {} };
}

it('does nothing at all where nobody asks', async () => {
  const { time, lists, finds, scan, world, kept } = await openScan();
  world.objects = [configMap('loose')];
  scan.desiredChanged();
  await time.advance(72 * hour);
  expect([lists, finds, kept.entries()]).toEqual([[], [], []]);
});

it('looks soon after it is asked, then daily, and tells only of what changed', async () => {
  const { time, lists, finds, scan, world } = await openScan();
  world.questions = [shop];
  world.objects = [configMap('loose')];
  world.works = [work('mine')];
  scan.desiredChanged();
  await time.advance(minute);
  expect(lists).toEqual(['ConfigMap@web', 'Secret@web']);
  expect(finds).toMatchObject([{ project: 'shop', namespace: 'web', total: 1, unread: [] }]);
  await time.advance(24 * hour);
  expect(lists).toHaveLength(4);
  expect(finds).toHaveLength(1);
  world.objects = [configMap('loose'), configMap('more'), configMap('mine')];
  await time.advance(24 * hour);
  expect(finds.at(-1)?.objects.map(({ name }) => name)).toEqual(['loose', 'more']);
  scan.close();
  await time.advance(72 * hour);
  expect(lists).toHaveLength(6);
});

it('looks again where what belongs to applications changed, at most once in ten minutes', async () => {
  const { time, lists, finds, scan, world } = await openScan();
  world.questions = [shop];
  world.objects = [configMap('loose')];
  scan.desiredChanged();
  await time.advance(minute);
  world.works = [work('loose')];
  scan.desiredChanged();
  await time.advance(5 * minute);
  expect(lists).toHaveLength(2);
  await time.advance(5 * minute);
  expect(lists).toHaveLength(4);
  expect(finds.map(({ total }) => total)).toEqual([1, 0]);
  scan.desiredChanged();
  await time.advance(hour);
  expect(lists).toHaveLength(4);
});

it('looks again at once where what is asked changed, and says so where nobody asks any more', async () => {
  const { time, finds, scan, world, kept } = await openScan();
  world.questions = [shop, { ...shop, project: 'other' }];
  world.objects = [configMap('loose')];
  scan.desiredChanged();
  await time.advance(minute);
  expect(finds.map(({ project }) => project).toSorted()).toEqual(['other', 'shop']);
  world.questions = [{ ...shop, rules: { ...all, ignore: [{ group: '', name: 'loose' }] } }];
  scan.desiredChanged();
  await time.advance(minute);
  const news = finds.slice(2).map(({ project, total, ended }) => [project, total, ended]);
  expect(news).toEqual([
    ['shop', 0, undefined],
    ['other', 0, true],
  ]);
  world.questions = [];
  scan.desiredChanged();
  await time.advance(minute);
  expect(finds.at(-1)).toMatchObject({ project: 'shop', ended: true });
  expect(kept.entries()).toEqual([]);
});

it('names what it could not look through, and tells nothing while the API server does not answer', async () => {
  const { time, lists, finds, scan, world } = await openScan();
  world.questions = [shop];
  world.objects = [configMap('loose')];
  world.results['Secret'] = noAnswer;
  scan.desiredChanged();
  await time.advance(minute);
  expect(finds).toEqual([]);
  world.results['Secret'] = forbidden;
  await time.advance(hour);
  expect(finds).toMatchObject([{ total: 1, unread: ['/Secret'] }]);
  expect(lists).toHaveLength(4);
});

it('neither looks nor tells again after a restart', async () => {
  const state = memoryState();
  const first = await openScan(openGuard, state);
  first.world.questions = [shop];
  first.world.objects = [configMap('loose')];
  first.scan.desiredChanged();
  await first.time.advance(minute);
  first.scan.close();
  await first.kept.close();
  const second = await openScan(openGuard, state);
  second.world.questions = [shop];
  second.world.objects = first.world.objects;
  // The same moment again: what was looked at a little later counts as not yet looked at.
  await second.time.advance(2 * minute);
  second.scan.desiredChanged();
  await second.time.advance(hour);
  expect([second.lists, second.finds]).toEqual([[], []]);
});

it('reads nothing that the guard forbids', async () => {
  const guard: Guard = { ...openGuard, namespaces: ['web'], kinds: { deny: ['Secret'] } };
  const { time, lists, finds, scan, world } = await openScan(guard);
  world.questions = [shop, { ...shop, namespace: 'payments' }];
  world.objects = [configMap('loose'), configMap('loose', 'payments')];
  scan.desiredChanged();
  await time.advance(hour);
  expect(lists).toEqual(['ConfigMap@web']);
  expect(finds).toMatchObject([{ namespace: 'web', total: 1 }]);
});
