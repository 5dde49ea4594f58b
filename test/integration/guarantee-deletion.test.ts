import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { InventoryStore } from '../../agent/apply/inventory-store.ts';
import { openKube } from '../../agent/kube/client.ts';
import { openConnection } from '../../agent/kube/connection.ts';
import type { KubePort, StatePort } from '../../agent/ports.ts';
import type { DesiredApplication } from '../../core/desired.ts';
import { encodeDesired } from '../../core/desired.ts';
import { digest } from '../../core/digest.ts';
import { type KubeObject, refOf } from '../../core/kube-object.ts';
import { formatRef } from '../../core/object-ref.ts';
import { partOfLabel, trackingAnnotation } from '../../core/tracking.ts';
import { type ControlPlanes, startControlPlanes } from '../clusters/control-plane.ts';
import { KubeClient } from '../clusters/kube-client.ts';
import { waitUntil } from '../clusters/wait.ts';
import {
  type Attack,
  attacks,
  blind,
  confirmedKinds,
  damagedInventory,
  everyTamper,
  isInsideBrake,
  mayGo,
  mustGo,
  readsOf,
  type Tamper,
  victimObject,
  widgetDefinition,
} from '../support/deletion-attack.ts';
import { type EngineRig, engineRig, wantedApplication } from '../support/engine-rig.ts';
import { closedDoor, type FaultProxy, openFaultProxy } from '../support/fault-proxy.ts';
import { memoryState } from '../support/memory-state.ts';
import { type Mortal, mortal } from '../support/mortal-engine.ts';

/** Guarantee 2 of the design. Each run is an attack of its own; what an attack allows to go is in deletion-attack.ts. */

const limit = { limitMs: 60_000, everyMs: 20 };
const agentNamespace = 'fairlead-test';

let dir: string;
let planes: ControlPlanes;
let client: KubeClient;
let kube: KubePort;
let proxy: FaultProxy;
const rigs: EngineRig[] = [];
let runs = 0;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'fairlead-deletion-'));
  planes = await startControlPlanes({ names: ['deletion'], controllers: 'none', dir, log: console.error });
  const cluster = planes.cluster('deletion');
  client = new KubeClient(cluster, { fieldManager: 'kubectl-edit' });
  const { server, caPem, token } = cluster;
  kube = openKube(await openConnection({ type: 'explicit', server, caPem, token }));
  proxy = await openFaultProxy(cluster);
  const rig = await openRig();
  await rig.untilApplied(wantedApplication('widget-kind', [widgetDefinition]));
  await closeRigs();
});

afterEach(async () => {
  proxy.clear();
  await closeRigs();
});

afterAll(async () => {
  client?.close();
  await kube?.close();
  await proxy?.close();
  await planes?.stop();
  rmSync(dir, { recursive: true, force: true });
});

async function openRig(state?: StatePort, between?: (port: KubePort) => KubePort): Promise<EngineRig> {
  const rig = await engineRig(proxy.access, state, between);
  rigs.push(rig);
  return rig;
}

async function closeRigs(): Promise<void> {
  for (const rig of rigs.splice(0)) await rig.close();
}

function nameOf({ apiVersion, kind, metadata }: KubeObject) {
  const { name = '', namespace } = metadata;
  return { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) };
}

/** `undefined` where it isn't there, or is on its way out. */
async function uidOf(object: KubeObject): Promise<string | undefined> {
  const found = await client.find(nameOf(object));
  return found === undefined || found['metadata'].deletionTimestamp !== undefined
    ? undefined
    : found['metadata'].uid;
}

async function tamper(object: KubeObject, how: Tamper, owner: KubeObject): Promise<void> {
  const metadata = (change: object) => client.patch(nameOf(object), { metadata: change });
  const options = (text: string) => metadata({ annotations: { 'argocd.argoproj.io/sync-options': text } });
  switch (how) {
    case 'nothing':
      return;
    case 'unmarked':
      await metadata({ labels: { [partOfLabel]: null }, annotations: { [trackingAnnotation]: null } });
      return;
    case 'names another': {
      const found = await client.get(nameOf(object));
      const id: string = found['metadata'].annotations[trackingAnnotation];
      await metadata({ annotations: { [trackingAnnotation]: `${id}-origin` } });
      return;
    }
    case 'made anew': {
      const { metadata: old, ...rest } = await client.get(nameOf(object));
      const { name, namespace, labels, annotations } = old;
      await client.delete(nameOf(object));
      await client.create({ ...rest, metadata: { name, namespace, labels, annotations } });
      return;
    }
    case 'Prune=false':
    case 'Prune=confirm':
      await options(how);
      return;
    case 'helm keep':
      await metadata({ annotations: { 'helm.sh/resource-policy': 'keep' } });
      return;
    case 'owned by another object': {
      const { apiVersion, kind } = owner;
      const { name, uid } = (await client.get(nameOf(owner)))['metadata'];
      await metadata({ ownerReferences: [{ apiVersion, kind, name, uid }] });
      return;
    }
    case 'held': {
      const until = new Date(Date.now() + 3_600_000).toISOString().replace(/\.\d+Z/, 'Z');
      await metadata({ annotations: { 'fairlead.dev/hold-until': until } });
    }
  }
}

