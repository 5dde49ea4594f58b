import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Schemas, unwrap } from '../../cli/client/open-client.ts';
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
const limitMs = 120_000;
/** Somebody else's, who is slow to let an object go. */
const finalizer = 'example.com/slow';

const claim = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'fairlead-system', name: 'fairlead-claim' };

beforeAll(async () => {
  rig = await openFleetRig({ clusters, controllers: 'none', files: firstCommit });
  for (const name of clusters) {
    const { live } = rig.cluster(name);
    for (const namespace of ['team-a', 'foreign']) {
      await live.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    }
    for (const object of foreign) await live.apply(object);
  }
  await rig.untilSynced();
});

afterAll(() => rig?.close());

async function firstCommit(repoURL: string) {
  const documents: Record<string, string> = {
    'fleet/fleet.yaml': fleetText(),
    'fleet/project.yaml': projectText(
      'platform',
      '  clusterResourceWhitelist: [{ group: storage.k8s.io, kind: StorageClass }]\n',
    ),
    'apps/web/config.yaml': configMapText('web', '1'),
    'apps/web/class.yaml': storageClassText,
    'apps/web/before.yaml': hookText('before', 'PreDelete'),
    'apps/api/config.yaml': configMapText('api', '1'),
    'apps/slow/config.yaml': configMapText('slow', '1'),
  };
  for (const cluster of clusters) {
    documents[`fleet/clusters/${cluster}.yaml`] = clusterText(cluster);
    for (const app of ['web', 'api', 'slow']) {
      const text = { repoURL, cluster, path: `apps/${app}` };
      documents[`applications/${app}-${cluster}.yaml`] = applicationText(`${app}-${cluster}`, text);
    }
  }
  return documents;
}

/** Of a kind that is never deleted with its application. */
const storageClassText = `apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: { name: fast }
provisioner: example.com/none
`;

function hookText(name: string, phase: string): string {
  return `apiVersion: v1
kind: ConfigMap
metadata:
  name: ${name}
  annotations: { argocd.argoproj.io/hook: ${phase} }
data: { ran: 'yes' }
`;
}

/** Not ours, however much it looks so: an operator's copy of an object of ours, and what has nothing of ours. */
const foreign = [
  {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: 'copied',
      namespace: 'team-a',
      labels: { [partOfLabel]: 'web' },
      annotations: { [trackingAnnotation]: 'argocd/web:/ConfigMap:team-a/web' },
    },
    data: { kept: 'yes' },
  },
  {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'plain', namespace: 'team-a' },
    data: { kept: 'yes' },
  },
  {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'web', namespace: 'foreign' },
    data: { kept: 'yes' },
  },
];

async function find(live: KubeClient, object: Parameters<KubeClient['get']>[0]) {
  try {
    return await live.get(object);
  } catch (error) {
    if (error instanceof KubeError && error.status === 404) return undefined;
    throw error;
  }
}

function configMap(name: string, namespace = 'team-a') {
  return { apiVersion: 'v1', kind: 'ConfigMap', name, namespace };
}

/** Whatever the agent did: what isn't in its inventory is there, and is the same. */
async function expectForeign(live: KubeClient): Promise<void> {
  for (const { metadata, data } of foreign) {
    const found = await find(live, configMap(metadata.name, metadata.namespace));
    expect(found?.['data']).toEqual(data);
    expect(found?.metadata.deletionTimestamp).toBeUndefined();
  }
}

async function decommission(name: Cluster, objects: 'delete' | 'release'): Promise<string> {
  const params = { path: { name } };
  const body = { objects, confirm: name };
  const asked = await unwrap(rig.client.POST('/api/v1/clusters/{name}/decommission', { params, body }));
  return asked.id;
}

function readOperation(id: string): Promise<Schemas['Operation']> {
  return unwrap(rig.client.GET('/api/v1/operations/{id}', { params: { path: { id } } }));
}

function readCluster(name: Cluster): Promise<Schemas['Cluster']> {
  return unwrap(rig.client.GET('/api/v1/clusters/{name}', { params: { path: { name } } }));
}

async function untilOperation(
  id: string,
  what: string,
  test: (operation: Schemas['Operation']) => boolean,
): Promise<Schemas['Operation']> {
  let last: Schemas['Operation'] | undefined;
  return waitUntil(
    `the operation ${id} ${what}`,
    async () => {
      last = await readOperation(id);
      return test(last) ? last : undefined;
    },
    { limitMs, detail: () => JSON.stringify(last) },
  );
}

function untilEnded(id: string): Promise<Schemas['Operation']> {
  return untilOperation(id, 'ends', ({ finishedAt }) => finishedAt !== undefined);
}

async function untilGone(live: KubeClient, object: Parameters<KubeClient['get']>[0]): Promise<void> {
  await waitUntil(`${object.name} is gone`, async () => (await find(live, object)) === undefined, {
    limitMs,
  });
}

/** Sets or takes away what keeps an object from going. */
async function setFinalizers(live: KubeClient, name: string, finalizers: readonly string[]): Promise<void> {
  await live.patch({ ...configMap(name) }, { metadata: { finalizers } });
}

