import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

/** Calls `work` with a new temporary folder, which is gone afterwards. */
export async function withTemporaryFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Says how the committed files differ from the fresh ones, one line per file; empty when they are equal. */
export async function differences(committed: string, fresh: string): Promise<readonly string[]> {
  const [old, now] = await Promise.all([readFiles(committed), readFiles(fresh)]);
  const names = [...new Set([...old.keys(), ...now.keys()])].sort();
  return names.flatMap((name) => {
    const path = join(committed, name);
    if (!old.has(name)) return [`${path} is missing`];
    if (!now.has(name)) return [`${path} is no longer generated`];
    return old.get(name) === now.get(name) ? [] : [`${path} is out of date`];
  });
}

async function readFiles(folder: string): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  if (!existsSync(folder)) return files;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files.set(relative(folder, path), await readFile(path, 'utf8'));
  }
  return files;
}
