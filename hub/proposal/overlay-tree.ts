import { digest } from '../../core/digest.ts';
import type { SourceTree, TreeEntry } from '../ports.ts';

/** Files by path, as they would be; `undefined` for one that would be gone. */
export type FileContents = ReadonlyMap<string, Uint8Array | undefined>;

/**
 * A commit's files with some of them otherwise, in memory. Folders on the way get ids of their own, so that whatever
 * is remembered by a folder's id stays true.
 */
export function overlayTree(source: SourceTree, changes: FileContents): SourceTree {
  if (changes.size === 0) return source;
  const tree = new Map<string, TreeEntry>(source.tree);
  const contents = new Map<string, Uint8Array>();
  const mark: string[] = [];
  for (const [path, content] of changes) {
    const oid = content === undefined ? 'gone' : `edited:${digest(content)}`;
    mark.push(`${path} ${oid}`);
    if (content === undefined) tree.delete(path);
    else {
      contents.set(oid, content);
      tree.set(path, { type: source.tree.get(path)?.type ?? 'blob', oid });
    }
  }
  const id = `edited:${digest(mark.sort().join('\n'))}`;
  for (const path of changes.keys()) {
    for (let end = path.lastIndexOf('/'); end >= 0; end = path.lastIndexOf('/', end - 1)) {
      const folder = path.slice(0, end);
      tree.set(folder, { type: 'tree', oid: `${source.tree.get(folder)?.oid ?? ''}:${id}` });
      if (end === 0) break;
    }
  }
  const root = tree.get('');
  if (root !== undefined) tree.set('', { ...root, oid: `${root.oid}:${id}` });
  return {
    tree,
    async read(oids) {
      const stored = await source.read(oids.filter((oid) => !contents.has(oid)));
      const found = new Map(stored);
      for (const oid of oids) {
        const content = contents.get(oid);
        if (content !== undefined) found.set(oid, content);
      }
      return found;
    },
  };
}
