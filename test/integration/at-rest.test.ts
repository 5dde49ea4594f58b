import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unwrap } from '../../cli/client/open-client.ts';
import { fieldManager } from '../../core/tracking.ts';
import type { KubeObject } from '../clusters/kube-client.ts';
import { waitUntil } from '../clusters/wait.ts';
import { describeFaultyKills } from '../crash/describe-faulty-kills.ts';
import { describeKills } from '../crash/describe-kills.ts';
import { type Bustle, beginBustle, readBusy } from '../edits/bustle.ts';
import { describeEdits } from '../edits/describe-edits.ts';
import { hasCorpus } from '../support/example-fleet.ts';
import { type FleetRig, openFleetRig, type RigCluster } from '../support/fleet-rig.ts';
import { readOwned, type Source } from '../support/rendered.ts';
import { provideSurroundings } from '../support/surroundings.ts';
import {
  hookNames,
  inModeSync,
  kustomization,
  type WavedApplication,
  wavedApplications,
  wavedFleet,
} from '../support/waved-fleet.ts';

const patiently = { timeout: 600_000 };
const restMs = 10 * 60_000;
const names = [...wavedApplications.map(({ name }) => name), 'storefront-prod'];

if (!hasCorpus) console.info('skipped: ../shared/corpus is not there; only the example is at rest');

/**
 * Applications on a cluster with controllers: real ones with waves and hooks of Argo CD's kind, and the example's chart.
 * Each test builds on those before it.
 */
describe('applications on a cluster with controllers', () => {
  let rig: FleetRig;
  let prod: RigCluster;
  let atRest: Resting;
  let bustle: Bustle | undefined;

  beforeAll(async () => {
    rig = await openFleetRig({ clusters: ['prod'], controllers: 'kwok', files: wavedFleet });
    prod = rig.cluster('prod');
  });

  afterAll(async () => {
    await bustle?.stop();
    await rig?.close();
  });

  async function untilHealthy(): Promise<void> {
    await rig.untilSynced(...names);
    for (const name of names)
      await rig.until(name, 'is healthy', ({ health }) => health.status === 'Healthy');
    await rig.untilIdle();
  }

  const jobs = (): readonly string[] => prod.writes().filter((write) => / jobs\.batch 20\d$/.test(write));
  const find = (kind: string, namespace: string, name: string): Promise<KubeObject> =>
    prod.live.get({ apiVersion: kind === 'Job' ? 'batch/v1' : 'apps/v1', kind, namespace, name });

  it(
    'run the hooks before, each wave once the one before it is ready, then the hooks after',
    patiently,
    async () => {
      // What waits for a disk or an address comes wave after wave.
      await waitUntil(
        'all are healthy',
        async () => {
          await provideSurroundings(prod.live);
          const found = await Promise.all(names.map((name) => rig.application(name)));
          return found.every(({ sync, health }) => sync === 'Synced' && health.status === 'Healthy');
        },
        { limitMs: 240_000, everyMs: 500 },
      );
      await untilHealthy();

      for (const application of wavedApplications) await expectOrder(application, find);
      expect(jobs()).toEqual(Array(wavedApplications.length * 2 + 1).fill('create jobs.batch 201'));
    },
  );

  it.skipIf(!hasCorpus)(
    'run each hook once more for a new commit, and none for a restart',
    patiently,
    async () => {
      prod.forgetRequests();
      await rig.push(
        Object.fromEntries(
          wavedApplications.map((each) => [
            `waved/${each.name}/kustomization.yaml`,
            kustomization(each, 'second'),
          ]),
        ),
      );
      await untilHealthy();
      expect([...jobs()].sort()).toEqual([
        ...Array(wavedApplications.length * 2).fill('create jobs.batch 201'),
        ...Array(wavedApplications.length * 2).fill('delete jobs.batch 200'),
      ]);
      for (const { namespace, waves } of wavedApplications) {
        for (const name of waves.at(-1) ?? [])
          expect((await find('Deployment', namespace, name))['metadata'].labels.version).toBe('second');
      }

      await prod.restartAgent();
      await untilHealthy();
      expect(prod.writes()).toEqual([]);
    },
  );

  it('come to rest, while autoscalers, restarts and controllers go on', async () => {
    await untilHealthy();
    prod.forgetRequests();
    atRest = { sinceMs: performance.now(), ours: await oursOf(prod) };
    expect(atRest.ours.size).toBeGreaterThan(hasCorpus ? 80 : 5);
    bustle = beginBustle(prod.plane, await readBusy(prod.live));
  });

  // Ten minutes are long: these take their time meanwhile, each on a cluster of its own.
  describeKills();
  describeFaultyKills();

  it('are neither written nor said to drift in ten minutes', { timeout: restMs + 120_000 }, async () => {
    await waitUntil('ten minutes are over', () => performance.now() - atRest.sinceMs >= restMs, {
      limitMs: restMs + 60_000,
      everyMs: 1_000,
    });
    expect(await bustle?.stop()).toBeGreaterThan(50);
    await untilHealthy();
    expect(prod.writes()).toEqual([]);
    // Since they were first applied: nobody else did anything to them.
    const { items } = await unwrap(rig.client.GET('/api/v1/drifts', {}));
    expect(items.map(({ sentence }) => sentence)).toEqual([]);
    // The sweep looks at each object once in half a day, at any time of it.
    expect(prod.requests('dry-run')).toBeLessThanOrEqual(atRest.ours.size);
    expect(await oursOf(prod)).toEqual(atRest.ours);
    for (const name of names) {
      const { sync, health } = await rig.application(name);
      expect({ sync, health: health.status }, name).toEqual({ sync: 'Synced', health: 'Healthy' });
    }
  });

  // A hundred objects are more than the example has.
  if (hasCorpus)
    describeEdits(() => ({
      rig,
      cluster: prod,
      sources,
      untilHealthy,
      async leaveDrift() {
        await rig.push(inModeSync(await wavedFleet(rig.url)));
        for (const name of names) await rig.until(name, 'is in mode sync', ({ mode }) => mode === 'sync');
        await untilHealthy();
      },
    }));
});

