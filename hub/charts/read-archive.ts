import { promisify } from 'node:util';
import { constants, gunzip } from 'node:zlib';
import { type ParsedTarEntryWithData, unpackTar } from 'modern-tar';
import { AppError } from '../../core/error.ts';

/** What an archive may be at most. */
export interface ArchiveLimits {
  /** Of the archive as it is downloaded. */
  readonly maxBytes: number;
  /** Of everything in it; Helm's own limit is 100 MiB. */
  readonly maxUnpackedBytes: number;
  readonly maxEntries: number;
}

export const archiveLimits: ArchiveLimits = {
  maxBytes: 32 * 1024 * 1024,
  maxUnpackedBytes: 100 * 1024 * 1024,
  maxEntries: 20_000,
};

/** A file of an archive. */
export interface ArchiveFile {
  readonly content: Uint8Array;
  readonly isExecutable: boolean;
}

/** `chart`: one folder holds all, and doesn't count. `plain`: paths as they are. */
export type ArchiveLayout = 'chart' | 'plain';

const inflate = promisify(gunzip);
const longestPath = 1024;
const deepestPath = 100;

/**
 * Reads a packed chart, or another packed folder, in memory: nothing is written anywhere, so that no name in it can lead
 * out. Files by path. Throws AppError `invalid` for what isn't a gzipped tar, is cut off, or holds links, devices or
 * paths that lead elsewhere, and `too-large` beyond the limits.
 */
export async function readArchive(
  bytes: Uint8Array,
  layout: ArchiveLayout,
  limits: ArchiveLimits = archiveLimits,
): Promise<ReadonlyMap<string, ArchiveFile>> {
  const tar = isGzip(bytes) ? await unzip(bytes, limits) : bytes;
  const files = new Map<string, ArchiveFile>();
  let top: string | undefined;
  for (const entry of await readEntries(tar, limits)) {
    const { type = 'file', name } = entry.header;
    const path = checkPath(name);
    checkType(type, name);
    if (type !== 'file' || path === '') continue;
    const parts = path.split('/');
    if (layout === 'chart') {
      const folder = parts.shift();
      if (parts.length === 0) continue;
      top ??= folder;
      if (top !== folder) throw refused(`it holds two folders, ${top} and ${folder}, where a chart is one`);
    }
    const mode = entry.header.mode ?? 0;
    files.set(parts.join('/'), {
      content: entry.data ?? new Uint8Array(),
      isExecutable: (mode & 0o100) !== 0,
    });
  }
  checkFolders(files);
  return files;
}

function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

async function unzip(bytes: Uint8Array, { maxUnpackedBytes }: ArchiveLimits): Promise<Uint8Array> {
  try {
    // A cut archive is an error, which Z_FINISH says.
    return await inflate(bytes, { maxOutputLength: maxUnpackedBytes, finishFlush: constants.Z_FINISH });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE') {
      throw new AppError('too-large', `unpacked, it is larger than ${maxUnpackedBytes} bytes`, {
        cause: error,
      });
    }
    throw refused(`it can't be unpacked: ${(error as Error).message}`);
  }
}

async function readEntries(
  tar: Uint8Array,
  { maxEntries }: ArchiveLimits,
): Promise<readonly ParsedTarEntryWithData[]> {
  let count = 0;
  // The size of a whole is bounded by that of the tar; the number of entries isn't.
  const filter = (): boolean => {
    count += 1;
    return count <= maxEntries;
  };
  let entries: readonly ParsedTarEntryWithData[];
  try {
    entries = await unpackTar(tar, { strict: true, filter });
  } catch (error) {
    throw refused(`it is no whole tar archive: ${(error as Error).message}`);
  }
  if (count > maxEntries) throw new AppError('too-large', `it holds more than ${maxEntries} entries`);
  if (entries.length === 0) throw refused('it is empty');
  return entries;
}

/** The path without `./` before and `/` behind it. */
function checkPath(name: string): string {
  const path = name.replace(/^(?:\.\/)+/u, '').replace(/\/+$/u, '');
  if (path === '' || path === '.') return '';
  const parts = path.split('/');
  const leadsOut = parts.some((part) => part === '..' || part === '.' || part === '');
  if (
    leadsOut ||
    /[\0\\]|^[A-Za-z]:/u.test(path) ||
    path.length > longestPath ||
    parts.length > deepestPath
  ) {
    throw refused(`it holds ${JSON.stringify(name.slice(0, 200))}, which is no path inside it`);
  }
  return path;
}

function checkType(type: string, name: string): void {
  if (type === 'file' || type === 'directory' || type === 'pax-global-header') return;
  const what = type === 'symlink' || type === 'link' ? 'a link' : `a ${type}`;
  throw refused(`${JSON.stringify(name.slice(0, 200))} in it is ${what}; only files and folders are taken`);
}

/** A path can't be a file and a folder. */
function checkFolders(files: ReadonlyMap<string, ArchiveFile>): void {
  for (const path of files.keys()) {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      if (files.has(path.slice(0, end))) throw refused(`${path.slice(0, end)} in it is a file and a folder`);
    }
  }
}

function refused(message: string): AppError {
  return new AppError('invalid', message);
}
