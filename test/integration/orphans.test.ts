import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Guard, openGuard } from '../../core/guard.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import type { OrphanFinds, OrphanRules } from '../../core/orphans.ts';
import { type ControlPlanes, startControlPlanes } from '../clusters/control-plane.ts';
import { KubeClient } from '../clusters/kube-client.ts';
import { waitUntil } from '../clusters/wait.ts';
import { type EngineRig, engineRig, wantedApplication } from '../support/engine-rig.ts';
import { memoryState } from '../support/memory-state.ts';

const limit = { limitMs: 60_000, everyMs: 20 };
const all: OrphanRules = { ignore: [], deny: [] };
const daily = 24 * 60 * 60_000;
/** Looks at once where something changed, and never by itself. */
const pace = { intervalMs: daily, soonMs: 50, restMs: 0 };

let dir: string;
let planes: ControlPlanes;
let client: KubeClient;
const rigs: EngineRig[] = [];

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'fairlead-orphans-'));
  planes = await startControlPlanes({ names: ['orphans'], controllers: 'none', dir, log: console.error });
  client = new KubeClient(planes.cluster('orphans'), { fieldManager: 'kubectl-create' });
});

afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.close();
});

afterAll(async () => {
  client?.close();
  await planes?.stop();
  rmSync(dir, { recursive: true, force: true });
});

async function openRig(state = memoryState(), guard: Guard = openGuard): Promise<EngineRig> {
  const rig = await engineRig(planes.cluster('orphans'), state, undefined, guard, { orphanPace: pace });
  rigs.push(rig);
  return rig;
}

function configMap(namespace: string, name: string, more: Partial<KubeObject['metadata']> = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, ...more }, data: { a: 'b' } };
}

async function makeNamespace(name: string): Promise<void> {
  await client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
}

function asking(namespace: string, objects: readonly KubeObject[], orphans: OrphanRules = all) {
  return wantedApplication(namespace, objects, { namespace, orphans });
}

function findsOf(rig: EngineRig): readonly OrphanFinds[] {
  return rig.reports.flatMap((report) => (report.type === 'orphans' ? [report.finds] : []));
}

function untilFound(rig: EngineRig, names: readonly string[]): Promise<OrphanFinds> {
  return waitUntil(
    `orphans ${names.join(', ')}`,
    () => {
      const last = findsOf(rig).at(-1);
      return last?.objects.map(({ name }) => name).join() === names.join() ? last : undefined;
    },
    { ...limit, detail: () => JSON.stringify(findsOf(rig)) },
  );
}

