import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openApiTokens } from '../../hub/open-api-tokens.ts';

const digest = (letter: string): string => letter.repeat(64);
let dir: string;
let file: string;
let told: string[];

const log = {
  debug: () => undefined,
  error: () => undefined,
  info: (_fields: object, message: string) => void told.push(message),
  warn: (fields: object, message: string) =>
    void told.push(`${message}: ${(fields as { err: { subject: string } }).err.subject}`),
};

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fairlead-api-tokens-'));
  file = join(dir, 'tokens');
  told = [];
  await writeFile(file, `alice sha256:${digest('a')} payments-team\n`);
});

afterEach(() => rm(dir, { recursive: true }));

function namesOf(tokens: ReturnType<typeof openApiTokens>): readonly string[] {
  return tokens().map(({ subject }) => subject.name);
}

test('a changed file counts at once, without a restart', async () => {
  const tokens = openApiTokens(file, log);
  expect(namesOf(tokens)).toEqual(['alice']);
  await writeFile(file, `alice sha256:${digest('a')}\nbob sha256:${digest('b')}\n`);
  expect(namesOf(tokens)).toEqual(['alice', 'bob']);
  await writeFile(file, '# nobody\n');
  expect(namesOf(tokens)).toEqual([]);
});

test('a file that can not be read later leaves all as it was, and is told once', async () => {
  const tokens = openApiTokens(file, log);
  await writeFile(file, `alice sha256:${digest('a')}\nmallory in-clear\n`);
  expect(namesOf(tokens)).toEqual(['alice']);
  expect(namesOf(tokens)).toEqual(['alice']);
  expect(told).toEqual([`the named tokens of the API stay as they were: ${file}:2`]);
  await rm(file);
  expect(namesOf(tokens)).toEqual(['alice']);
});

test('a file that can not be read at first is an error that names its line', async () => {
  await writeFile(file, '\nrole:admin sha256:x\n');
  expect(() => openApiTokens(file, log)).toThrow(expect.objectContaining({ subject: `${file}:2` }));
  expect(() => openApiTokens(join(dir, 'absent'), log)).toThrow(/can't be read/);
});
