import { AppError } from '../core/error.ts';
import type { CatalogFile } from './catalog/catalog.ts';
import { foldFiles } from './catalog/fold-files.ts';
import { changedPaths } from './compare-trees.ts';
import { parseGitAddress } from './git/credentials.ts';
import type { SourceTree, Tree, TreeEntry } from './ports.ts';
import { parentOf } from './render/source-paths.ts';

/** Where the fleet repository is. */
export interface FleetConfig {
  readonly url: string;
  readonly branch: string;
  /** The folder that holds the catalog, '' for the root. */
  readonly path: string;
  /** Where administrative kinds count, relative to `path`. */
  readonly protectedPath: string;
}

/** What was read of the catalog's files, and from where. */
export interface ReadFiles {
  /** Every file of the catalog, by path. */
  readonly files: ReadonlyMap<string, CatalogFile>;
  /** Absent after a start: then every path is looked at once. */
  readonly tree?: Tree;
}

export interface FleetFiles extends ReadFiles {
  /** Those that are new or different. */
  readonly changed: readonly CatalogFile[];
  /** Paths that are gone. */
  readonly removed: readonly string[];
}

/**
 * Reads what changed of the catalog's files. Its cost follows the change. Throws AppError `not-found` where the fleet
 * path is gone: its absence is an error, not the removal of all that it held.
 */
export async function readFleetFiles(
  fleet: FleetConfig,
  source: SourceTree,
  previous: ReadFiles,
): Promise<FleetFiles> {
  const { tree } = source;
  if (!tree.has(fleet.path)) {
    throw new AppError('not-found', `the fleet repository has no folder ${fleet.path}`, {
      subject: parseGitAddress(fleet.url, []).url,
      remedy: 'Restore it, or set fleet.path to where the catalog is now',
    });
  }
  const before = previous.files;
  const { paths, removed } = pathsToRead(fleet, tree, previous);
  const unread = [...paths].filter(([path, { oid }]) => before.get(path)?.oid !== oid);
  if (unread.length === 0 && removed.length === 0) return { files: before, tree, changed: [], removed };

  const oids = unread.flatMap(([, { oid, content }]) => (content === 'hidden' ? [] : [oid]));
  const contents = await source.read([...new Set(oids)]);
  const decoder = new TextDecoder();
  const current = unread.map(([path, { oid, content }]) => {
    if (content === 'hidden') return { path, oid, text: '' };
    const bytes = contents.get(oid);
    return bytes === undefined
      ? { path, oid, isTooLarge: true as const }
      : { path, oid, text: decoder.decode(bytes) };
  });
  const known = unread.flatMap(([path]) => before.get(path) ?? []);
  const changed = foldFiles(known, current, { protectedPath: protectedPrefix(fleet) });
  const files = new Map(before);
  for (const path of removed) files.delete(path);
  for (const file of changed) files.set(file.path, file);
  return { files, tree, changed, removed };
}

interface FleetPath {
  readonly oid: string;
  /** `hidden`: something else stands in the place of its folder. */
  readonly content: 'readable' | 'hidden';
}

interface PathsToRead {
  /** Those that may have changed. */
  readonly paths: ReadonlyMap<string, FleetPath>;
  readonly removed: readonly string[];
}

/** Only changed paths where the tree is known that was read last, unless a change decides about other paths too. */
function pathsToRead(fleet: FleetConfig, tree: Tree, previous: ReadFiles): PathsToRead {
  const changes = previous.tree === undefined ? undefined : changedPaths(previous.tree, tree);
  if (changes === undefined || changes.some((path) => decidesOnOthers(path, [tree, previous.tree]))) {
    return allPaths(fleet, tree, previous.files);
  }
  const isFleetFile = fleetFileCheck(fleet, tree, previous.files);
  const paths = new Map<string, FleetPath>();
  const removed: string[] = [];
  for (const path of changes) {
    const entry = tree.get(path);
    if (entry !== undefined && isFleetFile(path, entry)) {
      paths.set(path, { oid: entry.oid, content: 'readable' });
    } else if (previous.files.has(path)) {
      removed.push(path);
    }
  }
  return { paths, removed };
}

/** A Chart.yaml makes a chart of its folder, a link or submodule hides what stood below it. */
function decidesOnOthers(path: string, trees: readonly (Tree | undefined)[]): boolean {
  if (path === 'Chart.yaml' || path.endsWith('/Chart.yaml')) return true;
  return trees.some((tree) => {
    const type = tree?.get(path)?.type;
    return type === 'symlink' || type === 'submodule';
  });
}

function allPaths(fleet: FleetConfig, tree: Tree, before: ReadonlyMap<string, CatalogFile>): PathsToRead {
  const isFleetFile = fleetFileCheck(fleet, tree, before);
  const paths = new Map<string, FleetPath>();
  for (const [path, entry] of tree) {
    if (isFleetFile(path, entry)) paths.set(path, { oid: entry.oid, content: 'readable' });
  }
  for (const [path, oid] of hiddenPaths(tree, before)) paths.set(path, { oid, content: 'hidden' });
  return { paths, removed: [...before.keys()].filter((path) => !paths.has(path)) };
}

/**
 * YAML files below the fleet path, but for links and for the insides of Helm charts, whose templates aren't YAML. What
 * held documents stays in: a link in its place, or a Chart.yaml beside it, must not look like its removal.
 */
function fleetFileCheck(
  fleet: FleetConfig,
  tree: Tree,
  before: ReadonlyMap<string, CatalogFile>,
): (path: string, entry: TreeEntry) => boolean {
  const root = fleet.path === '' ? '' : `${fleet.path}/`;
  const isInChart = chartCheck(tree);
  return (path, { type }) => {
    if (type === 'tree' || type === 'submodule') return false;
    if (!path.startsWith(root) || !/\.ya?ml$/.test(path)) return false;
    if ((before.get(path)?.documents.length ?? 0) > 0) return true;
    return type !== 'symlink' && !isInChart(parentOf(path));
  };
}

/** Whether a folder is a chart or lies in one. Each folder is looked up once. */
function chartCheck(tree: Tree): (folder: string) => boolean {
  const known = new Map<string, boolean>();
  function isInChart(folder: string): boolean {
    const answer = known.get(folder);
    if (answer !== undefined) return answer;
    const isChart = tree.has(folder === '' ? 'Chart.yaml' : `${folder}/Chart.yaml`);
    const isIn = isChart || (folder !== '' && isInChart(parentOf(folder)));
    known.set(folder, isIn);
    return isIn;
  }
  return isInChart;
}

/** Files that held documents where a link or a submodule now takes the place of a folder: out of sight, not removed. */
function hiddenPaths(tree: Tree, before: ReadonlyMap<string, CatalogFile>): ReadonlyMap<string, string> {
  const hidden = new Map<string, string>();
  for (const [path, { documents }] of before) {
    if (documents.length === 0 || tree.has(path)) continue;
    for (let folder = parentOf(path); folder !== ''; folder = parentOf(folder)) {
      const above = tree.get(folder);
      if (above?.type === 'symlink' || above?.type === 'submodule') hidden.set(path, above.oid);
    }
  }
  return hidden;
}

/** Below which administrative kinds count, from the repository's root. */
export function protectedPrefix(fleet: FleetConfig): string {
  return fleet.path === '' ? `${fleet.protectedPath}/` : `${fleet.path}/${fleet.protectedPath}/`;
}

/** Another version of Fairlead may read what the last one couldn't. */
export function rereadIfBroken(file: CatalogFile): CatalogFile {
  return file.problems.length === 0 ? file : { ...file, oid: '' };
}
