import { describe, expect, it } from 'vitest';
import { yieldFields } from '../../../agent/plan/ignore-fields.ts';
import type { IgnoreRule } from '../../../core/ignore-rule.ts';
import type { JsonObject } from '../../../core/json.ts';
import type { KubeObject } from '../../../core/kube-object.ts';

const none = { jsonPointers: [], jqPathExpressions: [], managedFieldsManagers: [] };
const rule = (fields: Partial<IgnoreRule>): IgnoreRule => ({ group: '*', kind: '*', ...none, ...fields });

function object(spec: JsonObject, managedFields: readonly JsonObject[] = []): KubeObject {
  return { apiVersion: 'v1', kind: 'Thing', metadata: { name: 'a', managedFields }, spec };
}

const entry = (manager: string, operation: string, spec: JsonObject): JsonObject => ({
  manager,
  operation,
  fieldsV1: { 'f:spec': spec },
});

function yielded(wanted: KubeObject, live: KubeObject, fields: Partial<IgnoreRule>) {
  const { object: applied, of } = yieldFields(wanted, live, [rule(fields)]);
  return { spec: applied['spec'], of };
}

describe('an ignored field', () => {
  const pointer = { jsonPointers: ['/spec/replicas'] };

  it('is left out where somebody else owns it', () => {
    const live = object({ replicas: 5 }, [entry('hpa', 'Update', { 'f:replicas': {} })]);
    expect(yielded(object({ replicas: 2, paused: true }), live, pointer)).toEqual({
      spec: { paused: true },
      of: 'any-version',
    });
  });

  it('is said as it is where nobody else owns it, of that version only', () => {
    const live = object({ replicas: 5 }, [entry('fairlead', 'Apply', { 'f:replicas': {} })]);
    expect(yielded(object({ replicas: 2 }), live, pointer)).toEqual({
      spec: { replicas: 5 },
      of: 'this-version',
    });
  });

  it('is left out where it was removed', () => {
    expect(yielded(object({ replicas: 2, paused: true }), object({}), pointer).spec).toEqual({
      paused: true,
    });
  });

  it('that Git does not name changes nothing', () => {
    expect(yielded(object({ paused: true }), object({ replicas: 5 }), pointer)).toEqual({
      spec: { paused: true },
      of: 'any-version',
    });
  });

  it('of an item is found by its keys, wherever it is live, and its keys stay', () => {
    const items = { 'f:list': { 'k:{"name":"b"}': { 'f:name': {}, 'f:image': {} } } };
    const live = object(
      {
        list: [
          { name: 'b', image: 'theirs' },
          { name: 'a', image: 'x' },
        ],
      },
      [entry('them', 'Update', items)],
    );
    const wanted = object({
      list: [
        { name: 'a', image: 'x' },
        { name: 'b', image: 'git' },
      ],
    });
    const rules = { jqPathExpressions: ['.spec.list[] | select(.name == "b") | .image, .name'] };
    expect(yielded(wanted, live, rules).spec).toEqual({ list: [{ name: 'a', image: 'x' }, { name: 'b' }] });
  });

  it('within a list that is owned as a whole is said as it is', () => {
    const live = object({ list: ['a', 'theirs'] }, [entry('them', 'Update', { 'f:list': {} })]);
    expect(yielded(object({ list: ['a', 'git'] }), live, { jsonPointers: ['/spec/list/1'] })).toEqual({
      spec: { list: ['a', 'theirs'] },
      of: 'this-version',
    });
  });

  it('is each that a named manager owns, and no other', () => {
    const live = object({ replicas: 5, size: 3 }, [
      entry('keda', 'Update', { 'f:replicas': {} }),
      entry('kubectl-edit', 'Update', { 'f:size': {} }),
    ]);
    const rules = { managedFieldsManagers: ['keda'] };
    expect(yielded(object({ replicas: 2, size: 1 }), live, rules).spec).toEqual({ size: 1 });
  });

  it('is never what makes the object what it is', () => {
    const rules = {
      jsonPointers: ['/metadata', '/metadata/name', '/kind', '/apiVersion', '/metadata/labels'],
    };
    const wanted = { ...object({}), metadata: { name: 'a', labels: { a: '1' } } };
    expect(yieldFields(wanted, object({}), [rule(rules)]).object).toEqual(wanted);
  });
});
