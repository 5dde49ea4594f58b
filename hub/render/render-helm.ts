import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson, isJsonArray, type Json, stringAt, writeJson } from '../../core/json.ts';
import type { Location, Problem } from '../../core/problem.ts';
import type { HelmOptions } from '../catalog/documents.ts';
import { readYamlStream } from '../catalog/yaml-stream.ts';
import type { RenderResult } from '../ports.ts';
import { addChart } from './chart-files.ts';
import { Closure } from './closure.ts';
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
import { decodeText } from './source-files.ts';
import { joinPath } from './source-paths.ts';
import { type FoundValues, findValueFiles, openRefClosures, type RefClosures } from './value-files.ts';

/** Whether a chart's folder, by its tree id, reads the cluster's capabilities. */
export type HelmMemo = Map<string, boolean>;

export interface HelmDeps {
  readonly tool: Tool;
  readonly memo: HelmMemo;
  readonly sandbox: RunInSandbox;
  readonly limits: RenderLimits;
}

/** What one chart's render needs. */
interface Chart {
  readonly job: RenderJob;
  readonly options: HelmOptions;
  readonly name: string;
  /** Text of Chart.yaml, for lines in problems. */
  readonly text: string;
  /** Paths of the value files that are there, in order. */
  readonly valueFiles: readonly FoundValues[];
  /** What is read of other sources, by their names. */
  readonly refs: RefClosures;
  readonly readsCapabilities: boolean;
}

const maxMemo = 20_000;
/** The Application's own values, as a file beside the source. */
const inlineValues = 'values.yaml';
const inlineName = 'spec.source.helm.values';

/** A chart in the repository, by `helm template`: no cluster, no release. */
export async function prepareHelm(
  job: RenderJob,
  options: HelmOptions,
  deps: HelmDeps,
): Promise<Preparation> {
  const { files, path, request } = job;
  const file = joinPath(path, 'Chart.yaml');
  const text = await files.text(file);
  if (text === undefined) {
    const message = `${path === '' ? 'the root of the repository' : path} holds no readable Chart.yaml`;
    return failed({
      code: 'missing-chart',
      message,
      location: request.origin,
      field: 'spec.source.path',
      remedy: 'Name the folder of a Helm chart',
    });
  }
  const { documents, failures } = readYamlStream(text);
  const name = stringAt(documents[0]?.value, 'name');
  if (name === undefined) {
    const line = failures[0]?.line ?? 1;
    const message = failures[0]?.message ?? 'it has no name';
    return failed({
      code: 'chart-syntax',
      message: `this chart can't be read: ${message}`,
      location: { file, line },
      remedy: 'Mend Chart.yaml',
    });
  }
  const closure = new Closure(files);
  const problems = [...(await addChart(files, path, closure))];
  const refs = openRefClosures(job);
  const { valueFiles, problems: missing } = await findValueFiles(job, options, closure, refs);
  problems.push(...missing);
  if (problems.length > 0) return failed(...problems);
  const readsCapabilities = await detectCapabilities(job, valueFiles, options, text, deps.memo);
  const chart: Chart = { job, options, name, text, valueFiles, refs, readsCapabilities };
  return {
    type: 'ready',
    closure,
    inputs: [
      'helm',
      deps.tool.version,
      canonicalJson(options as unknown as Json),
      request.applicationName,
      request.namespace,
      path,
      readsCapabilities ? JSON.stringify(request.capabilities ?? null) : '',
      closure.describe(),
      ...[...refs].map(([ref, each]) => `$${ref}\n${each.describe()}`),
    ],
    render: (signal) => renderChart(chart, closure, deps, signal),
  };
}

function renderChart(
  chart: Chart,
  closure: Closure,
  deps: HelmDeps,
  signal: AbortSignal | undefined,
): Promise<RenderResult> {
  const { path } = chart.job;
  return deps.sandbox(
    closure,
    async (folders, run) => {
      const result = await run(
        deps.tool,
        await templateArguments(chart, folders, deps.limits.maxOutputBytes),
        folders.source,
      );
      const location: Location = { file: joinPath(path, 'Chart.yaml') };
      if (result.type === 'done') return readOutput(result.stdout, chart, location);
      return failed(
        await toolProblem('helm', result, deps.limits, location, (stderr) => explain(stderr, folders, chart)),
      );
    },
    signal,
  );
}

/** Argo CD's order: value files, then inline values, then parameters; the last wins. */
async function templateArguments(
  chart: Chart,
  { source, home }: SandboxFolders,
  maxBytes: number,
): Promise<readonly string[]> {
  const { job, options, valueFiles } = chart;
  const { request } = job;
  const args = ['template', '--namespace', options.namespace ?? request.namespace, '--skip-tests'];
  args.push(options.skipCrds ? '--skip-crds' : '--include-crds');
  if (chart.readsCapabilities && request.capabilities !== undefined) {
    args.push('--kube-version', request.capabilities.kubernetesVersion);
    for (const version of request.capabilities.apiVersions) args.push('--api-versions', version);
  }
  for (const [ref, closure] of chart.refs) await closure.writeTo(refFolder(home, ref), maxBytes);
  for (const { ref, path } of valueFiles) {
    const folder = ref === undefined ? source : refFolder(home, ref);
    args.push('--values', listEntry(join(folder, path)));
  }
  const values = options.valuesObject === undefined ? options.values : writeJson(options.valuesObject);
  if (values !== undefined && values.trim() !== '') {
    const file = join(home, inlineValues);
    await writeFile(file, values);
    args.push('--values', file);
  }
  for (const { name, value, forceString } of options.parameters) {
    args.push(forceString ? '--set-string' : '--set', `${name}=${escapeCommas(value)}`);
  }
  // A release name is the application's own text: behind `--`, it can't be an option.
  return [...args, '--', options.releaseName ?? request.applicationName, join(source, job.path)];
}

