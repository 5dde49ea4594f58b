import { readFileSync } from 'node:fs';
import { AppError } from '../core/error.ts';
import type { GitCredential } from './git/credentials.ts';

/**
 * Credentials for Git, one URL to a line: `https://user:token@git.example.com/team/`, as git-credential-store(1) writes
 * them; empty lines and lines that begin with `#` are left out. Throws AppError naming file and line; the message never
 * repeats the line.
 */
export function readGitCredentials(file: string): readonly GitCredential[] {
  const credentials: GitCredential[] = [];
  for (const [index, line] of readLines(file).entries()) {
    if (line === '' || line.startsWith('#')) continue;
    const url = URL.canParse(line) ? new URL(line) : undefined;
    if (url === undefined || !/^https?:$/.test(url.protocol) || url.password === '') {
      throw new AppError('invalid', 'this is no URL with a user and a password or token', {
        subject: `${file}:${index + 1}`,
        remedy: 'Write https://user:token@host/ or https://user:token@host/path/',
      });
    }
    const username = decodeURIComponent(url.username);
    const password = decodeURIComponent(url.password);
    credentials.push({ urlPrefix: `${url.origin}${url.pathname}`, username, password });
  }
  return credentials;
}

function readLines(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => line.trim());
  } catch (error) {
    throw new AppError('not-found', `the Git credentials can't be read: ${AppError.from(error).message}`, {
      remedy: 'Name the file by --git-credentials or FAIRLEAD_GIT_CREDENTIALS, or leave it out',
      cause: error,
    });
  }
}
