import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type JsonObject, stringAt } from '../../core/json.ts';
import type { Manifest } from '../../core/kube-object.ts';
import type { Location } from '../../core/problem.ts';
import type { KustomizeOptions } from '../catalog/documents.ts';
import type { RenderResult } from '../ports.ts';
import { editKustomization } from './edit-kustomization.ts';
import { explainKustomize } from './explain-kustomize.ts';
import { findKustomization, type KustomizationMemo, readKustomizeClosure } from './kustomize-closure.ts';
import { readManifests } from './read-manifests.ts';
import {
  failed,
  type Preparation,
  type RenderJob,
  type RunInSandbox,
  type Tool,
  toolProblem,
} from './renderer.ts';
import type { ToolRun } from './run-tool.ts';
import { resolvePath } from './source-paths.ts';

export interface KustomizeDeps {
  readonly tool: Tool;
  readonly memo: KustomizationMemo;
  readonly sandbox: RunInSandbox;
  readonly limits: Pick<ToolRun, 'timeoutMs' | 'maxOutputBytes'>;
}

/** A kustomization by the `kustomize` binary, on exactly the files that it names. */
export async function prepareKustomize(
  job: RenderJob,
  options: KustomizeOptions,
  deps: KustomizeDeps,
): Promise<Preparation> {
  const { files, path, request } = job;
  const { closure, problems } = await readKustomizeClosure(files, path, deps.memo);
  if (problems.length > 0) {
    return failed(
      ...problems.map((problem) => ({ ...problem, location: problem.location ?? request.origin })),
    );
  }
  const file = findKustomization(files, path) ?? path;
  const render = (signal?: AbortSignal): Promise<RenderResult> =>
    deps.sandbox(
      closure,
      async ({ source }, run) => {
        const target = join(source, file);
        const { text, wantsOrigins } = editKustomization(await readFile(target, 'utf8'), options);
        // Never through a link, which others may share.
        await rm(target);
        await writeFile(target, text);
        const result = await run(deps.tool, ['build', join(source, path)], source);
        const location: Location = { file };
        if (result.type === 'done') return readOutput(result.stdout, path, location, wantsOrigins);
        return failed(
          await toolProblem('kustomize', result, deps.limits, location, (stderr) =>
            explainKustomize(stderr.replaceAll(`${source}/`, '').replaceAll(source, '.'), job),
          ),
        );
      },
      signal,
    );
  return {
    type: 'ready',
    closure,
    inputs: ['kustomize', deps.tool.version, JSON.stringify(options), path, closure.describe()],
    render,
  };
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
