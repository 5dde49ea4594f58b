import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { AppError } from '../core/error.ts';
import type { GitHost, Token } from './hosts/git-host.ts';
import { isToken, parseHosts } from './hosts/parse-hosts.ts';

/**
 * The Git hosts of a file, with a way to their tokens. Each token file is read once right away, so that a wrong name
 * shows when the hub starts. Throws AppError naming file and line; no message repeats a token.
 */
export function readGitHosts(file: string): readonly GitHost[] {
  return parseHosts(readText(file), file).map(({ token, tokenFile, line, ...host }) => {
    const source = `${file}:${line}`;
    if (token !== undefined) return { ...host, token: { source, read: () => token } };
    if (tokenFile === undefined) return host;
    const found = openToken(resolve(dirname(file), tokenFile), source);
    found.read();
    return { ...host, token: found };
  });
}

function openToken(path: string, source: string): Token {
  return {
    source: path,
    read() {
      const token = readToken(path, source);
      if (isToken(token)) return token;
      const why = token === '' ? 'the token file is empty' : 'the token file holds more than one token';
      throw new AppError('invalid', why, { subject: path, remedy: 'Write the token alone, on one line' });
    },
  };
}

function readToken(path: string, source: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new AppError('not-found', `its tokenFile can't be read: ${AppError.from(error).message}`, {
      subject: source,
      remedy: "Name a file that the hub may read, absolute or relative to the list's folder",
      cause: error,
    });
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new AppError('not-found', `the list of Git hosts can't be read: ${AppError.from(error).message}`, {
      remedy: 'Name the file by --git-hosts or FAIRLEAD_GIT_HOSTS, or leave it out',
      cause: error,
    });
  }
}
