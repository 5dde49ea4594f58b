import { isMap, isScalar, isSeq, LineCounter, parseDocument, type YAMLMap } from 'yaml';
import type { Problem } from '../../core/problem.ts';
import { parseVersion, parseVersionRange } from '../catalog/version-range.ts';
import { chooseVersion } from './choose-version.ts';

/** A chart that another one is made of. */
export interface ChartDependency {
  readonly name: string;
  /** A version or range; of Chart.lock where there is one. */
  readonly version: string;
  /** `https://…`, `oci://…`, or `file://` and a path relative to the chart. */
  readonly repository: string;
  /** Of its entry, from 1. */
  readonly line: number;
}

/** The texts of a chart that say what it is made of. */
export interface ChartTexts {
  /** Chart.yaml, or the requirements.yaml of an old chart; its path for problems. */
  readonly file: string;
  readonly text: string;
  /** Chart.lock or requirements.lock; absent: none. */
  readonly lock?: string;
  /** Names right below `charts/`. */
  readonly vendored: readonly string[];
}

export type FoundDependencies =
  | { readonly type: 'found'; readonly missing: readonly ChartDependency[] }
  | { readonly type: 'problem'; readonly problem: Problem };

const update = 'Run `helm dependency update` and commit Chart.lock';

/**
 * The dependencies of a chart that aren't below its `charts/`. As `helm dependency build`: versions are those of the lock
 * file, which has to name the same charts; without one, the newest in each range.
 */
export function missingDependencies({ file, text, lock, vendored }: ChartTexts): FoundDependencies {
  const declared = readEntries(text).filter(({ name }) => !isVendored(name, vendored));
  const locked = lock === undefined ? undefined : readEntries(lock);
  const missing: ChartDependency[] = [];
  for (const entry of declared) {
    const at = (message: string, remedy: string): FoundDependencies => ({
      type: 'problem',
      problem: {
        code: 'missing-dependency',
        message,
        location: { file, line: entry.line },
        field: 'dependencies',
        remedy,
      },
    });
    if (!/^(?:https?|oci|file):\/\//iu.test(entry.repository)) {
      return at(
        `the chart ${entry.name} that this one depends on is not in its charts folder, and ${tellRepository(entry)}`,
        "Write the repository's URL (https:// or oci://), or commit the charts folder",
      );
    }
    const version = locked === undefined ? entry.version : lockedVersion(entry, locked);
    if (version === undefined)
      return at(`Chart.lock is not of these dependencies: ${entry.name} ${entry.version}`, update);
    if (parseVersion(version) === undefined && parseVersionRange(version) === undefined) {
      return at(
        `the dependency ${entry.name} has the version ${JSON.stringify(version)}, which is none`,
        'Correct it',
      );
    }
    missing.push({ ...entry, version });
  }
  return { type: 'found', missing };
}

function tellRepository({ repository }: ChartDependency): string {
  return repository === '' ? 'no repository is named for it' : `${repository} is a name of one machine's own`;
}

/** Helm's names of packed and unpacked charts. */
function isVendored(name: string, vendored: readonly string[]): boolean {
  return vendored.some(
    (each) => each === name || (each.startsWith(`${name}-`) && /^v?\d/u.test(each.slice(name.length + 1))),
  );
}

function lockedVersion(entry: ChartDependency, locked: readonly ChartDependency[]): string | undefined {
  const found = locked.find(({ name, repository }) => name === entry.name && repository === entry.repository);
  if (found === undefined) return undefined;
  return chooseVersion(entry.version, [found.version]).type === 'found' ? found.version : undefined;
}

function readEntries(text: string): readonly ChartDependency[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, schema: 'failsafe', logLevel: 'error' });
  // What can't be read is the renderer's to say.
  if (document.errors.length > 0) return [];
  const list = isMap(document.contents) ? document.contents.get('dependencies') : undefined;
  if (!isSeq(list)) return [];
  return list.items.flatMap((item): readonly ChartDependency[] => {
    if (!isMap(item)) return [];
    const name = textAt(item, 'name');
    if (name === '') return [];
    const line = lines.linePos(item.range?.[0] ?? 0).line;
    const version = textAt(item, 'version');
    return [{ name, version: version === '' ? '*' : version, repository: textAt(item, 'repository'), line }];
  });
}

function textAt(item: YAMLMap, key: string): string {
  const value = item.get(key, true);
  return isScalar(value) && typeof value.value === 'string' ? value.value.trim() : '';
}
