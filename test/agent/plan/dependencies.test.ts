import { describe, expect, it } from 'vitest';
import {
  checkDependencies,
  type Dependencies,
  dependsOnAnnotation,
  findDependencies,
  findLayers,
} from '../../../agent/plan/dependencies.ts';
import { type ObjectFacts, planApplication } from '../../../agent/plan/plan-application.ts';
import type { PreparedObject } from '../../../agent/plan/prepared-object.ts';
import { unprotected } from '../../../agent/plan/prune-protection.ts';
import type { Json } from '../../../core/json.ts';
import { type KubeObject, refOf } from '../../../core/kube-object.ts';
import { formatRef } from '../../../core/object-ref.ts';

function prepared(
  apiVersion: string,
  kind: string,
  name: string,
  rest: Readonly<Record<string, Json>> = {},
  wave = 0,
): PreparedObject {
  const object: KubeObject = { apiVersion, kind, metadata: { name, namespace: 'apps' }, ...rest };
  const ref = refOf(object);
  const annotations = object.metadata.annotations ?? {};
  const identity = { key: formatRef(ref), ref, apiVersion, annotations };
  return { ...identity, object, digest: 'new', wave, protections: unprotected };
}

function dependent(name: string, on: string, wave = 0): PreparedObject {
  const metadata = { name, namespace: 'apps', annotations: { [dependsOnAnnotation]: on } };
  return prepared('v1', 'ConfigMap', name, { metadata }, wave);
}

const labels = { app: 'guard' };
const service = prepared('v1', 'Service', 'guard', { spec: { selector: labels } });
const workload = prepared('apps/v1', 'Deployment', 'guard', { spec: { template: { metadata: { labels } } } });
const other = prepared('apps/v1', 'Deployment', 'other', {
  spec: { template: { metadata: { labels: { app: 'other' } } } },
});
const clientConfig = { service: { namespace: 'apps', name: 'guard' } };
const webhook = prepared('admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration', 'guard', {
  webhooks: [
    { name: 'a', clientConfig },
    { name: 'b', clientConfig: { url: 'https://example.com' } },
  ],
});
const apiService = prepared('apiregistration.k8s.io/v1', 'APIService', 'v1.test.example', {
  spec: { service: { namespace: 'apps', name: 'guard' } },
});
const definition = prepared('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'gauges.test.example', {
  spec: {
    group: 'test.example',
    names: { kind: 'Gauge' },
    conversion: { strategy: 'Webhook', webhook: { clientConfig } },
  },
});
const gauge = prepared('test.example/v1', 'Gauge', 'one');

function waiting(objects: readonly PreparedObject[]): Record<string, readonly string[]> {
  return Object.fromEntries([...findDependencies(objects)].map(([key, keys]) => [key, [...keys].sort()]));
}

function layersOf(
  objects: readonly PreparedObject[],
  dependencies: Dependencies,
): readonly (number | undefined)[] {
  const keys = objects.map((object) => object.key);
  const layers = findLayers(keys, dependencies);
  return keys.map((key) => layers.get(key));
}

function facts(object: PreparedObject): ObjectFacts {
  return { prepared: object, live: 'absent', permission: 'apply', blocked: false, established: true };
}

