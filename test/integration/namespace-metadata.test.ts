import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type DesiredApplication, encodeDesired, type NamespaceMetadata } from '../../core/desired.ts';
import { digest } from '../../core/digest.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { trackingAnnotation } from '../../core/tracking.ts';
import { type ControlPlanes, startControlPlanes } from '../clusters/control-plane.ts';
import { KubeClient } from '../clusters/kube-client.ts';
import { waitUntil } from '../clusters/wait.ts';
import { type EngineRig, engineRig, wantedApplication } from '../support/engine-rig.ts';

const limit = { limitMs: 60_000, everyMs: 20 };

let dir: string;
let planes: ControlPlanes;
let client: KubeClient;
let rig: EngineRig;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'fairlead-namespace-'));
  planes = await startControlPlanes({ names: ['spaces'], controllers: 'none', dir, log: console.error });
  client = new KubeClient(planes.cluster('spaces'), { fieldManager: 'kubectl-create' });
  rig = await engineRig(planes.cluster('spaces'));
});

afterAll(async () => {
  await rig?.close();
  client?.close();
  await planes?.stop();
  rmSync(dir, { recursive: true, force: true });
});

function wanted(
  name: string,
  namespace: string,
  labels: NamespaceMetadata['labels'] | undefined,
): DesiredApplication {
  const config: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } };
  return wantedApplication(name, [config], {
    ...{ namespace, createNamespace: true },
    ...(labels === undefined
      ? {}
      : { namespaceMetadata: { labels, annotations: { 'example.com/by': name } } }),
  });
}

const spaceOf = (name: string) => ({ apiVersion: 'v1', kind: 'Namespace', name });

/** Labels apart from those that the API server and the agent set. */
async function labelsOf(name: string): Promise<Record<string, string>> {
  const found = await client.find(spaceOf(name));
  const entries = Object.entries<string>(found?.['metadata'].labels ?? {});
  return Object.fromEntries(entries.filter(([label]) => !/^(kubernetes\.io|fairlead\.dev)\//.test(label)));
}

async function untilLabels(name: string, labels: Readonly<Record<string, string>>): Promise<void> {
  const text = JSON.stringify(labels);
  await waitUntil(
    `namespace ${name} has ${text}`,
    async () => JSON.stringify(await labelsOf(name)) === text,
    limit,
  );
}

it('is kept as Git says, beside what others set on the namespace, and let go with it', async () => {
  await client.create({
    ...{ apiVersion: 'v1', kind: 'Namespace' },
    metadata: { name: 'shared', labels: { team: 'x' } },
  });
  await rig.untilApplied(wanted('one', 'shared', { env: 'dev', tier: 'web' }));
  expect(await labelsOf('shared')).toEqual({ env: 'dev', team: 'x', tier: 'web' });

  await rig.untilApplied(wanted('one', 'shared', { env: 'prod' }));
  await untilLabels('shared', { env: 'prod', team: 'x' });
  await client.patch(spaceOf('shared'), { metadata: { labels: { env: 'hand' } } });
  await untilLabels('shared', { env: 'prod', team: 'x' });

  const without = wanted('one', 'shared', undefined);
  rig.want(without);
  await rig.until(
    'one',
    'is in sync without it',
    (found) =>
      found.digest === digest(encodeDesired(without)) &&
      found.sync === 'Synced' &&
      found.objects.every(({ ref }) => ref.kind !== 'Namespace'),
  );
  expect(await labelsOf('shared')).toEqual({ env: 'prod', team: 'x' });
  expect((await client.get(spaceOf('shared')))['metadata'].annotations).not.toHaveProperty(
    trackingAnnotation,
  );
});

it("that two applications set is the first one's, told to the other, and goes over when it lets go", async () => {
  const first = wanted('first', 'claimed', { env: 'first' });
  const second = wanted('second', 'claimed', { env: 'second' });
  await rig.untilApplied(first);
  rig.want(first, second);
  const told = await rig.until('second', 'is told of the conflict', ({ gates }) =>
    gates.some(({ kind }) => kind === 'conflict'),
  );
  expect(told.gates).toMatchObject([{ kind: 'conflict', owner: 'apps/first' }]);
  await rig.engine.whenIdle();
  expect(await labelsOf('claimed')).toEqual({ env: 'first' });

  rig.want(wanted('first', 'claimed', undefined), second);
  await untilLabels('claimed', { env: 'second' });
  await rig.until('second', 'is free', ({ gates, sync }) => gates.length === 0 && sync === 'Synced');
});

it('does not delete the namespace with its application', async () => {
  await rig.untilApplied(wanted('ends', 'stays', { env: 'dev' }));
  rig.want({ ...wanted('ends', '', undefined), createNamespace: false, removal: 'delete', manifests: [] });
  await rig.until('ends', 'has ended', ({ removal }) => removal === 'done');
  expect((await client.get(spaceOf('stays')))['metadata'].deletionTimestamp).toBeUndefined();
  expect(await labelsOf('stays')).toEqual({ env: 'dev' });
});
