import { digest } from '../../core/digest.ts';
import type { Tree, TreeEntry } from '../ports.ts';

/** Where an application's files were then and are now. */
export interface RollbackFacts {
  readonly past: Tree;
  readonly now: Tree;
  /** Paths of all that its render read then, and reads now. */
  readonly readPast: readonly string[];
  readonly readNow: readonly string[];
  /** Its own folder, '' for the root. */
  readonly folder: string;
}

/** What a path becomes; `undefined`: it goes. */
export type Restored = ReadonlyMap<string, TreeEntry | undefined>;

/**
 * What brings an application's files back to what they were: what its render read then as it was then, and what came to
 * its own folder since and is read now goes. Nothing else of the repository is touched, whatever else was committed
 * between.
 */
export function findRestored({ past, now, readPast, readNow, folder }: RollbackFacts): Restored {
  const restored = new Map<string, TreeEntry | undefined>();
  for (const path of readPast) {
    const [wanted, found] = [past.get(path), now.get(path)];
    if (wanted === undefined || wanted.type === 'tree' || wanted.type === 'submodule') continue;
    if (wanted.oid !== found?.oid || wanted.type !== found.type) restored.set(path, wanted);
  }
  for (const path of readNow) {
    if (restored.has(path) || past.has(path) || now.get(path)?.type === 'submodule') continue;
    if (folder === '' || path.startsWith(`${folder}/`)) restored.set(path, undefined);
  }
  return restored;
}

/** A file that stays as it is, since others read it as well. */
export interface KeptFile {
  readonly path: string;
  readonly applications: readonly string[];
}

/** Takes out of it what other applications read as well. */
export function splitShared(
  restored: Restored,
  readers: ReadonlyMap<string, readonly string[]>,
): { readonly own: Restored; readonly kept: readonly KeptFile[] } {
  const own = new Map<string, TreeEntry | undefined>();
  const kept: KeptFile[] = [];
  for (const [path, entry] of restored) {
    const applications = readers.get(path) ?? [];
    if (applications.length === 0) own.set(path, entry);
    else kept.push({ path, applications });
  }
  return { own, kept };
}

/**
 * The tree as it would be. Folders on the way get ids of their own, so that whatever is remembered by a folder's id stays
 * true; a folder that holds nothing any more is gone.
 */
export function restoreTree(now: Tree, restored: Restored): Tree {
  const tree = new Map<string, TreeEntry>(now);
  for (const [path, entry] of restored) {
    if (entry === undefined) tree.delete(path);
    else tree.set(path, entry);
  }
  const marks = [...restored].map(([path, entry]) => `${path} ${entry?.type} ${entry?.oid}`);
  const id = digest(marks.sort().join('\n'));
  const touched = new Set([...restored.keys()].flatMap(foldersOf));
  for (const folder of touched) tree.delete(folder);
  const filled = new Set<string>(['']);
  for (const [path, { type }] of tree) {
    if (type !== 'tree') for (const folder of foldersOf(path)) filled.add(folder);
  }
  for (const folder of touched) {
    if (filled.has(folder)) tree.set(folder, { type: 'tree', oid: `${now.get(folder)?.oid ?? ''}:${id}` });
  }
  return tree;
}

/** All folders that a path is in, the root included. */
function foldersOf(path: string): readonly string[] {
  const folders = [''];
  for (let end = path.indexOf('/'); end >= 0; end = path.indexOf('/', end + 1))
    folders.push(path.slice(0, end));
  return folders;
}
