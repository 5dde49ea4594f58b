import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeJson } from '../../core/json.ts';
import type { ClusterCapabilities } from '../../core/session.ts';
import type { HelmOptions } from '../catalog/documents.ts';
import type { RenderJob, SandboxFolders } from './renderer.ts';
import type { FoundFile, FoundParameter, RefClosures } from './value-files.ts';

/** What one chart's render needs. */
export interface Chart {
  readonly job: RenderJob;
  readonly options: HelmOptions;
  readonly name: string;
  /** Text of Chart.yaml, for lines in problems. */
  readonly text: string;
  /** Those that are there, in order. */
  readonly valueFiles: readonly FoundFile[];
  readonly fileParameters: readonly FoundParameter[];
  /** What is read of other sources, by their names. */
  readonly refs: RefClosures;
  readonly capabilities: ChartCapabilities;
}

/** What templates see of the cluster; absent: what Helm takes by itself. */
export type ChartCapabilities = Partial<Pick<ClusterCapabilities, 'kubernetesVersion' | 'apiVersions'>>;

/** The Application's own values, as a file beside the source. */
export const inlineValues = 'values.yaml';
export const inlineName = 'spec.source.helm.values';

/** What an Application says of the cluster stands before what its agent reported. */
export function capabilitiesOf(
  { kubeVersion, apiVersions = [] }: HelmOptions,
  reported: ClusterCapabilities | undefined,
): ChartCapabilities {
  const version = kubeVersion ?? reported?.kubernetesVersion;
  const versions = apiVersions.length > 0 ? apiVersions : reported?.apiVersions;
  return {
    ...(version === undefined ? {} : { kubernetesVersion: version }),
    ...(versions === undefined ? {} : { apiVersions: versions }),
  };
}

/** Where the other sources lie, each in a folder of its name. */
export function refsFolder(home: string): string {
  return join(home, 'refs');
}

/**
 * Argo CD's order: value files, then inline values, then parameters; the last wins. Writes the inline values and what is
 * read of other sources. Throws what `Closure.writeTo` throws.
 */
export async function templateArguments(
  chart: Chart,
  { source, home }: SandboxFolders,
  maxBytes: number,
): Promise<readonly string[]> {
  const { job, options, capabilities } = chart;
  const { request } = job;
  const args = ['template', '--namespace', options.namespace ?? request.namespace, '--skip-tests'];
  args.push(options.skipCrds ? '--skip-crds' : '--include-crds');
  if (options.skipSchemaValidation === true) args.push('--skip-schema-validation');
  if (capabilities.kubernetesVersion !== undefined)
    args.push(`--kube-version=${capabilities.kubernetesVersion}`);
  for (const version of capabilities.apiVersions ?? []) args.push(`--api-versions=${version}`);
  for (const [ref, closure] of chart.refs) await closure.writeTo(join(refsFolder(home), ref), maxBytes);
  const placeOf = ({ ref, path }: FoundFile) =>
    join(ref === undefined ? source : join(refsFolder(home), ref), path);
  for (const file of chart.valueFiles) args.push('--values', listEntry(placeOf(file)));
  const values = options.valuesObject === undefined ? options.values : writeJson(options.valuesObject);
  if (values !== undefined && values.trim() !== '') {
    const file = join(home, inlineValues);
    await writeFile(file, values);
    args.push('--values', file);
  }
  for (const { name, value, forceString } of options.parameters) {
    args.push(forceString ? '--set-string' : '--set', `${name}=${escapeCommas(value)}`);
  }
  for (const parameter of chart.fileParameters) {
    args.push('--set-file', `${parameter.name}=${escapePath(placeOf(parameter))}`);
  }
  // A release name is the application's own text: behind `--`, it can't be an option.
  return [...args, '--', options.releaseName ?? request.applicationName, join(source, job.path)];
}

/** Helm reads `--values` as a line of CSV: without quotes, a comma in a path starts another path. */
function listEntry(path: string): string {
  return /[",\n\r]/u.test(path) ? `"${path.replaceAll('"', '""')}"` : path;
}

/** A comma would start the next parameter, except in a list `{a,b}` (Argo CD's rule). */
function escapeCommas(value: string): string {
  if (value.startsWith('{') && value.endsWith('}')) return value;
  return value.replace(/(?<!\\),/gu, '\\,');
}

/** A comma would end the path, and what follows could name any file of the host. */
function escapePath(path: string): string {
  return path.replace(/[\\,]/gu, '\\$&');
}
