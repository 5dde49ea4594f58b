import type { Source } from '../catalog/documents.ts';
import type { SourceTree } from '../ports.ts';
import { findDependencies, localPart } from './find-dependencies.ts';
import { type ChartPart, overlayCharts } from './overlay-charts.ts';

/** A source as it stands, with the charts of the same repository that it is made of; or where another one would come from. */
export type OfflineSource =
  | { readonly type: 'here'; readonly files: SourceTree }
  | { readonly type: 'elsewhere'; readonly repository: string };

/** What a chart is made of, as far as that is in the same repository. What is wrong with it is the renderer's to say. */
export async function withLocalParts(source: Source, files: SourceTree): Promise<OfflineSource> {
  if (source.type === 'ref' || !['helm', 'detect'].includes(source.tool.type)) return { type: 'here', files };
  const found = await findDependencies(files, source.path);
  if (found.type === 'problem' || found.missing.length === 0) return { type: 'here', files };
  const parts: ChartPart[] = [];
  for (const dependency of found.missing) {
    const part = localPart(files, source.path, dependency);
    if (part === 'elsewhere') return { type: 'elsewhere', repository: dependency.repository };
    if (part !== undefined) parts.push(part);
  }
  return { type: 'here', files: overlayCharts(files, source.path, parts) };
}
