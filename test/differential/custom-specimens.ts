import type { JsonObject } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import type { Specimen } from './specimen.ts';

const text = { type: 'string' };
const count = { type: 'integer' };

/** Every way in which a structural schema says whose a list or a map is, and where defaults come from. */
const spec: JsonObject = {
  type: 'object',
  properties: {
    size: { ...count, default: 1 },
    mode: { ...text, default: 'slow' },
    port: { 'x-kubernetes-int-or-string': true },
    ratio: { type: 'number' },
    big: { type: 'integer', format: 'int64' },
    note: { ...text, nullable: true },
    options: { type: 'object', additionalProperties: text, 'x-kubernetes-map-type': 'atomic' },
    extra: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    tags: { type: 'array', items: text, 'x-kubernetes-list-type': 'set' },
    numbers: { type: 'array', items: count, 'x-kubernetes-list-type': 'set' },
    steps: { type: 'array', items: text },
    stages: {
      type: 'array',
      items: { type: 'object', properties: { name: text, delay: { ...count, default: 5 } } },
    },
    routes: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['port', 'protocol'],
      items: {
        type: 'object',
        required: ['port'],
        properties: {
          port: count,
          protocol: { ...text, default: 'TCP' },
          weight: { ...count, default: 10 },
          hosts: { type: 'array', items: text, 'x-kubernetes-list-type': 'set' },
        },
      },
    },
    window: {
      type: 'object',
      default: {},
      properties: { from: { ...text, default: '00:00' }, to: text },
    },
  },
};

function definition(kind: string, scope: 'Namespaced' | 'Cluster'): KubeObject {
  const singular = kind.toLowerCase();
  const status = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${singular}s.differ.example` },
    spec: {
      group: 'differ.example',
      scope,
      names: { kind, plural: `${singular}s`, singular, listKind: `${kind}List` },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', properties: { spec, status } } },
          subresources: {
            status: {},
            scale: { specReplicasPath: '.spec.size', statusReplicasPath: '.status.size' },
          },
        },
      ],
    },
  };
}

export const customDefinitions: readonly KubeObject[] = [
  definition('Plant', 'Namespaced'),
  definition('Region', 'Cluster'),
];

function custom(kind: string, scope: Specimen['scope']): Specimen {
  return {
    apiVersion: 'differ.example/v1',
    kind,
    scope,
    base: {},
    spots: [
      { path: ['spec', 'size'], values: [1, 2, 7] },
      { path: ['spec', 'mode'], values: ['slow', 'fast', ''] },
      { path: ['spec', 'port'], values: [80, '80', 'http'] },
      { path: ['spec', 'ratio'], values: [1, 0.5, 1.5] },
      { path: ['spec', 'note'], values: ['x', ''] },
      { path: ['spec', 'options'], values: [{ a: '1' }, { a: '2', b: '3' }, {}] },
      {
        path: ['spec', 'extra'],
        values: [{ deep: { list: [1, 2] } }, { deep: { list: [2, 1] }, on: true }, {}],
      },
      { path: ['spec', 'extra', 'deep', 'on'], values: [true, false] },
      { path: ['spec', 'window', 'to'], values: ['06:00', '07:00'] },
      { path: ['spec', 'window', 'from'], values: ['00:00', '01:00'] },
      { path: ['spec', 'routes', { port: 80, protocol: 'TCP' }, 'weight'], values: [10, 20] },
    ],
    lists: [
      { path: ['spec', 'tags'], items: ['red', 'green', 'blue'] },
      { path: ['spec', 'numbers'], items: [1, 2, 10] },
      { path: ['spec', 'steps'], items: ['build', 'test', 'build'] },
      { path: ['spec', 'stages'], items: [{ name: 'one' }, { name: 'two', delay: 1 }, {}] },
      {
        path: ['spec', 'routes'],
        items: [
          { port: 80, protocol: 'TCP', weight: 1 },
          { port: 80, protocol: 'UDP' },
          { port: 443, protocol: 'TCP', hosts: ['a', 'b'] },
          { port: 53 },
        ],
      },
      { path: ['spec', 'routes', { port: 443, protocol: 'TCP' }, 'hosts'], items: ['a', 'b', 'c'] },
    ],
    patches: 'plain',
    status: { size: 3 },
    scale: ['spec', 'size'],
  };
}

export const customSpecimens: readonly Specimen[] = [
  custom('Plant', 'namespaced'),
  custom('Region', 'cluster'),
];
