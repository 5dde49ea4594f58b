import { hash } from 'node:crypto';
import type { Tree, TreeEntry } from '../ports.ts';
import type { ArchiveFile } from './read-archive.ts';

/** An unpacked archive as a source is read: a tree, and contents by the ids in it. */
export interface UnpackedTree {
  readonly tree: Tree;
  readonly blobs: ReadonlyMap<string, Uint8Array>;
  /** Of all contents together, for bounding what is kept. */
  readonly bytes: number;
}

/** Builds the tree of files by path. Ids are digests, so that equal ids mean equal content, as Git's do. */
export function treeOf(files: ReadonlyMap<string, ArchiveFile>): UnpackedTree {
  const blobs = new Map<string, Uint8Array>();
  const tree = new Map<string, TreeEntry>();
  const folders = new Map<string, string[]>([['', []]]);
  let bytes = 0;
  for (const [path, { content, isExecutable }] of [...files].sort(([left], [right]) =>
    left < right ? -1 : 1,
  )) {
    const oid = hash('sha256', content, 'hex');
    blobs.set(oid, content);
    bytes += content.length;
    tree.set(path, { type: isExecutable ? 'executable' : 'blob', oid });
    addToFolders(path, folders);
  }
  // Deepest first: a folder's id is made of those below it.
  for (const folder of [...folders.keys()].sort(
    (left, right) => right.split('/').length - left.split('/').length,
  )) {
    if (folder !== '') tree.set(folder, { type: 'tree', oid: folderId(folder, folders, tree) });
  }
  tree.set('', { type: 'tree', oid: folderId('', folders, tree) });
  return { tree, blobs, bytes };
}

function addToFolders(path: string, folders: Map<string, string[]>): void {
  const folder = path.slice(0, Math.max(path.lastIndexOf('/'), 0));
  const known = folders.get(folder);
  if (known !== undefined) {
    known.push(path);
    return;
  }
  folders.set(folder, [path]);
  addToFolders(folder, folders);
}

function folderId(
  folder: string,
  folders: ReadonlyMap<string, readonly string[]>,
  tree: ReadonlyMap<string, TreeEntry>,
): string {
  const lines = (folders.get(folder) ?? []).map((path) => {
    const entry = tree.get(path);
    return `${entry?.type} ${entry?.oid} ${path.slice(folder.length)}`;
  });
  return hash('sha256', `tree\n${lines.sort().join('\n')}`, 'hex');
}
