import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../core/error.ts';
import { maxFileBytes } from '../core/size-limits.ts';
import type { SourceTree, TreeEntry } from './ports.ts';

/** Never part of a source: Git's own folder, and dependencies that nobody commits. */
const skipped: ReadonlySet<string> = new Set(['.git', 'node_modules']);

const modes = { tree: '40000', blob: '100644', executable: '100755', symlink: '120000', submodule: '160000' };

/**
 * A working directory as if all of it were committed: the object ids are those that Git would give, so that the same
 * content has the same id here and in a repository. Throws AppError `not-found` where there is no such directory.
 */
export async function readDirectory(dir: string): Promise<SourceTree> {
  const tree = new Map<string, TreeEntry>();
  const places = new Map<string, string>();
  tree.set('', { type: 'tree', oid: await readFolder(dir, '', tree, places) });
  return {
    tree,
    read: async (oids) => {
      const contents = await Promise.all(
        oids.map(async (oid) => [oid, await readContent(dir, places.get(oid) ?? oid)] as const),
      );
      return new Map(contents.filter(([, content]) => content.length <= maxFileBytes));
    },
  };
}

async function readFolder(
  dir: string,
  folder: string,
  tree: Map<string, TreeEntry>,
  places: Map<string, string>,
): Promise<string> {
  const names = await readdir(join(dir, folder)).catch((error: unknown) => {
    throw new AppError('not-found', "the directory can't be read", {
      subject: join(dir, folder),
      remedy: 'Name the folder of a fleet repository that you may read, such as examples/fleet',
      cause: error,
    });
  });
  const entries: { readonly name: string; readonly entry: TreeEntry }[] = [];
  for (const name of names.filter((each) => !skipped.has(each))) {
    const path = folder === '' ? name : `${folder}/${name}`;
    const stat = await lstat(join(dir, path));
    if (stat.isDirectory()) {
      const before = tree.size;
      const oid = await readFolder(dir, path, tree, places);
      // Git knows no empty folders.
      if (tree.size === before) continue;
      entries.push({ name, entry: { type: 'tree', oid } });
    } else if (stat.isFile() || stat.isSymbolicLink()) {
      const oid = objectId('blob', await readContent(dir, path));
      const type = stat.isSymbolicLink() ? 'symlink' : (stat.mode & 0o100) === 0 ? 'blob' : 'executable';
      places.set(oid, path);
      entries.push({ name, entry: { type, oid } });
    }
    const last = entries.at(-1);
    if (last?.name === name) tree.set(path, last.entry);
  }
  return treeId(entries);
}

async function readContent(dir: string, path: string): Promise<Uint8Array> {
  const place = join(dir, path);
  try {
    return (await lstat(place)).isSymbolicLink() ? Buffer.from(await readlink(place)) : await readFile(place);
  } catch (error) {
    throw new AppError('not-found', "the file can't be read", { subject: place, cause: error });
  }
}

/** Git sorts a tree's entries by name, folders as if they ended in a slash. */
function treeId(entries: readonly { readonly name: string; readonly entry: TreeEntry }[]): string {
  const sortKey = ({ name, entry }: (typeof entries)[number]) =>
    Buffer.from(entry.type === 'tree' ? `${name}/` : name);
  const sorted = [...entries].sort((left, right) => Buffer.compare(sortKey(left), sortKey(right)));
  return objectId(
    'tree',
    Buffer.concat(
      sorted.flatMap(({ name, entry }) => [
        Buffer.from(`${modes[entry.type]} ${name}\0`),
        Buffer.from(entry.oid, 'hex'),
      ]),
    ),
  );
}

function objectId(type: 'blob' | 'tree', content: Uint8Array): string {
  return createHash('sha1').update(`${type} ${content.length}\0`).update(content).digest('hex');
}
