import type { SourceTree } from '../ports.ts';
import { isWithin, joinPath, resolvePath } from '../render/source-paths.ts';

/** A chart as one application uses it. */
export interface ChartUse {
  /** The chart's folder. */
  readonly path: string;
  readonly valueFiles: readonly string[];
}

/** What Helm itself reads of a chart, relative to its folder. */
const ofHelm =
  /^(?:Chart\.ya?ml|Chart\.lock|requirements\.ya?ml|values\.ya?ml|values\.schema\.json|\.helmignore)$|^(?:templates|crds|charts)\//u;
const literalRead = /\.Files\.(?:Get|GetBytes|Lines)\s+"([^"]*)"/gu;

/**
 * Whether a chart's render depends on a file of its folder. Helm loads the whole folder, but a file beside the chart's
 * own only counts as a values file, or where a template reads it (`.Files`).
 */
export async function chartReads(
  source: SourceTree,
  { path, valueFiles }: ChartUse,
  file: string,
): Promise<boolean> {
  const isValues = valueFiles.some(
    (each) => (each.startsWith('/') ? resolvePath('', each.slice(1)) : resolvePath(path, each)) === file,
  );
  if (isValues || !isWithin(path, file)) return isValues;
  const inner = path === '' ? file : file.slice(path.length + 1);
  if (ofHelm.test(inner)) return true;
  const templates = [...source.tree].filter(
    ([at, { type }]) => type !== 'tree' && at.startsWith(joinPath(path, 'templates/')),
  );
  const contents = await source.read([...new Set(templates.map(([, { oid }]) => oid))]);
  return [...contents.values()].some((content) => readsFile(new TextDecoder().decode(content), inner));
}

function readsFile(template: string, inner: string): boolean {
  const literals = [...template.matchAll(literalRead)].map((match) => match[1]);
  return literals.includes(inner) || template.replaceAll(literalRead, '').includes('.Files');
}
