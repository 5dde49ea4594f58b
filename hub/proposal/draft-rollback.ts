import { AppError } from '../../core/error.ts';
import type { Manifest } from '../../core/kube-object.ts';
import { formatProblem } from '../../core/problem.ts';
import type { ClusterCapabilities } from '../../core/session.ts';
import type { GitSource } from '../catalog/documents.ts';
import { gitRevision } from '../catalog/tag-range.ts';
import { parseVersionRange } from '../catalog/version-range.ts';
import { desiredOf, sealObjects } from '../desired/desired-application.ts';
import type { FleetConfig } from '../fleet-files.ts';
import type { GitPort, PreparedRender, RenderPort, SourceTree, StorePort, TreeEntry } from '../ports.ts';
import { chooseTarget } from '../promotion/choose-target.ts';
import { describeKept, type RollbackNews } from '../promotion/describe-rollback.ts';
import { fieldChanges } from '../promotion/field-changes.ts';
import { secretValues } from '../promotion/hide-secrets.ts';
import { judgeHistory } from '../promotion/history.ts';
import {
  findRestored,
  type KeptFile,
  type Restored,
  restoreTree,
  splitShared,
} from '../promotion/plan-rollback.ts';
import type { FieldChange } from '../promotion/proposal.ts';
import type { RollbackRequest } from '../promotion/rollback.ts';
import type { Assignment, Resolution } from '../resolve/assignment.ts';
import { normaliseGitUrl } from '../resolve/normalise-git-url.ts';
import { onlySource } from './only-source.ts';
import { openOtherReaders } from './other-readers.ts';
import { renderStored } from './promotion-target.ts';
import { compareDocument, type DocumentChange } from './rollback-document.ts';
import { openWorkspaces, type Workspace, type Workspaces } from './workspaces.ts';

export interface DraftRollbackDeps {
  readonly git: GitPort;
  readonly render: RenderPort;
  readonly store: StorePort;
  readonly fleet: FleetConfig;
  /** Of the last pass. */
  readonly resolution: () => Resolution;
}

/** A rollback as it would be, from the newest commit of the branch that it changes. */
export interface RollbackDraft {
  readonly workspace: Workspace;
  readonly changes: ReadonlyMap<string, Uint8Array | undefined>;
  readonly types: ReadonlyMap<string, 'blob' | 'executable' | 'symlink'>;
  readonly news: RollbackNews;
  readonly fieldChanges: readonly FieldChange[];
  /** Values of its Secrets, now and then. */
  readonly secrets: ReadonlySet<string>;
}

/** All that one rollback knows before it decides. */
interface Facts {
  readonly deps: DraftRollbackDeps;
  readonly signal: AbortSignal | undefined;
  readonly assignment: Assignment;
  /** Its only one. */
  readonly source: GitSource;
  readonly capabilities: ClusterCapabilities | undefined;
  readonly news: Pick<RollbackNews, 'application' | 'name' | 'environment' | 'cluster' | 'target' | 'undone'>;
  readonly workspaces: Workspaces;
  readonly fleet: Workspace;
  /** The branch that the application follows; absent where it is pinned to a tag or a commit. */
  readonly workspace: Workspace | undefined;
  readonly document: DocumentChange;
}

/** Works out what brings an earlier entry of its history back. Throws AppError that says why nothing can. */
export async function draftRollback(
  deps: DraftRollbackDeps,
  application: string,
  request: RollbackRequest,
  signal?: AbortSignal,
): Promise<RollbackDraft> {
  const facts = await gatherFacts(deps, application, request, signal);
  const { assignment, source, document, workspace, fleet } = facts;
  const wanted = document.type === 'same' ? source : (document.source ?? source);
  const isSameSource =
    wanted.targetRevision === source.targetRevision &&
    normaliseGitUrl(wanted.repoURL) === normaliseGitUrl(source.repoURL);
  const branch = isSameSource ? workspace : undefined;
  const files = branch === undefined ? undefined : await findFiles(facts, branch, wanted);
  if (branch === undefined || files === undefined) {
    if (document.type === 'restorable') return byDocument(facts, document);
    throw pinned(facts);
  }
  if (document.type !== 'restorable') return byFiles(facts, branch, files, document);
  if (files.own.size + files.kept.length === 0) return byDocument(facts, document);
  if (isSameBranch(branch, fleet)) return byFiles(facts, branch, files, document);
  const { file } = assignment.document.location;
  const why = `its document in ${file} of the fleet repository says another source than at that time: bring that back by another change`;
  return byFiles(facts, branch, files, { type: 'by-hand', source: wanted, why });
}

