import { describe, expect, it } from 'vitest';
import { formatProblem } from '../../../core/problem.ts';
import type { CatalogFile } from '../../../hub/catalog/catalog.ts';
import type { Source } from '../../../hub/catalog/documents.ts';
import { parseFile } from '../../../hub/catalog/parse-file.ts';

const git = 'https://git.example.com';

/** An Application with these lines in its spec. */
function parse(spec: string): CatalogFile {
  const text = `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web}
spec:
  project: platform
  destination: {name: dev, namespace: web}
${spec}`;
  return parseFile('applications/web.yaml', 'oid', text, 'fleet');
}

function sources(spec: string): readonly Source[] {
  const { documents, problems } = parse(spec);
  expect(problems.map(formatProblem)).toEqual([]);
  const [document] = documents;
  if (document?.kind !== 'Application') throw new Error('no Application');
  return document.sources;
}

const two = `  sources:
    - repoURL: ${git}/charts.git
      path: web
      helm: {valueFiles: [values.yaml, $values/web/prod.yaml]}
    - {repoURL: ${git}/values.git, targetRevision: v1, ref: values, name: config}
`;

describe('sources of an Application', () => {
  it('are in the order of the list, each with its place in the document', () => {
    expect(sources(two)).toMatchObject([
      {
        type: 'git',
        field: 'spec.sources[0]',
        repoURL: `${git}/charts.git`,
        targetRevision: 'HEAD',
        path: 'web',
      },
      { type: 'ref', field: 'spec.sources[1]', targetRevision: 'v1', ref: 'values', name: 'config' },
    ]);
  });

  it('win over a single source beside them, which is not even read', () => {
    const both = `${two}  source: {repoURL: ${git}/other.git, chart: nginx}\n`;
    expect(sources(both)).toEqual(sources(two));
  });

  it.each(['[]', 'null', ''])('say nothing as %j: the single source counts', (empty) => {
    const found = sources(`  sources: ${empty}\n  source: {repoURL: ${git}/a.git, path: .}\n`);
    expect(found).toMatchObject([{ field: 'spec.source', path: '' }]);
  });

  it.each([
    ['a path', 'path: web', { type: 'git', path: 'web' }],
    ['the path of the root', 'path: .', { type: 'git', path: '' }],
  ])('with a ref and %s are rendered too', (_what, path, expected) => {
    const [found] = sources(`  sources: [{repoURL: ${git}/a.git, ref: a, ${path}}]\n`);
    expect(found).toMatchObject({ ...expected, ref: 'a' });
  });

  it.each([
    ['one without repository', '[{path: a}]', 'repoURL is missing', 'spec.sources[0].repoURL'],
    ['one with neither path nor ref', `[{repoURL: ${git}/a.git}]`, 'path is missing', 'spec.sources[0].path'],
    ['an unknown field', `[{repoURL: ${git}/a.git, path: a, pth: b}]`, 'no field pth', 'spec.sources[0].pth'],
    [
      'a chart without version in the second',
      `[{repoURL: ${git}/a.git, path: a}, {repoURL: ${git}, chart: c}]`,
      'needs a targetRevision',
      'spec.sources[1].targetRevision',
    ],
    ['a ref with a space', `[{repoURL: ${git}/a.git, ref: 'a b'}]`, 'can\'t be "a b"', 'spec.sources[0].ref'],
    [
      'a ref twice',
      `[{repoURL: ${git}/a.git, ref: a}, {repoURL: ${git}/b.git, ref: a}]`,
      'called a too',
      'spec.sources[1].ref',
    ],
    ['a text in the list', `[${git}/a.git]`, 'must be a mapping', 'spec.sources[0]'],
    [
      'values of an unknown ref',
      `[{repoURL: ${git}/a.git, path: a, helm: {valueFiles: [$v/a.yaml]}}, {repoURL: ${git}/b.git, ref: values}]`,
      'Name one of $values',
      'spec.sources[0].helm.valueFiles[0]',
    ],
  ])('with %s are a problem at the field', (_what, list, text, field) => {
    const [first] = parse(`  sources: ${list}\n`).problems;
    expect(first).toMatchObject({ field, location: { line: 7 } });
    expect(first === undefined ? '' : formatProblem(first)).toContain(text);
  });

  it('need a path where there is only one, ref or not', () => {
    const [first] = parse(`  source: {repoURL: ${git}/a.git, ref: a}\n`).problems;
    expect(first).toMatchObject({ field: 'spec.source.path' });
  });
});
