import type { ClusterCapabilities } from '../../core/session.ts';
import type { HelmOptions, KustomizeOptions, RenderedSource, SourceTool } from '../catalog/documents.ts';
import type { Assignment } from './assignment.ts';

/** Argo CD's build environment: its variables by name. */
export type BuildEnvironment = ReadonlyMap<string, string>;

/** What the variables are for one source at one commit. */
export function buildEnvironment(
  assignment: Pick<Assignment, 'name' | 'namespace' | 'project'>,
  source: RenderedSource,
  commit: string,
  capabilities: ClusterCapabilities | undefined,
): BuildEnvironment {
  const [version = ''] = /^v?\d+(?:\.\d+){0,2}/u.exec(capabilities?.kubernetesVersion ?? '') ?? [];
  return new Map([
    ['ARGOCD_APP_NAME', assignment.name],
    ['ARGOCD_APP_NAMESPACE', assignment.namespace],
    ['ARGOCD_APP_PROJECT_NAME', assignment.project.name],
    ['ARGOCD_APP_REVISION', commit],
    ['ARGOCD_APP_REVISION_SHORT', commit.slice(0, 7)],
    ['ARGOCD_APP_REVISION_SHORT_8', commit.slice(0, 8)],
    ['ARGOCD_APP_SOURCE_PATH', source.path],
    ['ARGOCD_APP_SOURCE_REPO_URL', source.repoURL],
    ['ARGOCD_APP_SOURCE_TARGET_REVISION', source.targetRevision],
    ['KUBE_VERSION', version],
    ['KUBE_API_VERSIONS', (capabilities?.apiVersions ?? []).join(',')],
  ]);
}

/** `${NAME}`, `$NAME` and the shell's one-letter names; an unclosed or empty brace is swallowed (Go's `os.Expand`). */
const variable = /\$(?:\{([^}]*)\}|(\{)|([*#$@!?\-0-9])|([A-Za-z0-9_]+))/gu;

/** A text with its variables filled in. `$$` is a dollar sign; what isn't known is empty, as in Argo CD. */
export function fillIn(text: string, environment: BuildEnvironment): string {
  return text.replaceAll(
    variable,
    (_all, braced?: string, _open?: string, special?: string, plain?: string) => {
      const name = braced ?? special ?? plain ?? '';
      return name === '$' ? '$' : (environment.get(name) ?? '');
    },
  );
}

/** The options of a tool with the variables filled in, where Argo CD does. */
export function fillTool(tool: SourceTool, environment: BuildEnvironment): SourceTool {
  if (!usesVariables(tool)) return tool;
  const fill = (text: string) => fillIn(text, environment);
  switch (tool.type) {
    case 'helm':
      return { type: 'helm', options: fillHelm(tool.options, fill) };
    case 'kustomize':
      return { type: 'kustomize', options: fillKustomize(tool.options, fill) };
    case 'detect':
    case 'directory':
      return tool;
  }
}

function fillHelm(options: HelmOptions, fill: (text: string) => string): HelmOptions {
  const { fileParameters } = options;
  return {
    ...options,
    valueFiles: options.valueFiles.map((file) => fillPath(file, fill)),
    parameters: options.parameters.map((each) => ({ ...each, value: fill(each.value) })),
    ...(fileParameters === undefined
      ? {}
      : { fileParameters: fileParameters.map(({ name, path }) => ({ name, path: fillPath(path, fill) })) }),
  };
}

/** The name of another source at the beginning of a path is no variable. */
function fillPath(path: string, fill: (text: string) => string): string {
  const end = path.startsWith('$') ? path.indexOf('/') : 0;
  return end < 0 ? path : path.slice(0, end) + fill(path.slice(end));
}

function fillKustomize(options: KustomizeOptions, fill: (text: string) => string): KustomizeOptions {
  const { commonAnnotationsEnvsubst, commonAnnotations, commonLabels } = options;
  const fillAll = (texts: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, fill(text)]));
  return {
    ...options,
    images: options.images.map(fill),
    commonLabels: fillAll(commonLabels),
    commonAnnotations: commonAnnotationsEnvsubst === true ? fillAll(commonAnnotations) : commonAnnotations,
  };
}

/** Whether anything is to be filled in. */
export function usesVariables(tool: SourceTool): boolean {
  return textsOf(tool).some((text) => text.includes('$'));
}

/** Whether what is rendered depends on the commit itself, and not only on what was read of it. */
export function usesRevision(tool: SourceTool): boolean {
  return textsOf(tool).some((text) => text.includes('$') && text.includes('ARGOCD_APP_REVISION'));
}

function textsOf(tool: SourceTool): readonly string[] {
  if (tool.type === 'kustomize') {
    const { images, commonLabels, commonAnnotations, commonAnnotationsEnvsubst } = tool.options;
    const annotations = commonAnnotationsEnvsubst === true ? Object.values(commonAnnotations) : [];
    return [...images, ...Object.values(commonLabels), ...annotations];
  }
  if (tool.type !== 'helm') return [];
  const { valueFiles, parameters, fileParameters = [] } = tool.options;
  const paths = [...valueFiles, ...fileParameters.map(({ path }) => path)];
  return [...parameters.map(({ value }) => value), ...paths.map(afterRef)];
}

function afterRef(path: string): string {
  return path.startsWith('$') ? path.slice(1) : path;
}
