import { describe, expect, it } from 'vitest';
import { compareObjects } from '../../../agent/plan/compare-objects.ts';
import { ownedFields } from '../../../agent/plan/managed-fields.ts';
import { predictApply } from '../../../agent/plan/predict-apply.ts';
import { equalQuantities } from '../../../agent/plan/quantity.ts';
import { type JsonObject, parseJson } from '../../../core/json.ts';
import type { KubeObject } from '../../../core/kube-object.ts';

/** As an API server keeps it, made by kubectl. */
const live: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: {
    name: 'web',
    namespace: 'shop',
    uid: 'u',
    resourceVersion: '5',
    labels: { app: 'web', team: 'shop' },
    finalizers: ['example.com/one', 'example.com/two'],
    managedFields: [
      {
        manager: 'kubectl-create',
        operation: 'Update',
        time: '2026-11-01T10:00:00Z',
        fieldsV1: {
          'f:metadata': { 'f:finalizers': { 'v:"example.com/one"': {} } },
          'f:spec': {
            'f:replicas': {},
            'f:containers': {
              'k:{"name":"web"}': { '.': {}, 'f:image': {}, 'f:args': {}, 'f:resources': {} },
              'k:{"name":"injected"}': { '.': {}, 'f:image': {} },
            },
          },
        },
      },
    ],
  },
  spec: {
    replicas: 2,
    strategy: { type: 'RollingUpdate' },
    containers: [
      {
        name: 'web',
        image: 'web:1',
        args: ['--port', '80'],
        imagePullPolicy: 'IfNotPresent',
        resources: { requests: { cpu: '1', memory: '1Gi' } },
        rules: [{ port: 80, protocol: 'TCP' }],
      },
      { name: 'injected', image: 'proxy:3' },
    ],
  },
  status: { readyReplicas: 2 },
};

function wanted(spec: JsonObject, metadata: JsonObject = {}): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop', ...metadata },
    spec,
  };
}

function differences(desired: KubeObject) {
  return compareObjects(live, predictApply(live, desired)).map(
    ({ path, desired: git, live: found, writer }) => [path, git, found, writer?.manager],
  );
}

