import { type ChartDependency, type FoundDependencies, missingDependencies } from '../charts/dependencies.ts';
import type { SourceTree } from '../ports.ts';
import { SourceFiles } from '../render/source-files.ts';
import { joinPath, nameOf, resolvePath } from '../render/source-paths.ts';
import type { ChartPart } from './overlay-charts.ts';

/** The charts that the one at a path is made of and that aren't below its `charts/`. */
export async function findDependencies(files: SourceTree, path: string): Promise<FoundDependencies> {
  const [chart, lock, requirements, oldLock] = await Promise.all(
    ['Chart.yaml', 'Chart.lock', 'requirements.yaml', 'requirements.lock'].map((name) =>
      readText(files, joinPath(path, name)),
    ),
  );
  if (chart === undefined) return { type: 'found', missing: [] };
  // Charts of apiVersion v1 say it in a file of its own.
  const isOld = requirements !== undefined && !/^dependencies:/mu.test(chart);
  const text = isOld ? requirements : chart;
  if (!/^["']?dependencies\b/mu.test(text)) return { type: 'found', missing: [] };
  const vendored = new SourceFiles(files).list(joinPath(path, 'charts')).map(nameOf);
  const locked = isOld ? oldLock : lock;
  return missingDependencies({
    file: joinPath(path, isOld ? 'requirements.yaml' : 'Chart.yaml'),
    text,
    ...(locked === undefined ? {} : { lock: locked }),
    vendored,
  });
}

/** A dependency that is a folder of the same repository (`file://`); `undefined` where no chart is there. */
export function localPart(
  files: SourceTree,
  path: string,
  { name, repository }: ChartDependency,
): ChartPart | 'elsewhere' | undefined {
  if (!repository.startsWith('file://')) return 'elsewhere';
  const local = resolvePath(path, repository.slice('file://'.length));
  const isThere = local !== undefined && files.tree.has(joinPath(local, 'Chart.yaml'));
  return isThere ? { folder: name, files, path: local } : undefined;
}

async function readText({ tree, read }: SourceTree, path: string): Promise<string | undefined> {
  const entry = tree.get(path);
  if (entry === undefined || (entry.type !== 'blob' && entry.type !== 'executable')) return undefined;
  const content = (await read([entry.oid])).get(entry.oid);
  return content === undefined ? undefined : new TextDecoder().decode(content);
}
