import { AppError } from '../core/error.ts';
import type { CatalogFile } from './catalog/catalog.ts';
import { foldFiles } from './catalog/fold-files.ts';
import { parseGitAddress } from './git/credentials.ts';
import type { SourceTree, Tree } from './ports.ts';

/** Where the fleet repository is. */
export interface FleetConfig {
  readonly url: string;
  readonly branch: string;
  /** The folder that holds the catalog, '' for the root. */
  readonly path: string;
  /** Where administrative kinds count, relative to `path`. */
  readonly protectedPath: string;
}

export interface FleetFiles {
  /** Every file of the catalog, by path. */
  readonly files: ReadonlyMap<string, CatalogFile>;
  /** Those that are new or different. */
  readonly changed: readonly CatalogFile[];
  /** Paths that are gone. */
  readonly removed: readonly string[];
}

/**
 * Reads what changed of the catalog's files. Its cost in contents follows the change. Throws AppError `not-found`
 * where the fleet path is gone: its absence is an error, not the removal of all that it held.
 */
export async function readFleetFiles(
  fleet: FleetConfig,
  source: SourceTree,
  previous: ReadonlyMap<string, CatalogFile>,
): Promise<FleetFiles> {
  if (!source.tree.has(fleet.path)) {
    throw new AppError('not-found', `the fleet repository has no folder ${fleet.path}`, {
      subject: parseGitAddress(fleet.url, []).url,
      remedy: 'Restore it, or set fleet.path to where the catalog is now',
    });
  }
  const covered = coveredPaths(source.tree, previous);
  const paths = new Map([...fleetPaths(fleet, source.tree, previous), ...covered]);
  const unread = new Map<string, string>();
  for (const [path, oid] of paths) if (previous.get(path)?.oid !== oid) unread.set(path, oid);
  const removed = [...previous.keys()].filter((path) => !paths.has(path));
  if (unread.size === 0 && removed.length === 0) return { files: previous, changed: [], removed };

  const readable = [...unread].filter(([path]) => !covered.has(path)).map(([, oid]) => oid);
  const contents = await source.read([...new Set(readable)]);
  const decoder = new TextDecoder();
  const current = [...paths].map(([path, oid]) => {
    if (covered.has(path) && unread.has(path)) return { path, oid, text: '' };
    const bytes = unread.has(path) ? contents.get(oid) : undefined;
    return bytes === undefined ? { path, oid } : { path, oid, text: decoder.decode(bytes) };
  });
  const folded = foldFiles([...previous.values()], current, { protectedPath: protectedPrefix(fleet) });
  const files = new Map(folded.map((file) => [file.path, file]));
  const changed = folded.filter((file) => previous.get(file.path) !== file);
  return { files, changed, removed };
}

/**
 * YAML files below the fleet path, but for links and for the insides of Helm charts, whose templates aren't YAML. What
 * held documents stays in: a link in its place, or a Chart.yaml beside it, must not look like its removal.
 */
function fleetPaths(
  fleet: FleetConfig,
  tree: Tree,
  previous: ReadonlyMap<string, CatalogFile>,
): ReadonlyMap<string, string> {
  const root = fleet.path === '' ? '' : `${fleet.path}/`;
  const paths = new Map<string, string>();
  for (const [path, { type, oid }] of tree) {
    if (type === 'tree' || type === 'submodule') continue;
    if (!path.startsWith(root) || !/\.ya?ml$/.test(path)) continue;
    const held = (previous.get(path)?.documents.length ?? 0) > 0;
    if (held || (type !== 'symlink' && !isInChart(path, tree))) paths.set(path, oid);
  }
  return paths;
}

/** Files that held documents where a link or a submodule now takes the place of a folder: out of sight, not removed. */
function coveredPaths(tree: Tree, previous: ReadonlyMap<string, CatalogFile>): ReadonlyMap<string, string> {
  const covered = new Map<string, string>();
  for (const [path, { documents }] of previous) {
    if (documents.length === 0 || tree.has(path)) continue;
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const above = tree.get(path.slice(0, end));
      if (above?.type === 'symlink' || above?.type === 'submodule') covered.set(path, above.oid);
    }
  }
  return covered;
}

function isInChart(path: string, tree: Tree): boolean {
  for (let end = path.lastIndexOf('/'); end >= 0; end = path.lastIndexOf('/', end - 1)) {
    if (tree.has(`${path.slice(0, end)}/Chart.yaml`)) return true;
    if (end === 0) return false;
  }
  return tree.has('Chart.yaml');
}

/** Below which administrative kinds count, from the repository's root. */
export function protectedPrefix(fleet: FleetConfig): string {
  return fleet.path === '' ? `${fleet.protectedPath}/` : `${fleet.path}/${fleet.protectedPath}/`;
}
