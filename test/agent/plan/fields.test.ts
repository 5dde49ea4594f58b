import { describe, expect, it } from 'vitest';
import { compareObjects } from '../../../agent/plan/compare-objects.ts';
import { ownsPath, type PathStep, projectFields } from '../../../agent/plan/fields-v1.ts';
import { formatPath } from '../../../agent/plan/format-path.ts';
import { attributeField, type FieldsEntry, newestAttribution } from '../../../agent/plan/managed-fields.ts';
import { canonicalJson, type JsonObject } from '../../../core/json.ts';
import type { KubeObject } from '../../../core/kube-object.ts';

const set = {
  'f:spec': {
    'f:replicas': {},
    'f:ports': { 'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:name': {} } },
    'f:finalizers': { 'v:"a"': {} },
    'f:nested': { '.': {}, 'f:x': {} },
    'f:env': { 'k:{"name":"A"}': { '.': {} }, 'k:{"name":"B"}': { '.': {} } },
    'f:tags': { 'v:"x"': {}, 'v:"y"': {} },
  },
};

const spec = {
  replicas: 2,
  ports: [
    { port: 80, protocol: 'TCP', name: 'http' },
    { port: 81, protocol: 'TCP' },
  ],
  finalizers: ['a', 'b'],
  nested: { x: 1, y: 2 },
  env: [{ name: 'A' }, { name: 'B' }],
  tags: ['x', 'y'],
};

function project(changed: object): string {
  return canonicalJson(projectFields({ spec: { ...spec, ...changed } }, set));
}

describe('projectFields', () => {
  it.each([
    ['a foreign port', { ports: [...spec.ports, { port: 82, protocol: 'TCP' }] }],
    ['another place of a foreign item', { ports: [...spec.ports].reverse(), finalizers: ['b', 'a'] }],
    [
      'foreign items between ours',
      { env: [{ name: 'C' }, { name: 'A' }, { name: 'D' }, { name: 'B' }], tags: ['x', 'z', 'y'] },
    ],
    ['a foreign member', { nested: { x: 1, y: 3, z: 4 } }],
    ['a foreign field', { paused: true }],
    ['a foreign field of our item', { ports: [{ port: 80, protocol: 'TCP', name: 'http', nodePort: 3 }] }],
    ['a key that only the set spells out', { ports: [{ port: 80, name: 'http' }] }],
  ])('does not see %s', (_what, changed) => {
    expect(project(changed)).toBe(project({}));
  });

  it.each([
    ['another value', { replicas: 3 }],
    ['a removed field', { replicas: undefined }],
    ['another field of our item', { ports: [{ port: 80, protocol: 'TCP', name: 'web' }] }],
    ['a removed item', { ports: [] }],
    ['a removed value of a set', { finalizers: ['b'] }],
    ['another order of our items', { env: [{ name: 'B' }, { name: 'A' }] }],
    ['another order of our values of a set', { tags: ['y', 'z', 'x'] }],
    ['null in place of a value', { nested: { x: null } }],
  ])('sees %s', (_what, changed) => {
    expect(project(changed)).not.toBe(project({}));
  });
});

const field = (name: string): PathStep => ({ type: 'field', name });
const port = (number: number): PathStep => ({ type: 'item', keys: { protocol: 'TCP', port: number } });

describe('ownsPath', () => {
  it.each([
    ['a leaf', [field('spec'), field('replicas')], true],
    ['what lies in a leaf', [field('spec'), field('replicas'), field('deep')], true],
    ['a node', [field('spec'), field('nested')], true],
    ['an item by its keys in any order', [field('spec'), field('ports'), port(80), field('name')], true],
    ['another item', [field('spec'), field('ports'), port(81)], false],
    ['a sibling', [field('spec'), field('nested'), field('y')], false],
  ])('knows %s', (_what, path, owned) => {
    expect(ownsPath(set, path)).toBe(owned);
  });
});

function entry(manager: string, operation: 'Apply' | 'Update', time?: string, subresource = ''): FieldsEntry {
  const fields = { 'f:spec': { 'f:replicas': {} } };
  return { writer: { manager, operation, subresource }, fields, ...(time === undefined ? {} : { time }) };
}

