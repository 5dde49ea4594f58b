import { expect, test } from 'vitest';
import { formatProblem } from '../../../core/problem.ts';
import type { CatalogFile } from '../../../hub/catalog/catalog.ts';
import { parseFile } from '../../../hub/catalog/parse-file.ts';

function parse(kustomize: string): CatalogFile {
  const text = `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web}
spec:
  project: shop
  destination: {name: dev, namespace: web}
  source:
    repoURL: https://git.example.com/shop.git
    path: web
    kustomize:
${kustomize.replace(/^/gm, '      ')}
`;
  return parseFile('apps/web.yaml', 'oid', text, 'fleet');
}

function toolOf(kustomize: string): unknown {
  const { documents, problems } = parse(kustomize);
  expect(problems).toEqual([]);
  const [document] = documents;
  return document?.kind === 'Application' ? document : undefined;
}

test('every field is read, and what says nothing is left out', () => {
  const text = `namePrefix: a-
nameSuffix: ""
namespace: web
version: v5.8.2
kubeVersion: "1.33"
apiVersions: [example.com/v1]
images: ["web:1", "web=shop:2", "host:5000/a@sha256:ab", "web=*:2"]
replicas: [{name: web, count: 3}, {name: db, count: "0"}]
commonLabels: {team: "1"}
commonAnnotations: {note: $x}
commonAnnotationsEnvsubst: true
forceCommonLabels: true
forceCommonAnnotations: false
labelWithoutSelector: true
labelIncludeTemplates: true
components: [../part]
ignoreMissingComponents: true
patches:
- path: a.yaml
- patch: "- op: remove"
  target: {kind: Deployment, name: web, labelSelector: a=b}
  options: {allowNameChange: true, allowKindChange: false}
`;
  const options = {
    namePrefix: 'a-',
    namespace: 'web',
    version: 'v5.8.2',
    kubeVersion: '1.33',
    apiVersions: ['example.com/v1'],
    images: ['web:1', 'web=shop:2', 'host:5000/a@sha256:ab', 'web=*:2'],
    replicas: [
      { name: 'web', count: 3 },
      { name: 'db', count: 0 },
    ],
    commonLabels: { team: '1' },
    commonAnnotations: { note: '$x' },
    forceCommonLabels: true,
    labelWithoutSelector: true,
    labelIncludeTemplates: true,
    components: ['../part'],
    ignoreMissingComponents: true,
    patches: [
      { path: 'a.yaml' },
      {
        patch: '- op: remove',
        target: { kind: 'Deployment', name: 'web', labelSelector: 'a=b' },
        options: { allowNameChange: true },
      },
    ],
  };
  expect(toolOf(text)).toMatchObject({ sources: [{ tool: { type: 'kustomize', options } }] });
});

test.each([
  ['images: [web]', 11, 'The image "web" says neither a tag, a digest nor a new name'],
  ['images: ["host:5000/web"]', 11, 'says neither a tag'],
  ['images: [":1"]', 11, 'says neither a tag'],
  ['replicas: [{name: web}]', 11, 'count must be how many replicas'],
  ['replicas: [{name: web, count: -1}]', 11, 'count must be how many replicas'],
  ['replicas:\n- count: 1', 12, 'The field name is missing'],
  ['labelIncludeTemplates: true', 11, 'only together with labelWithoutSelector'],
  ['patches:\n- target: {kind: Job}', 12, 'This patch says nothing'],
  ['patches:\n- path: a\n  patch: b', 12, 'both path and patch'],
  ['patches:\n- path: a\n  target: {knd: Job}', 13, 'There is no field knd here'],
  ['patches:\n- path: a\n  options: {allowNameChange: "yes"}', 13, 'must be true or false'],
  ['components: ../part', 11, 'components must be a list'],
  ['comonLabels: {a: b}', 11, 'Did you mean commonLabels?'],
])('%j is a problem at its line', (kustomize, line, text) => {
  const { documents, problems } = parse(kustomize);
  expect(documents).toEqual([]);
  expect(problems.map(formatProblem)).toEqual([expect.stringContaining(text)]);
  expect(problems[0]?.location?.line).toBe(line);
});
