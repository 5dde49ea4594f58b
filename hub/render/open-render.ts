import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { digest } from '../../core/digest.ts';
import { AppError } from '../../core/error.ts';
import { Limiter } from '../../core/limiter.ts';
import type { Log } from '../../core/log.ts';
import type { Location, Problem } from '../../core/problem.ts';
import type { PreparedRender, RenderPort, RenderRequest, RenderResult, SourceReads } from '../ports.ts';
import { findKustomization, type KustomizationMemo } from './kustomize-closure.ts';
import { prepareDirectory } from './render-directory.ts';
import { type HelmMemo, prepareHelm } from './render-helm.ts';
import { prepareKustomize } from './render-kustomize.ts';
import {
  failed,
  missingTool,
  type Preparation,
  type RenderJob,
  type RenderLimits,
  type RunInSandbox,
  type Tool,
} from './renderer.ts';
import { runTool } from './run-tool.ts';
import { SourceFiles } from './source-files.ts';
import { joinPath } from './source-paths.ts';

export interface OpenRenderOptions {
  /** Paths of the binaries; absent ones make the applications that need them problems. */
  readonly helm: string | undefined;
  readonly kustomize: string | undefined;
  /** For sources while they are rendered. Made where it doesn't exist. */
  readonly tmpDir: string;
  /** Longest time for one render, ms; 60,000 where absent. */
  readonly timeoutMs?: number;
  /** Of one render: what it reads from Git, and what it writes; 10 MiB where absent. */
  readonly maxOutputBytes?: number;
  /** Of a tool and all that it starts; 1 GiB where absent. Only seen on Linux. */
  readonly maxMemoryBytes?: number;
  /** Processes at a time; 2 where absent. */
  readonly concurrency?: number;
  readonly log: Log;
}

/** Grows when the renderers' own code changes what they give for the same input. */
const formatVersion = '1';

type Binary =
  | { readonly type: 'found'; readonly tool: Tool }
  | { readonly type: 'missing'; readonly reason: string };

/** Opens the renderers. Asks each binary for its version once; never throws for one that can't be started. */
export async function openRender(options: OpenRenderOptions): Promise<RenderPort> {
  const limits: Limits = {
    timeoutMs: options.timeoutMs ?? 60_000,
    maxOutputBytes: options.maxOutputBytes ?? 10 * 1024 * 1024,
    maxMemoryBytes: options.maxMemoryBytes ?? 1024 * 1024 * 1024,
  };
  await mkdir(options.tmpDir, { recursive: true });
  const tools: Tools = {
    helm: await askVersion('helm', options.helm, ['version', '--short'], options),
    kustomize: await askVersion('kustomize', options.kustomize, ['version'], options),
    helmMemo: new Map(),
    kustomizationMemo: new Map(),
    sandbox: openSandbox(options.tmpDir, limits, new Limiter(options.concurrency ?? 2)),
    limits,
  };
  return {
    async prepare(request): Promise<PreparedRender> {
      const files = new SourceFiles(request.source);
      const prepared = await guard(request.origin, async () => {
        const path = await findFolder(request, files);
        if (typeof path !== 'string') return failed(path);
        const override = findOverride(request, files, path);
        if (override !== undefined) return failed(override);
        const refs = openRefs(request);
        const job = { request, files, refs, path };
        const tool = detectTool(job);
        return { ...(await prepareJob(job, tool, tools)), tool: tool.type, reads: files.reads(), refs };
      });
      if (prepared.type === 'problems') return prepared;
      return {
        type: 'ready',
        tool: prepared.tool,
        reads: prepared.reads,
        ...(prepared.refs.size === 0 ? {} : { refReads: readsOf(prepared.refs) }),
        files: () => prepared.closure.paths(),
        key: digest([formatVersion, ...prepared.inputs].join('\0')),
        render: (signal) => guard<RenderResult>(request.origin, () => prepared.render(signal)),
      };
    },
  };
}

function openRefs({ refs }: RenderRequest): ReadonlyMap<string, SourceFiles> {
  return new Map([...(refs ?? [])].map(([name, tree]) => [name, new SourceFiles(tree)]));
}

function readsOf(refs: ReadonlyMap<string, SourceFiles>): ReadonlyMap<string, SourceReads> {
  return new Map([...refs].map(([name, files]) => [name, files.reads()]));
}

type Limits = RenderLimits;

interface Tools {
  readonly helm: Binary;
  readonly kustomize: Binary;
  readonly helmMemo: HelmMemo;
  readonly kustomizationMemo: KustomizationMemo;
  readonly sandbox: RunInSandbox;
  readonly limits: Limits;
}

type DetectedTool = Exclude<RenderRequest['tool'], { type: 'detect' }>;