const replicas = [field('spec'), field('replicas')];

describe('attributeField', () => {
  it('names the one Update that has the field, whoever applied the same value', () => {
    const entries = [
      entry('helm', 'Apply', '2026-01-02T00:00:00Z'),
      entry('kubectl', 'Update', '2026-01-01T00:00:00Z'),
    ];
    expect(attributeField(entries, replicas, 'present')).toEqual({
      writer: { manager: 'kubectl', operation: 'Update', subresource: '' },
      writtenAt: '2026-01-01T00:00:00Z',
      confidence: 'field',
    });
  });

  it('knows no time for a scale, and still its writer', () => {
    const scaled = attributeField([entry('hpa', 'Update', undefined, 'scale')], replicas, 'present');
    expect(scaled).toEqual({
      writer: { manager: 'hpa', operation: 'Update', subresource: 'scale' },
      confidence: 'field',
    });
  });

  it.each([
    ['a removed field', [entry('kubectl', 'Update', 't')], 'gone' as const],
    ['two appliers of one value', [entry('a', 'Apply', 't'), entry('b', 'Apply', 't')], 'present' as const],
    [
      'a field that still counts as ours',
      [entry('fairlead', 'Apply', 't'), entry('b', 'Apply', 't')],
      'present' as const,
    ],
    ['a field that nobody has', [], 'present' as const],
    ['writers that were summed up', [entry('ancient-changes', 'Update', 't')], 'present' as const],
    [
      'what was there before the first apply',
      [entry('before-first-apply', 'Update', 't')],
      'present' as const,
    ],
  ])('names nobody for %s', (_what, entries, presence) => {
    expect(attributeField(entries, replicas, presence)).toBeUndefined();
  });
});

it('names nobody for a value of a Secret that somebody may have applied as text', () => {
  const secret = (manager: string, operation: 'Apply' | 'Update', fields: JsonObject): FieldsEntry => ({
    writer: { manager, operation, subresource: '' },
    fields,
  });
  const created = secret('helm', 'Update', { 'f:data': { 'f:a': {}, 'f:b': {} } });
  const texts = secret('flux', 'Apply', { 'f:stringData': { 'f:a': {} } });
  expect(attributeField([created, texts], [field('data'), field('a')], 'present')).toBeUndefined();
  expect(attributeField([created, texts], [field('data'), field('b')], 'present')?.writer.manager).toBe(
    'helm',
  );
});

describe('newestAttribution', () => {
  const by = (manager: string, writtenAt?: string) => ({
    writer: { manager, operation: 'Update' as const, subresource: '' },
    ...(writtenAt === undefined ? {} : { writtenAt }),
    confidence: 'field' as const,
  });

  it('is nobody where the writer of any field is unknown', () => {
    expect(newestAttribution([by('a', '2026-01-01T00:00:00Z'), undefined])).toBeUndefined();
  });

  it('is the latest writer, and nobody where one of several has no time', () => {
    expect(newestAttribution([by('a', '2026-01-01T00:00:00Z'), by('b', '2026-01-02T00:00:00Z')])).toEqual(
      by('b', '2026-01-02T00:00:00Z'),
    );
    expect(newestAttribution([by('a', '2026-01-01T00:00:00Z'), by('b')])).toBeUndefined();
    expect(newestAttribution([by('b'), by('b')])).toEqual(by('b'));
    expect(newestAttribution([])).toBeUndefined();
  });
});

