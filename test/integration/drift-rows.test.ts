import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { KubePort } from '../../agent/ports.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { fieldManager, partOfLabel } from '../../core/tracking.ts';
import { type ControlPlanes, startControlPlanes } from '../clusters/control-plane.ts';
import { waitUntil } from '../clusters/wait.ts';
import { wanted } from '../support/attribution-objects.ts';
import { type EngineRig, engineRig, wantedApplication } from '../support/engine-rig.ts';
import { nameOf, Tools } from '../support/kubectl.ts';

const limit = { limitMs: 60_000, everyMs: 20 };
const edit = { manager: 'kubectl-edit' };

let dir: string;
let planes: ControlPlanes;
let tools: Tools;
const rigs: EngineRig[] = [];

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'fairlead-drift-rows-'));
  planes = await startControlPlanes({ names: ['rows'], controllers: 'none', dir, log: console.error });
  tools = new Tools(planes.cluster('rows'));
});

afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.close();
});

afterAll(async () => {
  tools?.close();
  await planes?.stop();
  rmSync(dir, { recursive: true, force: true });
});

async function openRig(): Promise<EngineRig> {
  const rig = await engineRig(planes.cluster('rows'));
  rigs.push(rig);
  return rig;
}

async function ownedNow(object: KubeObject, manager = fieldManager): Promise<string> {
  const { managedFields = [] } = (await tools.get(nameOf(object))).metadata;
  return JSON.stringify(managedFields.filter((entry) => entry['manager'] === manager));
}

/** With our marks, as somebody says it who copies the live object. */
async function marked(object: KubeObject, change: object): Promise<KubeObject> {
  const { labels = {}, annotations = {} } = (await tools.get(nameOf(object))).metadata;
  return { ...object, ...change, metadata: { ...object.metadata, labels, annotations } };
}

describe('managed fields that the API server lost', () => {
  it.each(['heal', 'sync'] as const)(
    'row 9: are ours again once they were wiped, in mode %s',
    async (mode) => {
      const rig = await openRig();
      const object = wanted('ConfigMap', `wiped-${mode}`);
      await rig.untilApplied(wantedApplication(`wiped-${mode}`, [object], { mode }));
      await tools.merge(nameOf(object), { metadata: { managedFields: [{}] } }, edit);
      await waitUntil('they are ours', async () => (await ownedNow(object)).includes('f:data'), limit);
      await rig.engine.whenIdle();
      expect(rig.drifts(`wiped-${mode}`)).toEqual([]);
      // It is ours indeed: what leaves Git goes.
      await rig.untilApplied(wantedApplication(`wiped-${mode}`, [{ ...object, data: { a: '1' } }], { mode }));
      expect(await tools.get(nameOf(object))).toMatchObject({ data: { a: '1' } });
      expect((await tools.get(nameOf(object)))['data']).not.toHaveProperty('b');
    },
  );

  it('row 9: leave a change without a writer, told as a reset, and healed', async () => {
    const rig = await openRig();
    const object = wanted('ConfigMap', 'wiped-changed');
    await rig.untilApplied(wantedApplication('wiped-changed', [object]));
    await tools.merge(
      nameOf(object),
      { metadata: { managedFields: [{}] }, data: { a: 'x' } },
      { manager: 'kubectl-edit' },
    );
    await waitUntil('it was healed', () => rig.drifts('wiped-changed').at(-1)?.end === 'healed', limit);
    const field = { path: 'data.a', live: 'x', cause: 'reset', confidence: 'unknown' };
    expect(rig.drifts('wiped-changed')[0]?.drift.fields).toEqual([{ ...field, desired: '1' }]);
    expect(await tools.get(nameOf(object))).toMatchObject({ data: { a: '1' } });
    expect(await ownedNow(object)).toContain('f:data');
  });

  it('row 9: do not hide a change that they say nothing of', async () => {
    const rig = await openRig();
    const object = wanted('ConfigMap', 'stale');
    await rig.untilApplied(wantedApplication('stale', [object], { mode: 'sync' }));
    // Another value, and every entry as it was before: what a broken conversion leaves.
    const { managedFields = [] } = (await tools.get(nameOf(object))).metadata;
    await tools.merge(nameOf(object), { metadata: { managedFields: [{}] }, data: { a: 'x' } }, edit);
    await tools.merge(nameOf(object), { metadata: { managedFields } }, edit);
    const status = await rig.until('stale', 'has drifted as ours', (found) =>
      found.drifts.some(({ fields }) => fields.some(({ cause }) => cause === 'value-changed')),
    );
    expect(status.drifts[0]?.fields).toEqual([
      { path: 'data.a', desired: '1', live: 'x', cause: 'value-changed', confidence: 'unknown' },
    ]);
  });
});

