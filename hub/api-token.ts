import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { diskError } from '../core/disk-error.ts';
import { AppError } from '../core/error.ts';

const consequence = 'The hub needs its API token to start';
const minLength = 16;

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
  const kept = readToken(file);
  return kept === undefined
    ? { token: createToken(file), file, fresh: true }
    : { token: kept, file, fresh: false };
}

/** A file that a full disk left empty must never become a token that everybody knows. */
function readToken(file: string): string | undefined {
  let token: string;
  try {
    token = readFileSync(file, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw diskError(error, file, consequence);
  }
  if (token.length >= minLength) return token;
  throw new AppError('invalid', 'this should hold the API token and is empty or cut', {
    subject: file,
    remedy: 'Remove it: the next start makes a new token and prints it once',
  });
}

function createToken(file: string): string {
  const token = `flt_${randomBytes(24).toString('base64url')}`;
  try {
    writeFileSync(file, `${token}\n`, { mode: 0o600, flag: 'wx' });
    return token;
  } catch (error) {
    throw diskError(error, file, consequence);
  }
}
