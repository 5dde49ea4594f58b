import { existsSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Where `make web` puts the built pages: `dist/web`, seen from a checkout's `hub/api` and from `dist/hub/api` alike.
 * `undefined` where they weren't built.
 */
export function findWebFolder(): string | undefined {
  const compiled = import.meta.filename.endsWith('.js');
  const folder = join(import.meta.dirname, compiled ? '../../web' : '../../dist/web');
  return existsSync(join(folder, 'index.html')) ? folder : undefined;
}
