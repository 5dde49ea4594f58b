import { AppError } from '../../core/error.ts';
import type { BranchRequest, WrittenBranch } from '../promotion/branch.ts';
import { type NewObject, objectId } from './new-object.ts';
import { parseRevision } from './revision.ts';
import { rewriteTree } from './rewrite-tree.ts';

/** Who commits what a hub writes, whoever asked for it. */
const committer = { name: 'Fairlead', email: 'noreply@fairlead.dev' };

/** What of a commit decides whether a branch may be replaced. */
export interface TipCommit {
  readonly tree: string;
  readonly parents: readonly string[];
  readonly committerEmail: string;
}

/** One implementation's way to the remote and to its local copy. */
export interface BranchWriter {
  readonly url: string;
  /** What the remote's branches are now, by name; absent ones are left out. */
  listBranches(names: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** A commit of the local copy. */
  readTip(commit: string): Promise<TipCommit | undefined>;
  /** Brings a branch's newest commit to the local copy; leaves no ref. */
  fetchTip(branch: string, commit: string): Promise<void>;
  /** A tree object's content. */
  readRawTree(oid: string): Promise<Uint8Array>;
  /** Sends the objects and sets the branch, if it is still at `expected`; `undefined`: if there's none. */
  push(push: {
    readonly branch: string;
    readonly expected: string | undefined;
    readonly commit: string;
    readonly objects: readonly NewObject[];
  }): Promise<void>;
}

/** One commit on a branch of its own, as `GitPort.writeBranch` says it. */
export async function writeBranch(
  writer: BranchWriter,
  request: BranchRequest,
  now: Date,
): Promise<WrittenBranch> {
  checkNames(request);
  const { url } = writer;
  const remote = await writer.listBranches([request.base, request.branch]);
  checkBase(url, request, remote.get(request.base));
  const base = await writer.readTip(request.baseCommit);
  if (base === undefined) {
    throw new AppError('not-found', `commit ${request.baseCommit} has not been fetched`, { subject: url });
  }
  const tree = await rewriteTree(base.tree, request, (oid) => writer.readRawTree(oid));
  if (tree.oid === base.tree) {
    throw new AppError('invalid', `${request.base} has all of these changes already`, { subject: url });
  }
  const existing = remote.get(request.branch);
  if (existing !== undefined) {
    const isSame = await isSameProposal(writer, request, existing, tree.oid);
    if (isSame) return { type: 'exists', commit: existing };
  }
  const content = Buffer.from(commitText(request, tree.oid, now));
  const oid = objectId(tree.oid.length === 64 ? 'sha256' : 'sha1', 'commit', content);
  const objects: readonly NewObject[] = [{ type: 'commit', oid, content }, ...tree.objects];
  try {
    await writer.push({ branch: request.branch, expected: existing, commit: oid, objects });
  } catch (error) {
    if (AppError.from(error).code !== 'conflict') throw error;
    // Somebody was faster; it may have been the same wish.
    const found = (await writer.listBranches([request.branch])).get(request.branch);
    const isSame = found !== undefined && (await isSameProposal(writer, request, found, tree.oid));
    if (!isSame) throw error;
    return { type: 'exists', commit: found };
  }
  return { type: 'written', commit: oid };
}

/** Whether a branch that is there holds this very change. Throws where it may not be replaced by it. */
async function isSameProposal(
  writer: BranchWriter,
  request: BranchRequest,
  existing: string,
  tree: string,
): Promise<boolean> {
  if ((await writer.readTip(existing)) === undefined) await writer.fetchTip(request.branch, existing);
  const tip = await writer.readTip(existing);
  if (tip?.tree === tree && tip.parents[0] === request.baseCommit) return true;
  if (tip?.committerEmail === committer.email) return false;
  throw new AppError('conflict', `branch ${request.branch} is there already, with commits of others`, {
    subject: writer.url,
    remedy: 'Merge it or delete it, then ask again',
  });
}

function checkNames({ branch, base }: BranchRequest): void {
  for (const name of [branch, base]) {
    if (parseRevision(name).type === 'ref' && name !== '' && name !== 'HEAD' && !name.startsWith('refs/'))
      continue;
    throw new AppError('invalid', 'this is not the name of a branch', { subject: JSON.stringify(name) });
  }
  if (branch !== base) return;
  throw new AppError(
    'invalid',
    'a proposal can not be written into the branch that it asks to be merged into',
    {
      subject: branch,
      remedy: "Let the Application's targetRevision follow another branch than one that Fairlead writes",
    },
  );
}

function checkBase(url: string, { base, baseCommit }: BranchRequest, current: string | undefined): void {
  if (current === baseCommit) return;
  if (current === undefined) {
    throw new AppError('not-found', `there is no branch ${base} to start from`, {
      subject: url,
      remedy: 'Check the targetRevision of the Application: only a branch can be changed',
    });
  }
  const message = `branch ${base} has moved to ${current.slice(0, 7)} since it was read at ${baseCommit.slice(0, 7)}`;
  throw new AppError('conflict', message, {
    subject: url,
    remedy: 'Ask again: the change is then made from the newest commit',
  });
}

/** A commit object's content. */
function commitText({ baseCommit, author, message }: BranchRequest, tree: string, now: Date): string {
  const at = `${Math.floor(now.getTime() / 1000)} +0000`;
  const text = message.replaceAll('\0', '').trimEnd();
  return [
    `tree ${tree}`,
    `parent ${baseCommit}`,
    `author ${cleanName(author.name)} <${cleanName(author.email)}> ${at}`,
    `committer ${committer.name} <${committer.email}> ${at}`,
    '',
    `${text}\n`,
  ].join('\n');
}

/** Without what would end a name in a commit object. */
function cleanName(name: string): string {
  return name.replaceAll(/[<>\p{Cc}]/gu, ' ').trim() || 'unknown';
}

const tipPatterns = {
  tree: /^tree ([0-9a-f]+)$/mu,
  parent: /^parent ([0-9a-f]+)$/gmu,
  committer: /^committer [^\n]*<([^>\n]*)>/mu,
};

/** Reads what a commit object's content says. */
export function parseTip(content: Uint8Array): TipCommit {
  const text = new TextDecoder().decode(content).split('\n\n', 1)[0] ?? '';
  return {
    tree: tipPatterns.tree.exec(text)?.[1] ?? '',
    parents: [...text.matchAll(tipPatterns.parent)].map((match) => match[1] ?? ''),
    committerEmail: tipPatterns.committer.exec(text)?.[1] ?? '',
  };
}
