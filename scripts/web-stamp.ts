import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the pages are made of, besides the packages that the lock file names. */
const SOURCES = ['web', 'core', 'client/schema.ts', 'package-lock.json', 'scripts/build-web.ts'];

/** The digest of everything that the built pages depend on, by paths relative to `root`. */
export function webStamp(root: string): string {
  const hash = createHash('sha256');
  for (const file of SOURCES.flatMap((source) => filesOf(root, source)).sort()) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update('\0');
  }
  return hash.digest('hex');
}

function filesOf(root: string, path: string): readonly string[] {
  if (!existsSync(join(root, path))) return [];
  if (/\.[a-z]+$/.test(path)) return [path];
  return readdirSync(join(root, path), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesOf(root, join(path, entry.name)) : [join(path, entry.name)],
  );
}
