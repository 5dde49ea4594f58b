import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The API's bearer token: the configured one, else the one in `api-token` of the data folder, which the first start
 * makes. `fresh` tells that start, so that the token is printed once and never again.
 */
export function readOrCreateApiToken(
  dataDir: string,
  configured: string | undefined,
): { readonly token: string; readonly file: string; readonly fresh: boolean } {
  const file = join(dataDir, 'api-token');
  if (configured !== undefined && configured !== '') return { token: configured, file, fresh: false };
  try {
    return { token: readFileSync(file, 'utf8').trim(), file, fresh: false };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    const token = `flt_${randomBytes(24).toString('base64url')}`;
    writeFileSync(file, `${token}\n`, { mode: 0o600, flag: 'wx' });
    return { token, file, fresh: true };
  }
}
