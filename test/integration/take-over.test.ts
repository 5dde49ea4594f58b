import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { KubePort } from '../../agent/ports.ts';
import type { JsonObject } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { partOfLabel, releasedManager, trackingAnnotation } from '../../core/tracking.ts';
import { type ControlPlanes, startControlPlanes } from '../clusters/control-plane.ts';
import { KubeClient } from '../clusters/kube-client.ts';
import { waitUntil } from '../clusters/wait.ts';
import { customDefinition } from '../support/custom-definition.ts';
import { type EngineRig, engineRig, wantedApplication } from '../support/engine-rig.ts';

const limit = { limitMs: 30_000, everyMs: 20 };
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

let dir: string;
let planes: ControlPlanes;
const clients: KubeClient[] = [];
const rigs: EngineRig[] = [];

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'fairlead-take-over-'));
  planes = await startControlPlanes({ names: ['own'], controllers: 'none', dir, log: console.error });
});

afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.close();
});

afterAll(async () => {
  for (const client of clients) client.close();
  await planes?.stop();
  rmSync(dir, { recursive: true, force: true });
});

async function openRig(between?: (kube: KubePort) => KubePort): Promise<EngineRig> {
  const rig = await engineRig(planes.cluster('own'), undefined, between);
  rigs.push(rig);
  return rig;
}

/** Whoever writes under this name. */
function as(fieldManager: string): KubeClient {
  const client = new KubeClient(planes.cluster('own'), { fieldManager });
  clients.push(client);
  return client;
}

function configMap(name: string, data: Record<string, string>): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data };
}

function nameOf(object: KubeObject) {
  const { name = '', namespace } = object.metadata;
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    name,
    ...(namespace === undefined ? {} : { namespace }),
  };
}

function deployment(name: string, env: Record<string, string>): KubeObject {
  const variables = Object.entries(env).map(([key, value]) => ({ name: key, value }));
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'default' },
    spec: {
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'web', image: 'nginx:1.27', env: variables }] },
      },
    },
  };
}

const instanceLabel = 'app.kubernetes.io/instance';

/** As Argo CD makes a Deployment that it tracks by its label. */
function trackedByArgo(object: KubeObject): KubeObject {
  const { name = '' } = object.metadata;
  const labels = { [instanceLabel]: 'shop' };
  const template = { ...((object['spec'] as JsonObject)['template'] as JsonObject) };
  const metadata = { labels: { app: name, ...labels } };
  return {
    ...object,
    metadata: { ...object.metadata, labels },
    spec: { ...(object['spec'] as JsonObject), template: { ...template, metadata } },
  };
}

/** As `kubectl apply` makes it: with the annotation of what was said, under its manager. */
function byKubectl(object: KubeObject): KubeObject {
  const annotations = { ...object.metadata.annotations, [lastApplied]: JSON.stringify(object) };
  return { ...object, metadata: { ...object.metadata, annotations } };
}

async function managersOf(object: KubeObject): Promise<readonly string[]> {
  const live = await as('reader').get(nameOf(object));
  return live.metadata.managedFields.map((entry: KubeObject) => `${entry['manager']} ${entry['operation']}`);
}

async function envOf(object: KubeObject): Promise<readonly string[]> {
  const live = await as('reader').get(nameOf(object));
  const env: readonly { name: string }[] = live.spec.template.spec.containers[0].env ?? [];
  return env.map(({ name }) => name);
}