async function prepareJob(job: RenderJob, tool: DetectedTool, tools: Tools): Promise<Preparation> {
  const { origin } = job.request;
  const { helm, kustomize, sandbox, limits } = tools;
  switch (tool.type) {
    case 'directory':
      return prepareDirectory(job, tool, limits.maxOutputBytes);
    case 'kustomize':
      if (kustomize.type === 'missing') return failed(missingTool('kustomize', origin, kustomize.reason));
      return prepareKustomize(job, tool.options, {
        tool: kustomize.tool,
        helm: helm.type === 'found' ? helm.tool : missingTool('helm', origin, helm.reason),
        memo: tools.kustomizationMemo,
        sandbox,
        limits,
      });
    case 'helm':
      if (helm.type === 'missing') return failed(missingTool('helm', origin, helm.reason));
      return prepareHelm(job, tool.options, { tool: helm.tool, memo: tools.helmMemo, sandbox, limits });
  }
}

/** A fresh folder for each render, gone afterwards whatever happened. */
function openSandbox(tmpDir: string, limits: Limits, turnstile: Limiter): RunInSandbox {
  return (closure, use, signal) =>
    turnstile.run(async () => {
      const folder = await mkdtemp(join(tmpDir, 'render-'));
      const folders = { source: join(folder, 'source'), home: join(folder, 'home') };
      try {
        await mkdir(folders.source);
        await mkdir(folders.home);
        await closure.writeTo(folders.source, limits.maxOutputBytes);
        return await use(folders, ({ command }, args, cwd) =>
          runTool({ command, args, cwd, home: folders.home, ...limits, signal }),
        );
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    });
}

/** What was asked for, else Argo CD's order: Chart.yaml, a kustomization, plain files. */
function detectTool({ request, files, path }: RenderJob): DetectedTool {
  if (request.tool.type !== 'detect') return request.tool;
  if (files.tree.has(joinPath(path, 'Chart.yaml'))) {
    return {
      type: 'helm',
      options: { valueFiles: [], ignoreMissingValueFiles: false, parameters: [], skipCrds: false },
    };
  }
  if (findKustomization(files, path) !== undefined) {
    return { type: 'kustomize', options: { images: [], commonLabels: {}, commonAnnotations: {} } };
  }
  return { type: 'directory', recurse: false };
}

async function findFolder({ path, origin }: RenderRequest, files: SourceFiles): Promise<string | Problem> {
  const found = await files.find(path);
  const at = { location: origin, field: 'spec.source.path' };
  switch (found.type) {
    case 'folder':
      return found.path;
    case 'file':
      return {
        code: 'not-a-folder',
        message: `${path} is a file`,
        ...at,
        remedy: 'Name the folder that holds it',
      };
    case 'unreachable':
      return {
        code: 'unreachable-path',
        message: `${found.link}: ${found.reason}`,
        ...at,
        remedy: 'Name a folder of the repository itself',
      };
    case 'missing': {
      const nearby = files.nearby(path);
      const remedy =
        nearby.length === 0 ? 'Check the path and the revision' : `There are ${nearby.join(', ')}`;
      return {
        code: 'missing-path',
        message: `the repository has no folder ${path} at this revision`,
        ...at,
        remedy,
      };
    }
  }
}

/** Argo CD merges these files into the source, and its Image Updater writes images there: without them, others would run. */
function findOverride(
  { applicationName }: RenderRequest,
  files: SourceFiles,
  path: string,
): Problem | undefined {
  const file = ['.argocd-source.yaml', `.argocd-source-${applicationName}.yaml`]
    .map((name) => joinPath(path, name))
    .find((each) => files.tree.has(each));
  if (file === undefined) return undefined;
  return {
    code: 'unsupported',
    message: "parameter overrides in a file of the source aren't supported yet",
    location: { file },
    remedy: "Move what it holds to the Application's spec.source, and remove the file",
  };
}

async function askVersion(
  name: string,
  command: string | undefined,
  args: readonly string[],
  { tmpDir, log }: OpenRenderOptions,
): Promise<Binary> {
  if (command === undefined) return { type: 'missing', reason: 'no path to it is configured' };
  const result = await runTool({
    command,
    args,
    cwd: tmpDir,
    home: tmpDir,
    timeoutMs: 20_000,
    maxOutputBytes: 64 * 1024,
    maxMemoryBytes: 1024 * 1024 * 1024,
  });
  if (result.type === 'done') return { type: 'found', tool: { command, version: result.stdout.trim() } };
  const reason =
    result.type === 'missing' ? result.reason : result.type === 'failed' ? result.stderr : result.type;
  log.warn({ name, command, reason }, 'a rendering tool can not be started');
  return { type: 'missing', reason };
}

/** Problems never throw: what does (an unreadable blob, a full disk) becomes one here. */
async function guard<T>(origin: Location, action: () => Promise<T>): Promise<T | ReturnType<typeof failed>> {
  try {
    return await action();
  } catch (caught) {
    const error = AppError.from(caught);
    return failed({
      code: `render-${error.code}`,
      message: `this can't be rendered: ${error.subject === undefined || error.code === 'too-large' ? '' : `${error.subject}: `}${error.message}`,
      location: error.code === 'too-large' && error.subject !== undefined ? { file: error.subject } : origin,
      remedy: error.remedy ?? 'What runs stays as it is; the hub tries again at the next pass',
    });
  }
}
