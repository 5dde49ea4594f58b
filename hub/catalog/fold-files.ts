import { AppError } from '../../core/error.ts';
import type { CatalogFile } from './catalog.ts';
import { mentionsCatalog, parseFile } from './parse-file.ts';
import { isBelow, repositoryPath } from './repository-path.ts';

/** A YAML file below the fleet path, at the commit that is read now. */
export interface FileVersion {
  readonly path: string;
  readonly oid: string;
  /** Absent where `needsText` said that the last fold has it. */
  readonly text?: string;
}

export interface CatalogPaths {
  /** The folder of the catalog from the repository's root, '' for the root. */
  readonly fleetPath: string;
  /** The folder below it in which administrative kinds count. */
  readonly protectedPath: string;
}

export const defaultCatalogPaths: CatalogPaths = { fleetPath: '', protectedPath: 'fleet' };

/** Whether a path is one that may hold catalog documents. */
export function isCatalogPath(path: string, paths: CatalogPaths = defaultCatalogPaths): boolean {
  return /\.(ya?ml|json)$/.test(path) && isBelow(path, repositoryPath(paths.fleetPath) ?? '');
}

/**
 * Whether a file's text is needed for the next fold. Files with problems are read again each time: a newer Fairlead
 * may know what an older one refused.
 */
export function needsText(previous: CatalogFile | undefined, oid: string): boolean {
  return previous === undefined || previous.oid !== oid || previous.problems.length > 0;
}

/**
 * Leads from the files at the last commit to those at this one. A file that can't be read keeps the documents of its
 * last good version and is `stale`; a file that is gone takes its documents with it. `current` must be the whole
 * listing, since absence means deletion. Files without any document or problem are kept too, so that their text isn't
 * asked for again. Throws AppError `internal` where a changed file comes without its text.
 */
export function foldFiles(
  previous: readonly CatalogFile[],
  current: readonly FileVersion[],
  paths: CatalogPaths = defaultCatalogPaths,
): readonly CatalogFile[] {
  const before = new Map(previous.map((file) => [file.path, file]));
  const protectedFolder =
    repositoryPath(`${paths.fleetPath}/${paths.protectedPath}`.replace(/^\/+/, '')) ?? '';
  const templates = chartTemplates(current);
  return current
    .filter(({ path }) => isCatalogPath(path, paths) && !templates.some((folder) => isBelow(path, folder)))
    .map((file) => foldFile(before.get(file.path), file, protectedFolder))
    .sort((left, right) => (left.path < right.path ? -1 : 1));
}

function foldFile(before: CatalogFile | undefined, file: FileVersion, protectedFolder: string): CatalogFile {
  const { path, oid, text } = file;
  if (text === undefined) {
    if (before?.oid === oid) return before;
    throw new AppError('internal', 'a changed file came without its text', { subject: path });
  }
  // A file that held documents is parsed even when it seems to hold none now: a slip must not look like a removal.
  const isOurs = mentionsCatalog(text) || (before !== undefined && before.documents.length > 0);
  if (!isOurs) return { path, oid, documents: [], problems: [], stale: false };
  const parsed = parseFile(path, oid, text, protectedFolder);
  if (parsed.problems.length === 0 || before === undefined) return parsed;
  return { ...parsed, documents: before.documents, stale: before.documents.length > 0 };
}

/** Folders of Helm templates: text that only becomes YAML when it is rendered. */
function chartTemplates(files: readonly FileVersion[]): readonly string[] {
  return files.flatMap(({ path }) =>
    path === 'Chart.yaml' || path.endsWith('/Chart.yaml')
      ? [`${path.slice(0, -'Chart.yaml'.length)}templates`]
      : [],
  );
}