describe('an apply that is guessed without a dry-run', () => {
  it('finds no difference where Git says the same in other words, or less', () => {
    const spec = {
      replicas: 2,
      paused: false,
      template: {},
      note: null,
      containers: [
        {
          name: 'web',
          image: 'web:1',
          args: ['--port', '80'],
          env: [],
          resources: { requests: { cpu: '1000m', memory: '1024Mi' } },
          rules: [{ port: 80 }],
        },
      ],
    };
    const metadata = { labels: { app: 'web' }, finalizers: ['example.com/one', 'example.com/two'] };
    expect(differences(wanted(spec, metadata))).toEqual([]);
  });

  it('puts what Git has of a list into the order of Git, and leaves the rest where it is', () => {
    const finalizers = ['example.com/two', 'example.com/one'];
    expect(differences(wanted({}, { finalizers }))).toEqual([
      ['metadata.finalizers', finalizers, finalizers.toReversed(), undefined],
    ]);
    expect(differences(wanted({}, { finalizers: ['example.com/two', 'example.com/three'] }))).toEqual([
      ['metadata.finalizers[=example.com/three]', 'example.com/three', undefined, undefined],
    ]);
  });

  it('names each field that differs, with its list keys and its writer', () => {
    const spec = {
      replicas: 3,
      containers: [{ name: 'web', image: 'web:2', args: ['--port'] }, { name: 'extra' }],
    };
    expect(differences(wanted(spec, { labels: { app: 'other', tier: 'front' } }))).toEqual([
      ['spec.replicas', 3, 2, 'kubectl-create'],
      ['spec.containers[name=web].image', 'web:2', 'web:1', 'kubectl-create'],
      ['spec.containers[name=web].args', ['--port'], ['--port', '80'], 'kubectl-create'],
      ['spec.containers[name=extra]', { name: 'extra' }, undefined, undefined],
      ['metadata.labels.app', 'other', 'web', undefined],
      ['metadata.labels.tier', 'front', undefined, undefined],
    ]);
  });

  it('does not take texts for quantities elsewhere', () => {
    const spec = { containers: [{ name: 'web', image: 'web:1', version: '1.0' }] };
    const other = structuredClone(live) as unknown as { spec: { containers: JsonObject[] } };
    other.spec.containers[0] = { ...other.spec.containers[0], version: '1' };
    const seen = other as unknown as KubeObject;
    expect(compareObjects(seen, predictApply(seen, wanted(spec))).map(({ path }) => path)).toEqual([
      'spec.containers[name=web].version',
    ]);
  });

  it('takes a selector as a whole where its writers own it so', () => {
    const seen = (owned: JsonObject): KubeObject => ({
      ...live,
      metadata: {
        ...live.metadata,
        managedFields: [
          {
            manager: 'm',
            operation: 'Update',
            fieldsV1: { 'f:spec': { 'f:selector': owned, 'f:fieldRef': {} } },
          },
        ],
      },
      spec: { selector: { app: 'web', by: 'hand' }, fieldRef: { apiVersion: 'v1', fieldPath: 'a' } },
    });
    const desired = wanted({ selector: { app: 'web' }, fieldRef: { fieldPath: 'a' } });
    const paths = (object: KubeObject) =>
      compareObjects(object, predictApply(object, desired)).map(({ path }) => path);
    expect(paths(seen({}))).toEqual(['spec.selector.by']);
    expect(paths(seen({ 'f:app': {}, 'f:by': {} }))).toEqual([]);
  });

  it('never takes a key that Git leaves to its default for one that another item names', () => {
    const item = (protocol: string) => `k:{"port":53,"protocol":"${protocol}"}`;
    const fieldsV1 = { 'f:spec': { 'f:ports': { [item('TCP')]: {}, [item('UDP')]: {} } } };
    const udp = { name: 'dns', port: 53, protocol: 'UDP' };
    const seen: KubeObject = {
      ...live,
      metadata: { ...live.metadata, managedFields: [{ manager: 'm', operation: 'Apply', fieldsV1 }] },
      spec: { ports: [udp, { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: 53 }] },
    };
    const paths = (ports: JsonObject[]) =>
      compareObjects(seen, predictApply(seen, wanted({ ports }))).map(({ path }) => path);
    const tcp = { name: 'dns-tcp', port: 53 };
    expect(paths([udp, tcp])).toEqual([]);
    // An apply puts Git's items into Git's order.
    expect(paths([tcp, udp])).toEqual(['spec.ports']);
    expect(paths([udp, { ...tcp, name: 'other' }])).toEqual(['spec.ports[port=53,protocol=TCP].name']);
  });

  it('counts as ours what Git names, and nothing else', () => {
    const predicted = predictApply(
      live,
      wanted({ replicas: 2, containers: [{ name: 'web', image: 'web:1' }] }),
    );
    expect(parseJson(ownedFields(predicted))).toEqual({
      'f:metadata': {},
      'f:spec': {
        'f:replicas': {},
        'f:containers': { 'k:{"name":"web"}': { 'f:name': {}, 'f:image': {} } },
      },
    });
  });

  it('compares by position where no writer names the keys of a list', () => {
    const bare: KubeObject = { ...live, metadata: { ...live.metadata, managedFields: [] } };
    const spec = { containers: [{ name: 'web', image: 'web:2' }, { name: 'injected' }] };
    expect(compareObjects(bare, predictApply(bare, wanted(spec))).map(({ path }) => path)).toEqual([
      'spec.containers',
    ]);
  });
});

it.each([
  ['1000m', '1', true],
  ['1Gi', '1024Mi', true],
  ['1e3', 1000, true],
  ['100m', 0.1, true],
  ['1G', '1Gi', false],
  ['1', 'one', false],
  [true, 'true', false],
] as const)('the quantities %s and %s are one amount: %s', (left, right, same) => {
  expect(equalQuantities(left, right)).toBe(same);
});
