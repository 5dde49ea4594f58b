import { describe, expect, it } from 'vitest';
import type { Json } from '../../../core/json.ts';
import type { Problem } from '../../../core/problem.ts';
import type { Fields } from '../../../hub/catalog/fields.ts';
import { parseIgnoreDifferences } from '../../../hub/catalog/parse-ignore-differences.ts';

function parse(rules: Json) {
  const problems: Problem[] = [];
  const location = { file: 'a.yaml', line: 1 };
  const fields: Fields = {
    document: { file: 'a.yaml', location, fieldLines: new Map([['spec.ignoreDifferences[0]', 7]]), problems },
    path: 'spec',
    values: { ignoreDifferences: rules },
  };
  return { rules: parseIgnoreDifferences(fields), problems };
}

describe('ignoreDifferences', () => {
  it('are read with patterns, names, pointers, paths and managers', () => {
    const { rules, problems } = parse([
      {
        group: 'apps',
        kind: '*',
        name: 'web',
        namespace: 'shop',
        jsonPointers: ['/spec/replicas'],
        jqPathExpressions: ['.spec.template.spec.containers[] | select(.name == "web") | .image'],
        managedFieldsManagers: ['keda'],
      },
      { kind: 'ConfigMap', jsonPointers: ['/metadata/annotations/a.b~1c'] },
    ]);
    expect(problems).toEqual([]);
    expect(rules).toMatchObject([
      { group: 'apps', kind: '*', name: 'web', namespace: 'shop', managedFieldsManagers: ['keda'] },
      { group: '', kind: 'ConfigMap', jqPathExpressions: [] },
    ]);
  });

  it.each([
    ['no kind', { jsonPointers: ['/a'] }, 'kind'],
    ['nothing that is ignored', { kind: 'Secret' }, 'says of no field'],
    ['a pointer that is none', { kind: 'Secret', jsonPointers: ['spec.replicas'] }, 'no JSON pointer'],
    ['jq beyond paths', { kind: 'Secret', jqPathExpressions: ['.data | to_entries'] }, 'to_entries'],
    ['an unknown field', { kind: 'Secret', jsonPointer: ['/a'], jsonPointers: ['/a'] }, 'jsonPointer'],
    ['a broken pattern', { kind: '[', jsonPointers: ['/a'] }, 'no pattern'],
  ])('with %s are a problem at their line', (_what, rule, text) => {
    const { problems } = parse([rule]);
    expect(problems).toMatchObject([{ location: { line: 7 }, message: expect.stringContaining(text) }]);
  });
});
