import { AppError } from '../../core/error.ts';
import type { Credential } from './credential.ts';

/**
 * Credentials as git-credential-store(1) writes them, one URL to a line: `https://user:token@git.example.com/team/`;
 * empty lines and lines that begin with `#` are left out. Throws AppError naming file and line; the message never
 * repeats the line.
 */
export function parseGitCredentials(text: string, file: string): readonly Credential[] {
  const credentials: Credential[] = [];
  for (const [index, written] of text.split('\n').entries()) {
    const line = written.trim();
    if (line === '' || line.startsWith('#')) continue;
    const place = `${file}:${index + 1}`;
    const url = URL.canParse(line) ? new URL(line) : undefined;
    if (url === undefined || !/^https?:$/.test(url.protocol) || url.password === '') {
      throw new AppError('invalid', 'this is no URL with a user and a password or token', {
        subject: place,
        remedy: 'Write https://user:token@host/ or https://user:token@host/path/',
      });
    }
    const urlPrefix = `${url.origin}${url.pathname}`;
    credentials.push({
      name: urlPrefix,
      urlPrefix,
      place,
      authentication: {
        type: 'password',
        username: { type: 'text', text: decodeURIComponent(url.username) },
        password: { type: 'text', text: decodeURIComponent(url.password) },
      },
    });
  }
  return credentials;
}
