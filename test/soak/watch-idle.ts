import type { KubeObject } from '../../core/kube-object.ts';
import type { ClusterAccess } from '../clusters/kubeconfig.ts';
import { sleep, waitUntil } from '../clusters/wait.ts';
import { type EngineRig, engineRig, wantedApplication } from '../support/engine-rig.ts';
import type { Chapter } from './write-report.ts';

const applicationCount = 50;
const objectsOfEach = 20;
const objects = applicationCount * objectsOfEach;

/**
 * A thousand objects at rest. Watches are renewed, what is served is asked for, and the sweep looks at each object once in
 * half a day (a read and a dry-run): whatever else is sent is a failure, and so is more of it.
 */
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
    say(`${objects} objects at rest for ${minutes} minutes`);
    await sleep(minutes * 60_000);
    const looks = rig.requests.filter((request) => request.startsWith('dry-run ')).length;
    const sent = rig.requests.filter((request) => !/^(watch|list|discovery|get|dry-run) /.test(request));
    const tooOften = looks > objects ? [`at rest: ${looks} looks at ${objects} objects`] : [];
    return {
      name: 'at rest',
      figures: [
        `${objects} objects of ${applicationCount} applications`,
        `${minutes} minutes`,
        `${rig.writes().length} writes`,
        `${rig.requests.length} requests in all: ${looks} looks of the sweep, the rest for watches and what is served`,
      ],
      failures: [...sent.map((request) => `at rest: ${request}`), ...tooOften],
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
