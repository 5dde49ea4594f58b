import { describe, expect, it } from 'vitest';
import { classifyHook, waveOf } from '../../../agent/plan/classify-hook.ts';
import { dependsOnAnnotation } from '../../../agent/plan/dependencies.ts';
import { normalizeObject } from '../../../agent/plan/normalize-object.ts';
import { prepareApplication, withoutMarks } from '../../../agent/plan/prepare-application.ts';
import { remedies } from '../../../agent/plan/remedies.ts';
import { definedResources, indexResources } from '../../../agent/plan/resource-index.ts';
import { openGuard } from '../../../core/guard.ts';
import type { Json } from '../../../core/json.ts';
import type { KubeObject } from '../../../core/kube-object.ts';
import { ownerOf } from '../../../core/tracking.ts';
import { wantedApplication } from '../../support/engine-rig.ts';

const index = indexResources({ kubernetesVersion: '', resources: [], unknownGroups: new Set() }, []);
const seal = (text: string) => `seal:${text}`;

function object(kind: string, metadata: object, more: object = {}, apiVersion = 'v1'): KubeObject {
  return {
    apiVersion,
    kind,
    metadata: metadata as KubeObject['metadata'],
    ...(more as Record<string, Json>),
  };
}

describe('normalizeObject', () => {
  it('drops what only a server may say', () => {
    const metadata = {
      name: 'a',
      uid: 'u',
      resourceVersion: '1',
      generation: 2,
      creationTimestamp: null,
      managedFields: [],
      selfLink: '/a',
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}', kept: 'yes' },
    };
    expect(normalizeObject(object('ConfigMap', metadata, { status: {} }))).toEqual(
      object('ConfigMap', { name: 'a', annotations: { kept: 'yes' } }),
    );
  });

  it.each(['Cg==', '', 'Cgo=', 'IA==', ' ', null])(
    'drops the placeholder %j of a certificate',
    (caBundle) => {
      const service = { namespace: 'a', name: 'b' };
      const without = (kind: string, wrap: (config: object) => object, apiVersion: string) => [
        normalizeObject(object(kind, { name: 'a' }, wrap({ service, caBundle }), apiVersion)),
        object(kind, { name: 'a' }, wrap({ service }), apiVersion),
      ];
      const webhooks = (clientConfig: object) => ({ webhooks: [{ name: 'a', clientConfig }] });
      const conversion = (clientConfig: object) => ({ spec: { conversion: { webhook: { clientConfig } } } });
      const cases = [
        without('CustomResourceDefinition', conversion, 'apiextensions.k8s.io/v1'),
        without('MutatingWebhookConfiguration', webhooks, 'admissionregistration.k8s.io/v1'),
        without('ValidatingWebhookConfiguration', webhooks, 'admissionregistration.k8s.io/v1'),
        without('APIService', (spec) => ({ spec }), 'apiregistration.k8s.io/v1'),
      ];
      for (const [found, expected] of cases) expect(found).toEqual(expected);
    },
  );

  it.each(['LS0tLS1CRUdJTg==', 'no base64!'])('keeps the certificate %j', (caBundle) => {
    const plain = object('APIService', { name: 'a' }, { spec: { caBundle } }, 'apiregistration.k8s.io/v1');
    expect(normalizeObject(plain)).toEqual(plain);
  });

  it('drops null time stamps of templates, and gives ports their protocol', () => {
    const container = { name: 'a', ports: [{ containerPort: 80 }, { containerPort: 53, protocol: 'UDP' }] };
    const template = { metadata: { creationTimestamp: null, labels: {} }, spec: { containers: [container] } };
    const found = normalizeObject(object('Deployment', { name: 'a' }, { spec: { template } }, 'apps/v1'));
    expect(found['spec']).toEqual({
      template: {
        metadata: { labels: {} },
        spec: {
          containers: [
            {
              name: 'a',
              ports: [
                { containerPort: 80, protocol: 'TCP' },
                { containerPort: 53, protocol: 'UDP' },
              ],
            },
          ],
        },
      },
    });
  });

  it('turns the texts of a Secret into data, over what is there', () => {
    const secret = object(
      'Secret',
      { name: 'a' },
      { data: { a: 'eA==', b: 'eQ==' }, stringData: { b: 'zürich' } },
    );
    expect(normalizeObject(secret)).toEqual(
      object('Secret', { name: 'a' }, { data: { a: 'eA==', b: 'esO8cmljaA==' } }),
    );
  });

  it('leaves the rules of an aggregated role to its controller', () => {
    const role = object(
      'ClusterRole',
      { name: 'a' },
      { aggregationRule: {}, rules: [] },
      'rbac.authorization.k8s.io/v1',
    );
    expect(normalizeObject(role)).not.toHaveProperty('rules');
  });
});

