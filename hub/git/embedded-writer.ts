import type fs from 'node:fs';
import git from 'isomorphic-git';
import type { RemoteAccess } from '../credentials/remote.ts';
import { embeddedHttp } from './embedded-http.ts';
import { pushBranch } from './embedded-push.ts';
import { DamagedCopy } from './git-error.ts';
import { type BranchWriter, parseTip } from './write-branch.ts';

export interface EmbeddedWriterOptions {
  /** Without credentials. */
  readonly url: string;
  readonly access: RemoteAccess;
  readonly where: () => { readonly fs: typeof fs; readonly gitdir: string; readonly cache: object };
  readonly signal: AbortSignal;
  /** Runs a change of the local copy when nothing else changes it. */
  readonly exclusively: <T>(task: () => Promise<T>) => Promise<T>;
}

/** Writing without a `git` binary: objects go to the remote as they were made, and the local copy stays as it is. */
export function embeddedWriter(options: EmbeddedWriterOptions): BranchWriter {
  const { url, access, where, signal, exclusively } = options;
  const http = embeddedHttp(access, signal);
  async function readRaw(oid: string): Promise<{ type: string; content: Uint8Array } | undefined> {
    try {
      const { type, object } = await git.readObject({ ...where(), oid, format: 'content' });
      return { type, content: object as Uint8Array };
    } catch (error) {
      if (error instanceof git.Errors.NotFoundError) return undefined;
      throw new DamagedCopy(error instanceof Error ? error.message : String(error));
    }
  }
  return {
    url,
    async listBranches(names) {
      // The advertisement for pushing, so that missing rights show before anything is sent.
      const refs = await git.listServerRefs({ http, url, forPush: true, protocolVersion: 1 });
      const found = new Map<string, string>();
      for (const name of names) {
        const ref = refs.find((each) => each.ref === `refs/heads/${name}`);
        if (ref !== undefined) found.set(name, ref.oid);
      }
      return found;
    },
    async readTip(commit) {
      const read = await readRaw(commit);
      return read?.type === 'commit' ? parseTip(read.content) : undefined;
    },
    async fetchTip(_branch, commit) {
      const what = { url, remoteRef: commit, ref: commit, depth: 1, singleBranch: true, tags: false };
      await exclusively(() => git.fetch({ ...where(), http, ...what }));
    },
    async readRawTree(oid) {
      const read = await readRaw(oid);
      if (read?.type !== 'tree') throw new DamagedCopy(`tree ${oid} is missing`);
      return read.content;
    },
    push: (push) => pushBranch({ url, access, signal, ...push }),
  };
}