async function gatherFacts(
  deps: DraftRollbackDeps,
  application: string,
  request: RollbackRequest,
  signal: AbortSignal | undefined,
): Promise<Facts> {
  const choice = chooseTarget(judgeHistory(await deps.store.listHistory(application)), request);
  if (choice.type === 'refused') {
    const { code, message, remedy } = choice;
    throw new AppError(code, message, { subject: application, remedy });
  }
  const { target, undone } = choice;
  const assignment = await findAssignment(deps, application);
  const { cluster, environment, name } = assignment;
  const source = onlySource(assignment);
  const workspaces = openWorkspaces(deps.git, deps.fleet, signal);
  const fleet = await workspaces.fleet();
  const past = await workspaces.revision(deps.fleet.url, target.fleetCommit.id).catch(() => undefined);
  const { file } = assignment.document.location;
  const document: DocumentChange =
    past === undefined
      ? {
          type: 'by-hand',
          why: `its document of that time (commit ${target.fleetCommit.id}) can't be had any more`,
        }
      : await compareDocument(deps.fleet, application, file, { past: past.source, now: fleet.source });
  const statuses = await deps.store.listClusterStatus();
  return {
    deps,
    signal,
    assignment,
    source,
    capabilities: statuses.find((each) => each.cluster === cluster)?.status?.capabilities,
    news: { application, name, environment, cluster, target, undone },
    workspaces,
    fleet,
    workspace: await workspaces.branch(source.repoURL, gitRevision(source)),
    document,
  };
}

async function findAssignment(
  { resolution, store }: DraftRollbackDeps,
  application: string,
): Promise<Assignment> {
  const assignment = resolution().assignments.find((each) => each.application === application);
  if (assignment !== undefined) return assignment;
  const gate = (await store.readApplication(application))?.gates[0];
  throw new AppError(
    'conflict',
    `it may not run now: ${gate?.reason ?? 'the hub has just lost sight of it'}`,
    {
      subject: application,
      remedy: gate?.remedy ?? 'Try again in a moment',
    },
  );
}

interface Files {
  readonly own: Restored;
  readonly kept: readonly KeptFile[];
  readonly past: SourceTree;
}

/** Which files of its branch go back to what they were, and which stay since others read them too. */
async function findFiles(facts: Facts, workspace: Workspace, source: GitSource): Promise<Files> {
  const { deps, news, workspaces } = facts;
  const { source: past } = await readPast(workspaces, workspace.url, news.target.commit.id);
  const [before, now] = await Promise.all([prepare(facts, past, source), prepare(facts, workspace.source)]);
  if (before.type === 'problems') {
    const why = before.problems[0] === undefined ? 'no reason is known' : formatProblem(before.problems[0]);
    throw new AppError('conflict', `what it was then can't be rendered: ${why}`, {
      subject: news.application,
      remedy: 'Name another entry by --to, or revert by hand',
    });
  }
  const folder = facts.source.path;
  const restored = findRestored({
    past: past.tree,
    now: workspace.source.tree,
    readPast: before.files(),
    // What can't be rendered now shows nothing of what it reads: its folder has to do.
    readNow: now.type === 'ready' ? now.files() : filesBelow(workspace.source, folder),
    folder,
  });
  const readers = openOtherReaders(deps.render, deps.resolution(), new Set([news.application]));
  const result = { ...workspace.source, tree: restoreTree(workspace.source.tree, restored) };
  const after: Workspace = {
    ...workspace,
    commit: { ...workspace.commit, id: `${workspace.commit.id} rolled back` },
    source: result,
  };
  const shared = new Map<string, readonly string[]>();
  for (const path of restored.keys()) {
    const found = [...(await readers(workspace, path)), ...(await readers(after, path))];
    shared.set(path, [...new Set(found)].sort());
  }
  return { ...splitShared(restored, shared), past };
}

