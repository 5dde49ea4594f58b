import { matchesGlob } from '../../core/glob.ts';
import type { Problem } from '../../core/problem.ts';
import { parseValueFile } from '../../core/value-file.ts';
import type { HelmOptions } from '../catalog/documents.ts';
import { Closure } from './closure.ts';
import type { RenderJob } from './renderer.ts';
import type { SourceFiles } from './source-files.ts';
import { resolvePath } from './source-paths.ts';

/** A file that an Application names and that is there. */
export interface FoundFile {
  /** The other source that it lies in; absent: the chart's own. */
  readonly ref?: string;
  readonly path: string;
}

/** A file whose content becomes a value (`helm.fileParameters`). */
export interface FoundParameter extends FoundFile {
  readonly name: string;
}

export interface ChartInputs {
  /** Those that are there, in the order in which they count. */
  readonly valueFiles: readonly FoundFile[];
  readonly fileParameters: readonly FoundParameter[];
  readonly problems: readonly Problem[];
}

/** What is read of other sources, by their names. */
export type RefClosures = ReadonlyMap<string, Closure>;

/** One closure for each other source. */
export function openRefClosures({ refs }: Pick<RenderJob, 'refs'>): RefClosures {
  return new Map([...refs].map(([name, files]) => [name, new Closure(files)]));
}

/** Where a file should be. */
interface Place {
  readonly ref?: string;
  readonly files: SourceFiles;
  readonly closure: Closure;
  /** Absent: outside the repository. */
  readonly target: string | undefined;
}

type Found = { readonly type: 'found'; readonly files: readonly FoundFile[] } | Failure;
type Failure = { readonly type: 'failed'; readonly problem: Omit<Problem, 'location' | 'field'> };

/**
 * Finds the value files and file parameters of a chart: relative to its folder, with a leading slash to the
 * repository's root, and with `$name/` to the root of another source. What a pattern matches counts in the order of the
 * paths; a file counts once, where it is named itself if it is (Argo CD's rules).
 */
export async function findChartInputs(
  job: RenderJob,
  options: HelmOptions,
  closure: Closure,
  refClosures: RefClosures,
): Promise<ChartInputs> {
  const find = (written: string, what: string) => findFiles(job, written, what, closure, refClosures);
  const problems: Problem[] = [];
  const add = (problem: Failure['problem'], field: string): void => {
    problems.push({ ...problem, location: job.request.origin, field: `spec.source.helm.${field}` });
  };
  const lists: { readonly named: boolean; readonly files: readonly FoundFile[] }[] = [];
  for (const [index, written] of options.valueFiles.entries()) {
    const found = await find(written, 'value file');
    if (found.type === 'found') lists.push({ named: !isPattern(written), files: found.files });
    else if (found.problem.code !== 'missing-file' || !options.ignoreMissingValueFiles)
      add(found.problem, `valueFiles[${index}]`);
  }
  const fileParameters: FoundParameter[] = [];
  for (const [index, { name, path }] of (options.fileParameters ?? []).entries()) {
    const found = await find(path, 'file');
    if (found.type === 'failed') add(found.problem, `fileParameters[${index}].path`);
    else fileParameters.push(...found.files.map((file) => ({ ...file, name })));
  }
  return { valueFiles: eachOnce(lists), fileParameters, problems };
}

function eachOnce(
  lists: readonly { readonly named: boolean; readonly files: readonly FoundFile[] }[],
): readonly FoundFile[] {
  const keyOf = ({ ref, path }: FoundFile) => `${ref ?? ''}\n${path}`;
  const named = new Set(lists.flatMap((list) => (list.named ? list.files.map(keyOf) : [])));
  const seen = new Set<string>();
  return lists.flatMap((list) =>
    list.files.filter((file) => {
      const key = keyOf(file);
      // What is named twice is read twice, as Helm does: the last one wins.
      if (list.named) return true;
      if (named.has(key) || seen.has(key)) return false;
      seen.add(key);
      return true;
    }),
  );
}