/** Objects that stand beside the application's own, and look like them. */
async function makeBystanders(run: string, marked: KubeObject): Promise<readonly KubeObject[]> {
  const found = await client.get(nameOf(marked));
  const { labels, annotations } = found['metadata'];
  const plain = { apiVersion: 'v1', kind: 'ConfigMap' };
  const bystanders = [
    // As an operator makes them: with every label and annotation of what they are made for.
    { ...plain, metadata: { name: `${run}-copy`, namespace: run, labels, annotations } },
    { ...plain, metadata: { name: `${run}-foreign`, namespace: run } },
  ];
  for (const bystander of bystanders) await client.create(bystander);
  return bystanders;
}

async function editInventory(attack: Attack, run: string, foreign: readonly KubeObject[]): Promise<void> {
  if (attack.inventory === 'as written') return;
  if (attack.inventory === 'names what is not ours') {
    const store = new InventoryStore(kube, agentNamespace);
    await store.read();
    const protections = { prune: 'none', remove: 'none' } as const;
    const entries = foreign.map(async (object) => {
      const uid = await uidOf(object);
      return [formatRef(refOf(object)), { protections, ...(uid === undefined ? {} : { uid }) }] as const;
    });
    await store.add(`apps/${run}`, new Map(await Promise.all(entries)));
    return;
  }
  const query = 'labelSelector=fairlead.dev%2Finventory';
  for (const { metadata, data } of await client.list('v1', 'ConfigMap', agentNamespace, query)) {
    const damaged = Object.fromEntries(Object.keys(data ?? {}).map((key) => [key, '{"application":']));
    const place = { apiVersion: 'v1', kind: 'ConfigMap', name: metadata.name, namespace: agentNamespace };
    await client.patch(place, { data: damaged });
  }
}

/** The objects of one attack, and which of them was which before the agent saw them leave. */
interface Scene {
  readonly attack: Attack;
  readonly run: string;
  readonly objects: readonly KubeObject[];
  readonly bystanders: readonly KubeObject[];
  readonly original: DesiredApplication;
  readonly wanted: DesiredApplication;
  readonly state: StatePort;
  readonly leaving: ReadonlySet<string>;
}

async function uidsOf(objects: readonly KubeObject[]): Promise<ReadonlyMap<KubeObject, string | undefined>> {
  return new Map(await Promise.all(objects.map(async (object) => [object, await uidOf(object)] as const)));
}

/** Everything is applied and the agent gone. */
async function setTheScene(attack: Attack): Promise<Scene> {
  runs += 1;
  const run = `attack-${runs}`;
  await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: run } });
  const objects = attack.victims.map((victim, index) => victimObject(run, victim, index));
  const state = memoryState();
  const options = { namespace: run, prune: attack.prune };
  const original = wantedApplication(run, objects, options);
  const first = await openRig(state);
  await first.untilApplied(original);
  await closeRigs();
  const bystanders = await makeBystanders(run, objects[0]!);
  await editInventory(attack, run, bystanders);
  const staying = objects.filter((_, index) => attack.victims[index]?.place === 'stays in Git');
  const names = objects.filter((each) => !staying.includes(each)).map(({ metadata }) => metadata.name ?? '');
  const changed = staying.map((object, index) => (index === 0 ? labelled(object) : object));
  const wanted = wantedApplication(run, changed, options);
  return { attack, run, objects, bystanders, original, wanted, state, leaving: new Set(names) };
}

function labelled(object: KubeObject): KubeObject {
  return { ...object, metadata: { ...object.metadata, labels: { changed: 'yes' } } };
}

async function tamperWith({ attack, objects, bystanders }: Scene): Promise<void> {
  for (const [index, object] of objects.entries()) {
    const { place, tamper: how, kind } = attack.victims[index]!;
    // Nobody ends the deletion of these here, so they can't be made anew.
    const isSlow = how === 'made anew' && confirmedKinds.has(kind);
    if (place === 'leaves Git' && !isSlow) await tamper(object, how, bystanders[1]!);
  }
}

/** The agent that comes back finds what somebody did meanwhile. Returns the agent that goes on. */
async function leaveWhileAway(scene: Scene): Promise<EngineRig> {
  const { attack, wanted, state } = scene;
  if (attack.death !== undefined) {
    const mortality = mortal(state, attack.death);
    const dying = await openRig(mortality.state, mortality.between);
    dying.want(wanted);
    await untilDeadOrIdle(dying, mortality);
  }
  const rig = await openRig(attack.memory === 'kept' ? state : memoryState());
  rig.want(wanted);
  return rig;
}

