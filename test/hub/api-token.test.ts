import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readOrCreateApiToken } from '../../hub/api-token.ts';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fairlead-token-'));
});

afterEach(() => rm(dir, { recursive: true, force: true }));

test('the first start makes a token that only this user reads; later ones find it', async () => {
  const first = readOrCreateApiToken(dir, undefined);
  expect(first).toMatchObject({ fresh: true, file: join(dir, 'api-token') });
  expect(first.token).toMatch(/^flt_[\w-]{32}$/);
  expect((await stat(first.file)).mode & 0o777).toBe(0o600);
  expect(await readFile(first.file, 'utf8')).toBe(`${first.token}\n`);
  expect(readOrCreateApiToken(dir, '')).toEqual({ ...first, fresh: false });
});

test('a configured token wins, and nothing is written', async () => {
  expect(readOrCreateApiToken(dir, 'configured by hand')).toMatchObject({
    token: 'configured by hand',
    fresh: false,
  });
  await expect(stat(join(dir, 'api-token'))).rejects.toThrow('ENOENT');
});

test('an empty or cut file is never taken for a token', async () => {
  const file = join(dir, 'api-token');
  for (const text of ['', '\n', 'flt_']) {
    await writeFile(file, text);
    expect(() => readOrCreateApiToken(dir, undefined)).toThrow(
      expect.objectContaining({
        code: 'invalid',
        subject: file,
        remedy: expect.stringContaining('Remove it'),
      }),
    );
    expect(await readFile(file, 'utf8')).toBe(text);
  }
});

test('a folder that is none says so', async () => {
  const file = join(dir, 'file');
  await writeFile(file, '');
  await chmod(file, 0o600);
  expect(() => readOrCreateApiToken(file, undefined)).toThrow(
    expect.objectContaining({
      subject: join(file, 'api-token'),
      message: 'a file is where a folder should be',
    }),
  );
});
