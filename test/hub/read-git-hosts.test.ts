import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AppError, formatError } from '../../core/error.ts';
import { readGitHosts } from '../../hub/read-git-hosts.ts';

let dir: string;
let file: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fairlead-hosts-'));
  file = join(dir, 'hosts.yaml');
});

afterEach(() => rm(dir, { recursive: true, force: true }));

async function refusal(text: string): Promise<string> {
  await writeFile(file, text);
  try {
    readGitHosts(file);
  } catch (error) {
    return formatError(AppError.from(error));
  }
  throw new Error('it was accepted');
}

test('a token stands in the list or in a file beside it, which may be replaced while the hub runs', async () => {
  await writeFile(join(dir, 'token'), 'first\n');
  await writeFile(
    file,
    `# ours
- { url: https://git.example.com, type: gitlab, tokenFile: token }
- url: https://ghe.example.com/acme/
  type: github
  api: https://ghe.example.com/api/v3
  token: ghp_x
- { url: https://code.example.com/, type: gitea }
`,
  );
  const [gitlab, github, gitea] = readGitHosts(file);
  expect(gitlab).toMatchObject({ url: 'https://git.example.com/', type: 'gitlab' });
  expect(gitlab?.token?.source).toBe(join(dir, 'token'));
  expect(gitlab?.token?.read()).toBe('first');
  await writeFile(join(dir, 'token'), 'second\n');
  expect(gitlab?.token?.read()).toBe('second');
  expect(github).toMatchObject({ api: 'https://ghe.example.com/api/v3' });
  expect(github?.token?.read()).toBe('ghp_x');
  expect(github?.token?.source).toBe(`${file}:3`);
  expect(gitea).toEqual({ url: 'https://code.example.com/', type: 'gitea' });
  await writeFile(file, '# nothing yet\n');
  expect(readGitHosts(file)).toEqual([]);
});

const entry = 'url: https://git.example.com/, type: gitlab';

test.each([
  ['[', 1, "the YAML can't be read"],
  ['url: x\n', 1, 'this is no list'],
  ['- 5\n', 1, 'no mapping'],
  [`- { ${entry} }\n- { ${entry}, tokn: hunter2 }\n`, 2, 'no field of this name'],
  [`- { ${entry}, token: hunter2, tokenFile: x }\n`, 1, 'exclude each other'],
  [`- { ${entry}, token: 'hunter2 hunter2' }\n`, 1, 'no token holds'],
  [`- { ${entry}, token: [hunter2] }\n`, 1, 'must be a text'],
  ['- { url: https://git.example.com/, type: svn }\n', 1, 'github, gitlab, gitea'],
  ['- { type: gitlab, token: hunter2 }\n', 1, 'url is missing'],
  ['- { url: hunter2, type: gitlab }\n', 1, 'must be an http or https address'],
  ['- { url: https://me:hunter2@git.example.com/, type: gitlab }\n', 1, 'without a user'],
  [`- { ${entry}, tokenFile: missing }\n`, 1, "tokenFile can't be read: ENOENT"],
])('%j is refused at its line, and no value is repeated', async (text, line, why) => {
  const told = await refusal(text);
  expect(told).toContain(`${file}:${line}: `);
  expect(told).toContain(why);
  expect(told).not.toContain('hunter2');
});

test('an empty token file, or one with more than a token, is refused', async () => {
  for (const content of ['', '\n', 'hunter2 hunter2\n', 'hunter2\nhunter2\n']) {
    await writeFile(join(dir, 'token'), content);
    const told = await refusal(`- { ${entry}, tokenFile: token }\n`);
    expect(told).toContain(`${join(dir, 'token')}: the token file`);
    expect(told).not.toContain('hunter2');
  }
});

test('a list that is not there says how it was named', () => {
  expect(() => readGitHosts(file)).toThrow(/can't be read: ENOENT/);
});
