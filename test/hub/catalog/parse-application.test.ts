import { describe, expect, it } from 'vitest';
import { formatProblem } from '../../../core/problem.ts';
import type { CatalogFile } from '../../../hub/catalog/catalog.ts';
import type { ApplicationDocument } from '../../../hub/catalog/documents.ts';
import { parseFile } from '../../../hub/catalog/parse-file.ts';

function parse(text: string): CatalogFile {
  return parseFile('applications/a.yaml', 'oid', text, 'fleet');
}

function application(text: string): ApplicationDocument {
  const { documents, problems } = parse(text);
  expect(problems.map(formatProblem)).toEqual([]);
  const [document] = documents;
  if (document?.kind !== 'Application') throw new Error('no Application');
  return document;
}

/** Spec lines, indented by two, over a minimal Application. */
function withSpec(spec: string, source = ''): string {
  return `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web}
spec:
  project: platform
  source:
    repoURL: https://git.example.com/platform/platform-config.git
    path: apps/web
${source}  destination: {name: dev, namespace: web}
${spec}`;
}

/** Where the first problem is, and what it says. */
function problem(text: string): { line: number | undefined; text: string } {
  const [first] = parse(text).problems;
  return { line: first?.location?.line, text: first === undefined ? '' : formatProblem(first) };
}

const argoStyle = `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: payments-staging
  namespace: argocd
  finalizers:
    - resources-finalizer.argocd.argoproj.io
  annotations:
    fairlead.dev/owner: team-payments
    fairlead.dev/note: Runbook in the wiki
spec:
  project: platform
  source:
    repoURL: https://git.example.com/platform/platform-config.git
    targetRevision: main
    path: apps/payments/overlays/staging
  destination:
    server: https://kubernetes.default.svc/
    namespace: payments
  syncPolicy:
    automated:
      prune: true
      selfHeal: true
    syncOptions:
      - CreateNamespace=true
      - PruneLast=true
      - ServerSideApply=true
    retry: {limit: 5}
  revisionHistoryLimit: 3
  info: [{name: url, value: https://example.com}]
`;

