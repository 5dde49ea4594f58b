import { AppError } from '../../core/error.ts';
import type { FleetConfig } from '../fleet-files.ts';
import { parseGitAddress } from '../git/credentials.ts';
import { parseRevision } from '../git/revision.ts';
import type { Commit, GitPort, SourceTree } from '../ports.ts';
import { normaliseGitUrl } from '../resolve/normalise-git-url.ts';

/** The newest commit of a branch, from which a change is made. */
export interface Workspace {
  /** As the fleet or an Application spells it. */
  readonly url: string;
  /** For messages: the URL without credentials. */
  readonly subject: string;
  readonly branch: string;
  readonly commit: Commit;
  readonly source: SourceTree;
}

/** Reads branches once each, however many applications use them. */
export interface Workspaces {
  /** The branch of the fleet repository. */
  fleet(): Promise<Workspace>;
  /** A revision as a branch; `undefined` where it is a tag or a commit, which can't be changed. */
  branch(url: string, revision: string): Promise<Workspace | undefined>;
  /** Any revision, to be read only. Throws AppError `not-found`. */
  revision(url: string, revision: string): Promise<{ readonly commit: Commit; readonly source: SourceTree }>;
}

export function openWorkspaces(git: GitPort, fleet: FleetConfig, signal?: AbortSignal): Workspaces {
  const known = new Map<string, Promise<Workspace | undefined>>();

  async function find(url: string, revision: string): Promise<Commit | undefined> {
    const found = (await git.fetch(url, [revision], signal)).get(revision);
    return found?.type === 'found' ? found.commit : undefined;
  }

  async function read(url: string, commit: Commit): Promise<SourceTree> {
    return { tree: await git.readTree(url, commit.id), read: (oids) => git.readBlobs(url, oids) };
  }

  async function open(url: string, branch: string): Promise<Workspace | undefined> {
    const commit = await find(url, `refs/heads/${branch}`);
    if (commit === undefined) return undefined;
    const { url: subject } = parseGitAddress(url, []);
    return { url, subject, branch, commit, source: await read(url, commit) };
  }

  function opened(url: string, branch: string): Promise<Workspace | undefined> {
    const key = `${normaliseGitUrl(url)}\n${branch}`;
    const workspace = known.get(key) ?? open(url, branch);
    known.set(key, workspace);
    return workspace;
  }

  /** Git hosts don't say which branch `HEAD` is: it's a usual one that is at the same commit. */
  async function headBranch(url: string): Promise<Workspace | undefined> {
    const head = await find(url, 'HEAD');
    const isFleet = normaliseGitUrl(url) === normaliseGitUrl(fleet.url);
    for (const name of [...(isFleet ? [fleet.branch] : []), 'main', 'master', 'trunk']) {
      const workspace = await opened(url, name);
      if (workspace !== undefined && workspace.commit.id === head?.id) return workspace;
    }
    throw new AppError('invalid', "it follows HEAD, and that isn't the branch main or master", {
      subject: parseGitAddress(url, []).url,
      remedy: "Name the branch in the Application's spec.source.targetRevision",
    });
  }

  return {
    async fleet() {
      const workspace = await opened(fleet.url, fleet.branch);
      if (workspace !== undefined) return workspace;
      throw new AppError('not-found', `the fleet repository has no branch ${fleet.branch}`, {
        subject: parseGitAddress(fleet.url, []).url,
      });
    },
    async branch(url, revision) {
      if (revision === 'HEAD') return headBranch(url);
      if (parseRevision(revision).type !== 'ref') return undefined;
      return opened(url, revision.replace(/^refs\/heads\//u, ''));
    },
    async revision(url, revision) {
      const commit = await find(url, revision);
      if (commit !== undefined) return { commit, source: await read(url, commit) };
      throw new AppError('not-found', `there is no revision ${revision}`, {
        subject: parseGitAddress(url, []).url,
      });
    },
  };
}