describe('a cluster that leaves the fleet with its objects', () => {
  let id: string;

  test('is kept from it by a hold, which the operation says', async () => {
    const { live } = rig.cluster('gone');
    const body = { target: 'gone', kind: 'cluster', forSeconds: 3600, reason: 'INC-7', by: 'mo' } as const;
    const hold = await unwrap(rig.client.POST('/api/v1/holds', { body }));
    for (const name of ['web-gone', 'api-gone', 'slow-gone']) {
      await rig.until(name, 'is held', ({ gates }) => gates.some(({ kind }) => kind === 'hold'));
    }
    id = await decommission('gone', 'delete');
    await untilOperation(id, 'says what holds it', ({ message }) => message.includes('INC-7'));
    for (const name of ['web', 'api', 'slow']) expect(await find(live, configMap(name))).toBeDefined();
    await setFinalizers(live, 'slow', [finalizer]);
    await unwrap(rig.client.POST('/api/v1/holds/{id}/end', { params: { path: { id: hold.id ?? '' } } }));
  });

  test('goes on where hub and agent were stopped in the middle, and takes nothing new', async () => {
    const { live, restartAgent } = rig.cluster('gone');
    await untilGone(live, configMap('web'));
    await untilGone(live, configMap('api'));
    const half = (operation: Schemas['Operation']): boolean =>
      operation.message.startsWith('1 application is left on gone');
    await untilOperation(id, 'has one application left', half);
    await rig.restartHub();
    await waitUntil('the agent is back', async () => (await readCluster('gone')).connected, { limitMs });
    await untilOperation(id, 'is as far as before', half);
    await restartAgent();
    const text = { repoURL: rig.url, cluster: 'gone', path: 'apps/late' };
    await rig.push({
      'apps/late/config.yaml': configMapText('late', '1'),
      'applications/late.yaml': applicationText('late', text),
    });
    await rig.until('late', 'is held back', ({ gates }) => gates.some(({ kind }) => kind === 'decommission'));
    expect((await readOperation(id)).finishedAt).toBeUndefined();
    expect(await find(live, configMap('slow'))).toBeDefined();
    for (const name of ['api', 'late']) expect(await find(live, configMap(name))).toBeUndefined();
    await setFinalizers(live, 'slow', []);
    const operation = await untilEnded(id);
    expect(operation.phase).toBe('Succeeded');
    await untilGone(live, configMap('slow'));
  });

  test('loses exactly what its applications own, and the agent’s own traces', async () => {
    const { live } = rig.cluster('gone');
    await untilGone(live, claim);
    const own = await live.list('v1', 'ConfigMap', 'fairlead-system');
    expect(own.map(({ metadata }) => metadata.name).filter((name) => name !== 'kube-root-ca.crt')).toEqual(
      [],
    );
    expect(await find(live, configMap('before'))).toBeUndefined();
    await expectForeign(live);
    const kept = await live.get({ apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', name: 'fast' });
    expect(kept.metadata.labels?.[partOfLabel]).toBeUndefined();
    expect(kept.metadata.deletionTimestamp).toBeUndefined();
  });

  test('turns its agent away with what to do, and says that it has left', async () => {
    await waitUntil('the agent is gone', async () => !(await readCluster('gone')).connected, { limitMs });
    const cluster = await readCluster('gone');
    expect(cluster.decommissionedAt).toBeDefined();
    expect(cluster.sentence).toContain('left the fleet');
    expect(cluster.sentence).toContain('fairlead cluster enroll gone');
    await waitUntil(
      'the agent was told',
      async () =>
        rig.log.entries.some(({ fields }) =>
          JSON.stringify(fields).includes('cluster gone has left the fleet, so this agent has nothing to do'),
        ),
      { limitMs },
    );
  });

  test('comes back with all that Git says once it is enrolled anew', async () => {
    const { live, restartAgent } = rig.cluster('gone');
    const params = { path: { name: 'gone' } };
    const { token } = await unwrap(rig.client.POST('/api/v1/clusters/{name}/enrollment', { params }));
    await restartAgent(token);
    await rig.untilSynced('web-gone', 'api-gone', 'slow-gone', 'late');
    expect(await find(live, configMap('web'))).toBeDefined();
    expect(await find(live, claim)).toBeDefined();
    expect((await readCluster('gone')).decommissionedAt).toBeUndefined();
  });
});

describe('a cluster that leaves the fleet and keeps its objects', () => {
  test('has them as they were, without our marks', async () => {
    const { live } = rig.cluster('left');
    const before = await live.get(configMap('web'));
    const operation = await untilEnded(await decommission('left', 'release'));
    expect(operation.phase).toBe('Succeeded');
    const after = await live.get(configMap('web'));
    expect(after.metadata.uid).toBe(before.metadata.uid);
    expect(after['data']).toEqual(before['data']);
    expect(after.metadata.labels?.[partOfLabel]).toBeUndefined();
    expect(after.metadata.annotations?.[trackingAnnotation]).toBeUndefined();
    expect(await find(live, configMap('api'))).toBeDefined();
    expect(await find(live, configMap('slow'))).toBeDefined();
    await expectForeign(live);
  });
});
