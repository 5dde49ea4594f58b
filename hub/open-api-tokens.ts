import { readFileSync, statSync } from 'node:fs';
import { AppError } from '../core/error.ts';
import type { Log } from '../core/log.ts';
import { type NamedToken, parseApiTokens } from './access/api-tokens.ts';

/**
 * The named tokens as their file has them now: it is read again once it has changed, so that a token ends without a
 * restart. One that can't be read later leaves all as it was, and is told in the log once. Throws AppError where it can't
 * be read at first, naming file and line.
 */
export function openApiTokens(file: string, log: Log): () => readonly NamedToken[] {
  let version = versionOf(file);
  let tokens = parseApiTokens(readText(file), file);
  return () => {
    const current = versionOf(file);
    if (current === version) return tokens;
    version = current;
    try {
      tokens = parseApiTokens(readText(file), file);
      log.info({ file, tokens: tokens.length }, 'the named tokens of the API were read again');
    } catch (error) {
      log.warn({ err: AppError.from(error), file }, 'the named tokens of the API stay as they were');
    }
    return tokens;
  };
}

/** Another value where the file may hold something else: Kubernetes replaces the file of a Secret as a whole. */
function versionOf(file: string): string {
  const found = statSync(file, { throwIfNoEntry: false });
  return found === undefined ? 'absent' : `${found.ino} ${found.size} ${found.mtimeMs}`;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new AppError('not-found', `the named tokens can't be read: ${AppError.from(cause).message}`, {
      remedy: 'Name their file by --api-tokens or FAIRLEAD_API_TOKENS, or leave it out',
      cause,
    });
  }
}
