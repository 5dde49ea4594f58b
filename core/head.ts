import { type Digest, digest } from './digest.ts';

/**
 * One cluster's desired state at one generation, without its contents: application → digest. Generations of one
 * epoch only grow. Equal entries give equal roots, so two sides compare one digest instead of ten thousand.
 */
export interface Head {
  readonly generation: number;
  readonly entries: ReadonlyMap<string, Digest>;
}

/** What leads from one head to the next. `base` is the generation it starts from, 0 for the empty head. */
export interface HeadChange {
  readonly base: number;
  readonly generation: number;
  readonly set: readonly HeadEntry[];
  readonly removed: readonly string[];
  /** Root of the head that results; a receiver that gets another one refuses the change. */
  readonly root: Digest;
}

export interface HeadEntry {
  readonly application: string;
  readonly digest: Digest;
}

export const emptyHead: Head = { generation: 0, entries: new Map() };

/** The digest over all entries, in the order of their names. The generation is not part of it. */
export function rootDigest(entries: ReadonlyMap<string, Digest>): Digest {
  const names = [...entries.keys()].sort();
  return digest(names.map((name) => `${name}\n${entries.get(name)}\n`).join(''));
}

/** The smallest change from one head to another. Law: `foldHead(from, diffHeads(from, to))` equals `to`. */
export function diffHeads(from: Head, to: Head): HeadChange {
  const set: HeadEntry[] = [];
  for (const [application, wanted] of to.entries) {
    if (from.entries.get(application) !== wanted) set.push({ application, digest: wanted });
  }
  const removed = [...from.entries.keys()].filter((application) => !to.entries.has(application));
  return { base: from.generation, generation: to.generation, set, removed, root: rootDigest(to.entries) };
}

/** Applies a change; `undefined` where it doesn't start from this head or its root doesn't match: ask for the whole head then. */
export function foldHead(from: Head, change: HeadChange): Head | undefined {
  const start = change.base === 0 ? emptyHead : from;
  if (start.generation !== change.base || change.generation < from.generation) return undefined;
  const entries = new Map(start.entries);
  for (const application of change.removed) entries.delete(application);
  for (const entry of change.set) entries.set(entry.application, entry.digest);
  if (rootDigest(entries) !== change.root) return undefined;
  return { generation: change.generation, entries };
}
