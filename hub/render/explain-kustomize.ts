import type { Problem } from '../../core/problem.ts';
import { readYamlStream } from '../catalog/yaml-stream.ts';
import { findKustomization } from './kustomize-closure.ts';
import type { RenderJob } from './renderer.ts';
import { resolvePath } from './source-paths.ts';

const maxMessage = 600;

/**
 * What kustomize says, with the file and line that it means: it names the folders that it is in from the outside
 * inwards, then a file, and lines only sometimes. `stderr` has paths relative to the repository.
 */
export async function explainKustomize(stderr: string, { files, path }: RenderJob): Promise<Problem> {
  const text = stderr
    .replace(/^Error: /u, '')
    .replace(/\s+/gu, ' ')
    .trim();
  const folders = [...text.matchAll(/(?:accumulation of|target for) path '([^']+)'/gu)];
  const folder = resolvePath('', folders.at(-1)?.[1] ?? path) ?? path;
  const words = text.slice(folders.at(-1)?.index ?? 0);
  const file = namedFile(words, folder, files) ?? findKustomization(files, folder) ?? folder;
  const line = findLine((await files.text(file)) ?? '', words);
  return {
    code: 'kustomize-failed',
    message: `kustomize can't build this: ${text.length > maxMessage ? `${text.slice(0, maxMessage)}…` : text}`,
    location: { file, ...(line === undefined ? {} : { line }) },
    remedy: 'Run `kustomize build` on the folder to see the same, and mend it',
  };
}

function namedFile(words: string, folder: string, files: RenderJob['files']): string | undefined {
  const names = [...words.matchAll(/in File: (\S+)|resources from '([^']+)'/gu)];
  const name = names.at(-1)?.[1] ?? names.at(-1)?.[2];
  const file = name === undefined ? undefined : resolvePath(folder, name);
  return file !== undefined && files.tree.get(file)?.type === 'blob' ? file : undefined;
}

/** Our parser points closer than kustomize's, which counts from where a block begins. */
function findLine(text: string, words: string): number | undefined {
  const [failure] = readYamlStream(text).failures;
  if (failure !== undefined) return failure.line;
  const field = /unknown field "([^"]+)"/u.exec(words)?.[1];
  const lines = text.split('\n');
  const index = lines.findIndex((line) => line.replace(/^[\s-]*/u, '').startsWith(`${field}:`));
  if (field !== undefined && index >= 0) return index + 1;
  const said = /yaml: line (\d+)/u.exec(words)?.[1];
  return said === undefined ? undefined : Number(said);
}