async function readPast(
  workspaces: Workspaces,
  url: string,
  commit: string,
): Promise<{ readonly source: SourceTree }> {
  try {
    return await workspaces.revision(url, commit);
  } catch (error) {
    const { code, subject } = AppError.from(error);
    if (code !== 'not-found') throw error;
    throw new AppError('not-found', `commit ${commit} can't be had from the Git server any more`, {
      ...(subject === undefined ? {} : { subject }),
      remedy: 'Name another entry by --to, or revert by hand; a rewritten branch loses its old commits',
      cause: error,
    });
  }
}

function filesBelow({ tree }: SourceTree, folder: string): readonly string[] {
  const prefix = folder === '' ? '' : `${folder}/`;
  return [...tree]
    .filter(([path, { type }]) => type !== 'tree' && path.startsWith(prefix))
    .map(([path]) => path);
}

function prepare(
  { deps, assignment, source: current, capabilities }: Facts,
  tree: SourceTree,
  source: GitSource = current,
): Promise<PreparedRender> {
  return deps.render.prepare({
    applicationName: assignment.name,
    namespace: assignment.namespace,
    path: source.path,
    tool: source.tool,
    source: tree,
    capabilities,
    origin: assignment.document.location,
  });
}

/** A rollback on the application's own branch, its document included where that is on the same one. */
async function byFiles(
  facts: Facts,
  workspace: Workspace,
  { own, kept, past }: Files,
  document: DocumentChange,
): Promise<RollbackDraft> {
  const { assignment, news } = facts;
  const notes = document.type === 'by-hand' && document.source !== undefined ? [document.why] : [];
  if (own.size === 0 && document.type !== 'restorable' && kept.length + notes.length > 0) {
    throw nothingOwn(news, kept, notes);
  }
  const source = document.type === 'restorable' ? document.source : facts.source;
  const tree = restoreTree(workspace.source.tree, own);
  const prepared = await prepare(facts, { ...workspace.source, tree }, source);
  const contents = await past.read(oidsOf(own));
  const changes = new Map<string, Uint8Array | undefined>();
  const types = new Map<string, 'blob' | 'executable' | 'symlink'>();
  for (const [path, entry] of own) {
    changes.set(path, entry === undefined ? undefined : contents.get(entry.oid));
    if (entry !== undefined && entry.type !== 'tree' && entry.type !== 'submodule')
      types.set(path, entry.type);
  }
  if (document.type === 'restorable') changes.set(assignment.document.location.file, document.content);
  return { workspace, changes, types, ...(await verify(facts, prepared, kept, notes)) };
}

function oidsOf(restored: Restored): readonly string[] {
  const entries = [...restored.values()].filter((entry): entry is TreeEntry => entry !== undefined);
  return [...new Set(entries.map(({ oid }) => oid))];
}

/** A rollback of the document alone: what it names is what it ran then. */
async function byDocument(
  facts: Facts,
  document: Extract<DocumentChange, { type: 'restorable' }>,
): Promise<RollbackDraft> {
  const { source, content } = document;
  const { file } = facts.assignment.document.location;
  const { source: tree } = await facts.workspaces.revision(source.repoURL, gitRevision(source));
  const verified = await verify(facts, await prepare(facts, tree, source), [], []);
  return { workspace: facts.fleet, changes: new Map([[file, content]]), types: new Map(), ...verified };
}

