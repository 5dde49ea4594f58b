import { editDistance } from '../../core/edit-distance.ts';
import { AppError } from '../../core/error.ts';
import { maxFileBytes, sizeText } from '../../core/size-limits.ts';
import type { SourceReads, SourceTree, Tree, TreeEntry } from '../ports.ts';
import { joinPath, nameOf, parentOf, resolvePath } from './source-paths.ts';

/** What a path is, after following links. `links` are the paths of the links on the way. */
export type Found =
  | {
      readonly type: 'file' | 'folder';
      readonly path: string;
      readonly entry: TreeEntry;
      readonly links: readonly string[];
    }
  | { readonly type: 'missing' }
  /** A link that points out of the repository, in a circle, or through a submodule. */
  | { readonly type: 'unreachable'; readonly link: string; readonly reason: string };

const maxLinks = 40;
const groupSize = 16;
const maxReadBytes = 32 * 1024 * 1024;
const anyFolder: TreeEntry = { type: 'tree', oid: '' };
const folders = new WeakMap<Tree, ReadonlyMap<string, readonly string[]>>();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** One commit's files, as the renderers look at them. Remembers what they looked at. */
export class SourceFiles {
  /** Paths and what stands there. */
  readonly tree: Pick<Tree, 'get' | 'has'>;
  readonly #source: SourceTree;
  readonly #reads = new Map<string, TreeEntry | undefined>();
  readonly #listed = new Set<string>();

  constructor(source: SourceTree) {
    this.#source = source;
    this.tree = { get: (path) => this.#look(path), has: (path) => this.#look(path) !== undefined };
  }

  /** All that was looked at so far. A folder that was listed stands for everything below it, by its tree's id. */
  reads(): SourceReads {
    return new Map([...this.#reads].filter(([path]) => !this.#isBelowListed(path)));
  }

  #isBelowListed(path: string): boolean {
    for (let folder = path; folder !== ''; ) {
      folder = parentOf(folder);
      if (this.#listed.has(folder)) return true;
    }
    return false;
  }

  #look(path: string): TreeEntry | undefined {
    const entry = this.#source.tree.get(path);
    this.#reads.set(path, entry);
    return entry;
  }

  /** Paths right below a folder, sorted. */
  list(folder: string): readonly string[] {
    this.#look(folder);
    this.#listed.add(folder);
    const { tree } = this.#source;
    let known = folders.get(tree);
    if (known === undefined) {
      known = indexFolders(tree);
      folders.set(tree, known);
    }
    return known.get(folder) ?? [];
  }

  /** Everything that is not a folder, at any depth below one. */
  *walk(folder: string): Generator<readonly [string, TreeEntry]> {
    for (const path of this.list(folder)) {
      const entry = this.tree.get(path);
      if (entry?.type === 'tree') yield* this.walk(path);
      else if (entry !== undefined) yield [path, entry];
    }
  }

  /** What stands at a path, links followed in any part of it. */
  async find(path: string): Promise<Found> {
    const links: string[] = [];
    let current = path;
    while (links.length <= maxLinks) {
      const entry = this.tree.get(current);
      if (entry !== undefined && entry.type !== 'symlink' && entry.type !== 'submodule') {
        return { type: entry.type === 'tree' ? 'folder' : 'file', path: current, entry, links };
      }
      const prefix = this.#firstSpecial(current);
      if (prefix === undefined) return { type: 'missing' };
      if (this.tree.get(prefix)?.type === 'submodule') {
        return { type: 'unreachable', link: prefix, reason: 'submodules are not read yet' };
      }
      const target = await this.text(prefix);
      const resolved = target === undefined ? undefined : resolvePath(parentOf(prefix), target);
      if (resolved === undefined) {
        return {
          type: 'unreachable',
          link: prefix,
          reason: `the link points out of the repository, to ${target}`,
        };
      }
      links.push(prefix);
      current = joinPath(resolved, current.slice(prefix.length + 1)).replace(/\/$/u, '');
    }
    return { type: 'unreachable', link: path, reason: 'its links go in a circle' };
  }

  /** Of folders only that they are some: their ids change with everything below. */
  #lookAtType(path: string): TreeEntry['type'] | undefined {
    const entry = this.#source.tree.get(path);
    if (!this.#reads.has(path)) this.#reads.set(path, entry?.type === 'tree' ? anyFolder : entry);
    return entry?.type;
  }

  /** The link or submodule nearest to the root on a path. */
  #firstSpecial(path: string): string | undefined {
    for (let end = path.indexOf('/'); ; end = path.indexOf('/', end + 1)) {
      const prefix = end < 0 ? path : path.slice(0, end);
      const type = this.#lookAtType(prefix);
      if (type === 'symlink' || type === 'submodule') return prefix;
      if (end < 0) return undefined;
    }
  }

  /** Contents of files by their paths. Throws AppError `too-large` for a file, or for all together. */
  async read(paths: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> {
    const oids = new Map<string, string>();
    for (const path of paths) {
      const oid = this.tree.get(path)?.oid;
      if (oid !== undefined) oids.set(path, oid);
    }
    const blobs = new Map<string, Uint8Array>();
    const wanted = [...new Set(oids.values())];
    let total = 0;
    // In small groups, so that what is too much is never in memory all at once.
    for (let begin = 0; begin < wanted.length; begin += groupSize) {
      for (const [oid, blob] of await this.#source.read(wanted.slice(begin, begin + groupSize))) {
        total += blob.length;
        blobs.set(oid, blob);
      }
      if (total > maxReadBytes) throw tooLarge(undefined, maxReadBytes);
    }
    const contents = new Map<string, Uint8Array>();
    for (const [path, oid] of oids) {
      const blob = blobs.get(oid);
      if (blob === undefined) throw tooLarge(path, maxFileBytes);
      contents.set(path, blob);
    }
    return contents;
  }

  /** A file's text; `undefined` where it isn't there or isn't UTF-8. */
  async text(path: string): Promise<string | undefined> {
    return decodeText((await this.read([path])).get(path));
  }

  /** What stands near a path that isn't there, for messages: what is spelt alike first, at most five. */
  nearby(path: string): readonly string[] {
    let folder = parentOf(path);
    while (folder !== '' && this.tree.get(folder)?.type !== 'tree') folder = parentOf(folder);
    const wanted = nameOf(
      folder === parentOf(path)
        ? path
        : (path.slice(folder === '' ? 0 : folder.length + 1).split('/', 1)[0] ?? ''),
    );
    const distance = (candidate: string): number => editDistance(nameOf(candidate), wanted);
    return this.list(folder)
      .toSorted((left, right) => distance(left) - distance(right))
      .slice(0, 5);
  }
}

function tooLarge(path: string | undefined, bytes: number): AppError {
  const what = path === undefined ? 'the files of this source together are' : 'this file is';
  return new AppError('too-large', `${what} larger than ${sizeText(bytes)}`, {
    ...(path === undefined ? {} : { subject: path }),
    remedy: 'Keep it out of the source, or split the application',
  });
}

/** Bytes as UTF-8 without its byte order mark; `undefined` where they aren't. */
export function decodeText(bytes: Uint8Array | undefined): string | undefined {
  try {
    return bytes === undefined ? undefined : decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

function indexFolders(tree: Tree): ReadonlyMap<string, readonly string[]> {
  const index = new Map<string, string[]>();
  for (const path of tree.keys()) {
    if (path === '') continue;
    const parent = parentOf(path);
    const siblings = index.get(parent);
    if (siblings === undefined) index.set(parent, [path]);
    else siblings.push(path);
  }
  for (const siblings of index.values()) siblings.sort();
  return index;
}