describe('prepareApplication', () => {
  const prepare = (...objects: KubeObject[]) =>
    prepareApplication(wantedApplication('a', objects, { namespace: 'shop' }), index, seal, openGuard);

  it('row 18: places objects by the scope of their kind, before their identity is known', () => {
    const found = prepare(
      object('ConfigMap', { name: 'a' }),
      object('Namespace', { name: 'b', namespace: 'wrong' }),
    );
    expect([...found.objects.keys()]).toEqual(['/ConfigMap:shop/a', '/Namespace:/b']);
  });

  it('learns the scope of a custom kind from its definition', () => {
    const definition = object(
      'CustomResourceDefinition',
      { name: 'gauges.x.io' },
      {
        spec: {
          group: 'x.io',
          scope: 'Cluster',
          names: { kind: 'Gauge', plural: 'gauges' },
          versions: [{ name: 'v1', served: true }],
        },
      },
      'apiextensions.k8s.io/v1',
    );
    const gauge = object('Gauge', { name: 'g', namespace: 'wrong' }, {}, 'x.io/v1');
    expect(prepare(gauge).isUncertain).toBe(true);
    const known = indexResources(
      { kubernetesVersion: '', resources: [], unknownGroups: new Set() },
      definedResources(definition),
    );
    const found = prepareApplication(wantedApplication('a', [gauge]), known, seal, openGuard);
    expect(found).toMatchObject({ isUncertain: false });
    expect([...found.objects.keys()]).toEqual(['x.io/Gauge:/g']);
  });

  it('marks objects so that they are ours, and can take the marks off again', () => {
    const plain = object('ConfigMap', { name: 'a', namespace: 'shop' });
    const [found] = [...prepare(plain).objects.values()];
    expect(ownerOf(found!.object, found!.ref)).toBe('apps/a');
    expect(withoutMarks(found!.object)).toEqual(plain);
    expect(found!.digest).not.toContain('fairlead.dev');
  });

  it('takes exact duplicates once, and says where differing ones are', () => {
    const one = object('ConfigMap', { name: 'a' }, { data: { x: '1' } });
    const twice = prepare(one, one);
    expect([twice.failures, twice.objects.size]).toEqual([[], 1]);
    expect(twice.warnings).toMatchObject([
      {
        code: 'repeated',
        message: 'ConfigMap shop/a is declared 2 times alike, and applied once: a.yaml:1, a.yaml:2',
      },
    ]);
    expect(prepare(one).warnings).toEqual([]);
    const { failures, objects } = prepare(one, object('ConfigMap', { name: 'a' }, { data: { x: '2' } }));
    expect(failures).toMatchObject([
      { code: 'duplicate', message: expect.stringMatching(/a\.yaml:1 and at a\.yaml:2/) },
    ]);
    expect(objects.size).toBe(1);
  });

  it('refuses annotations that no API server takes, by their bytes and before it is asked', () => {
    const noted = (text: string) => object('ConfigMap', { name: 'a', annotations: { note: text } });
    const limit = 256 * 1024;
    expect(prepare(noted('x'.repeat(limit - 200))).failures).toEqual([]);
    expect(prepare(noted('x'.repeat(limit + 1))).failures).toMatchObject([
      {
        code: 'too-large',
        message: expect.stringContaining('more than the 262144'),
        remedy: remedies['too-large'],
      },
    ]);
    expect(prepare(noted('é'.repeat(limit / 2))).failures).toMatchObject([{ code: 'too-large' }]);
  });

  it('is lenient with unknown fields where the application or the object says so, and tries again then', () => {
    const plain = object('ConfigMap', { name: 'a' });
    const annotated = (option: string) =>
      object('ConfigMap', { name: 'a', annotations: { 'argocd.argoproj.io/sync-options': option } });
    const one = (what: KubeObject, unvalidated: object) =>
      [
        ...prepareApplication(
          wantedApplication('a', [what], unvalidated),
          index,
          seal,
          openGuard,
        ).objects.values(),
      ][0]!;
    expect(one(plain, {}).unvalidated).toBeUndefined();
    expect(one(plain, { unvalidated: true }).unvalidated).toBe(true);
    expect(one(annotated('Validate=false'), {}).unvalidated).toBe(true);
    expect(one(annotated('Validate=true'), { unvalidated: true }).unvalidated).toBeUndefined();
    expect(one(plain, { unvalidated: true }).digest).not.toBe(one(plain, {}).digest);
  });

  it('says of each object that can not be applied what to do about it', () => {
    const one = object('ConfigMap', { name: 'a' }, { data: { x: '1' } });
    const other = object('ConfigMap', { name: 'a' }, { data: { x: '2' } });
    const unfounded = object('ConfigMap', {
      name: 'b',
      annotations: { [dependsOnAnnotation]: '/namespaces/default/ConfigMap/gone' },
    });
    const outside = object('ConfigMap', { name: 'c', namespace: 'kube-system' });
    const desired = wantedApplication('a', [one, other, unfounded, outside, object('ConfigMap', {})]);
    const guard = { ...openGuard, namespaces: ['default'] };
    const { failures } = prepareApplication(desired, index, seal, guard);
    expect(failures.map(({ code }) => code).sort()).toEqual(['dependency', 'duplicate', 'guard', 'invalid']);
    expect(failures.filter(({ remedy }) => remedy === undefined || remedy === '')).toEqual([]);
  });

  it('names a generated hook after its content', () => {
    const job = object(
      'Job',
      { generateName: 'run-', annotations: { 'argocd.argoproj.io/hook': 'PreSync' } },
      {},
      'batch/v1',
    );
    const [first, second] = [prepare(job), prepare(job)].map(({ hooks }) => hooks[0]!.ref.name);
    expect(first).toMatch(/^run-[a-z2-7]{10}$/);
    expect(second).toBe(first);
  });
});

