import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Drift } from '../../core/drift.ts';
import { rootDigest } from '../../core/head.ts';
import type { Report } from '../../core/session.ts';
import type { SimulatedAgent } from './simulated-agent.ts';
import { Simulation } from './simulation.ts';

const clusters = ['prod', 'staging'];

type Action =
  | { readonly type: 'commit'; readonly cluster: string; readonly contents: ReadonlyMap<string, Uint8Array> }
  | { readonly type: 'hold'; readonly cluster: string; readonly ids: readonly string[] }
  | { readonly type: 'report-drift' | 'report-status'; readonly cluster: string }
  | { readonly type: 'connect' | 'cut' | 'restart-agent' | 'damage-disk'; readonly cluster: string }
  | { readonly type: 'to-hub' | 'to-agent' | 'hub-work' | 'agent-work'; readonly cluster: string }
  /** Everything on its way arrives, in some order. */
  | { readonly type: 'flow'; readonly cluster: string; readonly turns: number }
  | { readonly type: 'restart-hub' };

const cluster = fc.constantFrom(...clusters);
const contents = fc
  .dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.constantFrom('1', '2', '3'))
  .map(
    (entries) =>
      new Map(
        Object.entries(entries).map(([name, value]) => [name, new TextEncoder().encode(`${name}${value}`)]),
      ),
  );

const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ type: fc.constant('commit' as const), cluster, contents }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('hold' as const),
      cluster,
      ids: fc.uniqueArray(fc.constantFrom('h1', 'h2', 'h3')),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constantFrom('connect' as const, 'report-drift' as const, 'report-status' as const),
      cluster,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constantFrom('cut' as const, 'restart-agent' as const, 'damage-disk' as const),
      cluster,
    }),
  },
  {
    weight: 20,
    arbitrary: fc.record({
      type: fc.constantFrom(
        'to-hub' as const,
        'to-agent' as const,
        'hub-work' as const,
        'agent-work' as const,
      ),
      cluster,
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant('flow' as const),
      cluster,
      turns: fc.integer({ min: 1, max: 12 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ type: 'restart-hub' } as const) },
);

/** What an agent saw, to be compared with what the hub has in the end. */
class World {
  readonly simulation = new Simulation();
  readonly drifts = new Map<string, string[]>();
  readonly newestStatus = new Map<string, string>();
  #seen = 0;

  constructor() {
    for (const name of clusters) this.simulation.addAgent(name);
  }

  agent(name: string): SimulatedAgent {
    return this.simulation.agents.get(name)!;
  }

  run(next: Action): void {
    const { simulation } = this;
    switch (next.type) {
      case 'commit':
        simulation.commit(next.cluster, next.contents);
        break;
      case 'hold':
        simulation.hold(next.cluster, next.ids);
        break;
      case 'report-drift':
        this.#reportDrift(next.cluster);
        break;
      case 'report-status':
        this.#reportStatus(next.cluster);
        break;
      case 'connect':
        simulation.connect(this.agent(next.cluster));
        break;
      case 'cut':
        simulation.cut(this.agent(next.cluster));
        break;
      case 'restart-agent':
        simulation.startAgent(this.agent(next.cluster));
        break;
      case 'flow':
        for (let turn = 0; turn < next.turns; turn += 1) simulation.turn(this.agent(next.cluster));
        break;
      case 'damage-disk':
        this.#damage(this.agent(next.cluster));
        break;
      case 'restart-hub':
        simulation.restartHub();
        break;
      case 'to-hub':
        simulation.deliverToHub(this.agent(next.cluster));
        break;
      case 'to-agent':
        simulation.deliverToAgent(this.agent(next.cluster));
        break;
      case 'hub-work':
        simulation.workHub(this.agent(next.cluster));
        break;
      case 'agent-work':
        simulation.workAgent(this.agent(next.cluster));
        break;
    }
  }

  /** The agent dies, and one of the contents on its disk with it. */
  #damage(agent: SimulatedAgent): void {
    const [digest] = agent.blobs.keys();
    if (digest !== undefined) agent.blobs.delete(digest);
    this.simulation.startAgent(agent);
  }

  #reportDrift(name: string): void {
    this.#seen += 1;
    const id = `drift ${this.#seen}`;
    this.drifts.set(name, [...(this.drifts.get(name) ?? []), id]);
    const drift = { id, application: 'a' } as Drift;
    this.simulation.report(this.agent(name), { type: 'drift', event: { drift, change: 'opened', at: '' } });
  }

  #reportStatus(name: string): void {
    this.#seen += 1;
    const message = `status ${this.#seen}`;
    this.newestStatus.set(name, message);
    const status = { application: 'a', health: { status: 'Healthy', message } };
    this.simulation.report(this.agent(name), { type: 'application', status } as Report);
  }
}

function checkNothingPartial(world: World): void {
  for (const agent of world.simulation.agents.values()) {
    if (agent.stored === undefined || agent.inForce === 0) continue;
    for (const digest of agent.stored.head.entries.values()) expect(agent.blobs.has(digest)).toBe(true);
    expect(agent.inForce).toBe(agent.stored.head.generation);
  }
}

function checkConverged(world: World): void {
  const { simulation } = world;
  for (const agent of simulation.agents.values()) {
    const head = simulation.store.heads.get(agent.cluster);
    expect(agent.inForce).toBe(head?.generation ?? 0);
    expect(rootDigest(agent.stored?.head.entries ?? new Map())).toBe(rootDigest(head?.entries ?? new Map()));
    expect(agent.session.problems).toEqual({});
    const saved = simulation.store.reports.get(agent.cluster) ?? [];
    const drifts = saved.flatMap(({ report }) => (report.type === 'drift' ? [report.event.drift.id] : []));
    expect(drifts).toEqual(world.drifts.get(agent.cluster) ?? []);
    const statuses = saved.flatMap(({ report }) =>
      report.type === 'application' ? [report.status.health.message] : [],
    );
    expect(statuses.at(-1)).toBe(world.newestStatus.get(agent.cluster));
    const holds = (simulation.store.holds.get(agent.cluster) ?? []).map(({ id }) => id);
    expect(agent.holds).toEqual(holds);
    expect(agent.outbox.size).toBe(0);
    expect(simulation.store.contacts.get(agent.cluster)?.generation).toBe(head?.generation ?? 0);
  }
}

test('whatever is cut, repeated or restarted: nothing partial is stored, and all converge', () => {
  fc.assert(
    fc.property(fc.array(action, { minLength: 30, maxLength: 200 }), (actions) => {
      const world = new World();
      for (const agent of world.simulation.agents.values()) world.simulation.connect(agent);
      let lastInForce = new Map<string, number>();
      for (const next of actions) {
        world.run(next);
        checkNothingPartial(world);
        // Generations only grow, across restarts too.
        const stored = new Map(
          [...world.simulation.agents.values()].map((agent) => [
            agent.cluster,
            agent.stored?.head.generation ?? 0,
          ]),
        );
        for (const [name, generation] of stored)
          expect(generation).toBeGreaterThanOrEqual(lastInForce.get(name) ?? 0);
        lastInForce = stored;
      }
      // A link that stands has to be enough: connecting again would mend what was forgotten.
      for (const agent of world.simulation.agents.values()) {
        if (agent.link === undefined) world.simulation.connect(agent);
      }
      world.simulation.settle();
      checkNothingPartial(world);
      checkConverged(world);
    }),
    { numRuns: 300 },
  );
});
