import type { Problem } from '../../core/problem.ts';
import type { Closure } from './closure.ts';
import type { SourceFiles } from './source-files.ts';
import { isWithin } from './source-paths.ts';

/** Adds all that Helm reads of a chart's folder. What it could read beside that is a problem. */
export async function addChart(
  files: SourceFiles,
  path: string,
  closure: Closure,
): Promise<readonly Problem[]> {
  closure.add(path);
  return addLinks(files, path, closure);
}

/** Links in a chart and in the folders that they lead to: Helm follows them, so what they lead to is read too. */
async function addLinks(files: SourceFiles, path: string, closure: Closure): Promise<Problem[]> {
  const problems: Problem[] = [];
  const folders = new Set([path]);
  // What is added on the way is visited as well.
  for (const folder of folders) {
    for (const [file, { type }] of files.walk(folder)) {
      if (type !== 'symlink') continue;
      const problem = await addLink(files, file, folders, closure);
      if (problem !== undefined) problems.push(problem);
    }
  }
  return problems;
}

async function addLink(
  files: SourceFiles,
  file: string,
  folders: Set<string>,
  closure: Closure,
): Promise<Problem | undefined> {
  const found = await files.find(file);
  const unreachable = (message: string, remedy: string): Problem => ({
    code: 'unreachable-file',
    message,
    location: { file },
    remedy,
  });
  const inside = 'Let links point to files of the same repository';
  if (found.type === 'missing') return unreachable('the link points to nothing', inside);
  if (found.type === 'unreachable') return unreachable(found.reason, inside);
  if (isWithin(found.path, file)) return unreachable('the link contains itself', 'Remove it');
  for (const link of found.links) closure.add(link);
  closure.add(found.path);
  if (found.type === 'folder') folders.add(found.path);
  return undefined;
}