/** The agent has decided and reads what it is to delete: that read is kept back until `meddle` is through. */
async function leaveBetween(
  scene: Scene,
  begin: () => void,
  meddle: () => Promise<void>,
): Promise<EngineRig> {
  const { attack, original, wanted, state, leaving } = scene;
  const mortality = mortal(state, attack.death);
  const rig = await openRig(mortality.state, mortality.between);
  // What somebody did to the inventory is written anew: it may die of that already.
  await Promise.race([rig.untilApplied(original), waitUntil('it died', mortality.isDead, limit)]);
  begin();
  const door = closedDoor();
  const held = proxy.when(readsOf(leaving), { type: 'delay', part: 'request', until: door.opened });
  rig.want(wanted);
  // Where nothing may go nothing is asked for.
  const isAsked = waitUntil('one is asked for', () => held.hits > 0 || mortality.isDead(), limit);
  await Promise.race([isAsked, rig.engine.whenIdle()]);
  await meddle();
  held.remove();
  door.open();
  if (attack.death === undefined) return rig;
  await untilDeadOrIdle(rig, mortality);
  const next = await openRig(attack.memory === 'kept' ? state : memoryState());
  next.want(wanted);
  return next;
}

async function untilDeadOrIdle(rig: EngineRig, { isDead }: Mortal): Promise<void> {
  await Promise.race([waitUntil('it died', isDead, limit), rig.engine.whenIdle()]);
  await closeRigs();
}

/** Lets the agent do all that it would, and judges what is gone: while it is blind, and once it sees again. */
async function carryOut(attack: Attack): Promise<void> {
  const scene = await setTheScene(attack);
  const { run, objects, bystanders, wanted, leaving } = scene;
  const neighbours = await uidsOf(bystanders);
  const isAway = attack.moment === 'while the agent is away';
  if (isAway) await tamperWith(scene);
  let before = await uidsOf(objects);
  let hits = () => 0;
  const begin = (): void => {
    hits = blind(proxy, attack.blindness, { leaving, staying: wanted.manifests[0]?.object.metadata.name });
  };
  const meddle = async (): Promise<void> => {
    expect(changesOf(before, await uidsOf(objects)), 'deleted unread').toEqual([]);
    await tamperWith(scene);
    before = await uidsOf(objects);
  };
  if (isAway) begin();
  const rig = isAway ? await leaveWhileAway(scene) : await leaveBetween(scene, begin, meddle);
  if (attack.blindness !== 'none') {
    await Promise.race([waitUntil('it was met twice', () => hits() > 1, limit), rig.engine.whenIdle()]);
    expectGuarantee(attack, changesOf(before, await uidsOf(objects)));
  }
  proxy.clear();
  rig.engine.runOperation({
    id: `${run}-again`,
    application: wanted.application,
    request: { type: 'sync' },
    requestedBy: 'ana',
  });
  await rig.until(run, 'is known', (status) => status.digest === digest(encodeDesired(wanted)));
  if (mustGo(attack)) {
    await waitUntil(
      'what may go is gone',
      async () => {
        const gone = changesOf(before, await uidsOf(objects));
        return attack.victims.every((victim, index) => !mayGo(attack, victim) || gone.includes(index));
      },
      { ...limit, detail: () => JSON.stringify(rig.status(run), undefined, 1) },
    );
  }
  await rig.engine.whenIdle();
  expectGuarantee(attack, changesOf(before, await uidsOf(objects)));
  expect(changesOf(neighbours, await uidsOf(bystanders)), 'a neighbour was deleted').toEqual([]);
}

type Uids = ReadonlyMap<KubeObject, string | undefined>;

/** Places of those that are not the objects any more that they were. */
function changesOf(before: Uids, after: Uids): readonly number[] {
  return [...before].flatMap(([object, uid], index) =>
    uid !== undefined && after.get(object) !== uid ? [index] : [],
  );
}

function expectGuarantee(attack: Attack, gone: readonly number[]): void {
  const wrongly = gone.map((index) => attack.victims[index]!).filter((victim) => !mayGo(attack, victim));
  expect(wrongly, 'was deleted').toEqual([]);
  expect(isInsideBrake(attack, gone.length), `${gone.length} of ${attack.victims.length} at once`).toBe(true);
}

describe('nothing is deleted by accident', () => {
  it('however objects leave Git: what was deleted is what the guarantee allows', async () => {
    await fc.assert(
      fc.asyncProperty(attacks, async (attack) => {
        try {
          await carryOut(attack);
        } finally {
          proxy.clear();
          await closeRigs();
        }
      }),
      {
        seed: 77,
        numRuns: 32,
        endOnFailure: true,
        examples: [...everyTamper, damagedInventory].map((attack) => [attack]),
      },
    );
  });
});
