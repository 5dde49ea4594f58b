import { AppError } from '../../core/error.ts';
import type { BranchRequest } from '../promotion/branch.ts';
import { type NewObject, objectId } from './new-object.ts';

/** An entry of a tree object as it stands there, so that what isn't changed stays equal byte for byte. */
interface RawEntry {
  /** In Git's spelling: `100644`, `40000`, … */
  readonly mode: string;
  readonly name: Buffer;
  readonly oid: string;
}

interface Change {
  readonly content: Uint8Array | undefined;
  readonly type: 'blob' | 'executable' | 'symlink' | undefined;
}

/** Changes by the folders that they are in. */
interface Folder {
  readonly files: Map<string, Change>;
  readonly folders: Map<string, Folder>;
}

export interface RewrittenTree {
  readonly oid: string;
  /** New trees and blobs. */
  readonly objects: readonly NewObject[];
}

interface Rewriting {
  readonly load: (oid: string) => Promise<Uint8Array>;
  readonly hash: 'sha1' | 'sha256';
  readonly objects: NewObject[];
}

const modes = { blob: '100644', executable: '100755', symlink: '120000' } as const;
const folderMode = '40000';

/**
 * The tree that results from changes to another one. Loads and makes only the trees along changed paths. `load` gives a
 * tree object's content. Throws AppError `invalid` for paths that can't be written.
 */
export async function rewriteTree(
  root: string,
  { changes, types }: Pick<BranchRequest, 'changes' | 'types'>,
  load: (oid: string) => Promise<Uint8Array>,
): Promise<RewrittenTree> {
  const hash = root.length === 64 ? 'sha256' : 'sha1';
  const top: Folder = { files: new Map(), folders: new Map() };
  for (const [path, content] of changes) addChange(top, path, { content, type: types?.get(path) });
  const rewriting: Rewriting = { load, hash, objects: [] };
  const entries = await rewriteFolder(rewriting, root, top, '');
  return { oid: addObject(rewriting, 'tree', encodeEntries(entries)), objects: rewriting.objects };
}

function addChange(top: Folder, path: string, change: Change): void {
  const segments = path.split('/');
  const name = segments.pop() ?? '';
  for (const segment of [...segments, name]) {
    const isPlain = segment !== '' && segment !== '.' && segment !== '..' && !segment.includes('\0');
    if (isPlain && !/^\.git$/iu.test(segment)) continue;
    throw new AppError('invalid', 'this is not a path of a file in a repository', {
      subject: JSON.stringify(path),
    });
  }
  let folder = top;
  for (const segment of segments) {
    const below = folder.folders.get(segment) ?? { files: new Map(), folders: new Map() };
    folder.folders.set(segment, below);
    folder = below;
  }
  folder.files.set(name, change);
}

async function rewriteFolder(
  rewriting: Rewriting,
  oid: string | undefined,
  folder: Folder,
  path: string,
): Promise<readonly RawEntry[]> {
  const old = oid === undefined ? [] : decodeEntries(await rewriting.load(oid), rewriting.hash);
  const entries = new Map(old.map((entry) => [entry.name.toString('latin1'), entry]));
  // Removals first, and what is below folders before files: a file may give way to a folder of its name, or take its place.
  for (const [name, { content }] of folder.files) {
    const entry = entries.get(keyOf(name));
    if (content === undefined && entry?.mode !== folderMode) entries.delete(keyOf(name));
  }
  for (const [name, below] of folder.folders) {
    const entry = entries.get(keyOf(name));
    if (entry !== undefined && entry.mode !== folderMode) throw inTheWay(`${path}${name}`, 'a file');
    const rewritten = await rewriteFolder(rewriting, entry?.oid, below, `${path}${name}/`);
    if (rewritten.length === 0) entries.delete(keyOf(name));
    else {
      const tree = addObject(rewriting, 'tree', encodeEntries(rewritten));
      entries.set(keyOf(name), { mode: folderMode, name: Buffer.from(name), oid: tree });
    }
  }
  for (const [name, { content, type }] of folder.files) {
    if (content === undefined) continue;
    const mode = modeFor(entries.get(keyOf(name)), type, `${path}${name}`);
    const blob = addObject(rewriting, 'blob', content);
    entries.set(keyOf(name), { mode, name: Buffer.from(name), oid: blob });
  }
  return [...entries.values()];
}

/** The mode that a file has afterwards. Content is never written into what isn't a file. */
function modeFor(entry: RawEntry | undefined, type: Change['type'], path: string): string {
  if (entry?.mode === folderMode) throw inTheWay(path, 'a folder');
  if (entry?.mode === '160000') throw inTheWay(path, 'a submodule');
  if (type !== undefined) return modes[type];
  if (entry?.mode === modes.symlink) throw inTheWay(path, 'a symbolic link');
  return entry?.mode ?? modes.blob;
}

function inTheWay(path: string, what: string): AppError {
  return new AppError('invalid', `${what} stands where a file is to be written`, { subject: path });
}

function addObject(rewriting: Rewriting, type: 'tree' | 'blob', content: Uint8Array): string {
  const oid = objectId(rewriting.hash, type, content);
  rewriting.objects.push({ type, oid, content });
  return oid;
}

/** One character for each byte: names need not be UTF-8. */
function keyOf(name: string): string {
  return Buffer.from(name).toString('latin1');
}

function decodeEntries(content: Uint8Array, hash: 'sha1' | 'sha256'): readonly RawEntry[] {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const idBytes = hash === 'sha1' ? 20 : 32;
  const entries: RawEntry[] = [];
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(32, at);
    const end = bytes.indexOf(0, space);
    const mode = bytes.toString('latin1', at, space);
    const oid = bytes.toString('hex', end + 1, end + 1 + idBytes);
    entries.push({ mode, name: bytes.subarray(space + 1, end), oid });
    at = end + 1 + idBytes;
  }
  return entries;
}

/** In Git's order: by bytes, folders as if their name ended with a slash. */
function encodeEntries(entries: readonly RawEntry[]): Uint8Array {
  const sorted = entries
    .map((entry) => ({
      entry,
      key: entry.mode === folderMode ? Buffer.concat([entry.name, Buffer.from('/')]) : entry.name,
    }))
    .sort((left, right) => Buffer.compare(left.key, right.key));
  return Buffer.concat(
    sorted.flatMap(({ entry: { mode, name, oid } }) => [
      Buffer.from(`${mode} `),
      name,
      Buffer.from([0]),
      Buffer.from(oid, 'hex'),
    ]),
  );
}
