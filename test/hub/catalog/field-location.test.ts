import { describe, expect, it } from 'vitest';
import { atFields } from '../../../hub/catalog/field-location.ts';

const document = {
  location: { file: 'apps/web.yaml', line: 1 },
  fieldLines: new Map([['spec.source.helm.valueFiles[1]', 15]]),
};
const near = {
  code: 'missing-file',
  message: 'it is not there',
  location: { file: 'apps/web.yaml', line: 11 },
};

describe('problems of a document’s own fields', () => {
  it('stand at their field’s line', () => {
    const problem = { ...near, field: 'spec.source.helm.valueFiles[1]' };
    expect(atFields([problem], document)).toEqual([
      { ...problem, location: { file: 'apps/web.yaml', line: 15 } },
    ]);
  });

  it('stay where they are for another file, an unknown field or none', () => {
    const elsewhere = {
      ...near,
      location: { file: 'web/kustomization.yaml' },
      field: 'spec.source.helm.valueFiles[1]',
    };
    const problems = [elsewhere, { ...near, field: 'spec.source.path' }, near];
    expect(atFields(problems, document)).toEqual(problems);
  });
});