describe('classifyHook', () => {
  it.each([
    [{}, { type: 'plain' }],
    [{ 'helm.sh/hook': 'test' }, { type: 'ignored' }],
    [{ 'argocd.argoproj.io/hook': 'Skip' }, { type: 'ignored' }],
    [{ 'helm.sh/hook': 'crd-install' }, { type: 'plain' }],
    [
      { 'helm.sh/hook': 'pre-install, pre-upgrade' },
      { type: 'hook', phases: ['PreSync'], deletePolicies: ['BeforeHookCreation'] },
    ],
    [
      { 'helm.sh/hook': 'post-install', 'helm.sh/hook-delete-policy': 'hook-succeeded,before-hook-creation' },
      { type: 'hook', phases: ['PostSync'], deletePolicies: ['HookSucceeded', 'BeforeHookCreation'] },
    ],
    [
      { 'helm.sh/hook': 'pre-install', 'argocd.argoproj.io/hook': 'PostSync' },
      { type: 'hook', phases: ['PostSync'], deletePolicies: ['BeforeHookCreation'] },
    ],
  ])('reads %j', (annotations, expected) => {
    expect(classifyHook(object('Job', { name: 'a', annotations }))).toEqual(expected);
  });

  it.each([
    [{}, 0],
    [{ 'argocd.argoproj.io/sync-wave': '-3' }, -3],
    [{ 'helm.sh/hook-weight': '5' }, 5],
    [{ 'argocd.argoproj.io/sync-wave': 'x', 'helm.sh/hook-weight': '2' }, 2],
  ])('finds the wave of %j', (annotations, wave) => {
    expect(waveOf(object('Job', { name: 'a', annotations }))).toBe(wave);
  });
});

it('what is of an excluded kind is not applied, hook or not, and told as a warning', () => {
  const desired = wantedApplication('web', [
    object('ConfigMap', { name: 'kept', namespace: 'web' }),
    object('Secret', { name: 'gone', namespace: 'web' }),
    object('Job', { name: 'hook', annotations: { 'argocd.argoproj.io/hook': 'PreSync' } }, {}, 'batch/v1'),
    object('Lease', { name: 'never' }, {}, 'coordination.k8s.io/v1'),
  ]);
  const exclusions = [
    { apiGroups: [''], kinds: ['Secret'] },
    { apiGroups: ['batch'], kinds: [] },
  ];
  const rules = { resourceRules: { exclusions, inclusions: [] } };
  const prepared = prepareApplication({ ...desired, ...rules }, index, seal, openGuard);
  expect([...prepared.objects.values()].map(({ ref }) => ref.name)).toEqual(['kept']);
  expect(prepared.hooks).toEqual([]);
  expect(prepared.warnings.map(({ code, ref }) => `${code} ${ref.name}`)).toEqual([
    'excluded gone',
    'excluded hook',
    'excluded never',
  ]);
  expect(prepared.warnings[0]?.message).toContain("is of a kind that is excluded, so it isn't applied");
  expect(prepared.failures).toEqual([]);
});
