import { expect, test } from 'vitest';
import type { ChartSource } from '../../../hub/catalog/documents.ts';
import { onlySource } from '../../../hub/proposal/only-source.ts';
import type { Assignment } from '../../../hub/resolve/assignment.ts';

test('an application that is made from a chart is changed in its document, by hand', () => {
  const source: ChartSource = {
    type: 'chart',
    field: 'spec.source',
    repoURL: 'ghcr.io/acme/charts',
    chart: 'web',
    targetRevision: '1.2.3',
    path: '',
    tool: { type: 'detect' },
  };
  const document = {
    location: { file: 'apps/web.yaml', line: 1 },
    fieldLines: new Map([['spec.source.targetRevision', 9]]),
  };
  const assignment = { application: 'argocd/web', sources: [source], document } as unknown as Assignment;
  expect(() => onlySource(assignment)).toThrow(
    expect.objectContaining({
      code: 'unsupported',
      subject: 'argocd/web',
      message: 'it is made from a chart, whose version stands in its document (apps/web.yaml:9)',
      remedy: 'Change targetRevision there by hand',
    }),
  );
});
