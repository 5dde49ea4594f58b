import { expect, it } from 'vitest';
import type { Schemas } from '../../cli/client/open-client.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { randomFrom } from '../crash/random-faults.ts';
import { chooseEdits, describeEdit, type Edit } from './choose-edits.ts';
import { judgeDrifts } from './judge-drifts.ts';

const object: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop', labels: { 'example.com/team': 'a', tier: 'b' } },
  spec: { template: { spec: { containers: [{ name: 'web', image: 'web:1' }] } } },
};
const path = 'spec.template.spec.containers[name=web].image';
const writer = { manager: 'kubectl-set', operation: 'Update', subresource: '' } as const;
const field = { path, desired: 'web:1', live: 'web:2', writer };

function edit(told: Edit['told']): Edit {
  return { object, verb: 'somebody', told, act: () => Promise.resolve() };
}

function drift(change: Partial<Schemas['Drift']> = {}, name = 'web'): Schemas['DriftEntry'] {
  return {
    cluster: 'prod',
    state: 'open',
    sentence: `${name} drifts`,
    drift: {
      id: 'one',
      application: 'argocd/shop',
      ref: { group: 'apps', kind: 'Deployment', namespace: 'shop', name },
      kind: 'changed',
      fields: [field],
      observedAt: '2026-01-01T00:00:00Z',
      writer,
      verdict: 'exact',
      ...change,
    },
  };
}

const changed = edit({
  path,
  desired: 'web:1',
  live: 'web:2',
  writer: 'kubectl-set Update',
  leaves: 'value',
});
const removed = edit({ path, writer: 'kubectl-set Update', leaves: 'nothing' });
const gone = { path, desired: 'web:1', confidence: 'unknown' } as const;

it.each<[string, Edit, readonly Schemas['DriftEntry'][]]>([
  ['a change', changed, [drift()]],
  ['a removal by somebody unknown', removed, [drift({ fields: [gone] })]],
  ['a removal whose writer is known', removed, [drift({ fields: [{ ...gone, writer }] })]],
  ['what touches nothing of Git', edit('nothing'), []],
])('finds nothing wrong in what is told of %s', (_name, made, found) => {
  expect(judgeDrifts([made], found)).toEqual([]);
});

const other = { ...writer, manager: 'helm' };
it.each<[string, Edit, readonly Schemas['DriftEntry'][]]>([
  ['nothing is told', changed, []],
  ['it is told twice', changed, [drift(), drift({ id: 'two' })]],
  ['another object is told', changed, [drift(), drift({}, 'api')]],
  ['another kind of drift is told', changed, [drift({ kind: 'missing', fields: [] })]],
  ['another field is told too', changed, [drift({ fields: [field, { ...field, path: 'spec.paused' }] })]],
  ['another field is told', changed, [drift({ fields: [{ ...field, path: 'spec.paused' }] })]],
  ['another value is told', changed, [drift({ fields: [{ ...field, live: 'web:3' }] })]],
  ['another writer is told', changed, [drift({ fields: [{ ...field, writer: other }] })]],
  ['no writer is told of a value', changed, [drift({ fields: [{ path, desired: 'web:1', live: 'web:2' }] })]],
  ['another writer is told of a removal', removed, [drift({ fields: [{ ...gone, writer: other }] })]],
  ['somebody is told to have deleted', edit('missing'), [drift({ kind: 'missing', fields: [] })]],
  ['what is no drift is told', edit('nothing'), [drift()]],
])('says so where %s', (_name, made, found) => {
  expect(judgeDrifts([made], found)).toHaveLength(1);
});

it('chooses the same edits for the same seed, and others for another', () => {
  const objects = Array.from({ length: 20 }, (_, index) => {
    return { ...object, metadata: { ...object.metadata, name: `web-${index}` } };
  });
  const chosen = (seed: number): readonly string[] =>
    chooseEdits(objects, 10, { random: randomFrom(seed), uses: new Map() }).map(describeEdit);
  expect(chosen(1)).toEqual(chosen(1));
  expect(chosen(1)).not.toEqual(chosen(2));
  expect(chosen(1).filter((text) => !text.endsWith(': nothing'))).toHaveLength(10);
});
