import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { unwrap } from '../../cli/client/open-client.ts';
import { partOfLabel, trackingAnnotation } from '../../core/tracking.ts';
import { type KubeClient, KubeError } from '../clusters/kube-client.ts';
import { waitUntil } from '../clusters/wait.ts';
import { type FleetRig, openFleetRig } from '../support/fleet-rig.ts';
import {
  applicationText,
  clusterText,
  configMapText,
  fleetText,
  projectText,
} from '../support/fleet-texts.ts';

/** Clusters that leave the fleet, on real API servers: one whose objects are deleted, one whose objects are released. */
let rig: FleetRig;
const clusters = ['gone', 'left'] as const;
type Cluster = (typeof clusters)[number];

beforeAll(async () => {
  rig = await openFleetRig({ clusters, controllers: 'none', files: firstCommit });
  for (const name of clusters) {
    for (const namespace of ['team-a', 'foreign']) {
      await rig
        .cluster(name)
        .live.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    }
    await rig.cluster(name).live.apply(foreign);
  }
  await rig.untilSynced();
});

afterAll(() => rig?.close());

async function firstCommit(repoURL: string) {
  const documents: Record<string, string> = {
    'fleet/fleet.yaml': fleetText(),
    'fleet/project.yaml': projectText('platform'),
    'apps/web/config.yaml': configMapText('web', '1'),
    'apps/api/config.yaml': configMapText('api', '1'),
  };
  for (const cluster of clusters) {
    documents[`fleet/clusters/${cluster}.yaml`] = clusterText(cluster);
    for (const app of ['web', 'api']) {
      const text = { repoURL, cluster, path: `apps/${app}` };
      documents[`applications/${app}-${cluster}.yaml`] = applicationText(`${app}-${cluster}`, text);
    }
  }
  return documents;
}

const foreign = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  // As an operator copies them from another object: it is not ours.
  metadata: {
    name: 'copied',
    namespace: 'team-a',
    labels: { [partOfLabel]: 'web' },
    annotations: { [trackingAnnotation]: 'argocd/web:/ConfigMap:team-a/web' },
  },
  data: { kept: 'yes' },
};

async function exists(live: KubeClient, namespace: string, name: string): Promise<boolean> {
  try {
    await live.get({ apiVersion: 'v1', kind: 'ConfigMap', name, namespace });
    return true;
  } catch (error) {
    if (error instanceof KubeError && error.status === 404) return false;
    throw error;
  }
}

async function decommission(name: Cluster, objects: 'delete' | 'release'): Promise<string> {
  const params = { path: { name } };
  const body = { objects, confirm: name };
  const asked = await unwrap(rig.client.POST('/api/v1/clusters/{name}/decommission', { params, body }));
  return asked.id;
}

function untilEnded(id: string) {
  return waitUntil(
    `the operation ${id} ends`,
    async () => {
      const operation = await unwrap(rig.client.GET('/api/v1/operations/{id}', { params: { path: { id } } }));
      return operation.finishedAt === undefined ? undefined : operation;
    },
    { limitMs: 120_000 },
  );
}

describe('a cluster that leaves the fleet', () => {
  test('with deletion loses exactly what its applications own, and the agent’s own traces', async () => {
    const { live } = rig.cluster('gone');
    expect(await exists(live, 'fairlead-system', 'fairlead-claim')).toBe(true);
    const operation = await untilEnded(await decommission('gone', 'delete'));
    expect(operation.phase).toBe('Succeeded');
    expect(await exists(live, 'team-a', 'web')).toBe(false);
    expect(await exists(live, 'team-a', 'api')).toBe(false);
    expect(await exists(live, 'team-a', 'copied')).toBe(true);
    await waitUntil(
      'the claim is gone',
      async () => !(await exists(live, 'fairlead-system', 'fairlead-claim')),
      {
        limitMs: 60_000,
      },
    );
    const own = await live.list('v1', 'ConfigMap', 'fairlead-system');
    expect(own.map(({ metadata }) => metadata.name).filter((name) => name !== 'kube-root-ca.crt')).toEqual(
      [],
    );
  });

  test('its agent is turned away with what to do, and the cluster says that it has left', async () => {
    const params = { path: { name: 'gone' } };
    await waitUntil(
      'the agent is gone',
      async () => !(await unwrap(rig.client.GET('/api/v1/clusters/{name}', { params }))).connected,
      { limitMs: 60_000 },
    );
    const cluster = await unwrap(rig.client.GET('/api/v1/clusters/{name}', { params }));
    expect(cluster.decommissionedAt).toBeDefined();
    expect(cluster.sentence).toContain('left the fleet');
    expect(cluster.sentence).toContain('fairlead cluster enroll gone');
    await waitUntil(
      'the agent was told',
      async () =>
        rig.log.entries.some(({ fields }) =>
          JSON.stringify(fields).includes('cluster gone has left the fleet, so this agent has nothing to do'),
        ),
      { limitMs: 60_000 },
    );
  });

  test('with release keeps its objects as they are, without our marks', async () => {
    const { live } = rig.cluster('left');
    const before = await live.get({ apiVersion: 'v1', kind: 'ConfigMap', name: 'web', namespace: 'team-a' });
    const id = await decommission('left', 'release');
    const operation = await untilEnded(id);
    expect(operation.phase).toBe('Succeeded');
    const after = await live.get({ apiVersion: 'v1', kind: 'ConfigMap', name: 'web', namespace: 'team-a' });
    expect(after.metadata.uid).toBe(before.metadata.uid);
    expect(after['data']).toEqual(before['data']);
    expect(after.metadata.labels?.[partOfLabel]).toBeUndefined();
    expect(after.metadata.annotations?.[trackingAnnotation]).toBeUndefined();
    expect(await exists(live, 'team-a', 'api')).toBe(true);
    expect(await exists(live, 'team-a', 'copied')).toBe(true);
  });
});