describe('Application', () => {
  it('reads one in the style of the Argo CD documentation', () => {
    const { fieldLines, ...document } = application(argoStyle);
    expect(document).toEqual({
      kind: 'Application',
      namespace: 'argocd',
      name: 'payments-staging',
      deletesOnRemoval: true,
      owner: 'team-payments',
      note: 'Runbook in the wiki',
      info: [{ name: 'url', value: 'https://example.com' }],
      project: 'platform',
      sources: [
        {
          type: 'git',
          field: 'spec.source',
          repoURL: 'https://git.example.com/platform/platform-config.git',
          targetRevision: 'main',
          path: 'apps/payments/overlays/staging',
          tool: { type: 'detect' },
        },
      ],
      destination: { server: 'https://kubernetes.default.svc', namespace: 'payments' },
      automated: true,
      prune: true,
      selfHeal: true,
      allowEmpty: false,
      createNamespace: true,
      pruneLast: true,
      location: { file: 'applications/a.yaml', line: 1 },
    });
    expect(fieldLines.get('spec.source.path')).toBe(16);
    expect(fieldLines.get('spec.syncPolicy.syncOptions[1]')).toBe(26);
  });

  it('reads what kubectl shows of a live one: status and server-set metadata mean nothing', () => {
    const live = argoStyle.replace(
      'metadata:\n',
      'metadata:\n  uid: x\n  resourceVersion: "1"\n  generation: 3\n',
    );
    expect(application(`${live}status: {sync: {status: Synced}}\n`).name).toBe('payments-staging');
  });

  it("defaults: nothing automated, HEAD, Argo CD's namespace, no deletion", () => {
    expect(application(withSpec(''))).toMatchObject({
      namespace: 'argocd',
      automated: false,
      prune: false,
      selfHeal: false,
      createNamespace: false,
      deletesOnRemoval: false,
      sources: [{ targetRevision: 'HEAD' }],
    });
  });

  it.each([
    ['automated: {}', { automated: true, prune: false, selfHeal: false }],
    ['automated:', { automated: false }],
    [
      'automated: {enabled: false, prune: true, selfHeal: true}',
      { automated: false, prune: false, selfHeal: false },
    ],
    ['automated: {prune: yes}', { automated: true, prune: true }],
    ['automated: {prune: true}\n    syncOptions: [Prune=false]', { prune: false }],
    ['automated: {prune: true, allowEmpty: true}', { allowEmpty: true }],
    ['syncOptions: [Validate=false]', { unvalidated: true }],
  ])('syncPolicy %j', (policy, expected) => {
    expect(application(withSpec(`  syncPolicy:\n    ${policy}\n`))).toMatchObject(expected);
  });

  it('reads what the namespace is to carry, which counts only where it may be made', () => {
    const read = (options: string) =>
      application(
        withSpec(
          `  syncPolicy:\n    managedNamespaceMetadata: {labels: {env: dev}}\n    syncOptions: [${options}]\n`,
        ),
      )?.namespaceMetadata;
    expect(read('CreateNamespace=true')).toEqual({ labels: { env: 'dev' }, annotations: {} });
    expect(read('')).toBeUndefined();
  });

  it('keeps the objects of a removed document where a sync option says so', () => {
    const finalized = argoStyle.replace('CreateNamespace=true', 'Delete=false');
    expect(application(finalized).deletesOnRemoval).toBe(false);
    const annotated = argoStyle.replace(
      '    fairlead.dev/owner',
      '    argocd.argoproj.io/sync-options: SkipDryRunOnMissingResource=true, Prune=false\n    fairlead.dev/owner',
    );
    expect(application(annotated).deletesOnRemoval).toBe(false);
  });

  it.each([
    ['directory: {}', { type: 'detect' }],
    ['helm: {valueFiles: []}', { type: 'detect' }],
    ['directory: {recurse: true, exclude: "*.md"}', { type: 'directory', recurse: true, exclude: '*.md' }],
    [
      'kustomize: {namePrefix: x-, images: [web=web:2]}',
      {
        type: 'kustomize',
        options: { namePrefix: 'x-', images: ['web=web:2'], commonLabels: {}, commonAnnotations: {} },
      },
    ],
    [
      'helm: {releaseName: web, valueFiles: [a.yaml, /b.yaml], valuesObject: {a: 1}, parameters: [{name: c, value: "2"}], version: v3}',
      {
        type: 'helm',
        options: {
          releaseName: 'web',
          valueFiles: ['a.yaml', '/b.yaml'],
          ignoreMissingValueFiles: false,
          valuesObject: { a: 1 },
          parameters: [{ name: 'c', value: '2', forceString: false }],
          skipCrds: false,
        },
      },
    ],
  ])('source with %s', (tool, expected) => {
    expect(application(withSpec('', `    ${tool}\n`)).sources[0]).toMatchObject({ tool: expected });
  });

  it.each([
    ['.', ''],
    ['./apps//web/', 'apps/web'],
  ])('path %j is %j', (written, path) => {
    expect(application(withSpec('').replace('apps/web', written)).sources[0]).toMatchObject({ path });
  });

  it.each(['../other', '/etc', 'apps/../../x'])('path %j leads out and is a problem', (written) => {
    expect(problem(withSpec('').replace('apps/web', written))).toMatchObject({
      line: 8,
      text: expect.stringContaining('leads out of the repository'),
    });
  });
});