describe('what an earlier deployer made', () => {
  it('row 21: loses what leaves Git, and keeps what nobody declared', async () => {
    const rig = await openRig();
    const made = deployment('by-kubectl', { A: '1', B: '2', C: '3' });
    await as('kubectl-client-side-apply').create(byKubectl(made));
    await as('kubectl-edit').patch(nameOf(made), {
      metadata: { annotations: { 'example.com/by-hand': 'yes' } },
    });
    await rig.untilApplied(wantedApplication('by-kubectl', [deployment('by-kubectl', { A: '1', B: '2' })]));
    expect(await envOf(made)).toEqual(['A', 'B']);
    expect(await managersOf(made)).not.toContain('kubectl-client-side-apply Update');
    await rig.untilApplied(wantedApplication('by-kubectl', [deployment('by-kubectl', { A: '1' })]));
    expect(await envOf(made)).toEqual(['A']);
    const { annotations } = (await as('reader').get(nameOf(made))).metadata;
    expect(annotations).toMatchObject({ 'example.com/by-hand': 'yes' });
    expect(annotations).not.toHaveProperty([lastApplied]);
  });

  it.each(['helm', 'argocd-controller', 'kubectl-create'])(
    'row 21: loses what leaves Git, made by %s',
    async (who) => {
      const rig = await openRig();
      const made = configMap(`by-${who}`, { a: '1', b: '2' });
      await as(who).create(made);
      const application = `by-${who}`;
      await rig.untilApplied(wantedApplication(application, [configMap(`by-${who}`, { a: '1', b: '2' })]));
      await rig.untilApplied(wantedApplication(application, [configMap(`by-${who}`, { a: '1' })]));
      expect((await as('reader').get(nameOf(made))).data).toEqual({ a: '1' });
    },
  );

  it.each(['kubectl apply', 'server-side apply'])(
    'Argo CD’s label stays in the Pods that it made by %s, so that nothing restarts, and goes from the object',
    async (how) => {
      const rig = await openRig();
      const wanted = deployment(`by-argo-${how.slice(0, 4)}`, { A: '1' });
      const argo = as('argocd-controller');
      const tracked = trackedByArgo(wanted);
      if (how === 'kubectl apply') await argo.create(byKubectl(tracked));
      else await argo.apply(tracked);
      const before = await as('reader').get(nameOf(wanted));
      await rig.untilApplied(wantedApplication('by-argo', [wanted]));
      const after = await as('reader').get(nameOf(wanted));
      // Not by its generation, which annotations of a Deployment raise too.
      expect(after.spec).toEqual(before.spec);
      expect(after.spec.template.metadata.labels).toHaveProperty([instanceLabel]);
      expect(after.metadata.labels).not.toHaveProperty([instanceLabel]);
      expect(after.metadata.labels).toHaveProperty([partOfLabel]);
    },
  );

  it('row 21: loses what leaves Git, made by somebody’s server-side apply', async () => {
    const rig = await openRig();
    const made = configMap('by-apply', { a: '1', b: '2' });
    await as('kubectl').apply(made);
    await rig.untilApplied(wantedApplication('by-apply', [configMap('by-apply', { a: '1' })]));
    expect((await as('reader').get(nameOf(made))).data).toEqual({ a: '1' });
  });

  it('row 21: is taken over whole although somebody writes in the middle of it', async () => {
    const made = configMap('raced', { a: '1', b: '2' });
    await as('kubectl-client-side-apply').create(byKubectl(made));
    let conflicts = 0;
    const rig = await openRig((kube) => ({
      ...kube,
      async jsonPatch(resource, ref, patch, options) {
        if (conflicts === 0 && ref.name === 'raced')
          await as('kubectl-edit').patch(nameOf(made), { data: { theirs: '3' } });
        const answer = await kube.jsonPatch(resource, ref, patch, options);
        if (answer.type === 'failed' && answer.failure.status === 409) conflicts += 1;
        return answer;
      },
    }));
    await rig.untilApplied(wantedApplication('raced', [configMap('raced', { a: '1' })]));
    expect(conflicts).toBe(1);
    expect((await as('reader').get(nameOf(made))).data).toEqual({ a: '1', theirs: '3' });
  });

  it('row 21: is taken over once: what others add later is theirs', async () => {
    const rig = await openRig();
    const object = configMap('once', { a: '1' });
    await as('kubectl-client-side-apply').create(byKubectl(object));
    await rig.untilApplied(wantedApplication('once', [object]));
    expect(rig.requests.filter((request) => request === 'patch configmaps')).toHaveLength(1);
    await as('kubectl-client-side-apply').patch(nameOf(object), { data: { later: '2' } });
    await rig.untilApplied(wantedApplication('once', [configMap('once', { a: '2' })]));
    expect(rig.requests.filter((request) => request === 'patch configmaps')).toHaveLength(1);
    expect((await as('reader').get(nameOf(object))).data).toEqual({ a: '2', later: '2' });
  });
});

