import { AppError } from '../../core/error.ts';
import type { Problem } from '../../core/problem.ts';
import type { CatalogFile } from './catalog.ts';
import { mentionsCatalog, parseFile } from './parse-file.ts';
import { tooLargeFile } from './read-yaml.ts';
import { repositoryPath } from './repository-path.ts';

/** A YAML file below the fleet path, at the commit that is read now. */
export interface FileVersion {
  readonly path: string;
  readonly oid: string;
  /** Absent where the last fold saw the same `oid`: the file isn't parsed again then. */
  readonly text?: string;
  /** Its text isn't read: it is larger than any file of the catalog. */
  readonly isTooLarge?: true;
}

export interface CatalogPaths {
  /** The folder, from the repository's root, below which administrative kinds count. */
  readonly protectedPath: string;
}

/**
 * Leads from files at the last commit to those at this one, in the order of their paths. A file that can't be read
 * keeps the documents of its last good version and is `stale`, and so does one that holds none any more; a file that is
 * gone takes its documents with it.
 * What isn't in `current` isn't in the result. An unchanged file is given back as it is. Files
 * without any document or problem are kept too, so that their text isn't needed again.
 * Throws AppError `internal` where a changed file comes without its text.
 */
export function foldFiles(
  previous: readonly CatalogFile[],
  current: readonly FileVersion[],
  paths: CatalogPaths = { protectedPath: 'fleet' },
): readonly CatalogFile[] {
  const before = new Map(previous.map((file) => [file.path, file]));
  const protectedFolder = repositoryPath(paths.protectedPath) ?? paths.protectedPath;
  return current
    .map((file) => foldFile(before.get(file.path), file, protectedFolder))
    .sort((left, right) => (left.path < right.path ? -1 : 1));
}

function foldFile(before: CatalogFile | undefined, file: FileVersion, protectedFolder: string): CatalogFile {
  const { path, oid, text } = file;
  if (text === undefined) {
    if (before?.oid === oid) return before;
    if (file.isTooLarge === true) {
      const documents = before?.documents ?? [];
      return { path, oid, documents, problems: [tooLargeFile(path)], stale: documents.length > 0 };
    }
    throw new AppError('internal', 'a changed file came without its text', { subject: path });
  }
  // A file that held documents is parsed even when it seems to hold none now: a slip must not look like a removal.
  const isOurs = mentionsCatalog(text) || (before !== undefined && before.documents.length > 0);
  if (!isOurs) return { path, oid, documents: [], problems: [], stale: false };
  const parsed = parseFile(path, oid, text, protectedFolder);
  if (before === undefined || before.documents.length === 0) return parsed;
  if (parsed.documents.length > 0) return parsed;
  const problems = parsed.problems.length > 0 ? parsed.problems : [emptied(before)];
  return { ...parsed, documents: before.documents, problems, stale: true };
}

/** A file that was emptied or cut may be a slip; only a file that is gone is a clear word. */
function emptied({ path, documents }: CatalogFile): Problem {
  const held = documents.map(({ kind, name }) => `${kind} ${name}`).join(', ');
  return {
    code: 'emptied-file',
    message: `The file holds no document any more, so what it held stays as it was: ${held}`,
    location: { file: path, line: 1 },
    remedy: 'Delete the file to remove them, or restore what it held',
  };
}