describe('somebody who writes under our name', () => {
  it('row 55: is told as such for another value, and for a field that Git lacks; both are healed', async () => {
    const rig = await openRig();
    const object = wanted('ConfigMap', 'impostor');
    await rig.untilApplied(wantedApplication('impostor', [object]));
    // The API server tells times to the second.
    const second = ownedSecond(await ownedNow(object));
    await waitUntil('another second began', () => new Date().toISOString().slice(0, 19) > second, limit);
    await tools.apply(await marked(object, { data: { a: 'x', b: '2', c: 'new' } }), fieldManager);
    await waitUntil('it was healed', () => rig.drifts('impostor').at(-1)?.end === 'healed', limit);
    expect(rig.drifts('impostor')[0]?.drift.fields).toEqual([
      { path: 'data.a', desired: '1', live: 'x', cause: 'written-as-us', confidence: 'unknown' },
      { path: 'data.c', live: 'new', cause: 'written-as-us', confidence: 'unknown' },
    ]);
    expect((await tools.get(nameOf(object)))['data']).toEqual({ a: '1', b: '2' });
  });
});

function ownedSecond(entries: string): string {
  return /"time":"([^"]{19})/.exec(entries)?.[1] ?? '';
}

describe('a field that somebody owns at our value', () => {
  it.each(['heal', 'sync'] as const)('becomes ours again without another value, in mode %s', async (mode) => {
    const rig = await openRig();
    const name = `quiet-${mode}`;
    const object = wanted('ConfigMap', name);
    await rig.untilApplied(wantedApplication(name, [object], { mode }));
    await tools.merge(nameOf(object), { data: { a: 'x' } }, edit);
    // A value that is put back in the middle of its healing is owned by both.
    const isThrough = () => mode === 'sync' || rig.drifts(name).at(-1)?.end === 'healed';
    await waitUntil('it was seen', () => rig.drifts(name).length > 0 && isThrough(), limit);
    await tools.merge(nameOf(object), { data: { a: '1' } }, edit);
    const isOurs = async () =>
      (await ownedNow(object)).includes('f:a') && !(await ownedNow(object, 'kubectl-edit')).includes('f:a');
    await waitUntil('it is ours alone', isOurs, limit);
    await rig.engine.whenIdle();
    expect(rig.status(name)).toMatchObject({ sync: 'Synced', drifts: [] });
  });

  it('becomes ours again though a status was written in the middle', async () => {
    const object = wanted('Deployment', 'outrun');
    let writes = 0;
    const between = (kube: KubePort): KubePort => ({
      ...kube,
      async jsonPatch(...request) {
        writes += 1;
        if (writes === 1) {
          const how = { manager: 'controller', subresource: 'status' };
          await tools.merge(nameOf(object), { status: { replicas: 1, observedGeneration: 1 } }, how);
        }
        return kube.jsonPatch(...request);
      },
    });
    const rig = await engineRig(planes.cluster('rows'), undefined, between);
    rigs.push(rig);
    await rig.untilApplied(wantedApplication('outrun', [object], { mode: 'sync' }));
    await tools.merge(nameOf(object), { metadata: { labels: { team: 'x' } } }, edit);
    await waitUntil('it was seen', () => rig.drifts('outrun').length > 0, limit);
    await tools.merge(nameOf(object), { metadata: { labels: { team: 'a' } } }, edit);
    await waitUntil('it is ours', async () => (await ownedNow(object)).includes('f:team'), limit);
    expect(writes).toBeGreaterThan(1);
  });

  it('stays theirs where the application is only observed', async () => {
    const rig = await openRig();
    const object = wanted('ConfigMap', 'observed');
    await tools.create(object, 'kubectl-create');
    rig.want(wantedApplication('observed', [object], { mode: 'observe' }));
    await rig.until('observed', 'is compared', (found) => found.objects[0]?.sync === 'Synced');
    await rig.engine.whenIdle();
    expect(rig.writes()).toEqual([]);
    expect(await ownedNow(object)).toBe('[]');
  });
});

