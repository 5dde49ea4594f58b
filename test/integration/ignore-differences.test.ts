import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { IgnoreRule } from '../../core/ignore-rule.ts';
import { jsonAt } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { type ControlPlanes, startControlPlanes } from '../clusters/control-plane.ts';
import { waitUntil } from '../clusters/wait.ts';
import { wanted } from '../support/attribution-objects.ts';
import { type EngineRig, engineRig, wantedApplication } from '../support/engine-rig.ts';
import { nameOf, Tools } from '../support/kubectl.ts';

const limit = { limitMs: 60_000, everyMs: 20 };
const none = { jsonPointers: [], jqPathExpressions: [], managedFieldsManagers: [] };
const replicas: IgnoreRule = { group: 'apps', kind: 'Deployment', ...none, jsonPointers: ['/spec/replicas'] };

let dir: string;
let planes: ControlPlanes;
let tools: Tools;
const rigs: EngineRig[] = [];

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'fairlead-ignore-'));
  planes = await startControlPlanes({ names: ['ignore'], controllers: 'none', dir, log: console.error });
  tools = new Tools(planes.cluster('ignore'));
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
  const rig = await engineRig(planes.cluster('ignore'));
  rigs.push(rig);
  return rig;
}

function withImage(object: KubeObject, image: string): KubeObject {
  const copy = structuredClone(object) as unknown as {
    spec: { template: { spec: { containers: { image: string }[] } } };
  };
  for (const container of copy.spec.template.spec.containers) container.image = image;
  return copy as unknown as KubeObject;
}

async function replicasOf(object: KubeObject): Promise<unknown> {
  return jsonAt(await tools.get(nameOf(object)), 'spec', 'replicas');
}

/** Another change of the same object, which is healed: what came before it has been looked at by then. */
async function editedAndHealed(rig: EngineRig, name: string, object: KubeObject): Promise<void> {
  await tools.merge(nameOf(object), { metadata: { labels: { team: 'x' } } });
  await waitUntil('it was healed', () => rig.drifts(name).at(-1)?.end === 'healed', limit);
  await rig.engine.whenIdle();
}

describe('ignoreDifferences', () => {
  it('leaves replicas to whoever scales, through heals and syncs, and sets them where the object is new', async () => {
    const rig = await openRig();
    const object = wanted('Deployment', 'scaled');
    const options = { ignoreDifferences: [replicas] };
    await rig.untilApplied(wantedApplication('scaled', [object], options));
    expect(await replicasOf(object)).toBe(2);
    await tools.autoscale(nameOf(object), 6);
    await editedAndHealed(rig, 'scaled', object);
    const told = rig.drifts('scaled').flatMap(({ drift }) => drift.fields.map(({ path }) => path));
    expect(new Set(told)).toEqual(new Set(['metadata.labels.team']));
    expect(await replicasOf(object)).toBe(6);
    await rig.untilApplied(wantedApplication('scaled', [withImage(object, 'nginx:1.28')], options));
    const live = await tools.get(nameOf(object));
    expect(live).toMatchObject({ spec: { replicas: 6 }, metadata: { labels: { team: 'a' } } });
    expect(JSON.stringify(live)).toContain('nginx:1.28');
    const holders = (live.metadata.managedFields ?? []).filter((entry) =>
      JSON.stringify(entry['fieldsV1']).includes('f:replicas'),
    );
    expect(holders.map((entry) => entry['manager'])).not.toContain('fairlead');
  });

  it('ends as soon as Git says so: then the field is a drift, and healed', async () => {
    const rig = await openRig();
    const object = wanted('Deployment', 'ended');
    await rig.untilApplied(wantedApplication('ended', [object], { ignoreDifferences: [replicas] }));
    await tools.scale(nameOf(object), 5);
    await editedAndHealed(rig, 'ended', object);
    expect(await replicasOf(object)).toBe(5);
    rig.want(wantedApplication('ended', [object]));
    await waitUntil('Git counts again', async () => (await replicasOf(object)) === 2, limit);
  });

  it('begins where a drift is open: it is closed, and nothing written', async () => {
    const rig = await openRig();
    const object = wanted('Deployment', 'begun');
    await rig.untilApplied(wantedApplication('begun', [object], { mode: 'sync' }));
    await tools.scale(nameOf(object), 5);
    await rig.until('begun', 'has drifted', (found) => found.drifts.length === 1);
    rig.want(wantedApplication('begun', [object], { mode: 'sync', ignoreDifferences: [replicas] }));
    await rig.until(
      'begun',
      'is as Git says',
      (found) => found.drifts.length === 0 && found.sync === 'Synced',
    );
    expect(await replicasOf(object)).toBe(5);
  });

  it('by a path of jq lets one container alone, and corrects the others', async () => {
    const rig = await openRig();
    const object = wanted('Deployment', 'by-jq');
    const path = '.spec.template.spec.containers[] | select(.name == "web") | .image';
    const rule: IgnoreRule = { group: '*', kind: '*', ...none, jqPathExpressions: [path] };
    await rig.untilApplied(wantedApplication('by-jq', [object], { ignoreDifferences: [rule] }));
    const container = { name: 'web', image: 'nginx:theirs', env: [{ name: 'A', value: 'theirs' }] };
    await tools.strategic(nameOf(object), { spec: { template: { spec: { containers: [container] } } } });
    await waitUntil('it was healed', () => rig.drifts('by-jq').at(-1)?.end === 'healed', limit);
    const text = JSON.stringify(await tools.get(nameOf(object)));
    expect(text).toContain('nginx:theirs');
    expect(text).toContain('"name":"A","value":"1"');
  });

  it('by a manager lets what it owns alone, and nothing of others', async () => {
    const rig = await openRig();
    const object = wanted('ConfigMap', 'by-manager');
    const rule: IgnoreRule = { group: '', kind: 'ConfigMap', ...none, managedFieldsManagers: ['rotator'] };
    await rig.untilApplied(wantedApplication('by-manager', [object], { ignoreDifferences: [rule] }));
    await tools.merge(nameOf(object), { data: { a: 'rotated' } }, { manager: 'rotator' });
    await tools.merge(nameOf(object), { data: { b: 'edited' } }, { manager: 'kubectl-edit' });
    await waitUntil('it was healed', () => rig.drifts('by-manager').at(-1)?.end === 'healed', limit);
    expect((await tools.get(nameOf(object)))['data']).toEqual({ a: 'rotated', b: '2' });
  });
});
