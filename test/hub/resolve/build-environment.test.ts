import { expect, test } from 'vitest';
import type { GitSource, SourceTool } from '../../../hub/catalog/documents.ts';
import type { Assignment } from '../../../hub/resolve/assignment.ts';
import {
  buildEnvironment,
  fillIn,
  fillTool,
  usesRevision,
  usesVariables,
} from '../../../hub/resolve/build-environment.ts';

const source: GitSource = {
  type: 'git',
  field: 'spec.source',
  repoURL: 'https://git.example.com/apps.git',
  targetRevision: 'main',
  path: 'apps/web',
  tool: { type: 'detect' },
};
const assignment = { name: 'web', namespace: 'shop', project: { name: 'platform' } } as unknown as Assignment;
const commit = '0123456789abcdef0123456789abcdef01234567';
const environment = buildEnvironment(assignment, source, commit, {
  kubernetesVersion: 'v1.37.2+k3s1',
  apiVersions: ['v1', 'apps/v1'],
  clusterScopedKinds: [],
});

test.each([
  ['$ARGOCD_APP_NAME.example.com', 'web.example.com'],
  ['${ARGOCD_APP_NAME}-${ARGOCD_APP_NAMESPACE}', 'web-shop'],
  ['$ARGOCD_APP_PROJECT_NAME', 'platform'],
  ['$ARGOCD_APP_REVISION', commit],
  ['$ARGOCD_APP_REVISION_SHORT $ARGOCD_APP_REVISION_SHORT_8', '0123456 01234567'],
  ['$ARGOCD_APP_SOURCE_PATH@$ARGOCD_APP_SOURCE_TARGET_REVISION', 'apps/web@main'],
  ['$ARGOCD_APP_SOURCE_REPO_URL', 'https://git.example.com/apps.git'],
  ['$KUBE_VERSION $KUBE_API_VERSIONS', 'v1.37.2 v1,apps/v1'],
  ['$$ARGOCD_APP_NAME costs $$5', '$ARGOCD_APP_NAME costs $5'],
  ['unknown $OTHER and ${OTHER} are empty', 'unknown  and  are empty'],
  ['a $ alone, a $', 'a $ alone, a $'],
  ['${ARGOCD_APP_NAME', 'ARGOCD_APP_NAME'],
  ['${}x', 'x'],
])('%j is filled in as %j, as in Go', (text, filled) => {
  expect(fillIn(text, environment)).toBe(filled);
});

test('Helm parameters, files and file parameters are filled in, but no name of another source', () => {
  const tool: SourceTool = {
    type: 'helm',
    options: {
      valueFiles: ['envs/$ARGOCD_APP_NAME.yaml', '$values/$ARGOCD_APP_NAME.yaml', '$values'],
      ignoreMissingValueFiles: false,
      values: 'host: $ARGOCD_APP_NAME',
      parameters: [{ name: '$ARGOCD_APP_NAME', value: '$ARGOCD_APP_NAME', forceString: false }],
      fileParameters: [{ name: 'text', path: '$values/$ARGOCD_APP_NAMESPACE.txt' }],
      skipCrds: false,
    },
  };
  expect(fillTool(tool, environment)).toEqual({
    type: 'helm',
    options: {
      ...tool.options,
      valueFiles: ['envs/web.yaml', '$values/web.yaml', '$values'],
      parameters: [{ name: '$ARGOCD_APP_NAME', value: 'web', forceString: false }],
      fileParameters: [{ name: 'text', path: '$values/shop.txt' }],
    },
  });
});

test('images and labels of Kustomize are filled in, annotations where the source asks for it', () => {
  const options = {
    images: ['web=web:$ARGOCD_APP_REVISION_SHORT'],
    commonLabels: { app: '${ARGOCD_APP_NAME}' },
    commonAnnotations: { app: '$ARGOCD_APP_NAME' },
  };
  const filled = { images: ['web=web:0123456'], commonLabels: { app: 'web' } };
  expect(fillTool({ type: 'kustomize', options }, environment)).toEqual({
    type: 'kustomize',
    options: { ...options, ...filled },
  });
  const asked = { ...options, commonAnnotationsEnvsubst: true } as const;
  expect(fillTool({ type: 'kustomize', options: asked }, environment)).toEqual({
    type: 'kustomize',
    options: { ...asked, ...filled, commonAnnotations: { app: 'web' } },
  });
  expect([
    usesVariables({ type: 'kustomize', options }),
    usesRevision({ type: 'kustomize', options }),
  ]).toEqual([true, true]);
});

test('the name of another source alone needs nothing filled in', () => {
  const options = {
    valueFiles: ['$values/a.yaml'],
    ignoreMissingValueFiles: false,
    parameters: [],
    skipCrds: false,
  };
  expect(usesVariables({ type: 'helm', options })).toBe(false);
  expect(usesVariables({ type: 'directory', recurse: true })).toBe(false);
});