describe('an object that lost our label, in mode sync', () => {
  const toldOf = (rig: EngineRig, name: string) =>
    rig.status(name)?.drifts.map(({ kind, fields }) => [kind, ...fields.map(({ path }) => path)]);

  it('is told as what it is where somebody made it anew without our marks, and whatever becomes of it then', async () => {
    const rig = await openRig();
    const object = wanted('ConfigMap', 'remade');
    await rig.untilApplied(wantedApplication('remade', [object], { mode: 'sync' }));
    await tools.delete(nameOf(object));
    await rig.until('remade', 'is missing', (found) => found.drifts[0]?.kind === 'missing');
    await tools.create({ ...object, data: { a: 'x', b: '2' } }, 'kubectl-create');
    await waitUntil('it is told as changed', () => isTold(rig, 'remade', 'data.a'), limit);
    await tools.merge(nameOf(object), { data: { a: '1', b: 'y' } }, edit);
    await waitUntil('the other field is told', () => isTold(rig, 'remade', 'data.b'), limit);
    await rig.engine.whenIdle();
    expect(toldOf(rig, 'remade')?.flat()).toEqual(expect.arrayContaining(['changed', 'data.b']));
    expect(toldOf(rig, 'remade')?.flat()).not.toContain('data.a');
    await tools.delete(nameOf(object));
    await waitUntil('it is told as missing', () => toldOf(rig, 'remade')?.flat()[0] === 'missing', limit);
    expect(rig.drifts('remade').map(({ drift }) => drift.id)).toEqual(
      rig.drifts('remade').map(() => rig.drifts('remade')[0]?.drift.id),
    );
  });

  it('is seen by its label alone again once it has it back', async () => {
    const rig = await openRig();
    const object = wanted('ConfigMap', 'unlabelled');
    await rig.untilApplied(wantedApplication('unlabelled', [object], { mode: 'sync' }));
    const { labels } = (await tools.get(nameOf(object))).metadata;
    await tools.merge(nameOf(object), { metadata: { labels: { [partOfLabel]: null } } }, edit);
    await waitUntil('the label is missed', () => isTold(rig, 'unlabelled', partOfLabel), limit);
    await tools.merge(nameOf(object), { data: { a: 'x' } }, edit);
    await waitUntil('what came after is told', () => isTold(rig, 'unlabelled', 'data.a'), limit);
    await tools.merge(nameOf(object), { metadata: { labels }, data: { a: '1' } }, edit);
    await rig.until('unlabelled', 'is as Git says', (found) => found.sync === 'Synced');
    await tools.merge(nameOf(object), { data: { a: 'again' } }, edit);
    await waitUntil('it is told', () => isTold(rig, 'unlabelled', 'data.a'), limit);
  });

  function isTold(rig: EngineRig, name: string, part: string): boolean {
    return (
      toldOf(rig, name)
        ?.flat()
        .some((text) => text.includes(part)) ?? false
    );
  }
});

describe('an object that Git’s state can’t be applied to', () => {
  const binding = (name: string, role: string): KubeObject => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name, namespace: 'default' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: role },
  });

  it.each(['with', 'without'] as const)(
    'is made anew as soon as somebody deletes it, in mode heal, %s our marks',
    async (marks) => {
      const rig = await openRig();
      const name = `bound-${marks}`;
      const object = binding(name, 'view');
      await rig.untilApplied(wantedApplication(name, [object], { mode: 'sync' }));
      const whole = marks === 'with' ? await marked(object, {}) : object;
      await tools.delete(nameOf(object));
      await tools.create(withRole(whole, 'edit'), 'kubectl-create');
      await rig.until(name, 'is refused', (found) => found.failures[0]?.code === 'immutable');
      rig.want(wantedApplication(name, [object]));
      await rig.engine.whenIdle();
      await rig.until(name, 'is refused', (found) => found.failures[0]?.code === 'immutable');
      await tools.delete(nameOf(object));
      await rig.until(name, 'is as Git says', (found) => found.sync === 'Synced');
      expect(await tools.get(nameOf(object))).toMatchObject({ roleRef: { name: 'view' } });
    },
  );

  it('fails no longer once somebody put it right, in mode sync', async () => {
    const rig = await openRig();
    const object = binding('righted', 'view');
    await rig.untilApplied(wantedApplication('righted', [object], { mode: 'sync' }));
    const whole = await marked(object, {});
    await tools.delete(nameOf(object));
    await tools.create(withRole(whole, 'edit'), 'kubectl-create');
    await rig.until('righted', 'is refused', (found) => found.failures[0]?.code === 'immutable');
    await tools.delete(nameOf(object));
    await tools.create(whole, 'kubectl-create');
    await rig.until('righted', 'is as Git says', (found) => found.sync === 'Synced');
    expect(rig.status('righted')).toMatchObject({ failures: [], drifts: [] });
  });

  function withRole(object: KubeObject, name: string): KubeObject {
    return { ...object, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name } };
  }
});
