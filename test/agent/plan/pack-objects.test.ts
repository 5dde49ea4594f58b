import { expect, test } from 'vitest';
import { packObjects } from '../../../agent/plan/pack-objects.ts';
import type { PreparedObject } from '../../../agent/plan/prepared-object.ts';
import { unprotected } from '../../../agent/plan/prune-protection.ts';
import { type KubeObject, refOf } from '../../../core/kube-object.ts';
import { formatRef } from '../../../core/object-ref.ts';

function prepared(name: string, data: NonNullable<KubeObject['data']>): PreparedObject {
  const annotations = { 'example.com/note': name };
  const object: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, annotations }, data };
  const ref = refOf(object);
  const identity = { key: formatRef(ref), ref, apiVersion: 'v1', annotations };
  return { ...identity, object, digest: `of ${name}`, wave: 3, protections: unprotected, ignored: [] };
}

function packed(...objects: readonly PreparedObject[]): readonly PreparedObject[] {
  return [...packObjects(new Map(objects.map((object) => [object.key, object]))).values()];
}

test('objects are the same and in the same order once they were packed, whatever their size and texts', () => {
  const objects = [
    prepared('empty', {}),
    prepared('texts', { line: 'a\nb', umlaut: 'Größe 🚢', quote: '"\\u0000"' }),
    prepared('numbers', { long: 9_007_199_254_740_993n, half: 0.5, none: null, list: [1, [true], {}] }),
    ...Array.from({ length: 40 }, (_, index) => prepared(`some-${index}`, { text: `${index} `.repeat(900) })),
    prepared('larger-than-a-block', { text: 'x'.repeat(200_000) }),
    prepared('last', { text: 'ü'.repeat(20_000) }),
  ];
  const found = packed(...objects);
  expect(found.map(({ key }) => key)).toEqual(objects.map(({ key }) => key));
  found.forEach((object, index) => {
    const { object: manifest, ...rest } = objects[index] ?? prepared('', {});
    expect(object).toMatchObject(rest);
    expect(object.object).toEqual(manifest);
  });
});

test('what somebody makes of a manifest that was read changes no other reading', () => {
  const [object] = packed(prepared('one', { text: 'as it was' }));
  const read = object?.object as unknown as { data: Record<string, unknown> };
  read.data['text'] = 'changed';
  expect(object?.object['data']).toEqual({ text: 'as it was' });
});

test('nothing is nothing packed', () => {
  expect(packed()).toEqual([]);
});
