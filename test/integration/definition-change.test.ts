import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { type ControlPlanes, startControlPlanes } from '../clusters/control-plane.ts';
import { KubeClient } from '../clusters/kube-client.ts';
import { waitUntil } from '../clusters/wait.ts';
import { customDefinition } from '../support/custom-definition.ts';
import { type EngineRig, engineRig, wantedApplication } from '../support/engine-rig.ts';
import { memoryState } from '../support/memory-state.ts';

const limit = { limitMs: 90_000, everyMs: 50 };

let dir: string;
let planes: ControlPlanes;
let client: KubeClient;
const rigs: EngineRig[] = [];

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'fairlead-definition-'));
  planes = await startControlPlanes({ names: ['definition'], controllers: 'none', dir, log: console.error });
  client = new KubeClient(planes.cluster('definition'), { fieldManager: 'kubectl-create' });
});

afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.close();
});

afterAll(async () => {
  client?.close();
  await planes?.stop();
  rmSync(dir, { recursive: true, force: true });
});

async function openRig(state = memoryState()): Promise<EngineRig> {
  const rig = await engineRig(planes.cluster('definition'), state);
  rigs.push(rig);
  return rig;
}

/** The definition of a kind with just these fields in its `spec`. */
function definition(kind: string, fields: JsonObject): KubeObject {
  const base = customDefinition(kind) as unknown as { spec: { versions: JsonObject[] } };
  const spec = { type: 'object', properties: fields };
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec } } };
  const versions = base.spec.versions.map((version) => ({ ...version, schema }));
  return { ...base, spec: { ...base.spec, versions } } as unknown as KubeObject;
}

function objects(kind: string, spec: JsonObject): readonly KubeObject[] {
  const names = [1, 2, 3].map((number) => `${kind.toLowerCase()}-${number}`);
  return names.map((name) => ({
    apiVersion: 'test.example/v1',
    kind,
    metadata: { name, namespace: 'default' },
    spec,
  }));
}

const text = { type: 'string' };
const withConfig: KubeObject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'beside', namespace: 'default' },
  data: { a: 'b' },
};

/** Reads of single objects of a resource: a look begins with one. */
function looksAt(rig: EngineRig, resource: string): number {
  return rig.requests.filter((request) => request === `get ${resource}`).length;
}

describe('a definition that changes', () => {
  it('has the objects of its kind looked at once and no others, and makes no drift of what it explains', async () => {
    await client.apply(definition('Widget', { color: text, size: text }));
    const rig = await openRig();
    const widgets = objects('Widget', { color: 'red', size: 'small', later: 'yes' });
    await rig.untilApplied(
      wantedApplication('widgets', [...widgets, withConfig], { unvalidated: true, mode: 'sync' }),
    );
    await rig.engine.whenIdle();
    rig.requests.length = 0;

    // A default of a field that Git doesn't set.
    const flavor = { ...text, default: 'plain' };
    await client.apply(definition('Widget', { color: text, size: text, flavor }));
    await waitUntil('each was looked at', () => looksAt(rig, 'widgets.test.example') >= 3, limit);
    await rig.engine.whenIdle();
    expect(looksAt(rig, 'widgets.test.example')).toBe(3);
    expect(looksAt(rig, 'configmaps')).toBe(0);
    expect(rig.writes().filter((request) => !request.includes('dry')).length).toBeLessThanOrEqual(3);
    expect(rig.drifts('widgets')).toEqual([]);

    // A field that Git sets is no longer in the schema: what the API server dropped is no difference.
    await client.apply(definition('Widget', { color: text, flavor }));
    await waitUntil('each was looked at again', () => looksAt(rig, 'widgets.test.example') >= 6, limit);
    await rig.engine.whenIdle();
    expect(rig.drifts('widgets')).toEqual([]);

    // One that Git sets and that the schema didn't have until now: nothing happens to the objects, and they differ.
    await client.apply(definition('Widget', { color: text, flavor, later: text }));
    await waitUntil('the differences were found', () => rig.status('widgets')?.drifts.length === 3, limit);
    const paths = rig.status('widgets')?.drifts.flatMap(({ fields }) => fields.map(({ path }) => path));
    expect(new Set(paths)).toEqual(new Set(['spec.later']));
  });

  it('is noticed after the fact where it changed while the agent was away', async () => {
    await client.apply(definition('Gadget', { color: text }));
    const state = memoryState();
    const first = await openRig(state);
    const application = wantedApplication('gadgets', objects('Gadget', { color: 'red', later: 'yes' }), {
      unvalidated: true,
      mode: 'sync',
    });
    await first.untilApplied(application);
    await first.engine.whenIdle();
    await waitUntil(
      'the definition is remembered',
      async () => {
        return JSON.stringify((await state.readDocument('definitions')) ?? {}).includes(
          'gadgets.test.example',
        );
      },
      limit,
    );
    await first.close();
    await client.apply(definition('Gadget', { color: text, later: text }));
    const second = await openRig(state);
    second.want(application);
    await waitUntil('the differences were found', () => second.status('gadgets')?.drifts.length === 3, limit);
  });
});
