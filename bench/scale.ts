import { configMaps, Editor } from './edits.ts';
import { type Figure, figureOf } from './figures.ts';
import { HubView } from './hub-view.ts';
import { allSynced, isSynced, reportedAnew } from './hub-waits.ts';
import { listSeconds } from './list-all.ts';
import { prepareManyCluster } from './many-cluster.ts';
import { manyApplicationFiles, manyCatalog, manyKey } from './many-fleet.ts';
import { objectsOf } from './many-objects.ts';
import { peakBytes, residentBytes, rested } from './processes.ts';
import { startWorld, type World } from './world.ts';

type Say = (line: string) => void;

const perApplication = 25;
const sizes = [4, 40, 400];
const edited = 100;
const megabyte = 1_000_000;

/**
 * The agent with 100, 1,000 and 10,000 managed objects: what it holds in memory, and how long after its start the hub has
 * the whole state, after a restart and as on a new node without any of its state.
 */
export async function measureScale(say: Say): Promise<readonly Figure[]> {
  const [first = 0] = sizes;
  let repository = '';
  const files = (repoURL: string) => {
    repository = repoURL;
    return manyCatalog(repoURL, first);
  };
  const world = await startWorld({ files, log: say });
  try {
    await prepareManyCluster(world.cluster, ['fairlead']);
    const view = await HubView.open(world.hub);
    try {
      await world.agent.start('new');
      const memory = await measureGrowth(world, view, repository, say);
      return [...memory, ...(await measureStarts(world, view, say))];
    } finally {
      view.close();
    }
  } finally {
    await world.stop();
  }
}

async function measureGrowth(
  world: World,
  view: HubView,
  repository: string,
  say: Say,
): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  let last = 0;
  for (const size of sizes) {
    if (last > 0) await world.push(manyApplicationFiles(repository, last, size));
    await allSynced(view, size);
    figures.push(...(await memoryOf(world, String(size * perApplication))));
    say(`${size * perApplication} objects: ${describe(figures.slice(-2))}`);
    last = size;
  }
  return [...figures, figureOf('agent-memory-peak', 'MB', [peakBytes(world.agent.pid) / megabyte])];
}

/** Resident as it is by itself, then what of the heap is alive. */
async function memoryOf({ agent }: World, name: string): Promise<readonly Figure[]> {
  await rested(agent.pid);
  const resident = residentBytes(agent.pid) / megabyte;
  const { heapBytes } = await agent.figures('collected');
  return [
    figureOf(`agent-memory-${name}`, 'MB', [resident]),
    figureOf(`agent-heap-${name}`, 'MB', [heapBytes / megabyte]),
  ];
}

async function measureStarts(world: World, view: HubView, say: Say): Promise<readonly Figure[]> {
  const count = sizes.at(-1) ?? 0;
  const limits = [await listSeconds(world.cluster)];
  await world.agent.stop();
  await editSome(world);
  const isEdited = new Set(Array.from({ length: edited }, (_, index) => manyKey(index)));
  const kept = await startSeconds(world, 'kept', () =>
    reportedAnew(view, count, (item) =>
      isEdited.has(item.application) ? item.openDrifts === 1 && item.sync === 'OutOfSync' : isSynced(item),
    ),
  );
  say(`restarted: ${kept.toFixed(1)} s`);
  const restarted = await memoryOf(world, 'restarted');
  await world.agent.stop();
  limits.push(await listSeconds(world.cluster));
  const anew = await startSeconds(world, 'new', () => reportedAnew(view, count, isSynced));
  say(`started anew: ${anew.toFixed(1)} s`);
  return [
    ...restarted,
    figureOf('start-kept-state', 's', [kept], limits),
    figureOf('start-lost-state', 's', [anew], limits),
  ];
}

/** What happens to objects while their agent is away. */
async function editSome({ cluster }: World): Promise<void> {
  const editor = await Editor.open(cluster);
  try {
    for (let index = 0; index < edited; index += 1) {
      const { namespace = '', name = '' } =
        objectsOf('fairlead', index, 1)[configMaps.object]?.metadata ?? {};
      await editor.edit(configMaps, namespace, name);
    }
  } finally {
    await editor.close();
  }
}

async function startSeconds(
  { agent }: World,
  state: 'kept' | 'new',
  follow: () => Promise<number>,
): Promise<number> {
  const seconds = follow();
  const [found] = await Promise.all([seconds, agent.start(state)]);
  return found;
}

function describe(figures: readonly Figure[]): string {
  return figures.map(({ id, value, unit }) => `${id} ${value} ${unit}`).join(', ');
}
