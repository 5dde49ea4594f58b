import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Gate } from '../../core/gate.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { type ControlPlanes, startControlPlanes } from '../clusters/control-plane.ts';
import { KubeClient } from '../clusters/kube-client.ts';
import { waitUntil } from '../clusters/wait.ts';
import { type EngineRig, engineRig, wantedApplication } from '../support/engine-rig.ts';

const limit = { limitMs: 30_000, everyMs: 20 };

let dir: string;
let planes: ControlPlanes;
let client: KubeClient;
const rigs: EngineRig[] = [];

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'fairlead-prune-'));
  planes = await startControlPlanes({ names: ['prune'], controllers: 'none', dir, log: console.error });
  client = new KubeClient(planes.cluster('prune'), { fieldManager: 'kubectl-edit' });
});

afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.close();
});

afterAll(async () => {
  client?.close();
  await planes?.stop();
  rmSync(dir, { recursive: true, force: true });
});

async function openRig(state?: EngineRig['state']): Promise<EngineRig> {
  const rig = await engineRig(planes.cluster('prune'), state);
  rigs.push(rig);
  return rig;
}

async function closeRig(rig: EngineRig): Promise<void> {
  await rig.close();
  rigs.splice(rigs.indexOf(rig), 1);
}

function configMap(name: string, options: { namespace?: string; sync?: string } = {}): KubeObject {
  const { namespace = 'default', sync } = options;
  const annotations = sync === undefined ? {} : { 'argocd.argoproj.io/sync-options': sync };
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace, annotations },
    data: { a: '1' },
  };
}

function configMaps(prefix: string, count: number): readonly KubeObject[] {
  return Array.from({ length: count }, (_, index) => configMap(`${prefix}-${index}`));
}

function nameOf({ apiVersion, kind = '', metadata }: KubeObject) {
  const { name = '', namespace } = metadata;
  return { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) };
}

async function untilGone(objects: readonly KubeObject[]): Promise<void> {
  for (const object of objects) {
    await waitUntil(
      `${object.metadata.name} is gone`,
      async () => ((await client.find(nameOf(object))) === undefined ? true : undefined),
      limit,
    );
  }
}

async function allThere(objects: readonly KubeObject[]): Promise<boolean> {
  const found = await Promise.all(objects.map((object) => client.find(nameOf(object))));
  return found.every((object) => object !== undefined && object.metadata.deletionTimestamp === undefined);
}

async function gateOf(rig: EngineRig, name: string, test: (gate: Gate) => boolean): Promise<Gate> {
  const status = await rig.until(name, 'has the gate', ({ gates }) => gates.some(test));
  const gate = status.gates.find(test);
  if (gate === undefined) throw new Error('no gate');
  return gate;
}

function confirm(rig: EngineRig, name: string, operation: string, id = ''): void {
  rig.engine.runOperation({
    id: operation,
    application: `apps/${name}`,
    request: { type: 'confirm-prune', id },
    requestedBy: 'ada',
  });
}

async function resultOf(rig: EngineRig, id: string) {
  return waitUntil(
    `operation ${id} has its result`,
    async () => {
      const result = rig.result(id);
      return result?.phase === 'Succeeded' || result?.phase === 'Failed' ? result : undefined;
    },
    limit,
  );
}

