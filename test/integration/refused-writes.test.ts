import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { KubeObject } from '../../core/kube-object.ts';
import type { ObjectFailure } from '../../core/status.ts';
import { type ControlPlanes, startControlPlanes } from '../clusters/control-plane.ts';
import { KubeClient, type ObjectName } from '../clusters/kube-client.ts';
import { waitUntil } from '../clusters/wait.ts';
import { customDefinition } from '../support/custom-definition.ts';
import { type EngineRig, engineRig, wantedApplication } from '../support/engine-rig.ts';
import {
  type FaultProxy,
  is,
  isWrite,
  type Match,
  openFaultProxy,
  statusBody,
} from '../support/fault-proxy.ts';

/** What an API server refuses, and that everything else goes on. */

const limit = { limitMs: 60_000, everyMs: 20 };

let dir: string;
let planes: ControlPlanes;
let client: KubeClient;
let proxy: FaultProxy;
const rigs: EngineRig[] = [];

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'fairlead-refused-'));
  planes = await startControlPlanes({ names: ['refused'], controllers: 'none', dir, log: console.error });
  client = new KubeClient(planes.cluster('refused'), { fieldManager: 'kubectl-edit' });
  proxy = await openFaultProxy(planes.cluster('refused'));
});

afterEach(async () => {
  proxy.clear();
  for (const rig of rigs.splice(0)) await rig.close();
});

afterAll(async () => {
  client?.close();
  await proxy?.close();
  await planes?.stop();
  rmSync(dir, { recursive: true, force: true });
});

async function openRig(state?: EngineRig['state']): Promise<EngineRig> {
  const rig = await engineRig(proxy.access, state);
  rigs.push(rig);
  return rig;
}

function configMap(
  name: string,
  data: Record<string, string>,
  more: Record<string, unknown> = {},
): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default', ...more },
    data,
  } as KubeObject;
}

function nameOf({ apiVersion, kind, metadata }: KubeObject): ObjectName {
  const { name = '', namespace } = metadata;
  return { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) };
}

/** Waits for the one failure of an application, while everything else of it is as Git says. */
async function failureOf(rig: EngineRig, application: string, code: string): Promise<ObjectFailure> {
  const status = await rig.until(application, `has a failure ${code} alone`, ({ failures, objects }) => {
    const others = objects.filter(({ ref }) => !failures.some((failure) => failure.ref.name === ref.name));
    return (
      failures.length === 1 && failures[0]?.code === code && others.every(({ sync }) => sync === 'Synced')
    );
  });
  const [failure] = status.failures;
  if (failure === undefined) throw new Error('no failure');
  expect(failure.remedy ?? failure.message).toMatch(/\w+/);
  return failure;
}

function isServed(path: string): Promise<boolean> {
  return client.request('GET', path).then(
    () => true,
    () => false,
  );
}

function isDone({
  sync,
  failures,
}: {
  readonly sync: string;
  readonly failures: readonly unknown[];
}): boolean {
  return sync === 'Synced' && failures.length === 0;
}

