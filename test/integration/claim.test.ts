import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { claimCluster } from '../../agent/apply/claim-cluster.ts';
import { ClusterClaimant } from '../../agent/claim.ts';
import { openKube } from '../../agent/kube/client.ts';
import { openConnection } from '../../agent/kube/connection.ts';
import type { ClusterClaim } from '../../agent/plan/judge-claims.ts';
import type { KubePort } from '../../agent/ports.ts';
import { type Schemas, unwrap } from '../../cli/client/open-client.ts';
import { type ControlPlanes, startControlPlanes } from '../clusters/control-plane.ts';
import { KubeClient } from '../clusters/kube-client.ts';
import { waitUntil } from '../clusters/wait.ts';
import { type FleetRig, openFleetRig } from '../support/fleet-rig.ts';
import type { FileChanges } from '../support/git-repo.ts';
import { recordLog } from '../support/record-log.ts';

const first: ClusterClaim = {
  namespace: 'fairlead-system',
  cluster: 'prod',
  authority: 'ca-1',
  agent: 'a-1',
};
const second: ClusterClaim = {
  namespace: 'fairlead-demo-system',
  cluster: 'dev',
  authority: 'ca-2',
  agent: 'a-2',
};

describe('one agent for each cluster', () => {
  let dir: string;
  let planes: ControlPlanes;
  let client: KubeClient;
  let kube: KubePort;
  let writes = 0;

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'fairlead-claim-'));
    planes = await startControlPlanes({ names: ['claim'], controllers: 'none', dir, log: console.error });
    client = new KubeClient(planes.cluster('claim'));
    const { server, caPem, token } = planes.cluster('claim');
    const onRequest = ({ verb }: { verb: string }): void => {
      if (verb === 'create' || verb === 'delete') writes += 1;
    };
    kube = openKube(await openConnection({ type: 'explicit', server, caPem, token }), { onRequest });
  });

  afterAll(async () => {
    await kube?.close();
    client?.close();
    await planes?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  it('the first one has it, and has it again after a restart without a write', async () => {
    expect((await claimCluster(kube, first)).type).toBe('ours');
    writes = 0;
    expect((await claimCluster(kube, first)).type).toBe('ours');
    expect((await claimCluster(kube, { ...first, agent: 'a-1-with-a-lost-folder' })).type).toBe('ours');
    expect(writes).toBe(0);
  });

  it('another one waits with the reason, leaves nothing behind, and goes on once the claim is gone', async () => {
    const problems: (string | undefined)[] = [];
    const claimant = new ClusterClaimant({
      kube,
      claim: second,
      log: recordLog(),
      onProblem: (problem) => problems.push(problem),
    });
    try {
      await waitUntil('it says why it waits', () => problems.length > 0, { limitMs: 10_000 });
      expect(problems[0]).toContain('enrolled as prod, of namespace fairlead-system');
      const claims = await client.list('v1', 'ConfigMap', undefined, 'labelSelector=fairlead.dev%2Fclaim');
      expect(claims.map((each) => each['metadata'].namespace)).toEqual(['fairlead-system']);
      await client.delete({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        name: 'fairlead-claim',
        namespace: 'fairlead-system',
      });
      await claimant.granted;
      await waitUntil('the reason is taken back', () => problems.at(-1) === undefined, { limitMs: 10_000 });
    } finally {
      claimant.close();
    }
    expect((await claimCluster(kube, first)).type).toBe('taken');
  });
});

describe('an agent whose cluster is claimed by another one', () => {
  const fleetName = 'claimed';
  const application = 'config';
  const configMap = (text: string): FileChanges => ({
    'apps/config/config-map.yaml': `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: config}\ndata: {text: ${text}}\n`,
  });
  let rig: FleetRig;

  beforeAll(async () => {
    rig = await openFleetRig({
      clusters: [fleetName],
      controllers: 'none',
      files: async (url) => ({ ...fleetOf(url), ...configMap('first') }),
    });
    await rig.untilSynced(application);
  });

  afterAll(() => rig?.close());

  it('applies nothing, says so to the hub, and catches up once the claim is gone', async () => {
    const cluster = rig.cluster(fleetName);
    const [claim] = await cluster.live.list(
      'v1',
      'ConfigMap',
      undefined,
      'labelSelector=fairlead.dev%2Fclaim',
    );
    const name = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      name: 'fairlead-claim',
      namespace: claim?.['metadata'].namespace,
    };
    await cluster.live.patch(name, { data: { cluster: 'another', authority: 'another', agent: 'another' } });
    cluster.forgetRequests();
    const restarted = cluster.restartAgent();
    await waitUntil(
      'the hub is told',
      async () => JSON.stringify(await clusterView(rig, fleetName)).includes('enrolled as another'),
      { limitMs: 30_000 },
    );
    await rig.push(configMap('second'));
    await waitUntil(
      'the agent has the new commit',
      async () => (await clusterView(rig, fleetName)).generation === 2,
      {
        limitMs: 30_000,
      },
    );
    expect(cluster.writes()).toEqual([]);
    await cluster.live.delete(name);
    await restarted;
    await rig.untilSynced(application);
    const live = await cluster.live.get({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      name: 'config',
      namespace: 'default',
    });
    expect(live['data']).toEqual({ text: 'second' });
  });

  function fleetOf(repoURL: string): FileChanges {
    const document = (apiVersion: string, kind: string, documentName: string, spec: object): string =>
      JSON.stringify({ apiVersion, kind, metadata: { name: documentName }, spec });
    const [ours, argo] = ['fairlead.dev/v1alpha1', 'argoproj.io/v1alpha1'];
    return {
      'fleet/fleet.yaml': document(ours, 'Fleet', 'fleet', { environments: [{ name: 'test' }] }),
      'fleet/cluster.yaml': document(ours, 'Cluster', fleetName, { environment: 'test' }),
      'fleet/project.yaml': document(argo, 'AppProject', 'test', {
        sourceRepos: [repoURL],
        destinations: [{ name: fleetName, namespace: 'default' }],
      }),
      'applications/config.yaml': document(argo, 'Application', application, {
        project: 'test',
        source: { repoURL, targetRevision: 'main', path: 'apps/config' },
        destination: { name: fleetName, namespace: 'default' },
        syncPolicy: { automated: { prune: true, selfHeal: true } },
      }),
    };
  }
});

function clusterView(rig: FleetRig, name: string): Promise<Schemas['Cluster']> {
  return unwrap(rig.client.GET('/api/v1/clusters/{name}', { params: { path: { name } } }));
}
