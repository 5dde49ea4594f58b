import { expect, test } from 'vitest';
import { parseGitAddress, stripCredentials } from '../../../hub/git/credentials.ts';
import { DamagedCopy, parseGitFailure } from '../../../hub/git/git-error.ts';

const url = 'https://git.example.com/fleet.git';

test.each([
  ['unavailable', "fatal: unable to access 'https://x/': Could not resolve host: x"],
  [
    'unavailable',
    "fatal: unable to access 'http://x/': Failed to connect to x port 1 after 0 ms: Couldn't connect to server",
  ],
  [
    'unavailable',
    "fatal: unable to access 'https://x/': SSL certificate problem: unable to get local issuer certificate",
  ],
  ['unavailable', "fatal: unable to access 'https://x/': The requested URL returned error: 503"],
  ['unavailable', 'error: unable to write file objects/ab/cd: No space left on device'],
  ['unavailable', 'error: unable to write loose object file: No space left on device'],
  ['unavailable', 'error: RPC failed; curl 56 Recv failure\nfatal: early EOF'],
  ['unauthenticated', "fatal: could not read Username for 'https://x': terminal prompts disabled"],
  ['unauthenticated', "fatal: Authentication failed for 'https://x/'"],
  ['unauthenticated', 'git@x: Permission denied (publickey).\nfatal: Could not read from remote repository.'],
  ['denied', "fatal: unable to access 'https://x/': The requested URL returned error: 403"],
  ['not-found', "fatal: repository 'https://x/' not found"],
  ['unsupported', "fatal: transport 'file' not allowed"],
  ['unavailable', 'fatal: something that nobody has met yet'],
])('%s: %s', (code, output) => {
  const error = parseGitFailure(url, output);
  expect(error).toMatchObject({ code, subject: url, remedy: expect.stringMatching(/\w/) });
});

test.each([
  'error: object file objects/ab/cd is empty\nfatal: loose object abcd (stored in objects/ab/cd) is corrupt',
  "fatal: Unable to create '/data/git/x.git/shallow.lock': File exists.",
  'fatal: bad object refs/fairlead/refs/heads/main',
])('a local copy is to blame for: %s', (output) => {
  expect(parseGitFailure(url, output)).toBeInstanceOf(DamagedCopy);
});

test('credentials leave URLs and messages', () => {
  expect(parseGitAddress('https://ada:p%40ss@git.example.com/a.git', [])).toEqual({
    url: 'https://git.example.com/a.git',
    authorization: `Basic ${Buffer.from('ada:p@ss').toString('base64')}`,
  });
  expect(stripCredentials("unable to access 'https://ada:hunter2@x/a.git': no")).toBe(
    "unable to access 'https://x/a.git': no",
  );
  expect(parseGitAddress('git@github.com:org/a.git', []).url).toBe('git@github.com:org/a.git');
});

test('a prefix fits whole path segments only, and the longest wins', () => {
  const credentials = [
    { urlPrefix: 'https://git.example.com', username: 'host', password: '1' },
    { urlPrefix: 'https://git.example.com/team', username: 'team', password: '2' },
  ];
  const userOf = (repository: string): string | undefined => {
    const { authorization } = parseGitAddress(repository, credentials);
    return authorization && Buffer.from(authorization.slice(6), 'base64').toString();
  };
  expect(userOf('https://git.example.com/team/a.git')).toBe('team:2');
  expect(userOf('https://git.example.com/teams/a.git')).toBe('host:1');
  expect(userOf('https://git.example.com.evil.example/team/a.git')).toBeUndefined();
});