describe('a deletion that the brake holds', () => {
  it('shows every object under an id, and goes once that id is confirmed', async () => {
    const rig = await openRig();
    const objects = configMaps('whole', 12);
    await rig.untilApplied(wantedApplication('whole', objects));
    rig.want(wantedApplication('whole', objects.slice(0, 4)));
    const gate = await gateOf(rig, 'whole', ({ kind }) => kind === 'brake');
    expect(gate.objects?.map(({ name }) => name).sort()).toEqual(
      objects
        .slice(4)
        .map(({ metadata }) => metadata.name)
        .sort(),
    );
    expect(gate.remedy).toContain(`fairlead app confirm-prune apps/whole --id ${gate.id}`);
    expect(await allThere(objects)).toBe(true);
    confirm(rig, 'whole', 'op-whole', gate.id);
    expect(await resultOf(rig, 'op-whole')).toMatchObject({ phase: 'Succeeded' });
    await untilGone(objects.slice(4));
    expect(await allThere(objects.slice(0, 4))).toBe(true);
    expect((await rig.until('whole', 'is in sync', ({ sync }) => sync === 'Synced')).gates).toEqual([]);
  });

  it('is confirmed for exactly the objects that were shown: an id of an older set confirms nothing', async () => {
    const rig = await openRig();
    const objects = configMaps('newer', 14);
    await rig.untilApplied(wantedApplication('newer', objects));
    rig.want(wantedApplication('newer', objects.slice(0, 5)));
    const shown = await gateOf(rig, 'newer', ({ objects: held }) => held?.length === 9);
    rig.want(wantedApplication('newer', objects.slice(0, 4)));
    const newer = await gateOf(rig, 'newer', ({ objects: held }) => held?.length === 10);
    expect(newer.id).not.toBe(shown.id);
    confirm(rig, 'newer', 'op-old', shown.id);
    const refused = await resultOf(rig, 'op-old');
    expect(refused).toMatchObject({ phase: 'Failed', message: expect.stringContaining(newer.id ?? '?') });
    expect(await allThere(objects)).toBe(true);
  });

  it('leaves what comes after a confirmation to be asked about again', async () => {
    const rig = await openRig();
    const objects = configMaps('again', 12);
    await rig.untilApplied(wantedApplication('again', objects));
    rig.want(wantedApplication('again', []));
    const gate = await gateOf(rig, 'again', ({ objects: held }) => held?.length === 12);
    // Two of them come back, and leave once more.
    await rig.untilApplied(wantedApplication('again', objects));
    confirm(rig, 'again', 'op-again', gate.id);
    expect(await resultOf(rig, 'op-again')).toMatchObject({ phase: 'Failed' });
    rig.want(wantedApplication('again', []));
    const second = await gateOf(rig, 'again', ({ objects: held }) => held?.length === 12);
    expect(second.id).toBe(gate.id);
    expect(await allThere(objects)).toBe(true);
  });

  it('is asked about again where an object is another one than was shown', async () => {
    const rig = await openRig();
    const objects = configMaps('remade', 2);
    await rig.untilApplied(wantedApplication('remade', objects));
    rig.want(wantedApplication('remade', []));
    const gate = await gateOf(rig, 'remade', ({ objects: held }) => held?.length === 2);
    const [first] = objects;
    const live = await client.get(nameOf(first!));
    await client.delete(nameOf(first!));
    const { labels, annotations } = live.metadata;
    await client.create({ ...first!, metadata: { ...first!.metadata, labels, annotations } });
    // It is kept as another one, or taken in again as a lost one, as its going was heard of before or after its return.
    await gateOf(rig, 'remade', ({ id }) => id !== gate.id);
    confirm(rig, 'remade', 'op-remade', gate.id);
    expect(await resultOf(rig, 'op-remade')).toMatchObject({ phase: 'Failed' });
    expect(await allThere(objects)).toBe(true);
  });

  it('goes on after a restart in the middle, and the same operation asked twice deletes nothing more', async () => {
    const first = await openRig();
    const held = { ...configMap('crash-0') };
    const finalized = { ...held, metadata: { ...held.metadata, finalizers: ['example.org/clean-up'] } };
    const objects = [finalized, ...configMaps('crash', 12).slice(1)];
    await first.untilApplied(wantedApplication('crash', objects));
    first.want(wantedApplication('crash', []));
    const gate = await gateOf(first, 'crash', ({ objects: all }) => all?.length === 12);
    confirm(first, 'crash', 'op-crash', gate.id);
    await untilGone(objects.slice(1));
    await closeRig(first);
    const second = await openRig(first.state);
    second.want(wantedApplication('crash', []));
    confirm(second, 'crash', 'op-crash', gate.id);
    await waitUntil('the operation was taken', async () => second.result('op-crash'), limit);
    await client.patch(nameOf(finalized), { metadata: { finalizers: null } });
    expect(await resultOf(second, 'op-crash')).toMatchObject({ phase: 'Succeeded' });
    await untilGone(objects);
    confirm(second, 'crash', 'op-crash', gate.id);
    expect(await resultOf(second, 'op-crash')).toMatchObject({ phase: 'Succeeded' });
  });

  it('can be confirmed where the application is only observed', async () => {
    const rig = await openRig();
    const objects = configMaps('observed', 2);
    await rig.untilApplied(wantedApplication('observed', objects));
    rig.want(wantedApplication('observed', [], { mode: 'observe' }));
    rig.engine.runOperation({
      id: 'op-sync',
      application: 'apps/observed',
      request: { type: 'sync' },
      requestedBy: 'ada',
    });
    const gate = await gateOf(rig, 'observed', ({ objects: held }) => held?.length === 2);
    await resultOf(rig, 'op-sync');
    confirm(rig, 'observed', 'op-observed', gate.id);
    expect(await resultOf(rig, 'op-observed')).toMatchObject({
      phase: 'Succeeded',
      message: 'what was confirmed is deleted',
    });
    await untilGone(objects);
  });
});

