import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type FieldPath,
  fieldsOf,
  pathsOf,
  unionFields,
  withoutPaths,
} from '../../../agent/plan/field-sets.ts';
import { planRepair } from '../../../agent/plan/plan-repair.ts';
import { recreateObstacle, recreatePolicyOf, trialOf } from '../../../agent/plan/recreate-policy.ts';
import { planRelease } from '../../../agent/plan/release-fields.ts';
import { planTakeOver, type TakeOver } from '../../../agent/plan/take-over.ts';
import type { JsonObject } from '../../../core/json.ts';
import type { KubeObject } from '../../../core/kube-object.ts';
import { partOf, partOfLabel, trackingAnnotation } from '../../../core/tracking.ts';

const name = fc.constantFrom('f:a', 'f:b', 'f:c', 'k:{"name":"x"}');
const paths = fc.array(fc.array(name, { minLength: 1, maxLength: 4 }), { maxLength: 8 });
const names = (set: readonly FieldPath[]) => new Set(set.map((path) => path.join('/')));

describe('sets of fields', () => {
  it('are their paths, whatever order they come in', () => {
    fc.assert(
      fc.property(paths, (set) => {
        expect(names(pathsOf(fieldsOf(set)))).toEqual(names(set));
      }),
    );
  });

  it('have in a union what either has, and nothing of what is taken away', () => {
    fc.assert(
      fc.property(paths, paths, (left, right) => {
        const union = unionFields([fieldsOf(left), fieldsOf(right)]);
        expect(names(pathsOf(union))).toEqual(new Set([...names(left), ...names(right)]));
        const rest = names(pathsOf(withoutPaths(union, right)));
        expect(rest).toEqual(new Set([...names(left)].filter((path) => !names(right).has(path))));
      }),
    );
  });
});

function entry(manager: string, operation: string, fieldsV1: JsonObject, more: JsonObject = {}): JsonObject {
  return { manager, operation, apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1, ...more };
}

function configMap(managedFields: readonly JsonObject[], annotations = {}): KubeObject {
  const metadata = { name: 'a', namespace: 'default', resourceVersion: '7', annotations, managedFields };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { a: '1', b: '2' } };
}

const data = (...keys: string[]): JsonObject => ({
  'f:data': Object.fromEntries(keys.map((key) => [`f:${key}`, {}])),
});

function how(more: Partial<TakeOver>): TakeOver {
  const desired: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } };
  return { desired, as: 'own', isAtBaseline: true, isServed: () => true, versions: 'as-served', ...more };
}

const entriesAfter = (patch: ReturnType<typeof planTakeOver>) => {
  const step = patch?.find(({ path }) => path === '/metadata/managedFields');
  return step !== undefined && 'value' in step ? step.value : undefined;
};

describe('taking over', () => {
  it('leaves a foreign edit, a status and a scale to whom they belong', () => {
    const live = configMap([
      entry('kubectl-edit', 'Update', data('a')),
      entry('helm', 'Update', data('b'), { subresource: 'status' }),
    ]);
    expect(planTakeOver(live, how({ as: 'adopt' }))).toBeUndefined();
  });

  it('is of the version that was read, or fails', () => {
    const live = configMap([entry('helm', 'Update', data('a'))]);
    expect(planTakeOver(live, how({ as: 'adopt' }))).toContainEqual({
      op: 'replace',
      path: '/metadata/resourceVersion',
      value: '7',
    });
  });

  it('takes of a client-side apply what was said, and not the defaults that its entry names', () => {
    const said = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: {}, data: { a: '1' } });
    const live = configMap([entry('kubectl-client-side-apply', 'Update', data('a', 'b'))], {
      'kubectl.kubernetes.io/last-applied-configuration': said,
    });
    expect(entriesAfter(planTakeOver(live, how({ as: 'adopt' })))).toEqual([
      entry('fairlead', 'Apply', data('a')),
    ]);
  });

  it('takes back what was changed and changed back, and nothing that has another value', () => {
    const live = configMap([
      entry('fairlead', 'Apply', data('a')),
      entry('kubectl-edit', 'Update', data('b', 'c')),
    ]);
    const baseline = JSON.stringify(data('a', 'b'));
    expect(entriesAfter(planTakeOver(live, how({ baseline })))).toEqual([
      entry('kubectl-edit', 'Update', data('c')),
      entry('fairlead', 'Apply', data('a', 'b')),
    ]);
    expect(planTakeOver(live, how({ baseline, isAtBaseline: false }))).toBeUndefined();
  });

  it('never empties the list, which would make the API server forget everybody', () => {
    const live = configMap([entry('helm', 'Update', { 'f:data': { 'f:gone': {} } })]);
    expect(planTakeOver(live, how({ as: 'adopt' }))).toBeUndefined();
  });
});

describe('letting go', () => {
  it('joins what an earlier release left, and names each mark that it removes', () => {
    const live = configMap(
      [entry('fairlead', 'Apply', data('a')), entry('fairlead-released', 'Update', data('b'))],
      { [trackingAnnotation]: 'x' },
    );
    const patch = planRelease(live);
    expect(entriesAfter(patch)).toEqual([entry('fairlead-released', 'Update', data('a', 'b'))]);
    expect(patch).toContainEqual({ op: 'remove', path: '/metadata/annotations/fairlead.dev~1tracking-id' });
    expect(patch.some(({ path }) => path.startsWith('/metadata/labels'))).toBe(false);
  });
});

