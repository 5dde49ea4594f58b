import { AppError, formatError } from '../../core/error.ts';
import { parseGitAddress } from '../git/credentials.ts';
import type { Commit, GitPort, HostPort, Tree } from '../ports.ts';
import type { BranchRequest } from '../promotion/branch.ts';
import { filePatch } from '../promotion/file-patch.ts';
import type { Author, FieldChange, Proposal } from '../promotion/proposal.ts';

export interface ProposeDeps {
  readonly git: GitPort;
  readonly hosts: HostPort;
}

/** A change that was worked out, ready to be shown or written. */
export interface ProposeRequest extends Pick<BranchRequest, 'changes' | 'types'> {
  readonly repoURL: string;
  /** The branch to be changed, and its commit that the changes were made from. */
  readonly base: string;
  readonly baseCommit: string;
  /** Derived from the content, so that asking twice gives the same branch. */
  readonly branch: string;
  /** Keys of the applications that it means to change. */
  readonly applications: readonly string[];
  /** One line. */
  readonly title: string;
  /** Markdown. */
  readonly text: string;
  /** Lines at the end of the commit's message, such as `Fairlead-Application: argocd/web`. */
  readonly trailers: readonly (readonly [name: string, value: string])[];
  /** Who asked; Fairlead itself where absent. */
  readonly author: Author | undefined;
  readonly fieldChanges: readonly FieldChange[];
  readonly sourceCommits: readonly Commit[];
  /** Values of Secrets that the files may hold as well: never shown. */
  readonly secrets: ReadonlySet<string>;
  /** Write nothing, and ask no Git host. */
  readonly dryRun: boolean;
}

const fairlead: Author = { name: 'Fairlead', email: 'noreply@fairlead.dev' };

/**
 * Shows a change to Git, or writes it: one commit on a branch, pushed, and the pull request where a host is configured.
 * Once the branch is there, nothing about the pull request is an error: the proposal then carries a warning and the
 * address to compare at. Throws AppError as `GitPort.writeBranch` does; then nothing was written.
 */
export async function propose(
  deps: ProposeDeps,
  request: ProposeRequest,
  signal?: AbortSignal,
): Promise<Proposal> {
  const { repoURL, baseCommit, base, branch, title, text } = request;
  const tree = await deps.git.readTree(repoURL, baseCommit);
  const current = await readCurrent(deps.git, repoURL, tree, request);
  const changes = new Map([...request.changes].filter(([path]) => differs(path, request, tree, current)));
  const paths = [...changes.keys()].sort();
  const proposal: Proposal = {
    state: 'preview',
    applications: request.applications,
    repoURL: parseGitAddress(repoURL, []).url,
    base,
    branch,
    title,
    text,
    changes: request.fieldChanges,
    files: paths.map((path) => filePatch(path, current.get(path), changes.get(path), request.secrets)),
    sourceCommits: request.sourceCommits,
  };
  if (changes.size === 0) return { ...proposal, state: 'unchanged' };
  if (request.dryRun) return proposal;
  const { types } = request;
  const author = request.author ?? fairlead;
  const message = commitMessage(request);
  const wanted = {
    branch,
    base,
    baseCommit,
    changes,
    message,
    author,
    ...(types === undefined ? {} : { types }),
  };
  const { type: state, commit } = await deps.git.writeBranch(repoURL, wanted, signal);
  return { ...proposal, state, commit, ...(await openPullRequest(deps.hosts, request, signal)) };
}

/** What stands at the paths of the changes now; absent where nothing does. */
async function readCurrent(
  git: GitPort,
  repoURL: string,
  tree: Tree,
  { changes }: ProposeRequest,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const oids = new Map<string, string>();
  for (const path of changes.keys()) {
    const entry = tree.get(path);
    if (entry !== undefined && entry.type !== 'tree' && entry.type !== 'submodule') oids.set(path, entry.oid);
  }
  const blobs = await git.readBlobs(repoURL, [...new Set(oids.values())]);
  const current = new Map<string, Uint8Array>();
  for (const [path, oid] of oids) {
    const content = blobs.get(oid);
    if (content !== undefined) current.set(path, content);
  }
  return current;
}

function differs(
  path: string,
  { changes, types }: ProposeRequest,
  tree: Tree,
  current: ReadonlyMap<string, Uint8Array>,
): boolean {
  const [before, after] = [current.get(path), changes.get(path)];
  if (before === undefined || after === undefined) return before !== after;
  const type = types?.get(path);
  if (type !== undefined && type !== tree.get(path)?.type) return true;
  return !Buffer.from(before).equals(after);
}

/** So that `git log` alone tells what happened. */
function commitMessage({ title, text, trailers }: ProposeRequest): string {
  const lines = trailers.map(([name, value]) => `${name}: ${value.replaceAll(/\s+/g, ' ')}`);
  return [title, text.trim(), lines.join('\n')].filter((part) => part !== '').join('\n\n');
}

async function openPullRequest(
  hosts: HostPort,
  { repoURL, branch, base, title, text }: ProposeRequest,
  signal?: AbortSignal,
): Promise<Pick<Proposal, 'pullRequest' | 'compareURL' | 'warning'>> {
  try {
    const opened = await hosts.openPullRequest(repoURL, { branch, base, title, text }, signal);
    if (opened.type !== 'not-configured') {
      return { pullRequest: { url: opened.url, number: opened.number, state: opened.type } };
    }
    return opened.compareURL === undefined ? {} : { compareURL: opened.compareURL };
  } catch (error) {
    const failure = AppError.from(error, 'unavailable');
    const compareURL = hosts.compareURL(repoURL, { branch, base });
    const warning = `the branch is pushed, but there is no pull request: ${formatError(failure)}`;
    return { warning, ...(compareURL === undefined ? {} : { compareURL }) };
  }
}
