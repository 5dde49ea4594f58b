import { KubeClient } from '../test/clusters/kube-client.ts';
import { sleep } from '../test/clusters/wait.ts';
import { hasBrowser } from '../test/support/browser.ts';
import { type Figure, figureOf } from './figures.ts';
import { allContents, applicationCount, applicationName, contentOf, namespace } from './fleet.ts';
import { LiveView } from './live-view.ts';
import { residentBytes } from './processes.ts';
import { RawWriter } from './raw.ts';
import { measureVisibleChange } from './web-live.ts';
import type { World } from './world.ts';

const repetitions = 20;
const heals = 200;
const megabyte = 1_000_000;
const names = Array.from({ length: applicationCount }, (_, index) => applicationName(index));

type Say = (line: string) => void;

/** Every figure of the bench, in the order of the table. `say` takes progress lines. */
export async function measure(world: World, say: Say): Promise<readonly Figure[]> {
  const client = new KubeClient(world.cluster);
  for (const name of [namespace, 'raw']) {
    await client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }
  const raw = new RawWriter(world.cluster, 'raw');
  const view = await LiveView.open(world.cluster);
  try {
    const changes = await measureBulk(world, view, raw, say);
    const single = await measureSingle(world, view, raw);
    const heal: Pairs = { samples: [], limits: [] };
    // The page that is looked at between counts some drifts; of more than it lists it gives no number.
    await measureHeal(view, raw, heal, repetitions);
    const visible = hasBrowser() ? [await measureVisibleChange(world, view)] : [];
    await measureHeal(view, raw, heal, heals);
    return [
      ...changes,
      single,
      figureOf('drift-heal', 's', heal.samples, heal.limits),
      ...visible,
      ...measureMemory(world),
      ...(await measureIdle(world, say)),
    ];
  } finally {
    await view.close();
    await raw.close();
    client.close();
  }
}

async function measureBulk(
  world: World,
  view: LiveView,
  raw: RawWriter,
  say: Say,
): Promise<readonly Figure[]> {
  const rawCreate = await raw.applyAll(names, 'v0');
  const create = await timed(async () => {
    await world.agent.start('new');
    await view.until(names, 'v0');
  });
  say(`first sync: ${create.toFixed(1)} s`);
  const rawChanges: number[] = [];
  const changes: number[] = [];
  for (const version of ['v1', 'v2', 'v3']) {
    rawChanges.push(await raw.applyAll(names, version));
    changes.push(
      await timed(async () => {
        await world.push(allContents(version));
        await view.until(names, version);
      }),
    );
    say(`bulk change ${version}: ${changes.at(-1)?.toFixed(1)} s (raw ${rawChanges.at(-1)?.toFixed(1)} s)`);
  }
  return [
    figureOf('first-sync', 's', [create], [rawCreate]),
    figureOf('bulk-change', 's', changes, rawChanges),
  ];
}

async function measureSingle(world: World, view: LiveView, raw: RawWriter): Promise<Figure> {
  const samples: number[] = [];
  const limits: number[] = [];
  for (let turn = 0; turn < repetitions; turn += 1) {
    const index = (turn * 23) % applicationCount;
    const version = `single-${turn}`;
    limits.push(await raw.apply(applicationName(index), version));
    samples.push(
      await timed(async () => {
        await world.push(contentOf(index, version));
        await view.until([applicationName(index)], version);
      }),
    );
  }
  return figureOf('single-change', 's', samples, limits);
}

/** Measurements next to the raw limit's of the same work. */
interface Pairs {
  readonly samples: number[];
  readonly limits: number[];
}

/** Goes on until there are so many. */
async function measureHeal(
  view: LiveView,
  raw: RawWriter,
  { samples, limits }: Pairs,
  count: number,
): Promise<void> {
  for (let turn = samples.length; turn < count; turn += 1) {
    const name = applicationName((turn * 23 + 7) % applicationCount);
    limits.push(await raw.apply(name, `heal-${turn}`));
    samples.push(
      await timed(async () => {
        await view.edit(namespace, name, `by hand ${turn}`);
        await view.until([name], 'v3');
      }),
    );
  }
}

function measureMemory(world: World): readonly Figure[] {
  const hub = residentBytes(world.hubPid) / megabyte;
  const agent = residentBytes(world.agent.pid) / megabyte;
  return [
    figureOf('memory', 'MB', [hub + agent]),
    figureOf('memory-hub', 'MB', [hub]),
    figureOf('memory-agent', 'MB', [agent]),
  ];
}

/** A minute in which nothing happens: what the agent asks of the API server meanwhile. */
async function measureIdle(world: World, say: Say): Promise<readonly Figure[]> {
  say('one idle minute');
  const before = await settledRequests(world);
  await sleep(60_000);
  const after = (await world.agent.figures()).requests;
  const since = (isMeant: (name: string) => boolean): number =>
    Object.entries(after).reduce(
      (sum, [name, count]) => (isMeant(name) ? sum + count - (before[name] ?? 0) : sum),
      0,
    );
  const isWatch = (name: string): boolean => name.startsWith('watch ');
  return [
    figureOf('idle-requests', 'requests/min', [since((name) => !isWatch(name) && !isLease(name))]),
    figureOf('idle-lease-renewals', 'requests/min', [since(isLease)]),
    figureOf('idle-watch-renewals', 'requests/min', [since(isWatch)]),
  ];
}

const quietSeconds = 20;

/**
 * Counts once what was measured before has ended: the agent's state follows what it did by up to a quarter of a minute.
 * Its Lease goes on.
 */
async function settledRequests(world: World): Promise<Readonly<Record<string, number>>> {
  let last = '';
  let quiet = 0;
  for (let second = 0; ; second += 1) {
    const counts = (await world.agent.figures()).requests;
    const others = JSON.stringify(Object.entries(counts).filter(([name]) => !isLease(name)));
    quiet = others === last ? quiet + 1 : 0;
    if (quiet === quietSeconds || second === 6 * quietSeconds) return counts;
    last = others;
    await sleep(1000);
  }
}

function isLease(name: string): boolean {
  return name.endsWith(' leases.coordination.k8s.io');
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}