describe('an Application with something that Fairlead may not leave out', () => {
  it('has one problem where `source` is missing', () => {
    const text = withSpec('').replace(/ {2}source:\n(?: {4}.*\n)+/, '');
    expect(parse(text).problems).toMatchObject([{ field: 'spec.source' }]);
  });

  it.each([
    ['  syncPolicy:\n    syncOptions: [Force=true]\n', 11, 'Force=true'],
    [
      '  syncPolicy:\n    syncOptions:\n      - CreateNamespace=true\n      - Prune=confirm\n',
      13,
      'Prune=confirm',
    ],
  ])('%j is a problem at its line', (spec, line, name) => {
    const found = problem(withSpec(spec));
    expect(found).toMatchObject({ line, text: expect.stringContaining(name) });
    expect(found.text).toContain("isn't supported yet");
    expect(parse(withSpec(spec)).documents).toEqual([]);
  });

  it.each([
    ['plugin: {name: x}', 'plugin'],
    ['directory: {jsonnet: {tlas: [{name: a}]}}', 'jsonnet'],
    ['helm: {fileParameters: [{name: a, path: "https://example.com/b"}]}', 'fileParameters[0].path'],
    ['helm: {fileParameters: [{name: "a=/etc/passwd,b", path: b}]}', 'fileParameters[0].name'],
    ['helm: {fileParameters: [{name: a}]}', 'path is missing'],
    ['helm: {version: v2}', 'no Helm "v2"'],
    ['tagPrefix: "web:"', 'tagPrefix'],
    ['helm: {valueFiles: [$values/a.yaml]}', 'No source has the ref values'],
    ['helm: {valueFiles: [https://example.com/a.yaml]}', 'https://example.com/a.yaml'],
    ['targetRevision: "1.* beta"', 'no range of versions'],
    ['targetRevision: main~1', 'main~1'],
  ])('source with %s is a problem', (source, name) => {
    expect(problem(withSpec('', `    ${source}\n`))).toMatchObject({
      line: 9,
      text: expect.stringContaining(name),
    });
  });

  it('accepts them where they say nothing', () => {
    application(withSpec('  sources: []\n  ignoreDifferences: []\n', '    plugin: null\n    chart: ""\n'));
  });
});

describe('a mistaken Application', () => {
  it.each([
    ['an unknown field', '  syncPolicy: {automated: {selfheal: true}}\n', 10, 'Did you mean selfHeal?'],
    [
      'an unknown sync option',
      '  syncPolicy: {syncOptions: [CreateNamspace=true]}\n',
      10,
      'Did you mean CreateNamespace?',
    ],
    [
      'a text where true or false belongs',
      '  syncPolicy: {automated: {prune: "yes"}}\n',
      10,
      'must be true or false',
    ],
    ['a list where a mapping belongs', '  syncPolicy: [automated]\n', 10, 'must be a mapping'],
  ])('with %s says what and where', (_what, spec, line, text) => {
    expect(problem(withSpec(spec))).toMatchObject({ line, text: expect.stringContaining(text) });
  });

  it.each([
    ['{name: dev, namespace: web}', '{namespace: web}', 'names no cluster'],
    ['{name: dev, namespace: web}', '{name: dev, server: https://x, namespace: web}', 'in two ways'],
    ['{name: dev, namespace: web}', '{name: dev, namespace: Web}', "can't be a namespace"],
    ['{name: web}', '{name: Web}', "can't be a name"],
    ['{name: web}', '{generateName: web-}', 'generateName'],
    ['project: platform', 'project: 12', 'Put it in quotes: without them, YAML reads it as 12'],
    ['project: platform', 'project:', 'project is missing'],
    ['path: apps/web', 'path:', 'path is missing'],
    ['https://git', 'https://me:secret@git', 'holds a password'],
    ['/platform/platform-config.git', '/platform/../other.git', "holds '.' or '..'"],
    ['https://git.example.com/platform', 'oci://git.example.com/platform', 'A chart needs a targetRevision'],
    ['v1alpha1', 'v1alpha2', 'Write apiVersion: argoproj.io/v1alpha1'],
    ['argoproj.io/', 'argoprj.io/', 'Write apiVersion: argoproj.io/v1alpha1'],
    ['kind: Application', 'kind: ApplicationSet', "ApplicationSet isn't supported yet"],
  ])('%s → %s', (from, to, text) => {
    expect(problem(withSpec('').replace(from, to)).text).toContain(text);
  });

  it('with two tools keeps neither', () => {
    expect(
      problem(withSpec('', '    helm: {skipCrds: true}\n    kustomize: {namePrefix: a}\n')),
    ).toMatchObject({
      line: 10,
      text: expect.stringContaining('more than one tool'),
    });
  });

  it('shows all its problems, in the order of lines', () => {
    const lines = parse(withSpec('  foo: 1\n  sourceHydrator: {x: 1}\n', '    bar: 1\n')).problems.map(
      ({ location }) => location?.line,
    );
    expect(lines).toEqual([9, 11, 12]);
  });
});
