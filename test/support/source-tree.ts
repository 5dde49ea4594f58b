import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { SourceTree, TreeEntry } from '../../hub/ports.ts';

/** A file's content, or a link. */
export type SourceFile = string | Uint8Array | { readonly symlink: string };

/** A commit's tree made of data: ids follow from contents, as with Git. */
export function sourceTreeOf(files: Readonly<Record<string, SourceFile>>): SourceTree & { reads(): number } {
  const tree = new Map<string, TreeEntry>();
  const blobs = new Map<string, Uint8Array>();
  for (const [path, file] of Object.entries(files)) {
    const isLink = typeof file === 'object' && 'symlink' in file;
    const content = Buffer.from(isLink ? file.symlink : (file as string));
    const oid = createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
    tree.set(path, { type: isLink ? 'symlink' : 'blob', oid });
    blobs.set(oid, content);
  }
  addFolders(tree);
  let reads = 0;
  return {
    tree,
    reads: () => reads,
    async read(oids) {
      reads += oids.length;
      const found = new Map<string, Uint8Array>();
      for (const oid of oids) {
        const content = blobs.get(oid);
        if (content === undefined) throw new Error(`no blob ${oid}`);
        found.set(oid, content);
      }
      return found;
    },
  };
}

/** Every file below a folder, by path relative to it. */
export async function readFolder(folder: string): Promise<Record<string, Uint8Array>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files: Record<string, Uint8Array> = {};
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files[relative(folder, path)] = await readFile(path);
  }
  return files;
}

/** A folder's id is made of what is below it, by relative path. */
function addFolders(tree: Map<string, TreeEntry>): void {
  const contents = new Map<string, string[]>([['', []]]);
  for (const [path, { oid }] of [...tree].sort()) {
    const segments = path.split('/');
    for (let depth = 0; depth < segments.length; depth += 1) {
      const folder = segments.slice(0, depth).join('/');
      const lines = contents.get(folder) ?? [];
      lines.push(`${oid} ${segments.slice(depth).join('/')}`);
      contents.set(folder, lines);
    }
  }
  for (const [folder, lines] of contents) {
    tree.set(folder, { type: 'tree', oid: createHash('sha1').update(lines.join('\n')).digest('hex') });
  }
}
