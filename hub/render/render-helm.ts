import { join } from 'node:path';
import { canonicalJson, isJsonArray, type Json, stringAt, writeJson } from '../../core/json.ts';
import type { Location, Problem } from '../../core/problem.ts';
import type { HelmOptions } from '../catalog/documents.ts';
import { readYamlStream } from '../catalog/yaml-stream.ts';
import type { RenderResult } from '../ports.ts';
import { addChart } from './chart-files.ts';
import { Closure } from './closure.ts';
import {
  type Chart,
  capabilitiesOf,
  inlineName,
  inlineValues,
  refsFolder,
  templateArguments,
} from './helm-arguments.ts';
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
import { type FoundFile, findChartInputs, openRefClosures } from './value-files.ts';

/** Whether a chart's folder, by its tree id, reads the cluster's capabilities. */
export type HelmMemo = Map<string, boolean>;

export interface HelmDeps {
  readonly tool: Tool;
  readonly memo: HelmMemo;
  readonly sandbox: RunInSandbox;
  readonly limits: RenderLimits;
}

const maxMemo = 20_000;
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
  const problems = [
    ...(await addChart(files, path, closure, options.skipSchemaValidation === true ? 'unread' : 'read')),
  ];
  const refs = openRefClosures(job);
  const inputs = await findChartInputs(job, options, closure, refs);
  problems.push(...inputs.problems);
  if (problems.length > 0) return failed(...problems);
  const { valueFiles, fileParameters } = inputs;
  const reads = await detectCapabilities(job, valueFiles, options, text, deps.memo);
  const capabilities = capabilitiesOf(options, reads ? request.capabilities : undefined);
  const chart: Chart = { job, options, name, text, valueFiles, fileParameters, refs, capabilities };
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
      reads ? JSON.stringify(request.capabilities ?? null) : '',
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

/**
 * Whether what is rendered can depend on the cluster: a template or values with `tpl` mention capabilities, Chart.yaml
 * demands a version, or a packed dependency can't be looked into.
 */
async function detectCapabilities(
  { files, refs, path }: RenderJob,
  valueFiles: readonly FoundFile[],
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
    .replaceAll(`${refsFolder(home)}/`, '$')
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
