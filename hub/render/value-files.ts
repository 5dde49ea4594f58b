import type { Problem } from '../../core/problem.ts';
import { parseValueFile } from '../../core/value-file.ts';
import type { HelmOptions } from '../catalog/documents.ts';
import { Closure } from './closure.ts';
import type { RenderJob } from './renderer.ts';
import type { SourceFiles } from './source-files.ts';
import { resolvePath } from './source-paths.ts';

/** A value file that is there. */
export interface FoundValues {
  /** The other source that it lies in; absent: the chart's own. */
  readonly ref?: string;
  readonly path: string;
}

export interface ValueFiles {
  /** Those that are there, in the order given. */
  readonly valueFiles: readonly FoundValues[];
  readonly problems: readonly Problem[];
}

/** The folders of other sources that value files lie in, as far as they are read. */
export type RefClosures = ReadonlyMap<string, Closure>;

/** One closure for each other source. */
export function openRefClosures({ refs }: Pick<RenderJob, 'refs'>): RefClosures {
  return new Map([...refs].map(([name, files]) => [name, new Closure(files)]));
}

/** What Argo CD also takes, and Fairlead doesn't yet: URLs, patterns. */
const unsupported = /^[a-z][a-z0-9+.-]*:\/\/|[*?[]/iu;

/**
 * Finds the value files of a chart: relative to its folder, with a leading slash to the repository's root, and with
 * `$name/` to the root of another source.
 */
export async function findValueFiles(
  job: RenderJob,
  options: HelmOptions,
  closure: Closure,
  refClosures: RefClosures,
): Promise<ValueFiles> {
  const valueFiles: FoundValues[] = [];
  const problems: Problem[] = [];
  for (const [index, written] of options.valueFiles.entries()) {
    const place = placeOf(job, written, closure, refClosures);
    const found = 'code' in place ? place : await findValueFile(place, written);
    if (typeof found === 'string') {
      valueFiles.push({ ...('ref' in place ? { ref: place.ref } : {}), path: found });
    } else if (found.code !== 'missing-file' || !options.ignoreMissingValueFiles) {
      problems.push({
        ...found,
        location: job.request.origin,
        field: `spec.source.helm.valueFiles[${index}]`,
      });
    }
  }
  return { valueFiles, problems };
}

/** Where a value file should be. */
interface Place {
  readonly ref?: string;
  readonly files: SourceFiles;
  readonly closure: Closure;
  /** Absent: outside the repository. */
  readonly target: string | undefined;
}

function placeOf(
  { files, refs, path }: RenderJob,
  written: string,
  closure: Closure,
  refClosures: RefClosures,
): Place | Problem {
  const { ref, path: below } = parseValueFile(written);
  if (unsupported.test(below)) {
    const message = `${written}: value files by URL or pattern are not supported yet`;
    return { code: 'unsupported', message, remedy: "Name a file of the chart's repository" };
  }
  if (ref === undefined) {
    const target = below.startsWith('/') ? resolvePath('', below.slice(1)) : resolvePath(path, below);
    return { files, closure, target };
  }
  const [other, otherClosure] = [refs.get(ref), refClosures.get(ref)];
  if (other !== undefined && otherClosure !== undefined)
    return { ref, files: other, closure: otherClosure, target: resolvePath('', below) };
  const message = `value file ${written} lies in the source ${ref}, and there is no source of that ref`;
  return { code: 'unknown-ref', message, remedy: `Add a source with ref: ${ref}` };
}

async function findValueFile(
  { ref, files, closure, target }: Place,
  written: string,
): Promise<string | Problem> {
  const found = target === undefined ? undefined : await files.find(target);
  if (target === undefined || found === undefined || found.type === 'unreachable') {
    const message = `value file ${written} leads out of the repository`;
    return { code: 'outside-repository', message, remedy: 'Name a file inside it' };
  }
  if (found.type === 'file') {
    for (const link of found.links) closure.add(link);
    closure.add(found.path);
    return target;
  }
  if (found.type === 'folder')
    return { code: 'not-a-file', message: `value file ${written} is a folder`, remedy: 'Name a file in it' };
  const nearby = files.nearby(target).filter((each) => /\.ya?ml$/u.test(each));
  const relative = ref === undefined ? 'the chart' : "the other source's root";
  const remedy =
    nearby.length === 0 ? `Check the path: it is relative to ${relative}` : `There are ${nearby.join(', ')}`;
  return {
    code: 'missing-file',
    message: `value file ${written} is not in the repository (${target})`,
    remedy,
  };
}
