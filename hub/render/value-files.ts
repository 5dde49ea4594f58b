import type { Problem } from '../../core/problem.ts';
import type { HelmOptions } from '../catalog/documents.ts';
import type { Closure } from './closure.ts';
import type { RenderJob } from './renderer.ts';
import { resolvePath } from './source-paths.ts';

export interface ValueFiles {
  /** Those that are there, in the order given. */
  readonly valueFiles: readonly string[];
  readonly problems: readonly Problem[];
}

/** What Argo CD also takes, and Fairlead doesn't yet: URLs, other sources (`$name/…`), patterns. */
const unsupported = /^[a-z][a-z0-9+.-]*:\/\/|^\$|[*?[]/iu;

/** Finds the value files of a chart, relative to its folder or, with a leading slash, to the repository's root. */
export async function findValueFiles(
  job: RenderJob,
  options: HelmOptions,
  closure: Closure,
): Promise<ValueFiles> {
  const valueFiles: string[] = [];
  const problems: Problem[] = [];
  for (const [index, written] of options.valueFiles.entries()) {
    const found = await findValueFile(job, written, closure);
    if (typeof found === 'string') valueFiles.push(found);
    else if (found.code !== 'missing-file' || !options.ignoreMissingValueFiles) {
      problems.push({
        ...found,
        location: job.request.origin,
        field: `spec.source.helm.valueFiles[${index}]`,
      });
    }
  }
  return { valueFiles, problems };
}

async function findValueFile(
  { files, path }: RenderJob,
  written: string,
  closure: Closure,
): Promise<string | Problem> {
  if (unsupported.test(written)) {
    const message = `${written}: value files by URL, pattern or another source are not supported yet`;
    return { code: 'unsupported', message, remedy: "Name a file of the chart's repository" };
  }
  const target = written.startsWith('/') ? resolvePath('', written.slice(1)) : resolvePath(path, written);
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
  const remedy =
    nearby.length === 0 ? 'Check the path: it is relative to the chart' : `There are ${nearby.join(', ')}`;
  return {
    code: 'missing-file',
    message: `value file ${written} is not in the repository (${target})`,
    remedy,
  };
}