/** Renders the result in memory, and says what changes and whether it is what was applied then. */
async function verify(
  facts: Facts,
  prepared: PreparedRender,
  kept: readonly KeptFile[],
  notes: readonly string[],
): Promise<Pick<RollbackDraft, 'news' | 'fieldChanges' | 'secrets'>> {
  const { deps, assignment, news, signal } = facts;
  const rendered = prepared.type === 'ready' ? await renderStored(deps, prepared, signal) : prepared;
  if (rendered.type === 'problems') {
    const why =
      rendered.problems[0] === undefined ? 'no reason is known' : formatProblem(rendered.problems[0]);
    const message = `rolled back alone, it can't be rendered: ${why}`;
    const remedy =
      kept.length === 0 ? 'Revert by hand' : `${describeKept(kept)}. Revert those together by hand`;
    throw new AppError('conflict', message, { subject: news.application, remedy });
  }
  const objects = sealObjects(deps.store.digestKey, desiredOf(assignment, rendered.manifests));
  const now = await readNow(facts);
  return {
    news: { ...news, kept, notes, isExact: objects === news.target.objectsDigest },
    fieldChanges: fieldChanges(now, rendered.manifests),
    secrets: secretValues([...now, ...rendered.manifests]),
  };
}

/** What Git says now; nothing where that can't be rendered. */
async function readNow(facts: Facts): Promise<readonly Manifest[]> {
  const { deps, source, workspace, workspaces, signal } = facts;
  const now = workspace ?? (await workspaces.revision(source.repoURL, gitRevision(source)));
  const prepared = await prepare(facts, now.source);
  const rendered = prepared.type === 'ready' ? await renderStored(deps, prepared, signal) : prepared;
  return rendered.type === 'rendered' ? rendered.manifests : [];
}

function isSameBranch(left: Workspace, right: Workspace): boolean {
  return normaliseGitUrl(left.url) === normaliseGitUrl(right.url) && left.branch === right.branch;
}

/** Nothing of what changed belongs to this application alone. */
function nothingOwn(
  { application, target, undone }: Facts['news'],
  kept: readonly KeptFile[],
  notes: readonly string[],
): AppError {
  const [first] = kept;
  const others = [...new Set(kept.flatMap(({ applications }) => applications))].slice(0, 5).join(', ');
  const message =
    first === undefined
      ? `nothing of its branch changed since commit ${target.commit.id.slice(0, 7)}; ${notes.join('; ')}`
      : `all that changed since is shared with ${others}: rolling it back would change them too (${kept
          .map(({ path }) => path)
          .slice(0, 5)
          .join(', ')})`;
  const commits = [...new Set(undone.map(({ commit }) => commit.id.slice(0, 12)))].join(' ');
  return new AppError('conflict', message, {
    subject: application,
    remedy: `Revert by hand what is meant for all of them, such as by \`git revert ${commits}\``,
  });
}

/** A tag or commit can't be changed: the document says which one, and a person has to say otherwise. */
function pinned({ assignment, source, document, news, workspace }: Facts): AppError {
  const { file, line } = assignment.document.location;
  const at = assignment.document.fieldLines.get('spec.source.targetRevision') ?? line;
  const place = `${file}${at === undefined ? '' : `:${at}`}`;
  const why = document.type === 'by-hand' ? `; ${document.why}` : '';
  const isRange = parseVersionRange(source.targetRevision) !== undefined;
  const kind = isRange ? 'a range of versions' : 'a tag or a commit';
  const message =
    workspace === undefined
      ? `its targetRevision ${source.targetRevision} is ${kind}, so that no branch can be changed${why}`
      : `it followed another repository or revision then${why}`;
  const wanted =
    document.type === 'by-hand' && document.source !== undefined
      ? document.source.targetRevision
      : news.target.commit.id;
  return new AppError('unsupported', message, {
    subject: news.application,
    remedy: `Set spec.source.targetRevision to ${wanted} in ${place} of the fleet repository`,
  });
}
