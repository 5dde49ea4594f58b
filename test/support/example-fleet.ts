import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { FileChanges } from './git-repo.ts';
import { readFolder } from './source-tree.ts';

const root = join(import.meta.dirname, '../..');
/** The address that stands in the example's documents. */
const exampleUrl = 'https://git.example.com/platform/platform-config.git';
export const corpusDir = join(root, '../shared/corpus');

/** Whether the real applications that aren't part of the project are there. */
export const hasCorpus = existsSync(corpusDir);

/** `examples/fleet` at the address of a Git server of our own; `keep` chooses among its files. */
export async function exampleFleet(url: string, keep: (path: string) => boolean): Promise<FileChanges> {
  const files: Record<string, string> = {};
  for (const [path, bytes] of Object.entries(await readFolder(join(root, 'examples/fleet')))) {
    if (keep(path)) files[path] = Buffer.from(bytes).toString().replaceAll(exampleUrl, url);
  }
  return files;
}

/** The same where prod takes tags too, as applications name them that were not written for it. */
export async function exampleFleetWithTags(
  url: string,
  keep: (path: string) => boolean,
): Promise<FileChanges> {
  const file = 'fleet/fleet.yaml';
  const files = await exampleFleet(url, keep);
  const text = String(files[file]);
  if (!text.includes('protected: true')) throw new Error(`no environment of ${file} is protected`);
  return { ...files, [file]: text.replace('protected: true', 'protected: false') };
}

/** The corpus below `corpus/`, as a team would have vendored it. */
export async function corpusFiles(): Promise<FileChanges> {
  const files = await readFolder(corpusDir);
  return Object.fromEntries(Object.entries(files).map(([path, bytes]) => [`corpus/${path}`, bytes]));
}
