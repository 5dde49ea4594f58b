import { describe, expect, it } from 'vitest';
import { formatProblem } from '../../../core/problem.ts';
import type { Source } from '../../../hub/catalog/documents.ts';
import { parseFile } from '../../../hub/catalog/parse-file.ts';

/** What an Application with this `spec.source` says of it: the source, or its problems. */
function parse(source: string): Source | readonly string[] {
  const text = `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web}
spec:
  project: platform
  destination: {name: dev, namespace: web}
  source: {${source}}
`;
  const { documents, problems } = parseFile('web.yaml', 'oid', text, 'fleet');
  if (problems.length > 0) return problems.map(formatProblem);
  const [document] = documents;
  if (document?.kind !== 'Application' || document.sources[0] === undefined) throw new Error('no source');
  return document.sources[0];
}

describe('a chart as a source', () => {
  it.each([
    ['of a repository', 'repoURL: https://charts.example.com/stable, chart: web, targetRevision: 1.2.3'],
    ['of a registry', 'repoURL: ghcr.io/acme/charts, chart: web, targetRevision: ^1.2'],
    ['of a registry with a port', "repoURL: 'localhost:5000', chart: web, targetRevision: '*'"],
    ['of a registry with oci://', 'repoURL: oci://ghcr.io/acme, chart: charts/web, targetRevision: v1'],
    ['by a tag of a registry', 'repoURL: ghcr.io/acme, chart: web, targetRevision: latest'],
    ['by a digest', `repoURL: ghcr.io/acme, chart: web, targetRevision: 'sha256:${'a'.repeat(64)}'`],
    ['whose path is empty', 'repoURL: ghcr.io/acme, chart: web, targetRevision: 1.x, path: ""'],
  ])('%s is rendered by Helm', (_, source) => {
    expect(parse(source)).toMatchObject({ type: 'chart', path: '', tool: { type: 'helm' } });
  });

  it('may be what a registry holds at an address, with a path in it', () => {
    const source = 'repoURL: oci://ghcr.io/acme/configs, targetRevision: 1.x';
    expect(parse(source)).toMatchObject({ type: 'chart', path: '', tool: { type: 'detect' } });
    expect(parse(source)).not.toHaveProperty('chart');
    expect(parse(`${source}, path: base/web`)).toMatchObject({ path: 'base/web' });
  });

  it.each([
    ['repoURL: https://c.example.com, chart: web', 'A chart needs a targetRevision'],
    ['repoURL: https://c.example.com, chart: web, targetRevision: main', '"main" is no version of a chart'],
    ['repoURL: ghcr.io/a, chart: web, targetRevision: "a b"', '"a b" is no version of a chart'],
    ['repoURL: git@github.com:acme/x.git, chart: web, targetRevision: 1.x', 'is no repository of charts'],
    ['repoURL: ssh://git@x.example.com/y, chart: web, targetRevision: 1.x', 'is no repository of charts'],
    ['repoURL: https://me:pw@c.example.com, chart: web, targetRevision: 1.x', 'holds a password'],
    ['repoURL: oci://ghcr.io/../x, chart: web, targetRevision: 1.x', "holds '.' or '..'"],
    ['repoURL: ghcr.io/a, chart: ../web, targetRevision: 1.x', '"../web" is no name of a chart'],
    ['repoURL: ghcr.io/a, chart: web, targetRevision: 1.x, ref: values', "A chart can't have a ref"],
    ['repoURL: ghcr.io/a, chart: web, targetRevision: 1.x, kustomize: {namePrefix: a}', 'rendered by Helm'],
    ['repoURL: ghcr.io/a, chart: web, targetRevision: 1.x, directory: {recurse: true}', 'rendered by Helm'],
    ['repoURL: oci://ghcr.io/a/b, targetRevision: 1.x, path: ../c', 'leads out of the artifact'],
  ])('with %s is a problem at its line', (source, text) => {
    expect(parse(source)).toEqual([expect.stringMatching(/^web\.yaml:7: /)]);
    expect(String(parse(source))).toContain(text);
  });
});