describe('a repair', () => {
  const live: KubeObject = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'a', resourceVersion: '7' },
    spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } },
  };
  const cause = {
    reason: 'FieldValueForbidden',
    field: 'spec.strategy.rollingUpdate',
    message: "Forbidden: may not be specified when strategy `type` is 'Recreate'",
  };
  const failure = { status: 422, reason: 'Invalid', message: '', causes: [cause] };
  const desired: KubeObject = { ...live, spec: { strategy: { type: 'Recreate' } } };

  it('says what Git says beside what it removes', () => {
    expect(planRepair(failure, live, desired)).toEqual({
      metadata: { resourceVersion: '7' },
      spec: { strategy: { type: 'Recreate', rollingUpdate: null } },
    });
  });

  it('is none where Git itself names the field, or anything else is wrong too', () => {
    const named: KubeObject = { ...live, spec: { strategy: { type: 'Recreate', rollingUpdate: {} } } };
    expect(planRepair(failure, live, named)).toBeUndefined();
    const other = { reason: 'FieldValueInvalid', field: 'spec.replicas', message: 'must not be negative' };
    expect(planRepair({ ...failure, causes: [cause, other] }, live, desired)).toBeUndefined();
  });
});

describe('making anew', () => {
  const object = (annotations: Record<string, string>, more: Partial<KubeObject> = {}): KubeObject => ({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'a', namespace: 'default', annotations },
    ...more,
  });

  it.each([
    [{}, 'never', 'never'],
    [{}, 'Background', 'Background'],
    [{ 'argocd.argoproj.io/sync-options': 'Force=true' }, 'never', 'Background'],
    [{ 'argocd.argoproj.io/sync-options': 'Prune=false, Replace=true' }, 'never', 'Background'],
    [{ 'argocd.argoproj.io/sync-options': 'Replace=false' }, 'Background', 'never'],
    [{ 'fairlead.dev/recreate': 'orphan' }, 'never', 'Orphan'],
    [{ 'fairlead.dev/recreate': 'never' }, 'Background', 'never'],
    [{ 'fairlead.dev/recreate': 'orphan' }, 'Background', 'Orphan'],
    [{ 'fairlead.dev/recreate': 'nonsense' }, 'Background', 'never'],
  ] as const)('%j in an application of %s is %s', (annotations, ofApplication, expected) => {
    expect(recreatePolicyOf(object(annotations), ofApplication)).toBe(expected);
  });

  it('is refused for what is not ours, is protected, owned, or keeps data', () => {
    const ours = {
      labels: { [partOfLabel]: partOf('apps/x') },
      annotations: { [trackingAnnotation]: 'apps/x:batch/Job:default/a' },
    };
    const live = (more: JsonObject = {}): KubeObject => {
      const base = object({});
      return { ...base, metadata: { ...base.metadata, ...ours, ...more } };
    };
    expect(recreateObstacle(live(), object({}), 'apps/x')).toBeUndefined();
    expect(recreateObstacle(object({}), object({}), 'apps/x')).toContain('no mark');
    expect(recreateObstacle(live(), object({}), 'apps/y')).toContain('no mark');
    const kept = object({ 'helm.sh/resource-policy': 'keep' });
    expect(recreateObstacle(live(), kept, 'apps/x')).toContain('protected');
    expect(recreateObstacle(live({ ownerReferences: [{}] }), object({}), 'apps/x')).toContain('owns');
    const namespace: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'a' } };
    expect(recreateObstacle(namespace, namespace, 'apps/x')).toContain('no apply brings back');
  });

  it('is tried under another name, without the address and ports that the live Service has', () => {
    const service = (spec: JsonObject): KubeObject => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'a', namespace: 'default' },
      spec,
    });
    const live = service({ clusterIP: '10.0.0.1', ports: [{ port: 80, nodePort: 30_001 }] });
    const wanted = service({ clusterIP: '10.0.0.1', ports: [{ port: 81, nodePort: 30_001 }, { port: 82 }] });
    const trial = trialOf(wanted, live);
    expect(trial.metadata.name).toMatch(/^fairlead-trial-[\w-]+$/);
    expect(trial['spec']).toEqual({ ports: [{ port: 81 }, { port: 82 }] });
  });
});

describe('Argo CD’s tracking label', () => {
  const instance = 'app.kubernetes.io/instance';
  const labels = { app: 'web', [instance]: 'shop' };
  const fieldsV1: JsonObject = {
    'f:metadata': { 'f:labels': { [`f:${instance}`]: {} } },
    'f:spec': { 'f:template': { 'f:metadata': { 'f:labels': { 'f:app': {}, [`f:${instance}`]: {} } } } },
  };
  const deployment = (podLabels: Readonly<Record<string, string>>, metadata: JsonObject): KubeObject => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', resourceVersion: '7', ...metadata },
    spec: { template: { metadata: { labels: podLabels } } },
  });
  const taken = (manager: string, podLabels: Readonly<Record<string, string>>): string => {
    const managedFields = [entry(manager, 'Apply', fieldsV1, { apiVersion: 'apps/v1' })];
    const desired = deployment(podLabels, {});
    return JSON.stringify(
      planTakeOver(deployment(labels, { labels, managedFields }), how({ as: 'adopt', desired })),
    );
  };
  const ofPods = `"f:template":{"f:metadata":{"f:labels":{"f:app":{},"f:${instance}":{}}}}`;

  it('in the Pods of a workload is not made ours, so that it stays; on the object it is, and goes', () => {
    const patch = taken('argocd-controller', { app: 'web' });
    expect(patch).toContain(`"f:metadata":{"f:labels":{"f:${instance}":{}}}`);
    expect(patch).toContain('"f:template":{"f:metadata":{"f:labels":{"f:app":{}}}}');
  });

  it('is made ours where Git says it, or where somebody else than Argo CD wrote it', () => {
    expect(taken('argocd-controller', labels)).toContain(ofPods);
    expect(taken('helm', { app: 'web' })).toContain(ofPods);
  });
});
