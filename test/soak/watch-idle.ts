import type { KubeObject } from '../../core/kube-object.ts';
import type { ClusterAccess } from '../clusters/kubeconfig.ts';
import { sleep, waitUntil } from '../clusters/wait.ts';
import { type EngineRig, engineRig, wantedApplication } from '../support/engine-rig.ts';
import type { Chapter } from './write-report.ts';

const applicationCount = 50;
const objectsOfEach = 20;

/** A thousand objects at rest: whatever is sent but watches and their lists is a failure, a dry-run too. */
export async function watchIdle(
  access: ClusterAccess,
  minutes: number,
  say: (line: string) => void,
): Promise<Chapter> {
  const rig = await engineRig(access);
  try {
    const applications = Array.from({ length: applicationCount }, (_, index) =>
      wantedApplication(`idle-${index}`, objectsOf(index)),
    );
    rig.want(...applications);
    await untilSynced(rig);
    await rig.engine.whenIdle();
    rig.requests.length = 0;
    say(`${applicationCount * objectsOfEach} objects at rest for ${minutes} minutes`);
    await sleep(minutes * 60_000);
    const sent = rig.requests.filter((request) => !/^(watch|list) /.test(request));
    return {
      name: 'at rest',
      figures: [
        `${applicationCount * objectsOfEach} objects of ${applicationCount} applications`,
        `${minutes} minutes`,
        `${rig.writes().length} writes`,
        `${rig.requests.length} requests in all, each the renewal of a watch`,
      ],
      failures: sent.map((request) => `at rest: ${request}`),
    };
  } finally {
    await rig.close();
  }
}

async function untilSynced(rig: EngineRig): Promise<void> {
  await waitUntil(
    'every application is synced',
    () =>
      Array.from({ length: applicationCount }, (_, index) => rig.status(`idle-${index}`)).every(
        (status) => status?.sync === 'Synced',
      ),
    { limitMs: 180_000 },
  );
}

function objectsOf(application: number): readonly KubeObject[] {
  return Array.from({ length: objectsOfEach }, (_, index) => {
    const metadata = { name: `idle-${application}-${index}`, namespace: 'default' };
    if (index % 4 === 0)
      return { apiVersion: 'v1', kind: 'Secret', metadata, stringData: { key: `${index}` } };
    if (index % 4 === 1) return { apiVersion: 'v1', kind: 'ServiceAccount', metadata };
    if (index % 4 === 2) return deployment(metadata);
    return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { key: `${index}` } };
  });
}

function deployment(metadata: KubeObject['metadata']): KubeObject {
  const labels = { app: metadata.name ?? '' };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata,
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'web:1' }] } },
    },
  };
}