describe('dependencies', () => {
  it('are, for a webhook configuration, the Service in its place and the workloads behind it', () => {
    expect(waiting([webhook, service, workload, other])).toEqual({
      [webhook.key]: [service.key, workload.key].sort(),
    });
  });

  it('are none for a backend that the application does not have', () => {
    expect(waiting([webhook, apiService, other])).toEqual({});
  });

  it('hold an APIService, and objects of a kind that a webhook converts, back', () => {
    const backend = [service.key, workload.key].sort();
    expect(waiting([gauge, apiService, definition, service, workload])).toEqual({
      [gauge.key]: backend,
      [apiService.key]: backend,
    });
  });

  it('are what an author wrote, of objects with and without a namespace', () => {
    const role = prepared('rbac.authorization.k8s.io/v1', 'ClusterRole', 'reader', {
      metadata: { name: 'reader' },
    });
    const late = dependent(
      'late',
      'apps/namespaces/apps/Deployment/other, rbac.authorization.k8s.io/ClusterRole/reader',
    );
    expect(waiting([late, other, role])).toEqual({ [late.key]: [other.key, role.key].sort() });
  });

  it('put objects into layers, and one that is inferred never closes a circle', () => {
    const first = dependent('first', '/namespaces/apps/ConfigMap/second');
    const second = dependent('second', 'apps/namespaces/apps/Deployment/guard');
    const all = [first, second, workload];
    expect(layersOf(all, findDependencies(all))).toEqual([2, 1, 0]);
    const webhookName = 'admissionregistration.k8s.io/namespaces/apps/ValidatingWebhookConfiguration/guard';
    const waitingBackend = { ...workload, annotations: { [dependsOnAnnotation]: webhookName } };
    const found = findDependencies([webhook, service, waitingBackend]);
    expect([...(found.get(webhook.key) ?? [])]).toEqual([service.key]);
    expect(layersOf([waitingBackend], found)).toEqual([2]);
  });

  it('are looked at once each, however they cross', () => {
    const crossing = Array.from({ length: 60 }, (_, layer) =>
      ['a', 'b'].map((name) =>
        dependent(
          `${name}${layer}`,
          layer === 0
            ? 'apps/namespaces/apps/Deployment/guard'
            : `/namespaces/apps/ConfigMap/a${layer - 1},/namespaces/apps/ConfigMap/b${layer - 1}`,
        ),
      ),
    ).flat();
    const all = [...crossing, workload];
    expect(layersOf(all, findDependencies(all)).at(-2)).toBe(60);
    expect(checkDependencies(new Map(all.map((object) => [object.key, object])))).toEqual([]);
  });

  it('that are inferred never go to a later wave: the author put it there', () => {
    expect(waiting([webhook, service, { ...workload, wave: 1 }])).toEqual({ [webhook.key]: [service.key] });
  });

  it('hold what intercepts requests, and nothing else, until its backend is healthy', () => {
    const plan = planApplication({
      objects: [webhook, other, workload, service].map(facts),
      hooks: [],
      missingNamespaces: new Set(),
    });
    expect(plan.stages).toEqual([
      [{ type: 'apply', key: service.key }],
      [
        { type: 'apply', key: workload.key },
        { type: 'apply', key: other.key },
      ],
      [{ type: 'apply', key: webhook.key, after: [service.key, workload.key].sort() }],
    ]);
  });

  it('hold nothing back where there is nothing to write', () => {
    const settled: ObjectFacts = { ...facts(webhook), live: 'at-baseline', applied: 'new' };
    const plan = planApplication({
      objects: [settled, facts(service)],
      hooks: [],
      missingNamespaces: new Set(),
    });
    expect(plan.stages).toEqual([[{ type: 'apply', key: service.key }]]);
  });
});

describe('a dependency that can not be kept', () => {
  const mapOf = (...objects: readonly PreparedObject[]) =>
    new Map(objects.map((object) => [object.key, object]));

  it.each([
    [
      'that is no reference',
      dependent('a', 'Deployment/web'),
      /has "Deployment\/web" in config.kubernetes.io/,
    ],
    [
      'to what is not there',
      dependent('a', '/namespaces/apps/Secret/gone'),
      /depends on Secret apps\/gone, which isn't/,
    ],
    ['on a later wave', dependent('a', 'apps/namespaces/apps/Deployment/late'), /of the later wave 3/],
    ['on itself', dependent('a', '/namespaces/apps/ConfigMap/a'), /depends on itself by way of others/],
  ])('%s is a failure of the object that wrote it', (_name, object, message) => {
    const late = { ...prepared('apps/v1', 'Deployment', 'late'), wave: 3 };
    expect(checkDependencies(mapOf(object, late))).toEqual([
      {
        ref: object.ref,
        code: 'dependency',
        message: expect.stringMatching(message),
        remedy: expect.stringMatching(/^[A-Z]/),
      },
    ]);
  });
});
