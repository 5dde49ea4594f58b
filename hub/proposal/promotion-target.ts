import { decodeDesired } from '../../core/desired.ts';
import { AppError } from '../../core/error.ts';
import type { Manifest } from '../../core/kube-object.ts';
import { formatProblem } from '../../core/problem.ts';
import type { ClusterCapabilities } from '../../core/session.ts';
import type { SourceTool } from '../catalog/documents.ts';
import type { PreparedRender, RenderPort, RenderResult, SourceTree, StorePort } from '../ports.ts';
import type { TargetSource, TextFile } from '../promotion/candidate.ts';
import { isKustomization } from '../promotion/kustomize-candidates.ts';
import type { ImageChange } from '../promotion/match-images.ts';
import { resolvePath } from '../render/source-paths.ts';
import type { Assignment } from '../resolve/assignment.ts';
import { imagesOf } from '../resolve/images-of.ts';
import { onlySource } from './only-source.ts';
import type { Workspace } from './workspaces.ts';

export type ReadyRender = Extract<PreparedRender, { type: 'ready' }>;

/** One application of the target environment, as it would be rendered from the newest commit. */
export interface PromotionTarget {
  readonly assignment: Assignment;
  readonly capabilities: ClusterCapabilities | undefined;
  readonly workspace: Workspace;
  readonly prepared: ReadyRender;
  readonly manifests: readonly Manifest[];
}

interface RenderDeps {
  readonly store: StorePort;
  readonly render: RenderPort;
}

/** Prepares a target's render from a tree; `tool` where its Application says otherwise than it did. */
export function prepareTarget(
  render: RenderPort,
  { assignment, capabilities }: Pick<PromotionTarget, 'assignment' | 'capabilities'>,
  source: SourceTree,
  tool: SourceTool = onlySource(assignment).tool,
): Promise<PreparedRender> {
  return render.prepare({
    applicationName: assignment.name,
    namespace: assignment.namespace,
    path: onlySource(assignment).path,
    tool,
    source,
    capabilities,
    origin: assignment.document.location,
  });
}

/** Reads a target: by a stored render where there is one of the same key. Throws AppError `conflict` with its problem. */
export async function readTarget(
  deps: RenderDeps,
  place: Pick<PromotionTarget, 'assignment' | 'capabilities' | 'workspace'>,
  signal?: AbortSignal,
): Promise<PromotionTarget> {
  const { application } = place.assignment;
  const prepared = await prepareTarget(deps.render, place, place.workspace.source);
  if (prepared.type === 'problems') throw notRendered(application, prepared);
  const rendered = await renderStored(deps, prepared, signal);
  if (rendered.type === 'problems') throw notRendered(application, rendered);
  return { ...place, prepared, manifests: rendered.manifests };
}

/** The stored result of an equal render, else a new one. */
export async function renderStored(
  { store }: Pick<RenderDeps, 'store'>,
  prepared: ReadyRender,
  signal?: AbortSignal,
): Promise<RenderResult> {
  const known = await store.readRender(prepared.key);
  const bytes = known === undefined ? undefined : (await store.readBlobs([known])).get(known);
  return bytes === undefined
    ? prepared.render(signal)
    : { type: 'rendered', manifests: decodeDesired(bytes).manifests };
}

function notRendered(application: string, result: Exclude<RenderResult, { type: 'rendered' }>): AppError {
  const [problem] = result.problems;
  return new AppError(
    'conflict',
    `it can't be rendered now: ${problem === undefined ? 'no reason is known' : formatProblem(problem)}`,
    {
      subject: application,
      remedy: 'Mend that first; nothing was written',
    },
  );
}

const readable = /\.(?:ya?ml|json)$|(?:^|\/)Kustomization$/u;

/**
 * The files that may say what a target runs, read in one go: never more than its own render reads, and of plain YAML
 * only those that hold the objects in question.
 */
export async function readTargetSource(
  target: PromotionTarget,
  fleet: Workspace,
  changes: readonly ImageChange[],
): Promise<TargetSource> {
  const { assignment, prepared, workspace } = target;
  const { path, tool } = onlySource(assignment);
  const wanted = new Set(changes.map(({ before }) => before));
  const origins = new Set(
    target.manifests
      .filter((manifest) => imagesOf([manifest]).some(({ image }) => wanted.has(image)))
      .map(({ origin }) => origin.file),
  );
  const isTemplate = (file: string) => prepared.tool === 'helm' && /\/templates\//u.test(file);
  const paths = prepared.files().filter((file) => {
    const type = workspace.source.tree.get(file)?.type;
    const isFile = (type === 'blob' || type === 'executable') && readable.test(file) && !isTemplate(file);
    return isFile && (prepared.tool !== 'directory' || origins.has(file));
  });
  const { file, line: _line } = assignment.document.location;
  const [texts, documents] = await Promise.all([
    readTexts(workspace.source, nearestFirst(paths, path)),
    readTexts(fleet.source, [file]),
  ]);
  const valueFiles = tool.type === 'helm' ? tool.options.valueFiles : [];
  const [namespace = ''] = assignment.application.split('/');
  return {
    tool: prepared.tool,
    path,
    files: texts,
    valueFiles: valueFiles
      .map((each) => (each.startsWith('/') ? resolvePath('', each.slice(1)) : resolvePath(path, each)))
      .filter((each) => each !== undefined),
    document: { file, text: documents[0]?.text ?? '', name: assignment.name, namespace },
  };
}

/** Its own kustomization, then other kustomizations, then files of its own folder, then the rest. */
function nearestFirst(paths: readonly string[], folder: string): readonly string[] {
  const rank = (path: string) => {
    const isOwn = folder === '' || path.startsWith(`${folder}/`);
    return (isKustomization(path) ? 0 : 2) + (isOwn ? 0 : 1);
  };
  return paths.toSorted((left, right) => rank(left) - rank(right));
}

/** Texts of files; what isn't UTF-8 is left out, a byte order mark stays. */
async function readTexts(source: SourceTree, paths: readonly string[]): Promise<readonly TextFile[]> {
  const oids = new Map(paths.map((path) => [path, source.tree.get(path)?.oid ?? '']));
  const known = [...new Set(oids.values())].filter((oid) => oid !== '');
  const contents = known.length === 0 ? new Map<string, Uint8Array>() : await source.read(known);
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const texts: TextFile[] = [];
  for (const [file, oid] of oids) {
    const content = contents.get(oid);
    if (content === undefined) continue;
    try {
      texts.push({ file, text: decoder.decode(content) });
    } catch {
      // No text: nothing that could be edited.
    }
  }
  return texts;
}
