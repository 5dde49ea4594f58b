import { digest } from '../../core/digest.ts';
import type { SourceTree, TreeEntry } from '../ports.ts';
import { isWithin, joinPath, parentOf } from '../render/source-paths.ts';

/** A chart that is put into the `charts/` of another. */
export interface ChartPart {
  /** The name of its folder there. */
  readonly folder: string;
  readonly files: SourceTree;
  /** Where it lies in those. */
  readonly path: string;
}

/**
 * A source with charts in the `charts/` of the one at `path`, as if they had been committed there. Folders on the way
 * have other ids then, since their content is another.
 */
export function overlayCharts(source: SourceTree, path: string, parts: readonly ChartPart[]): SourceTree {
  const tree = new Map<string, TreeEntry>(source.tree);
  const origins = new Map<string, SourceTree>();
  const roots: string[] = [];
  for (const part of parts) {
    const target = joinPath(path, `charts/${part.folder}`);
    for (const [at, entry] of part.files.tree) {
      if (!isWithin(part.path, at)) continue;
      const rest = part.path === '' ? at : at.slice(part.path.length + 1);
      tree.set(rest === '' ? target : joinPath(target, rest), entry);
      if (entry.type !== 'tree') origins.set(entry.oid, part.files);
    }
    roots.push(`${target} ${tree.get(target)?.oid}`);
  }
  const change = roots.sort().join('\n');
  for (let folder = joinPath(path, 'charts'); ; folder = parentOf(folder)) {
    const before = source.tree.get(folder)?.oid ?? '';
    tree.set(folder, { type: 'tree', oid: digest(`${before}\n${change}`) });
    if (folder === '') break;
  }
  return { tree, read: (oids) => readAll(source, origins, oids) };
}

async function readAll(
  source: SourceTree,
  origins: ReadonlyMap<string, SourceTree>,
  oids: readonly string[],
): Promise<ReadonlyMap<string, Uint8Array>> {
  const blobs = new Map<string, Uint8Array>();
  for (const [from, wanted] of Map.groupBy(oids, (oid) => origins.get(oid) ?? source)) {
    for (const [oid, content] of await from.read(wanted)) blobs.set(oid, content);
  }
  return blobs;
}