describe('what somebody changed and changed back', () => {
  it.each(['heal', 'sync'] as const)('row 54: goes when Git drops it, in mode %s', async (mode) => {
    const rig = await openRig();
    const object = configMap(`back-${mode}`, { a: '1', b: '2' });
    const wanted = (data: Record<string, string>) =>
      wantedApplication(`back-${mode}`, [configMap(`back-${mode}`, data)], { mode });
    await rig.untilApplied(wanted({ a: '1', b: '2' }));
    await as('kubectl-edit').patch(nameOf(object), { data: { b: 'other' } });
    const isOpened = () => rig.drifts(`back-${mode}`).some((event) => event.change === 'opened');
    await waitUntil('the drift was found', isOpened, limit);
    await as('kubectl-edit').patch(nameOf(object), { data: { b: '2' } });
    // Where it may, the engine takes the field back at once; else it has seen that the value is right.
    const isBack =
      mode === 'heal'
        ? async () => !(await managersOf(object)).includes('kubectl-edit Update')
        : () => rig.drifts(`back-${mode}`).at(-1)?.change === 'closed';
    await waitUntil('the engine saw it', isBack, limit);
    await rig.engine.whenIdle();
    await rig.untilApplied(wanted({ a: '1' }));
    expect((await as('reader').get(nameOf(object))).data).toEqual({ a: '1' });
  });

  it('row 54: goes when Git drops it, although the agent saw neither', async () => {
    const first = await openRig();
    const object = configMap('unseen', { a: '1', b: '2' });
    await first.untilApplied(wantedApplication('unseen', [object]));
    await first.close();
    rigs.splice(rigs.indexOf(first), 1);
    await as('kubectl-edit').patch(nameOf(object), { data: { b: 'other' } });
    await as('kubectl-edit').patch(nameOf(object), { data: { b: '2' } });
    const second = await engineRig(planes.cluster('own'), first.state);
    rigs.push(second);
    await second.untilApplied(wantedApplication('unseen', [configMap('unseen', { a: '1' })]));
    expect((await as('reader').get(nameOf(object))).data).toEqual({ a: '1' });
  });
});

describe('what is let go of', () => {
  it('row 56: keeps its fields, loses our marks and our claim, and the next owner can drop any field', async () => {
    const rig = await openRig();
    const object = configMap('let-go', { a: '1', b: '2' });
    await rig.untilApplied(wantedApplication('let-go', [object]));
    rig.want(wantedApplication('let-go', [], { removal: 'release' }));
    await rig.until('let-go', 'is done', (found) => found.removal === 'done');
    const live = await as('reader').get(nameOf(object));
    expect(live.data).toEqual({ a: '1', b: '2' });
    expect(live.metadata.labels ?? {}).not.toHaveProperty([partOfLabel]);
    expect(live.metadata.annotations ?? {}).not.toHaveProperty([trackingAnnotation]);
    expect(await managersOf(object)).toEqual([`${releasedManager} Update`]);
    // The next owner says what kubectl says of a client-side apply: a patch that takes the field away.
    await as('kubectl-client-side-apply').patch(nameOf(object), { data: { b: null } });
    await as('helm').apply(configMap('let-go', { a: '1' }));
    expect((await as('reader').get(nameOf(object))).data).toEqual({ a: '1' });
  });

  it('row 56: comes back whole when Git has it again', async () => {
    const rig = await openRig();
    const object = configMap('returns', { a: '1', b: '2' });
    await rig.untilApplied(wantedApplication('returns', [object]));
    rig.want(wantedApplication('returns', [], { removal: 'release' }));
    await rig.until('returns', 'is done', (found) => found.removal === 'done');
    rig.want();
    await rig.engine.whenIdle();
    await rig.untilApplied(wantedApplication('returns', [configMap('returns', { a: '1' })]));
    expect((await as('reader').get(nameOf(object))).data).toEqual({ a: '1' });
    expect(await managersOf(object)).toEqual(['fairlead Apply']);
  });
});

describe('an object whose version is given up', () => {
  const definition = (versions: readonly Record<string, unknown>[]): KubeObject => {
    const base = customDefinition('Valve');
    return { ...base, spec: { ...(base['spec'] as object), versions } } as unknown as KubeObject;
  };
  const version = (name: string, fields: readonly string[], more: Record<string, unknown>) => {
    const properties = Object.fromEntries(fields.map((field) => [field, { type: 'string' }]));
    return {
      name,
      schema: {
        openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties } } },
      },
      ...more,
    };
  };
  const valve = (apiVersion: string, spec: Record<string, string>): KubeObject => ({
    apiVersion: `test.example/${apiVersion}`,
    kind: 'Valve',
    metadata: { name: 'main', namespace: 'default' },
    spec,
  });

  it('row 4: goes on at the new version, and loses what left Git with the old one', async () => {
    const rig = await openRig();
    const client = as('admin');
    const old = definition([version('v1beta1', ['size', 'old'], { served: true, storage: true })]);
    const kept = { size: 'big' };
    await rig.untilApplied(wantedApplication('valve', [old, valve('v1beta1', { ...kept, old: 'yes' })]));
    const next = definition([
      version('v1', ['size', 'old'], { served: true, storage: true }),
      version('v1beta1', ['size', 'old'], { served: false, storage: false }),
    ]);
    await rig.untilApplied(wantedApplication('valve', [next, valve('v1', kept)]));
    const live = await client.get(nameOf(valve('v1', {})));
    expect(live.spec).toEqual({ size: 'big' });
    expect(live.metadata.managedFields).toMatchObject([
      { manager: 'fairlead', operation: 'Apply', apiVersion: 'test.example/v1' },
    ]);
  });
});