describe('definitions and their objects', () => {
  const definition = customDefinition('Valve');
  const valve: KubeObject = {
    apiVersion: 'test.example/v1',
    kind: 'Valve',
    metadata: { name: 'one', namespace: 'valves' },
    spec: { open: true },
  };
  const namespace: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'valves' } };

  it('row 1: are applied in one sync whatever their order, without a failure on the way', async () => {
    const rig = await openRig();
    await rig.untilApplied(wantedApplication('valves', [valve, definition, namespace]));
    expect(await client.get(nameOf(valve))).toMatchObject({ spec: { open: true } });
    const told = rig.reports.flatMap((report) =>
      report.type === 'application' ? report.status.failures : [],
    );
    // Row 2: an API server may serve a kind a moment later than it says, and that is said.
    expect(told.filter(({ code }) => code !== 'not-served')).toEqual([]);
  });

  it('row 2: are tried again while the API server does not serve yet what it says that it established', async () => {
    const rig = await openRig();
    const pump = { ...valve, kind: 'Pump', metadata: { name: 'one', namespace: 'default' } };
    const fault = proxy.when(
      is('PATCH', '/pumps/one'),
      { type: 'answer', status: 404, body: '404 page not found\n' },
      2,
    );
    await rig.untilApplied(wantedApplication('pumps', [pump, customDefinition('Pump')]));
    expect(fault.hits).toBe(2);
    expect(await client.get(nameOf(pump))).toMatchObject({ spec: { open: true } });
  });

  it('row 3: a version that is served no more is named, nothing is deleted, and what left Git goes by another version', async () => {
    const rig = await openRig();
    const both = customDefinition('Lever');
    const [version] = (both['spec'] as { versions: object[] }).versions;
    const old = { ...version, name: 'v1beta1', storage: false };
    const spec = both['spec'] as object;
    await client.apply({ ...both, spec: { ...spec, versions: [version, old] } } as KubeObject);
    const lever = (name: string, open: boolean): KubeObject => ({
      apiVersion: 'test.example/v1beta1',
      kind: 'Lever',
      metadata: { name, namespace: 'default' },
      spec: { open },
    });
    const rest = configMap('levers', { a: '1' });
    await rig.untilApplied(wantedApplication('levers', [lever('one', true), lever('two', true), rest]));
    await client.apply({ ...both, spec: { ...spec, versions: [version] } } as KubeObject);
    // A definition is served as it says a moment after it was written.
    await waitUntil(
      'the version is served no more',
      async () => !(await isServed('/apis/test.example/v1beta1/levers')),
      limit,
    );
    rig.want(wantedApplication('levers', [lever('one', false), lever('two', true), rest]));
    const { message } = await failureOf(rig, 'levers', 'version-removed');
    expect(message).toContain('only at v1');
    const now = (name: string) => ({ ...nameOf(lever(name, true)), apiVersion: 'test.example/v1' });
    expect(await client.get(now('one'))).toMatchObject({ spec: { open: true } });
    rig.want(wantedApplication('levers', [lever('two', true), rest]));
    await waitUntil(
      'the lever that left Git is gone',
      async () => (await client.find(now('one'))) === undefined,
      limit,
    );
    expect(await client.find(now('two'))).toBeDefined();
  });

  it('row 10: of 600 KiB are applied; what is too large for the API server is told once and not sent again', async () => {
    const rig = await openRig();
    const large = customDefinition('Ledger');
    const versions = [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', description: 'x'.repeat(600 * 1024) } },
      },
    ];
    const definition600 = { ...large, spec: { ...(large['spec'] as object), versions } } as KubeObject;
    const tooLarge = configMap('too-large', { text: 'x'.repeat(2 * 1024 * 1024) });
    rig.want(wantedApplication('large', [definition600, tooLarge, configMap('beside', { a: '1' })]));
    const failure = await failureOf(rig, 'large', 'too-large');
    expect(failure.ref.name).toBe('too-large');
    await rig.untilApplied(wantedApplication('another', [configMap('another', { a: '1' })]));
    expect(proxy.count(is('PATCH', '/configmaps/too-large'))).toBe(1);
  });

  it('row 23: whose webhook has a placeholder for its certificate lose it', async () => {
    const rig = await openRig();
    const converted = customDefinition('Cable');
    const clientConfig = { service: { namespace: 'default', name: 'cables' }, caBundle: 'Cg==' };
    const conversion = { strategy: 'Webhook', webhook: { clientConfig, conversionReviewVersions: ['v1'] } };
    const spec = { ...(converted['spec'] as object), conversion };
    await rig.untilApplied(wantedApplication('cables', [{ ...converted, spec } as KubeObject]));
    const live = await client.get(nameOf(converted));
    expect(live.spec.conversion.webhook.clientConfig.service).toMatchObject({ name: 'cables' });
    expect(live.spec.conversion.webhook.clientConfig.caBundle ?? '').not.toBe('Cg==');
  });
});