function refFolder(home: string, ref: string): string {
  return join(home, 'refs', ref);
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

/**
 * Whether what is rendered can depend on the cluster: a template or values with `tpl` mention capabilities, Chart.yaml
 * demands a version, or a packed dependency can't be looked into.
 */
async function detectCapabilities(
  { files, refs, path }: RenderJob,
  valueFiles: readonly FoundValues[],
  options: HelmOptions,
  chartText: string,
  memo: HelmMemo,
): Promise<boolean> {
  const oid = files.tree.get(path)?.oid ?? '';
  let inChart = memo.get(oid);
  if (inChart === undefined) {
    const paths = [...files.walk(path)].map(([file]) => file);
    const isPacked = paths.some((file) => file.endsWith('.tgz'));
    inChart = isPacked || /^kubeVersion:/mu.test(chartText) || (await mentionCapabilities(files, paths));
    if (memo.size >= maxMemo) memo.clear();
    memo.set(oid, inChart);
  }
  if (inChart) return true;
  const inline = `${options.values ?? ''}${options.valuesObject === undefined ? '' : writeJson(options.valuesObject)}`;
  if (inline.includes('Capabilities')) return true;
  for (const { ref, path: file } of valueFiles) {
    const holder = ref === undefined ? files : refs.get(ref);
    if (holder !== undefined && (await mentionCapabilities(holder, [file]))) return true;
  }
  return false;
}

async function mentionCapabilities(files: RenderJob['files'], paths: readonly string[]): Promise<boolean> {
  const contents = await files.read(paths);
  return [...contents.values()].some((content) => decodeText(content)?.includes('Capabilities') ?? false);
}

/** Helm names the template above each object: `# Source: chart/templates/x.yaml`. */
function readOutput(text: string, { name, job }: Chart, fallback: Location): RenderResult {
  const { manifests, problems } = readManifests(text, ({ preceding }) => {
    const source = [...preceding.matchAll(/^# Source: (.+)$/gmu)].at(-1)?.[1];
    return source?.startsWith(`${name}/`)
      ? { file: joinPath(job.path, source.slice(name.length + 1)) }
      : fallback;
  });
  return problems.length > 0 ? failed(...problems) : { type: 'rendered', manifests };
}

const maxMessage = 600;

async function explain(stderr: string, { source, home }: SandboxFolders, chart: Chart): Promise<Problem> {
  const { job, text } = chart;
  const file = joinPath(job.path, 'Chart.yaml');
  const output = stderr
    .replaceAll(`${source}/`, '')
    .replaceAll(`${join(home, 'refs')}/`, '$')
    .replaceAll(join(home, inlineValues), inlineName)
    .replace(/^Error: /mu, '')
    .replace(/\s*Use --debug flag.*/su, '');
  const missing = /missing in charts\/ directory: (.+)/u.exec(output)?.[1];
  if (missing !== undefined) {
    return {
      code: 'missing-dependency',
      message: `the chart depends on ${missing.trim()}, which is not in its charts folder`,
      location: { file, line: dependencyLine(text, missing.split(',', 1)[0]?.trim() ?? '') },
      field: 'dependencies',
      remedy: 'Run `helm dependency update` and commit the charts folder',
    };
  }
  const message = output.replace(/\s+/gu, ' ').trim();
  return {
    code: 'helm-failed',
    message: `helm can't render this: ${message.length > maxMessage ? `${message.slice(0, maxMessage)}…` : message}`,
    location: (await placeOf(output, chart)) ?? { file },
    remedy: 'Run `helm template` on the chart to see the same, and mend it',
  };
}

/** The place that Helm's words mean. Lines of what a template made are none of the template: then only its file is known. */
async function placeOf(output: string, { job, name }: Chart): Promise<Location | undefined> {
  if (output.includes(`failed to parse ${inlineName}:`)) return job.request.origin;
  const values = /failed to parse ([^:\s]+): |cannot load ([^:\s]+): /su.exec(output);
  const file = values?.[1] ?? (values?.[2] === undefined ? undefined : joinPath(job.path, values[2]));
  if (file !== undefined && job.files.tree.has(file)) {
    const [failure] = readYamlStream((await job.files.text(file)) ?? '').failures;
    const line = failure?.line ?? Number(/yaml: line (\d+)/u.exec(output)?.[1]);
    return { file, ...(line > 0 ? { line } : {}) };
  }
  // `chart/templates/x.yaml:12:20`, or the same in parentheses for a syntax error.
  const place = new RegExp(`${escapeRegExp(name)}/([^:()\\s]+):(\\d+)`, 'gu');
  const found = [...output.matchAll(place)].at(-1);
  if (found !== undefined) return { file: joinPath(job.path, found[1] ?? ''), line: Number(found[2]) };
  const made = new RegExp(`YAML parse error on ${escapeRegExp(name)}/([^:\\s]+):`, 'u').exec(output)?.[1];
  return made === undefined ? undefined : { file: joinPath(job.path, made) };
}

function dependencyLine(chartText: string, dependency: string): number {
  const document = readYamlStream(chartText).documents[0];
  const dependencies = (document?.value as { dependencies?: Json } | undefined)?.dependencies;
  const index = isJsonArray(dependencies)
    ? dependencies.findIndex((each) => stringAt(each, 'name') === dependency)
    : -1;
  return index < 0 ? 1 : (document?.lineOf(`dependencies[${index}].name`) ?? 1);
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/gu, '\\$&');
}
