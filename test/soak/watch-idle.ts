import type { KubeObject } from '../../core/kube-object.ts';
import { KubeClient } from '../clusters/kube-client.ts';
import type { ClusterAccess } from '../clusters/kubeconfig.ts';
import { sleep, waitUntil } from '../clusters/wait.ts';
import { type Busy, beginBustle, readBusy } from '../edits/bustle.ts';
import { type EngineRig, engineRig, wantedApplication } from '../support/engine-rig.ts';
import type { Chapter } from './write-report.ts';

const applicationCount = 50;
const objectsOfEach = 20;
const objects = applicationCount * objectsOfEach;

/**
 * A thousand objects at rest, on a cluster with controllers where autoscalers and restarts go on. Watches are renewed, what
 * is served is asked for, pods of what isn't ready yet are read, and the sweep looks at each object once in half a day (a
 * read and a dry-run): whatever else is sent is a failure, and so are more of its looks and any drift that is told.
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
    const bustle = beginBustle(access, await busyOf(access));
    await sleep(minutes * 60_000);
    const others = await bustle.stop();
    await rig.engine.whenIdle();
    const looks = rig.requests.filter((request) => request.startsWith('dry-run ')).length;
    const sent = rig.requests.filter((request) => !/^(watch|list|discovery|get|dry-run) /.test(request));
    const tooOften = looks > objects ? [`at rest: ${looks} looks at ${objects} objects`] : [];
    const drifts = driftsOf(rig);
    return {
      name: 'at rest',
      figures: [
        `${objects} objects of ${applicationCount} applications`,
        `${minutes} minutes`,
        `${others} writes of autoscalers and restarts beside it`,
        `${rig.writes().length} writes`,
        `${drifts.length} drifts told`,
        `${rig.requests.length} requests in all: ${looks} looks of the sweep, the rest for watches, pods and what is served`,
      ],
      failures: [...sent.map((request) => `at rest: ${request}`), ...drifts, ...tooOften],
    };
  } finally {
    await rig.close();
  }
}

/** Git says no number of replicas here. */
async function busyOf(access: ClusterAccess): Promise<Busy> {
  const client = new KubeClient(access);
  try {
    const { restarted } = await readBusy(client);
    const isEven = (_: unknown, index: number): boolean => index % 2 === 0;
    return { scaled: restarted.filter(isEven), autoscalers: [], restarted };
  } finally {
    client.close();
  }
}

/** Since they were first applied: nobody did anything to them. */
function driftsOf(rig: EngineRig): readonly string[] {
  return rig.reports.flatMap((report) => {
    if (report.type !== 'drift') return [];
    const { change, drift } = report.event;
    const what = drift.fields.map(({ path }) => path).join(', ');
    return [`at rest: a drift was ${change} of ${drift.ref.kind} ${drift.ref.name}: ${drift.kind} ${what}`];
  });
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