describe('an object that is not to be validated', () => {
  it('is applied without the fields that its schema does not know, which are no drift', async () => {
    const rig = await openRig();
    const labels = { app: 'lenient' };
    const containers = [{ name: 'a', image: 'registry.invalid/a', imagePullPolizy: 'Always' }];
    const deployment = (annotations: object): KubeObject =>
      ({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'lenient', namespace: 'default', annotations },
        spec: {
          replikas: 2,
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: { containers } },
        },
      }) as KubeObject;
    rig.want(wantedApplication('lenient', [deployment({})]));
    await failureOf(rig, 'lenient', 'invalid');
    const lenient = deployment({ 'argocd.argoproj.io/sync-options': 'Validate=false' });
    await rig.untilApplied(wantedApplication('lenient', [lenient]));
    expect((await client.get(nameOf(lenient))).spec).toMatchObject({ replicas: 1 });
    await client.patch(nameOf(lenient), {
      spec: { replicas: 3, template: { spec: { terminationGracePeriodSeconds: 9 } } },
    });
    await rig.untilApplied(wantedApplication('lenient', [lenient, configMap('lenient', { a: '1' })]));
    expect(rig.status('lenient')).toMatchObject({ sync: 'Synced', drifts: [], failures: [] });
  });
});

describe('an object that the API server refuses', () => {
  it('row 5: since its namespace ends waits without a storm, and is made anew with the namespace', async () => {
    const rig = await openRig();
    const name = { apiVersion: 'v1', kind: 'Namespace', name: 'ending' };
    await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'ending' } } as KubeObject);
    // Without its controller a namespace ends only when somebody takes its finalizer away.
    await client.delete(name);
    const inside = { ...configMap('inside', { a: '1' }), metadata: { name: 'inside', namespace: 'ending' } };
    const wanted = wantedApplication('ending', [inside, configMap('outside', { a: '1' })], {
      namespace: 'ending',
      createNamespace: true,
    });
    rig.want(wanted);
    await failureOf(rig, 'ending', 'namespace-terminating');
    const before = proxy.count((request) => isWrite(request) && request.path.includes('/ending'));
    expect(before).toBeLessThan(10);
    const ending = await client.get(name);
    await client.request('PUT', '/api/v1/namespaces/ending/finalize', {
      ...ending,
      spec: { finalizers: [] },
    });
    await rig.until('ending', 'is applied in the new namespace', isDone);
    expect(await client.get(nameOf(inside))).toMatchObject({ data: { a: '1' } });
  });

  it('row 6: since its webhook is down names the webhook, delays no other, and goes on by itself', async () => {
    const rig = await openRig();
    const webhook = {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name: 'dead' },
      webhooks: [
        {
          name: 'dead.test.example',
          clientConfig: { url: 'https://127.0.0.1:1/', caBundle: '' },
          rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['*'], resources: ['configmaps'] }],
          objectSelector: { matchLabels: { checked: 'yes' } },
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
          timeoutSeconds: 1,
        },
      ],
    } as unknown as KubeObject;
    await client.create(webhook);
    const checked = configMap('checked', { a: '1' }, { labels: { checked: 'yes' } });
    // The API server learns of a webhook a moment after it was written.
    await waitUntil(
      'the webhook is called',
      () =>
        client.request('POST', '/api/v1/namespaces/default/configmaps?dryRun=All', checked).then(
          () => false,
          () => true,
        ),
      limit,
    );
    const secret = { ...configMap('unchecked', {}), kind: 'Secret' };
    rig.want(wantedApplication('checked', [checked, secret, configMap('plain', { a: '1' })]));
    const { message } = await failureOf(rig, 'checked', 'webhook-down');
    expect(message).toContain('dead.test.example');
    await client.delete(nameOf(webhook));
    await rig.until('checked', 'is applied by itself', isDone);
    expect(await client.get(nameOf(checked))).toMatchObject({ data: { a: '1' } });
  });

  it('row 7: only as a trial is compared by what Git says, so that its drift is seen and healed', async () => {
    const rig = await openRig();
    const object = configMap('untried', { a: '1' });
    const message = 'admission webhook "side.test.example" does not support dry run';
    proxy.when((request) => is('PATCH', '/configmaps/untried')(request) && request.query.has('dryRun'), {
      type: 'answer',
      status: 400,
      body: statusBody(400, 'BadRequest', message),
    });
    await rig.untilApplied(wantedApplication('untried', [object]));
    await client.patch(nameOf(object), { data: { a: 'edited' } });
    await waitUntil('it is healed', async () => (await client.get(nameOf(object))).data.a === '1', limit);
    await rig.until('untried', 'is as in Git again', isDone);
    const [opened] = rig.drifts('untried');
    expect(opened?.drift).toMatchObject({ kind: 'changed', verdict: 'approximate' });
  });

  it('row 47: for two entries of one key is told once with the entry, and not sent again', async () => {
    const rig = await openRig();
    const doubled = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'doubled', namespace: 'default' },
      spec: {
        selector: { app: 'doubled' },
        ports: [
          { name: 'a', port: 80, protocol: 'TCP' },
          { name: 'b', port: 80, protocol: 'TCP' },
        ],
      },
    } as unknown as KubeObject;
    rig.want(wantedApplication('doubled', [doubled, configMap('single', { a: '1' })]));
    const { message } = await failureOf(rig, 'doubled', 'invalid');
    expect(message).toMatch(/ports.*80/);
    await rig.untilApplied(wantedApplication('later', [configMap('later', { a: '1' })]));
    expect(proxy.count(is('PATCH', '/services/doubled'))).toBe(1);
  });

  it('for a quota says so, and everything else goes on', async () => {
    const rig = await openRig();
    await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'full' } } as KubeObject);
    const quota = {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'full', namespace: 'full' },
      spec: { hard: { 'count/secrets': '0' } },
    } as unknown as KubeObject;
    await client.create(quota);
    await client.patch(
      nameOf(quota),
      { status: { hard: { 'count/secrets': '0' }, used: { 'count/secrets': '0' } } },
      'status',
    );
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'one', namespace: 'full' } };
    // The API server learns of a quota a moment after it was written.
    await waitUntil(
      'the quota is in force',
      () =>
        client.request('POST', '/api/v1/namespaces/full/secrets?dryRun=All', secret).then(
          () => false,
          (error: unknown) => String(error).includes('exceeded quota'),
        ),
      limit,
    );
    rig.want(wantedApplication('full', [secret as KubeObject, configMap('unlimited', { a: '1' })]));
    const { ref, remedy } = await failureOf(rig, 'full', 'quota');
    expect(ref).toMatchObject({ kind: 'Secret', name: 'one' });
    expect(remedy).toContain('ResourceQuota');
  });

  it('for want of a right says which, and everything else goes on', async () => {
    const rig = await openRig();
    const message = 'configmaps "forbidden" is forbidden: User "agent" cannot patch resource "configmaps"';
    proxy.when(is('PATCH', '/configmaps/forbidden'), {
      type: 'answer',
      status: 403,
      body: statusBody(403, 'Forbidden', message),
    });
    rig.want(wantedApplication('rights', [configMap('forbidden', {}), configMap('allowed', { a: '1' })]));
    expect((await failureOf(rig, 'rights', 'forbidden')).message).toContain('cannot patch resource');
  });

  it('for what a policy says gives its words, and everything else goes on', async () => {
    const rig = await openRig();
    const policy = {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name: 'no-latest' },
      spec: {
        failurePolicy: 'Fail',
        matchConstraints: {
          objectSelector: { matchLabels: { judged: 'yes' } },
          resourceRules: [
            { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] },
          ],
        },
        validations: [{ expression: 'false', message: 'nothing is good enough' }],
      },
    } as unknown as KubeObject;
    const binding = {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name: 'no-latest' },
      spec: { policyName: 'no-latest', validationActions: ['Deny'] },
    } as unknown as KubeObject;
    await client.create(policy);
    await client.create(binding);
    const judged = configMap('judged', { a: '1' }, { labels: { judged: 'yes' } });
    await waitUntil(
      'the policy is in force',
      () =>
        client.request('POST', '/api/v1/namespaces/default/configmaps?dryRun=All', judged).then(
          () => false,
          () => true,
        ),
      limit,
    );
    rig.want(wantedApplication('judged', [judged, configMap('unjudged', { a: '1' })]));
    expect((await failureOf(rig, 'judged', 'policy')).message).toContain('nothing is good enough');
  });
});