describe('an object that asks to be asked about', () => {
  it('waits for a confirmation by Prune=confirm, while others go', async () => {
    const rig = await openRig();
    const [stays, goes] = configMaps('asks', 2);
    const asks = configMap('asks-confirm', { sync: 'Prune=confirm' });
    await rig.untilApplied(wantedApplication('asks', [stays!, goes!, asks]));
    rig.want(wantedApplication('asks', [stays!]));
    const gate = await gateOf(rig, 'asks', ({ objects }) => objects?.length === 1);
    expect(gate.objects).toMatchObject([{ name: 'asks-confirm' }]);
    await untilGone([goes!]);
    expect(await allThere([stays!, asks])).toBe(true);
    confirm(rig, 'asks', 'op-asks', gate.id);
    expect(await resultOf(rig, 'op-asks')).toMatchObject({ phase: 'Succeeded' });
    await untilGone([asks]);
  });

  it('holds the end of its application by Delete=confirm', async () => {
    const rig = await openRig();
    const asks = configMap('ends-confirm', { sync: 'Delete=confirm' });
    const stays = configMap('ends-stays', { sync: 'Delete=false' });
    const goes = configMap('ends-goes');
    await rig.untilApplied(wantedApplication('ends', [asks, stays, goes]));
    rig.want(wantedApplication('ends', [], { removal: 'delete' }));
    const gate = await gateOf(rig, 'ends', ({ objects }) => objects?.length === 1);
    await untilGone([goes]);
    expect(await allThere([asks, stays])).toBe(true);
    expect(rig.status('ends')?.removal).toBe('pending');
    confirm(rig, 'ends', 'op-ends', gate.id);
    await rig.until('ends', 'has ended', ({ removal }) => removal === 'done');
    await untilGone([asks]);
    expect(await allThere([stays])).toBe(true);
  });
});

describe('a kind that is excluded', () => {
  const excluded = {
    resourceRules: { exclusions: [{ apiGroups: [''], kinds: ['Secret'] }], inclusions: [] },
  };
  const secret = (name: string, value = 'MQ=='): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: 'default' },
    data: { a: value },
  });

  it('is left as it is, neither changed nor deleted, and is ours again once it counts', async () => {
    const rig = await openRig();
    const [changed, left] = [secret('excluded-changed'), secret('excluded-left')];
    const [goes, ...stay] = configMaps('beside', 4);
    if (goes === undefined) throw new Error('no object');
    await rig.untilApplied(wantedApplication('excluding', [changed, left, goes, ...stay]));

    const now = [secret('excluded-changed', 'Mg=='), ...stay];
    rig.want(wantedApplication('excluding', now, excluded));
    await untilGone([goes]);
    const status = await rig.until('excluding', 'warns', ({ warnings = [] }) =>
      warnings.some(({ code }) => code === 'excluded'),
    );
    expect(status.warnings?.map(({ ref }) => ref.name)).toEqual(['excluded-changed']);
    expect(status.failures ?? []).toEqual([]);
    expect(await allThere([changed, left])).toBe(true);
    expect((await client.get(nameOf(changed)))['data']).toEqual({ a: 'MQ==' });

    rig.want(wantedApplication('excluding', now));
    await untilGone([left]);
    await waitUntil(
      'the other is as Git has it',
      async () =>
        ((await client.get(nameOf(changed)))['data'] as { a: string }).a === 'Mg==' ? true : undefined,
      limit,
    );
  });

  it('is left by the removal of its application, which comes to its end', async () => {
    const rig = await openRig();
    const [kept, gone] = [secret('excluded-kept'), configMap('excluded-beside')];
    await rig.untilApplied(wantedApplication('ending', [kept, gone]));
    rig.want(wantedApplication('ending', [], { removal: 'delete', allowEmpty: true, ...excluded }));
    await rig.until('ending', 'is removed', ({ removal }) => removal === 'done');
    await untilGone([gone]);
    expect(await allThere([kept])).toBe(true);
  });
});
