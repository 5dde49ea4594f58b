import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Json, type JsonObject, stringAt } from '../../core/json.ts';
import type { Manifest } from '../../core/kube-object.ts';
import type { Location, Problem } from '../../core/problem.ts';
import type { KustomizeOptions } from '../catalog/documents.ts';
import type { RenderResult } from '../ports.ts';
import { editKustomization } from './edit-kustomization.ts';
import { explainKustomize } from './explain-kustomize.ts';
import { capabilitiesFor, helmArguments } from './inflate-charts.ts';
import { findKustomization, type KustomizationMemo, readKustomizeClosure } from './kustomize-closure.ts';
import { readManifests } from './read-manifests.ts';
import {
  failed,
  type Preparation,
  type RenderJob,
  type RenderLimits,
  type RunInSandbox,
  type SandboxFolders,
  type Tool,
  toolProblem,
} from './renderer.ts';
import { resolvePath } from './source-paths.ts';

export interface KustomizeDeps {
  readonly tool: Tool;
  /** For charts inside; the problem is why there is none. */
  readonly helm: Tool | Problem;
  readonly memo: KustomizationMemo;
  readonly sandbox: RunInSandbox;
  readonly limits: RenderLimits;
}

const fieldOf = 'spec.source.kustomize';

/** A kustomization by the `kustomize` binary, on exactly the files that it names. */
export async function prepareKustomize(
  job: RenderJob,
  written: KustomizeOptions,
  deps: KustomizeDeps,
): Promise<Preparation> {
  const { files, path, request } = job;
  const other = checkVersion(written, deps.tool, request.origin);
  if (other !== undefined) return failed(other);
  const options = await withoutMissingComponents(job, written);
  const { closure, charts, problems } = await readKustomizeClosure(files, path, deps.memo, {
    value: { patches: (options.patches ?? []) as unknown as Json, components: options.components ?? [] },
    location: request.origin,
    field: fieldOf,
  });
  const file = findKustomization(files, path) ?? path;
  const clashes = problems.length > 0 ? [] : await findClashes(job, options, file);
  if (problems.length > 0 || clashes.length > 0) {
    return failed(
      ...problems.map((problem) => ({ ...problem, location: problem.location ?? request.origin })),
      ...clashes,
    );
  }
  const { helm } = deps;
  if (charts.length > 0 && !('command' in helm)) return failed(helm);
  const capabilities = charts.length > 0 ? capabilitiesFor(options, request) : undefined;
  const chartInputs = 'command' in helm && capabilities !== undefined ? [helm.version, capabilities] : [];
  const render = (signal?: AbortSignal): Promise<RenderResult> =>
    deps.sandbox(
      closure,
      async (folders, run) => {
        const { source } = folders;
        const target = join(source, file);
        const { text, wantsOrigins } = editKustomization(await readFile(target, 'utf8'), options);
        // Never through a link, which others may share.
        await rm(target);
        await writeFile(target, text);
        const inflation =
          'command' in helm && capabilities !== undefined
            ? await helmArguments(helm, folders, capabilities)
            : [];
        const result = await run(deps.tool, ['build', ...inflation, join(source, path)], source);
        const location: Location = { file };
        if (result.type === 'done') return readOutput(result.stdout, path, location, wantsOrigins);
        return failed(
          await toolProblem('kustomize', result, deps.limits, location, (stderr) =>
            explainKustomize(withoutFolders(stderr, folders), job),
          ),
        );
      },
      signal,
    );
  return {
    type: 'ready',
    closure,
    inputs: [
      'kustomize',
      deps.tool.version,
      JSON.stringify([options, ...chartInputs]),
      path,
      closure.describe(),
    ],
    render,
  };
}

function withoutFolders(text: string, { source, home }: SandboxFolders): string {
  return text.replaceAll(`${source}/`, '').replaceAll(source, '.').replaceAll(`${home}/`, '');
}

/** Argo CD runs a binary of that version, where its settings name one. Here there is one. */
function checkVersion(options: KustomizeOptions, tool: Tool, location: Location): Problem | undefined {
  const bare = (version: string): string => version.replace(/^v/u, '');
  if (options.version === undefined || bare(options.version) === bare(tool.version)) return undefined;
  return {
    code: 'other-version',
    message: `the application wants kustomize ${options.version}, and the hub has ${tool.version}`,
    location,
    field: `${fieldOf}.version`,
    remedy: `Remove it, or write ${tool.version} to be told when the hub's changes`,
  };
}

async function withoutMissingComponents(
  { files, path }: RenderJob,
  options: KustomizeOptions,
): Promise<KustomizeOptions> {
  const { components = [], ignoreMissingComponents } = options;
  if (ignoreMissingComponents !== true || components.length === 0) return options;
  const found: string[] = [];
  for (const component of components) {
    const folder = resolvePath(path, component);
    const isMissing = folder !== undefined && (await files.find(folder)).type === 'missing';
    if (!isMissing) found.push(component);
  }
  return { ...options, components: found };
}

async function findClashes(
  { files, request }: RenderJob,
  options: KustomizeOptions,
  file: string,
): Promise<readonly Problem[]> {
  const { commonLabels, commonAnnotations } = options;
  if (Object.keys(commonLabels).length + Object.keys(commonAnnotations).length === 0) return [];
  const { clashes } = editKustomization((await files.text(file)) ?? '', options);
  return clashes.map(({ field, key }) => ({
    code: 'already-there',
    message: `${file} sets ${key} itself, so the application's own can't be added to its ${field}`,
    location: request.origin,
    field: `${fieldOf}.${field}.${key}`,
    remedy: `Remove one of the two, or set ${field === 'commonLabels' ? 'forceCommonLabels' : 'forceCommonAnnotations'}: true to overwrite it`,
  }));
}

const originAnnotation = 'config.kubernetes.io/origin';

/** Kustomize says in an annotation which file an object comes from, relative to the kustomization. */
function readOutput(text: string, folder: string, fallback: Location, wantsOrigins: boolean): RenderResult {
  const originOf = (value: unknown): Location => {
    const origin = stringAt(value as JsonObject, 'metadata', 'annotations', originAnnotation);
    const named = /^(?:path|configuredIn): (.+)$/mu.exec(origin ?? '')?.[1];
    const file =
      named === undefined ? undefined : resolvePath(folder, named.replace(/^(['"])(.*)\1$/u, '$2'));
    return file === undefined ? fallback : { file };
  };
  const { manifests, problems } = readManifests(text, ({ value }) => originOf(value));
  if (problems.length > 0) return failed(...problems);
  return { type: 'rendered', manifests: wantsOrigins ? manifests : manifests.map(withoutOrigin) };
}

function withoutOrigin({ object, origin }: Manifest): Manifest {
  const { [originAnnotation]: _, ...kept } = object.metadata.annotations ?? {};
  const { annotations: __, ...metadata } = object.metadata;
  const hasOthers = Object.keys(kept).length > 0;
  return {
    object: { ...object, metadata: hasOthers ? { ...metadata, annotations: kept } : metadata },
    origin,
  };
}
