import type { SeededFleet } from './seeded-fleet.ts';
import { seedFleet } from './seeded-fleet.ts';
import { seededRevert } from './seeded-revert.ts';
import { fleetUrl, openTestHub, type TestHub, type TestHubOptions } from './test-hub.ts';

export interface SeededHub extends TestHub {
  readonly fleet: SeededFleet;
}

interface Size {
  readonly applications: number;
  readonly clusters: number;
}

/** A hub whose store holds a whole fleet, at the time that it is now or at one that a picture is to show. */
export async function openSeededHub(size: Size, options: TestHubOptions = {}): Promise<SeededHub> {
  const clock = options.clock ?? { now: () => new Date() };
  const fleet = seedFleet({ ...size, now: clock.now() });
  const hub = await openTestHub({
    fill: (store) => fleet.fill(store),
    clock,
    ...options,
    control: {
      catalog: () => fleet.catalog,
      connections: () => fleet.connections,
      lastPass: () => ({ commit: fleet.lastCommit, at: clock.now().toISOString() }),
      sources: () => [{ url: fleetUrl, commits: {}, fetchedAt: clock.now().toISOString() }],
      ...seededRevert,
      ...options.control,
    },
  });
  return Object.assign(hub, { fleet });
}