describe('what left Git', () => {
  const role = (name: string): KubeObject => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { name, namespace: 'default' },
    rules: [],
  });

  it('and can not be read is told, stays, is looked at again, and goes once it can', async () => {
    const first = await openRig();
    await first.untilApplied(wantedApplication('roles-left', [role('staying'), role('leaving')]));
    await first.close();
    const unreadable = {
      type: 'answer',
      status: 503,
      body: statusBody(503, 'ServiceUnavailable', 'away'),
    } as const;
    const isRoles = ({ method, path }: { readonly method: string; readonly path: string }): boolean =>
      method === 'GET' && /\/roles(\/leaving)?$/.test(path);
    const fault = proxy.when(isRoles, unreadable);
    const second = await openRig(first.state);
    second.want(wantedApplication('roles-left', [role('staying')]));
    const { ref } = await failureOf(second, 'roles-left', 'server-error');
    expect(ref.name).toBe('leaving');
    expect(await client.find(nameOf(role('leaving')))).toBeDefined();
    fault.remove();
    await waitUntil(
      'it is gone',
      async () => (await client.find(nameOf(role('leaving')))) === undefined,
      limit,
    );
    await second.until('roles-left', 'is as in Git', isDone);
    expect(await client.find(nameOf(role('staying')))).toBeDefined();
  });
});

