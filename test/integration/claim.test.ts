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
import { type ControlPlanes, startControlPlanes } from '../clusters/control-plane.ts';
import { KubeClient } from '../clusters/kube-client.ts';
import { waitUntil } from '../clusters/wait.ts';
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
