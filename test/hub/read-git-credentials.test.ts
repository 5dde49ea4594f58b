import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AppError, formatError } from '../../core/error.ts';
import { readGitCredentials } from '../../hub/read-git-credentials.ts';

let dir: string;
let file: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fairlead-credentials-'));
  file = join(dir, 'credentials');
});

afterEach(() => rm(dir, { recursive: true, force: true }));

function refusal(): string {
  try {
    readGitCredentials(file);
  } catch (error) {
    return formatError(AppError.from(error));
  }
  throw new Error('it was accepted');
}

test('each line is a prefix with a user and a token', async () => {
  await writeFile(
    file,
    '# ours\n\nhttps://ada:s%40cret@git.example.com/platform/\n  http://bot:t@127.0.0.1:3000\n',
  );
  expect(readGitCredentials(file)).toEqual([
    { urlPrefix: 'https://git.example.com/platform/', username: 'ada', password: 's@cret' },
    { urlPrefix: 'http://127.0.0.1:3000/', username: 'bot', password: 't' },
  ]);
});

test('a line that is none is named by its number, never repeated', async () => {
  for (const line of ['hunter2', 'https://git.example.com/', 'ssh://me:hunter2@host/']) {
    await writeFile(file, `https://a:b@c/\n${line}\n`);
    expect(refusal()).toContain(
      `${file}:2: this is no URL with a user and a password or token. Write https://`,
    );
    expect(refusal()).not.toContain('hunter2');
  }
});

test('a file that is not there says how it was named', () => {
  expect(refusal()).toMatch(/can't be read: ENOENT.*--git-credentials or FAIRLEAD_GIT_CREDENTIALS/);
});
