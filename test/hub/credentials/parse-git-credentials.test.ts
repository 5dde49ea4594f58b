import { expect, test } from 'vitest';
import { AppError, formatError } from '../../../core/error.ts';
import { parseGitCredentials } from '../../../hub/credentials/parse-git-credentials.ts';

function refusal(text: string): string {
  try {
    parseGitCredentials(text, 'credentials');
  } catch (error) {
    return formatError(AppError.from(error));
  }
  throw new Error('it was accepted');
}

test('each line is a prefix with a user and a token', () => {
  const text = '# ours\n\nhttps://ada:s%40cret@git.example.com/platform/\n  http://bot:t@127.0.0.1:3000\n';
  const entries = parseGitCredentials(text, 'credentials');
  expect(entries.map(({ urlPrefix, place, authentication }) => [urlPrefix, place, authentication])).toEqual([
    [
      'https://git.example.com/platform/',
      'credentials:3',
      {
        type: 'password',
        username: { type: 'text', text: 'ada' },
        password: { type: 'text', text: 's@cret' },
      },
    ],
    [
      'http://127.0.0.1:3000/',
      'credentials:4',
      { type: 'password', username: { type: 'text', text: 'bot' }, password: { type: 'text', text: 't' } },
    ],
  ]);
});

test('a line that is none is named by its number, never repeated', () => {
  for (const line of ['hunter2', 'https://git.example.com/', 'ssh://me:hunter2@host/']) {
    const said = refusal(`https://a:b@c/\n${line}\n`);
    expect(said).toContain(
      'credentials:2: this is no URL with a user and a password or token. Write https://',
    );
    expect(said).not.toContain('hunter2');
  }
});
