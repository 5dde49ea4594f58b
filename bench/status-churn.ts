import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { waitUntil } from '../test/clusters/wait.ts';
import { deployments } from './edits.ts';
import { type Figure, figureOf } from './figures.ts';
import { objectsOf } from './many-objects.ts';
import { answerOf, cpuSeconds, endProcess, settled } from './processes.ts';
import { pathOf, RawWriter } from './raw.ts';
import type { WatchFigures } from './watch-process.ts';
import type { World } from './world.ts';

const writes = 5_000;
const msPerSecond = 1000;

/**
 * Processor time of the agent for each event that changes nothing but status, as controllers write it all day: the time of
 * a condition of one of so many applications' Deployments. Next to it, that of a bare watch which parses the same events.
 */
export async function measureChurn(world: World, applications: number): Promise<Figure> {
  const { cluster, agent } = world;
  const raw = new RawWriter(cluster, '');
  const watcher = fork(join(import.meta.dirname, 'watch-process.ts'), {
    env: { PATH: process.env['PATH'], SERVER: cluster.server, CA: cluster.caPem, TOKEN: cluster.token },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  try {
    await answerOf(watcher);
    // The first status of each moves its health, which is reported.
    await raw.mergeAll(statuses(0, applications, applications));
    await settled(agent.pid);
    const [before, bareBefore] = [cpuSeconds(agent.pid), await figuresOf(watcher)];
    await raw.mergeAll(statuses(applications, writes, applications));
    const bare = await waitUntil(
      'the bare watch has seen it all',
      async () => {
        const now = await figuresOf(watcher);
        return now.events - bareBefore.events >= writes && now;
      },
      { limitMs: 60_000 },
    );
    await settled(agent.pid);
    const perEvent = (seconds: number): number => (seconds * msPerSecond) / writes;
    return figureOf(
      'cpu-per-watch-event',
      'ms',
      [perEvent(cpuSeconds(agent.pid) - before)],
      [perEvent(bare.cpuSeconds - bareBefore.cpuSeconds)],
    );
  } finally {
    await endProcess(watcher);
    await raw.close();
  }
}

async function figuresOf(watcher: ChildProcess): Promise<WatchFigures> {
  const answer = answerOf(watcher);
  watcher.send('figures');
  return (await answer) as WatchFigures;
}

/** No two of them are the same, or the API server would leave them out. */
function statuses(from: number, count: number, applications: number) {
  return Array.from({ length: count }, (_, index) => {
    const object = objectsOf('fairlead', index % applications, 1)[deployments.object];
    if (object === undefined) throw new Error('an application has a Deployment');
    const at = new Date(Date.UTC(2026, 0, 1) + (from + index) * 1000).toISOString().replace('.000', '');
    const condition = {
      type: 'Progressing',
      status: 'True',
      reason: 'ReplicaSetUpdated',
      message: 'ReplicaSet is progressing.',
      lastUpdateTime: at,
      lastTransitionTime: '2026-01-01T00:00:00Z',
    };
    return {
      path: `${pathOf(object)}/status`,
      patch: { status: { observedGeneration: 1, replicas: 2, conditions: [condition] } },
    };
  });
}