describe('an application that ended', () => {
  it('is in no inventory any more, though it had handed objects over and a write of the inventory was refused', async () => {
    const rig = await openRig();
    const [handed, own] = [configMap('handed-over', { a: '1' }), configMap('own', { a: '1' })];
    await rig.untilApplied(wantedApplication('gives', [handed, own]));
    const takes = wantedApplication('takes', [handed]);
    await rig.untilApplied(takes, wantedApplication('gives', [own]));
    const isInventory: Match = (request) =>
      isWrite(request) && request.path.includes('/namespaces/fairlead-test/configmaps');
    const away = statusBody(503, 'ServiceUnavailable', 'away');
    const fault = proxy.when(isInventory, { type: 'answer', status: 503, body: away }, 2);
    rig.want(takes, wantedApplication('gives', [], { removal: 'release' }));
    await rig.until('gives', 'has ended', ({ removal }) => removal === 'done');
    expect(fault.hits).toBe(2);
    const inventory = JSON.stringify(await client.list('v1', 'ConfigMap', 'fairlead-test'));
    expect(inventory).not.toContain('apps/gives');
    expect(inventory).toContain('apps/takes');
    expect((await client.get(nameOf(handed))).data).toEqual({ a: '1' });
    expect((await client.get(nameOf(own))).data).toEqual({ a: '1' });
  });
});

