import { expect, test } from 'vitest';
import type { Manifest } from '../../../core/kube-object.ts';
import { joinSources } from '../../../hub/desired/join-sources.ts';

function map(name: string, value: string, namespace?: string): Manifest {
  const metadata = { name, ...(namespace === undefined ? {} : { namespace }) };
  return {
    object: { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { value } },
    origin: { file: `${name}-${value}.yaml` },
  };
}

function values(manifests: readonly Manifest[]): readonly unknown[] {
  return manifests.map(({ object, origin }) => [object.metadata.name, object['data'], origin.file]);
}

test('sources are joined in their order', () => {
  expect(joinSources([[map('a', '1')], [map('b', '2')]], 'web')).toEqual([map('a', '1'), map('b', '2')]);
});

test('of an object in several sources the last content counts, at each of its places', () => {
  const joined = joinSources(
    [[map('a', '1'), map('b', '1')], [map('a', '2')], [map('a', '3', 'web')]],
    'web',
  );
  expect(values(joined)).toEqual([
    ['a', { value: '3' }, 'a-1.yaml'],
    ['b', { value: '1' }, 'b-1.yaml'],
    ['a', { value: '3' }, 'a-2.yaml'],
    ['a', { value: '3' }, 'a-3.yaml'],
  ]);
});

test('what one source declares twice stays as it is, for the agent to judge', () => {
  const twice = [map('a', '1'), map('a', '2')];
  expect(joinSources([twice, [map('b', '1')]], 'web').slice(0, 2)).toEqual(twice);
  expect(joinSources([twice], 'web')).toBe(twice);
});

test('objects of other namespaces or without a name are others', () => {
  const generated: Manifest = {
    object: { apiVersion: 'v1', kind: 'Pod', metadata: {} },
    origin: { file: 'p' },
  };
  const parts = [
    [map('a', '1', 'x'), generated],
    [map('a', '2', 'y'), { ...generated, origin: { file: 'q' } }],
  ];
  expect(joinSources(parts, 'web')).toEqual(parts.flat());
});