function isPattern(written: string): boolean {
  return /[*?[{]/u.test(parseValueFile(written).path);
}

async function findFiles(
  job: RenderJob,
  written: string,
  what: string,
  closure: Closure,
  refClosures: RefClosures,
): Promise<Found> {
  if (/^[a-z][a-z0-9+.-]*:\/\//iu.test(written)) {
    const remedy = 'Put the file into a Git repository, and name it by its path or as $ref/…';
    return failure('unsupported', `${what} ${written} is read from no web server`, remedy);
  }
  const place = placeOf(job, written, closure, refClosures);
  if (place === undefined) {
    const { ref = '' } = parseValueFile(written);
    const message = `${what} ${written} lies in the source ${ref}, and there is no source of that ref`;
    return failure('unknown-ref', message, `Add a source with ref: ${ref} to spec.sources`);
  }
  if (place.target === undefined) return outside(what, written);
  return isPattern(written)
    ? findMatching(place, place.target, what, written)
    : findNamed(place, place.target, what, written);
}

function placeOf(
  { files, refs, path }: RenderJob,
  written: string,
  closure: Closure,
  refClosures: RefClosures,
): Place | undefined {
  const { ref, path: below } = parseValueFile(written);
  if (ref === undefined) {
    const target = below.startsWith('/') ? resolvePath('', below.slice(1)) : resolvePath(path, below);
    return { files, closure, target };
  }
  const [other, otherClosure] = [refs.get(ref), refClosures.get(ref)];
  if (other === undefined || otherClosure === undefined) return undefined;
  return { ref, files: other, closure: otherClosure, target: resolvePath('', below) };
}

async function findNamed(place: Place, target: string, what: string, written: string): Promise<Found> {
  const { ref, files, closure } = place;
  const found = await files.find(target);
  switch (found.type) {
    case 'unreachable':
      return outside(what, written);
    case 'file':
      for (const link of found.links) closure.add(link);
      closure.add(found.path);
      return { type: 'found', files: [{ ...(ref === undefined ? {} : { ref }), path: target }] };
    case 'folder':
      return failure('not-a-file', `${what} ${written} is a folder`, 'Name a file in it');
    case 'missing': {
      const nearby = files.nearby(target).filter((each) => what === 'file' || /\.ya?ml$/u.test(each));
      const base = ref === undefined ? 'the chart' : "the other source's root";
      const remedy =
        nearby.length === 0 ? `Check the path: it is relative to ${base}` : `There are ${nearby.join(', ')}`;
      return failure('missing-file', `${what} ${written} is not in the repository (${target})`, remedy);
    }
  }
}

/** Files below the folder that stands before the first pattern. `**` stands for any number of folders, none too. */
async function findMatching(place: Place, target: string, what: string, written: string): Promise<Found> {
  const { files } = place;
  const segments = target.split('/');
  const fixed = segments.slice(0, segments.findIndex(isPattern)).join('/');
  const patterns = withoutFolders(target);
  const found: FoundFile[] = [];
  const paths = files.tree.get(fixed)?.type === 'tree' ? [...files.walk(fixed)].map(([path]) => path) : [];
  for (const path of paths.toSorted()) {
    if (!patterns.some((pattern) => matchesGlob(pattern, path, 'repository'))) continue;
    const each = await findNamed(place, path, what, path);
    if (each.type === 'failed') return each;
    found.push(...each.files);
  }
  if (found.length > 0) return { type: 'found', files: found };
  const message = `${what} ${written} matches nothing in the repository`;
  return failure('missing-file', message, 'Check the pattern, or set ignoreMissingValueFiles: true');
}

/** The pattern, and the same with each `**` folder left out: `a/**` + `/b` matches `a/b` too. At most eight of them. */
function withoutFolders(pattern: string): readonly string[] {
  const patterns = [pattern];
  for (const each of patterns) {
    if (patterns.length >= 8) break;
    const shorter = each.replace(/(^|\/)\*\*\//u, '$1');
    if (shorter !== each) patterns.push(shorter);
  }
  return patterns;
}

function outside(what: string, written: string): Failure {
  return failure(
    'outside-repository',
    `${what} ${written} leads out of the repository`,
    'Name a file inside it',
  );
}

function failure(code: string, message: string, remedy: string): Failure {
  return { type: 'failed', problem: { code, message, remedy } };
}