describe('what others write beside Git', () => {
  it('row 36: the mark of a rollout restart stays when the image changes', async () => {
    const rig = await openRig();
    const deployment = (image: string): KubeObject => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'restarted', namespace: 'default' },
      spec: {
        selector: { matchLabels: { app: 'restarted' } },
        template: {
          metadata: { labels: { app: 'restarted' } },
          spec: { containers: [{ name: 'web', image }] },
        },
      },
    });
    await rig.untilApplied(wantedApplication('restarted', [deployment('nginx:1')]));
    const mark = { 'kubectl.kubernetes.io/restartedAt': '2026-11-25T12:00:00Z' };
    await client.patch(nameOf(deployment('')), { spec: { template: { metadata: { annotations: mark } } } });
    await rig.untilApplied(wantedApplication('restarted', [deployment('nginx:2')]));
    const { spec } = await client.get(nameOf(deployment('')));
    expect(spec.template.metadata.annotations).toEqual(mark);
    expect(spec.template.spec.containers[0].image).toBe('nginx:2');
    expect(rig.drifts('restarted')).toEqual([]);
  });

  it('row 37: the rules of an aggregated role are its controller’s', async () => {
    const rig = await openRig();
    const role = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'aggregated' },
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { part: 'aggregated' } }] },
      rules: [],
    } as unknown as KubeObject;
    const wanted = (note: string) => wantedApplication('roles', [role, configMap('roles-note', { note })]);
    await rig.untilApplied(wanted('1'));
    const rules = [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }];
    await client.patch(nameOf(role), { rules });
    await rig.untilApplied(wanted('2'));
    await rig.engine.whenIdle();
    expect((await client.get(nameOf(role))).rules).toEqual(rules);
    expect(
      proxy.count((request) => isWrite(request) && request.path.endsWith('/clusterroles/aggregated')),
    ).toBe(1);
    expect(rig.drifts('roles')).toEqual([]);
  });

  it('row 39: a value that admission rewrites is as left, and is not written again', async () => {
    const rig = await openRig();
    const policy = {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'MutatingAdmissionPolicy',
      metadata: { name: 'lower' },
      spec: {
        failurePolicy: 'Fail',
        reinvocationPolicy: 'Never',
        matchConstraints: {
          objectSelector: { matchLabels: { lowered: 'yes' } },
          resourceRules: [
            {
              apiGroups: [''],
              apiVersions: ['v1'],
              operations: ['CREATE', 'UPDATE'],
              resources: ['configmaps'],
            },
          ],
        },
        mutations: [
          {
            patchType: 'JSONPatch',
            jsonPatch: { expression: '[JSONPatch{op: "replace", path: "/data/mode", value: "lower"}]' },
          },
        ],
      },
    } as unknown as KubeObject;
    const binding = {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'MutatingAdmissionPolicyBinding',
      metadata: { name: 'lower' },
      spec: { policyName: 'lower' },
    } as unknown as KubeObject;
    await client.create(policy);
    await client.create(binding);
    const object = configMap('lowered', { mode: 'UPPER' }, { labels: { lowered: 'yes' } });
    await waitUntil(
      'the policy is in force',
      async () =>
        (await client.request('POST', '/api/v1/namespaces/default/configmaps?dryRun=All', object)).data
          .mode === 'lower',
      limit,
    );
    await rig.untilApplied(wantedApplication('lowered', [object]));
    expect((await client.get(nameOf(object))).data).toEqual({ mode: 'lower' });
    // Something else of it moves: it is looked at again.
    await client.patch(nameOf(object), { metadata: { annotations: { touched: 'yes' } } });
    await rig.untilApplied(
      wantedApplication('lowered', [object]),
      wantedApplication('mark', [configMap('mark', {})]),
    );
    await rig.engine.whenIdle();
    expect(proxy.count((request) => isWrite(request) && request.path.endsWith('/configmaps/lowered'))).toBe(
      1,
    );
    expect(rig.drifts('lowered')).toEqual([]);
  });

  it('row 40: a key that left stringData leaves the Secret', async () => {
    const rig = await openRig();
    const secret = (stringData: Record<string, string>): KubeObject => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'keys', namespace: 'default' },
      stringData,
    });
    await rig.untilApplied(wantedApplication('keys', [secret({ kept: 'one', left: 'two' })]));
    await rig.untilApplied(wantedApplication('keys', [secret({ kept: 'one' })]));
    expect((await client.get(nameOf(secret({})))).data).toEqual({ kept: btoa('one') });
    expect(JSON.stringify(rig.reports)).not.toContain('two');
  });
});
