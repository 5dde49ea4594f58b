import { parseValueFile } from '../../core/value-file.ts';
import type { GitSource, Source, SourceTool } from '../catalog/documents.ts';
import type { PreparedRender, RenderPort } from '../ports.ts';
import { kustomizationNames } from '../render/parse-kustomization.ts';
import { isWithin, joinPath, resolvePath } from '../render/source-paths.ts';
import type { Assignment, Refusal, Resolution } from '../resolve/assignment.ts';
import { normaliseGitUrl } from '../resolve/normalise-git-url.ts';
import { chartReads } from './chart-readers.ts';
import type { Workspace } from './workspaces.ts';

/** Keys of the applications that also read a file of a branch. */
export type OtherReaders = (workspace: Workspace, file: string) => Promise<readonly string[]>;

/** One source of an application; also of one that may not run now: it will again, and what runs of it stays meanwhile. */
interface Reader extends Pick<Assignment | Refusal, 'application' | 'name' | 'namespace' | 'document'> {
  readonly source: GitSource;
}

/** Who reads a branch: one look at all of them serves any number of files. */
interface Readers {
  /** Those that the renderer told of, by what they read. */
  readonly byFile: ReadonlyMap<string, readonly Reader[]>;
  /** Those whose paths tell. */
  readonly byPath: readonly Reader[];
  /** Applications whose other sources take values from the branch, by the paths of these. */
  readonly byValues: ReadonlyMap<string, readonly string[]>;
}

/** How many sources are prepared at once. */
const concurrency = 16;

/**
 * Finds out who else renders from a file. Plain folders and charts tell by their paths; what a kustomization reads is
 * asked of the renderer, which remembers it by content. Nothing is rendered.
 */
export function openOtherReaders(
  render: RenderPort,
  { assignments, refusals }: Resolution,
  targets: ReadonlySet<string>,
): OtherReaders {
  const prepared = new Map<string, Promise<PreparedRender>>();
  const indexes = new Map<Workspace, Promise<Readers>>();

  function prepare(assignment: Reader, workspace: Workspace): Promise<PreparedRender> {
    const key = `${assignment.application}\n${assignment.source.field}\n${workspace.commit.id}`;
    const known = prepared.get(key);
    if (known !== undefined) return known;
    const { source, document, name, namespace } = assignment;
    const made = render.prepare({
      applicationName: name,
      namespace,
      path: source.path,
      tool: withoutRefs(source.tool),
      source: workspace.source,
      capabilities: undefined,
      origin: document.location,
    });
    prepared.set(key, made);
    return made;
  }

  async function index(workspace: Workspace): Promise<Readers> {
    const hasLinks = linksIn(workspace);
    const byFile = new Map<string, Reader[]>();
    const byPath: Reader[] = [];
    const asked: Reader[] = [];
    const others = [...assignments, ...refusals].filter(({ application }) => !targets.has(application));
    for (const reader of others.flatMap(readersOf)) {
      if (!isOnBranch(reader.source, workspace)) continue;
      const isAsked = hasLinks || isKustomization(reader, workspace);
      (isAsked ? asked : byPath).push(reader);
    }
    const queue = asked.values();
    async function work(): Promise<void> {
      for (const reader of queue) {
        const made = await prepare(reader, workspace);
        if (made.type === 'problems') byPath.push(reader);
        else for (const file of new Set(made.files())) addReader(byFile, file, reader);
      }
    }
    await Promise.all(Array.from({ length: concurrency }, work));
    return { byFile, byPath, byValues: valuesRead(others, workspace) };
  }

  return async (workspace, file) => {
    const known = indexes.get(workspace) ?? index(workspace);
    indexes.set(workspace, known);
    const { byFile, byPath, byValues } = await known;
    const candidates = [...(byFile.get(file) ?? []), ...byPath.filter((reader) => mayRead(reader, file))];
    const readers: string[] = [...(byValues.get(file) ?? [])];
    for (const reader of candidates) {
      if (await readsFile(reader, await prepare(reader, workspace), workspace, file))
        readers.push(reader.application);
    }
    return [...new Set(readers)].sort();
  };
}

/** One that can't be rendered shows nothing of what it reads: its folder has to do. */
async function readsFile(
  { source: { path, tool } }: Reader,
  prepared: PreparedRender,
  workspace: Workspace,
  file: string,
): Promise<boolean> {
  if (prepared.type === 'problems') return isWithin(path, file);
  if (!prepared.files().includes(file)) return false;
  if (prepared.tool !== 'helm' || linksIn(workspace)) return true;
  const own = withoutRefs(tool);
  const valueFiles = own.type === 'helm' ? own.options.valueFiles : [];
  return chartReads(workspace.source, { path, valueFiles }, file);
}

function readersOf({ sources, ...reader }: Assignment | Refusal): readonly Reader[] {
  return sources.flatMap((source) => (source.type === 'git' ? [{ ...reader, source }] : []));
}

/** The values that a chart takes from its own repository. */
function withoutRefs(tool: SourceTool): SourceTool {
  if (tool.type !== 'helm') return tool;
  const valueFiles = tool.options.valueFiles.filter((file) => parseValueFile(file).ref === undefined);
  return { type: 'helm', options: { ...tool.options, valueFiles } };
}

/** What charts take from a branch that another of their application's sources names (`$ref/…`). */
function valuesRead(
  others: readonly (Assignment | Refusal)[],
  workspace: Workspace,
): ReadonlyMap<string, readonly string[]> {
  const read = new Map<string, string[]>();
  for (const { application, sources } of others) {
    const refs = sources.filter((source) => isOnBranch(source, workspace)).map(({ ref }) => ref);
    for (const source of sources) {
      if (source.type === 'ref' || source.tool.type !== 'helm') continue;
      for (const file of source.tool.options.valueFiles) {
        const { ref, path } = parseValueFile(file);
        if (ref === undefined || !refs.includes(ref)) continue;
        const found = resolvePath('', path);
        if (found !== undefined) read.set(found, [...(read.get(found) ?? []), application]);
      }
    }
  }
  return read;
}

function isOnBranch(source: Source, { url, branch }: Workspace): boolean {
  if (normaliseGitUrl(source.repoURL) !== normaliseGitUrl(url)) return false;
  return ['HEAD', branch, `refs/heads/${branch}`].includes(source.targetRevision);
}

function addReader(byFile: Map<string, Reader[]>, file: string, reader: Reader): void {
  const known = byFile.get(file);
  if (known === undefined) byFile.set(file, [reader]);
  else known.push(reader);
}

/** What a kustomization reads doesn't show in its path. */
function isKustomization({ source: { path, tool } }: Reader, { source: { tree } }: Workspace): boolean {
  if (tool.type === 'helm' || tool.type === 'directory') return false;
  return kustomizationNames.some((name) => tree.has(joinPath(path, name)));
}

/** Whether an application can read a file, as far as paths tell. */
function mayRead({ source: { path, tool } }: Reader, file: string): boolean {
  if (isWithin(path, file)) return true;
  if (tool.type !== 'helm') return false;
  return tool.options.valueFiles.some((each) => {
    const found = each.startsWith('/') ? resolvePath('', each.slice(1)) : resolvePath(path, each);
    return found === file;
  });
}

const linked = new WeakMap<Workspace, boolean>();

/** Where there are links, paths don't tell who reads what. */
function linksIn(workspace: Workspace): boolean {
  let known = linked.get(workspace);
  if (known === undefined) {
    known = [...workspace.source.tree.values()].some(({ type }) => type === 'symlink');
    linked.set(workspace, known);
  }
  return known;
}