describe('orphaned objects', () => {
  it('what belongs to no application is told once, and again only when it changed', async () => {
    await makeNamespace('told');
    const first = await client.apply(configMap('told', 'loose'));
    const { uid = '' } = first.metadata;
    const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'loose', uid }];
    await client.apply(configMap('told', 'owned', { ownerReferences } as never));
    const state = memoryState();
    const rig = await openRig(state);
    const mine = configMap('told', 'mine');
    await rig.untilApplied(asking('told', [mine]));
    const finds = await untilFound(rig, ['loose']);
    expect(finds).toMatchObject({ project: 'platform', namespace: 'told', total: 1, unread: [] });
    expect(finds.objects[0]?.createdAt).toBe(first.metadata['creationTimestamp']);
    expect(rig.status('told')).toMatchObject({ sync: 'Synced', drifts: [] });
    expect(await client.get({ ...refOf(mine), name: 'loose' })).toBeDefined();

    // It is taken in: nothing is left, and nothing was written but that.
    await rig.untilApplied(asking('told', [mine, configMap('told', 'loose')]));
    await untilFound(rig, []);
    expect(rig.writes().filter((request) => request.startsWith('delete'))).toEqual([]);

    // A restart neither looks nor tells again.
    await rig.close();
    const second = await openRig(state);
    await second.untilApplied(asking('told', [mine, configMap('told', 'loose')]));
    await second.engine.whenIdle();
    expect(findsOf(second)).toEqual([]);
    expect(listsOf(second, 'ingresses.networking.k8s.io')).toBe(0);

    // Nobody asks any more.
    second.want(wantedApplication('told', [mine], { namespace: 'told' }));
    await waitUntil('its end', () => findsOf(second).at(-1)?.ended === true, limit);
  });

  it('one list of each kind that the project permits and the guard allows, and of no other', async () => {
    await makeNamespace('counted');
    const rig = await openRig(memoryState(), {
      ...openGuard,
      namespaces: ['counted', 'fairlead-test'],
      kinds: { deny: ['Secret'] },
    });
    await client.apply(configMap('counted', 'loose'));
    await client.apply(configMap('counted', 'auto-made'));
    const orphans: OrphanRules = {
      ignore: [{ group: '', kind: 'ConfigMap', name: 'auto-*' }],
      allow: [
        { group: '', kind: '*' },
        { group: 'batch', kind: 'Job' },
      ],
      deny: [{ group: '', kind: 'Pod*' }],
    };
    await rig.untilApplied(asking('counted', [], orphans));
    expect(await untilFound(rig, ['loose'])).toMatchObject({ total: 1, unread: [] });
    expect(listsOf(rig, 'jobs.batch')).toBe(1);
    expect(listsOf(rig, 'serviceaccounts')).toBe(1);
    for (const never of ['secrets', 'pods', 'events', 'endpoints', 'deployments.apps', 'namespaces'])
      expect([never, listsOf(rig, never)]).toEqual([never, 0]);
  });

  it('a namespace that the guard forbids is not read', async () => {
    await makeNamespace('forbidden');
    await makeNamespace('allowed');
    await client.apply(configMap('forbidden', 'loose'));
    const rig = await openRig(memoryState(), { ...openGuard, namespaces: ['allowed', 'fairlead-test'] });
    rig.want(asking('forbidden', []), asking('allowed', []));
    await waitUntil('the other one was looked at', () => findsOf(rig).length === 1, limit);
    expect(findsOf(rig)).toMatchObject([{ namespace: 'allowed', total: 0 }]);
    expect(listsOf(rig, 'serviceaccounts')).toBe(1);
  });

  it('nothing is asked where no project wants to know', async () => {
    await makeNamespace('silent');
    await client.apply(configMap('silent', 'loose'));
    const rig = await openRig();
    await rig.untilApplied(
      wantedApplication('silent', [configMap('silent', 'mine')], { namespace: 'silent' }),
    );
    // What comes after has been looked at: so would have been what came before.
    await rig.untilApplied(
      wantedApplication('silent', [configMap('silent', 'more')], { namespace: 'silent' }),
    );
    await rig.engine.whenIdle();
    expect(findsOf(rig)).toEqual([]);
    expect(listsOf(rig, 'serviceaccounts')).toBe(0);
    expect(await rig.state.readDocument('orphan-looks')).toBeUndefined();
  });

  it('names a thousand objects at most and counts the rest', async () => {
    await makeNamespace('many');
    const names = Array.from({ length: 1_010 }, (_none, index) => `loose-${String(index).padStart(4, '0')}`);
    for (let start = 0; start < names.length; start += 50) {
      await Promise.all(
        names
          .slice(start, start + 50)
          .map((name) => client.apply({ ...configMap('many', name), kind: 'Secret', data: {} })),
      );
    }
    const rig = await openRig();
    rig.want(asking('many', [], { ...all, allow: [{ group: '', kind: 'Secret' }] }));
    const finds = await waitUntil('they were found', () => findsOf(rig).at(-1), limit);
    expect([finds.objects.length, finds.total]).toEqual([1_000, 1_010]);
    expect(listsOf(rig, 'secrets')).toBe(3);
  });
});

/** Lists, in pages, but not those of a watch's first state. */
function listsOf(rig: EngineRig, resource: string): number {
  return rig.requests.filter((request) => request === `list ${resource}`).length;
}

function refOf({ apiVersion, kind, metadata }: KubeObject) {
  return { apiVersion, kind, namespace: metadata.namespace ?? '', name: metadata.name ?? '' };
}
