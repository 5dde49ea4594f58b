import { expect, test } from 'vitest';
import { FleetFacts } from '../../../hub/alerting/fleet-facts.ts';
import type { ApplicationRecord, Connection, StorePort } from '../../../hub/ports.ts';

const records = ['dev', 'prod', 'prod'].map(
  (cluster, index) =>
    ({ application: `argocd/app-${index}`, cluster, gates: [] }) as unknown as ApplicationRecord,
);

test("an agent that comes or goes costs the statuses of its own cluster's applications, not of the fleet", async () => {
  const asked: (readonly string[] | undefined)[] = [];
  const store: Partial<StorePort> = {
    listDriftNews: async () => [],
    listEnrolled: async () => [],
    listApplications: async () => records,
    async readStatuses(applications) {
      asked.push(applications);
      return new Map();
    },
  };
  const connections = new Map<string, Connection>();
  const facts = new FleetFacts({
    store: store as StorePort,
    catalog: () => undefined,
    connections: () => connections,
    clock: { now: () => new Date('2026-11-03T14:00:00.000Z') },
  });
  const look = { applications: new Set<string>(), known: [], isAsked: true };
  await facts.read({ ...look, everything: false, clusters: new Set(['prod']) });
  expect(asked).toEqual([['argocd/app-1', 'argocd/app-2']]);
  await facts.read({ ...look, everything: true, clusters: new Set() });
  expect(asked[1]).toBeUndefined();
});