describe('compareObjects', () => {
  const base = (containers: JsonObject[], labels: object = {}): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'a',
      labels: labels as Record<string, string>,
      managedFields: [
        {
          manager: 'fairlead',
          operation: 'Apply',
          fieldsV1: { 'f:spec': { 'f:containers': { 'k:{"name":"web"}': { 'f:image': {} } } } },
        },
      ],
    },
    spec: { containers },
  });

  it('finds the field of the right item and the order of the list, each by itself', () => {
    const side = { name: 'side', image: 's' };
    const live = base([side, { name: 'web', image: 'evil', args: ['x'] }]);
    const predicted = base([{ name: 'web', image: 'good', args: ['x'] }, side]);
    expect(compareObjects(live, predicted)).toEqual([
      { path: 'spec.containers[name=web].image', desired: 'good', live: 'evil', confidence: 'unknown' },
      {
        path: 'spec.containers',
        desired: ['web', 'side'],
        live: ['side', 'web'],
        confidence: 'unknown',
        cause: 'reordered',
      },
    ]);
  });

  it.each([
    ['items in another order', [{ name: 'a' }, { name: 'b' }, { name: 'c' }], ['c', 'a', 'b']],
    ['an item more, and the others in another order', [{ name: 'b' }, { name: 'a' }], ['a', 'x', 'b']],
  ])('tells the order of what both lists have: %s', (_what, desired, live) => {
    const named = live.map((name) => ({ name }));
    const found = compareObjects(base(named), base(desired));
    const both = desired.filter(({ name }) => live.includes(name)).map(({ name }) => name);
    expect(found.filter(({ cause }) => cause === 'reordered')).toEqual([
      {
        path: 'spec.containers',
        desired: both,
        live: live.filter((name) => both.includes(name)),
        confidence: 'unknown',
        cause: 'reordered',
      },
    ]);
  });

  it('sees no order where an item is only on one side', () => {
    const found = compareObjects(base([{ name: 'x' }, { name: 'a' }]), base([{ name: 'a' }, { name: 'y' }]));
    expect(found.map(({ path }) => path)).toEqual(['spec.containers[name=y]', 'spec.containers[name=x]']);
  });

  it('tells the order of a set by its values, and of an item with several keys by all of them', () => {
    const owned = {
      'f:spec': { 'f:tags': { 'v:"x"': {} }, 'f:ports': { 'k:{"port":1,"protocol":"TCP"}': {} } },
    };
    const of = (tags: string[], ports: number[]): KubeObject => ({
      apiVersion: 'v1',
      kind: 'X',
      metadata: {
        name: 'a',
        managedFields: [{ manager: 'fairlead', operation: 'Apply', fieldsV1: owned }],
      },
      spec: { tags, ports: ports.map((number) => ({ port: number, protocol: 'TCP' })) },
    });
    expect(compareObjects(of(['x', 'y', 'z'], [1, 2]), of(['z', 'x'], [2, 1]))).toMatchObject([
      { path: 'spec.tags[=y]', live: 'y' },
      { path: 'spec.tags', desired: ['z', 'x'], live: ['x', 'z'], cause: 'reordered' },
      {
        path: 'spec.ports',
        desired: ['port=2,protocol=TCP', 'port=1,protocol=TCP'],
        live: ['port=1,protocol=TCP', 'port=2,protocol=TCP'],
      },
    ]);
  });

  it('says what only one side has, and quotes names that need it', () => {
    const differences = compareObjects(
      base([], { 'a.b/c': '1', gone: '2' }),
      base([], { 'a.b/c': '2', added: '3' }),
    );
    expect(differences).toMatchObject([
      { path: "metadata.labels['a.b/c']", desired: '2', live: '1' },
      { path: 'metadata.labels.gone', live: '2' },
      { path: 'metadata.labels.added', desired: '3' },
    ]);
  });

  it('sees nothing in status, versions and managed fields', () => {
    const live = base([]);
    const other = {
      ...live,
      status: { phase: 'Running' },
      metadata: { ...live.metadata, resourceVersion: '7', generation: 3 },
    };
    expect(compareObjects(live, other)).toEqual([]);
  });

  it('spells paths with several keys', () => {
    expect(formatPath([field('spec'), field('ports'), port(80)])).toBe('spec.ports[protocol=TCP,port=80]');
  });
});

it('leaves out what the API server counts in an annotation of a DaemonSet', () => {
  const daemonSet = (counted: string, image: string): KubeObject => ({
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: {
      name: 'a',
      annotations: { 'deprecated.daemonset.template.generation': counted, note: 'n' },
    },
    spec: { image },
  });
  const paths = (left: KubeObject, right: KubeObject) => compareObjects(left, right).map(({ path }) => path);
  expect(paths(daemonSet('1', 'a'), daemonSet('2', 'b'))).toEqual(['spec.image']);
  expect(paths(daemonSet('1', 'a'), daemonSet('2', 'a'))).toEqual([]);
});
