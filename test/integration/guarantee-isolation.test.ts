import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { DesiredApplication } from '../../core/desired.ts';
import { encodeDesired } from '../../core/desired.ts';
import { digest } from '../../core/digest.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { type ControlPlanes, startControlPlanes } from '../clusters/control-plane.ts';
import { KubeClient } from '../clusters/kube-client.ts';
import { waitUntil } from '../clusters/wait.ts';
import { type EngineRig, engineRig, wantedApplication } from '../support/engine-rig.ts';
import { type FaultProxy, isWrite, type Match, openFaultProxy } from '../support/fault-proxy.ts';
import { type Trouble, type Troubled, troubles } from '../support/troubles.ts';

/** Guarantee 6 of the design: whatever one application meets, the others get what Git says, at the same price. */

const limit = { limitMs: 60_000, everyMs: 20 };
const others = ['north', 'east', 'south', 'west'];
/** What an application in trouble may send for one object while the others go through all that they do here. */
const requestsOfTrouble = 60;
/** Writes that an application may need more than it would alone. */
const spare = 2;
/** What is never answered hangs for longer than the test lasts. */
const requestTimeoutMs = 600_000;

let dir: string;
let planes: ControlPlanes;
let client: KubeClient;
let proxy: FaultProxy;
let rig: EngineRig;
let rounds = 0;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'fairlead-isolation-'));
  planes = await startControlPlanes({ names: ['isolation'], controllers: 'none', dir, log: console.error });
  client = new KubeClient(planes.cluster('isolation'), { fieldManager: 'kubectl-edit' });
  proxy = await openFaultProxy(planes.cluster('isolation'));
});

afterEach(async () => {
  // What hangs is cut, so that the engine can end.
  proxy.clear();
  proxy.cutAll();
  await rig?.close();
});

afterAll(async () => {
  client?.close();
  await proxy?.close();
  await planes?.stop();
  rmSync(dir, { recursive: true, force: true });
});

async function makeNamespace(name: string): Promise<string> {
  await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  return name;
}

/** Three objects, or two: the third leaves. */
function objectsOf(value: string, third: 'there' | 'gone'): readonly KubeObject[] {
  const configMap = (name: string): KubeObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name },
    data: { value },
  });
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'key' }, stringData: { value } };
  return [configMap('settings'), secret, ...(third === 'there' ? [configMap('leaves')] : [])];
}

async function untilSynced(applications: readonly DesiredApplication[]): Promise<void> {
  for (const application of applications) {
    const wanted = digest(encodeDesired(application));
    await rig.until(application.application.slice('apps/'.length), 'is synced', (status) => {
      return status.appliedDigest === wanted && status.sync === 'Synced' && status.drifts.length === 0;
    });
  }
}

/** First sync, a new version, a deletion and a healing, of every other application. */
async function goThroughAll(namespaces: readonly string[], inTrouble: readonly Troubled[]): Promise<void> {
  const stuck = inTrouble.map(({ application }) => application);
  const versionOf = (value: string, third: 'there' | 'gone') =>
    namespaces.map((namespace) => wantedApplication(namespace, objectsOf(value, third), { namespace }));
  const versions = [versionOf('1', 'there'), versionOf('2', 'there'), versionOf('2', 'gone')];
  for (const [index, version] of versions.entries()) {
    rig.want(...stuck, ...version);
    await untilSynced(version);
    // At first all begin at one time; from then on the trouble is known.
    if (index === 0) for (const { untilMet } of inTrouble) await untilMet(rig);
  }
  for (const namespace of namespaces) {
    const settings = { apiVersion: 'v1', kind: 'ConfigMap', name: 'settings', namespace };
    await waitUntil(
      'what left Git is gone',
      async () => (await client.find({ ...settings, name: 'leaves' })) === undefined,
      limit,
    );
    await client.patch(settings, { data: { value: 'theirs' } });
    await waitUntil('it is healed', async () => (await client.get(settings))['data'].value === '2', limit);
  }
}

async function beSurrounded(makers: readonly Trouble[]): Promise<void> {
  rounds += 1;
  const inTrouble: Troubled[] = [];
  for (const [index, trouble] of makers.entries()) {
    const namespace = await makeNamespace(`trouble-${rounds}-${index}`);
    inTrouble.push(await trouble.begin({ client, proxy, namespace }));
  }
  const namespaces: string[] = [];
  for (const name of others) namespaces.push(await makeNamespace(`${name}-${rounds}`));
  rig = await engineRig(proxy.access, undefined, undefined, undefined, { kube: { requestTimeoutMs } });
  await goThroughAll(namespaces, inTrouble);
  for (const namespace of namespaces) {
    const writes = proxy.requests.filter((request) => isWrite(request) && isIn(namespace)(request));
    // Three objects in two versions, one deletion, one healing; what the test writes doesn't come by here.
    expect(writes.length, namespace).toBeLessThanOrEqual(3 * 2 + 1 + 1 + spare);
  }
  for (const { application } of inTrouble) {
    const asked = proxy.count(isIn(application.namespace));
    expect(asked, application.application).toBeLessThan(application.manifests.length * requestsOfTrouble);
  }
}

function isIn(namespace: string): Match {
  return ({ path }) => path.includes(`/namespaces/${namespace}/`);
}

describe('one failure stays one failure', () => {
  it.each(troubles.map((trouble) => [trouble.name, trouble] as const))('%s', async (_name, trouble) => {
    await beSurrounded([trouble]);
  });

  it('all of them at once', async () => {
    await beSurrounded(troubles);
  });
});