/** What each application is made of, for the tools themselves. */
const sources: Readonly<Record<string, Source>> = {
  ...Object.fromEntries(
    wavedApplications.map(({ name }) => [name, { tool: 'kustomize', path: `waved/${name}` } as const]),
  ),
  'storefront-prod': {
    tool: 'helm',
    path: 'charts/storefront',
    release: 'storefront',
    namespace: 'storefront',
    values: 'values-prod.yaml',
  },
};

interface Resting {
  readonly sinceMs: number;
  /** What the API server says that we wrote, and when. */
  readonly ours: ReadonlyMap<string, string>;
}

async function oursOf({ live }: RigCluster): Promise<ReadonlyMap<string, string>> {
  return new Map(
    [...(await readOwned(live))].map(([name, { metadata }]) => {
      const fields: readonly { manager: string }[] = metadata.managedFields ?? [];
      return [name, JSON.stringify([metadata.uid, fields.filter(({ manager }) => manager === fieldManager)])];
    }),
  );
}

async function expectOrder(
  { name, namespace, waves }: WavedApplication,
  find: (kind: string, namespace: string, name: string) => Promise<KubeObject>,
): Promise<void> {
  const before = await find('Job', namespace, hookNames.before);
  // The API server's own times, in whole seconds.
  let ready: string = before['status'].completionTime;
  for (const wave of waves) {
    const deployments = await Promise.all(wave.map((each) => find('Deployment', namespace, each)));
    for (const { metadata } of deployments)
      expect(metadata.creationTimestamp >= ready, `${name}: ${metadata.name} waits`).toBe(true);
    ready = deployments.map(availableAt).sort().at(-1) ?? ready;
  }
  const after = await find('Job', namespace, hookNames.after);
  expect(after['metadata'].creationTimestamp >= ready, `${name}: its last hook waits`).toBe(true);
  expect([before['status'].succeeded, after['status'].succeeded]).toEqual([1, 1]);
}

function availableAt({ status }: KubeObject): string {
  const conditions: readonly { type: string; status: string; lastTransitionTime: string }[] =
    status.conditions;
  const found = conditions.find((each) => each.type === 'Available' && each.status === 'True');
  return found?.lastTransitionTime ?? 'never';
}
