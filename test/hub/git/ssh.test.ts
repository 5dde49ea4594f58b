import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { AppError, formatError } from '../../../core/error.ts';
import { readSshOutput } from '../../../hub/git/ssh-output.ts';
import type { GitPort } from '../../../hub/ports.ts';
import { createGitRepo } from '../../support/git-repo.ts';
import { recordLog } from '../../support/record-log.ts';
import { makeSshKey, type SshServer, startSshServer } from '../../support/ssh-server.ts';
import { openTestGit } from '../../support/test-git.ts';

vi.setConfig({ testTimeout: 60_000 });

const hostKey = makeSshKey();
const otherKey = makeSshKey();
const allowed = makeSshKey();

let dir: string;
let server: SshServer;
let commit: string;
let git: GitPort | undefined;

beforeEach(async ({ skip }) => {
  await promisify(execFile)('ssh', ['-V']).catch(() => skip('needs the ssh client of OpenSSH'));
  dir = await mkdtemp(join(tmpdir(), 'fairlead ssh-'));
  const repo = await createGitRepo(dir, 'fleet.git');
  commit = await repo.commit({ 'a.yaml': 'one\n' });
  server = await startSshServer({ dir, hostKey, allowed });
});

afterEach(async () => {
  await git?.close();
  git = undefined;
  await server?.close();
  if (dir !== undefined) await rm(dir, { recursive: true, force: true });
});

/** Opens Git with one entry for the server; its key is as open as a mounted Secret may be. */
async function open(
  files: Readonly<Record<string, string>>,
  implementation: 'git' | 'isomorphic-git' = 'git',
): Promise<GitPort> {
  const folder = join(dir, 'secret folder');
  await promisify(execFile)('mkdir', ['-p', folder]);
  const fields = Object.keys(files).map((field) => `${field}File: ${field}`);
  const list = `- {name: ours, urlPrefix: 'ssh://git@127.0.0.1:${server.port}/', ${fields.join(', ')}}\n`;
  for (const [name, text] of Object.entries({ ...files, 'credentials.yaml': list })) {
    await writeFile(join(folder, name), text);
    await chmod(join(folder, name), 0o444);
  }
  git = await openTestGit({
    dir: join(dir, 'copies'),
    implementation,
    log: recordLog(),
    credentials: folder,
  });
  return git;
}

async function refusal(port: GitPort, url = server.url('fleet.git')): Promise<AppError> {
  const error = await port.fetch(url, ['main']).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(AppError);
  return error as AppError;
}

test('a repository is read with a key from a Secret, from a host that is known', async () => {
  const port = await open({ sshPrivateKey: allowed.privateKey, knownHosts: server.knownHost(hostKey) });
  const found = (await port.fetch(server.url('fleet.git'), ['main'])).get('main');
  expect(found).toMatchObject({ type: 'found', commit: { id: commit } });
});

test('a host that is not known is not talked to: the error names it, its fingerprint and where its key belongs', async () => {
  const port = await open({ sshPrivateKey: allowed.privateKey, knownHosts: '# none yet\n' });
  const error = await refusal(port);
  expect(error.code).toBe('unavailable');
  expect(error.message).toMatch(
    new RegExp(
      `^the host key of 127\\.0\\.0\\.1:${server.port} isn't known \\(ssh-ed25519 SHA256:[\\w+/]{43}\\)$`,
    ),
  );
  expect(error.remedy).toContain(`\`ssh-keyscan -t ed25519 -p ${server.port} 127.0.0.1\` into knownHosts`);
});

test('a host that shows another key than the known one is not talked to', async () => {
  const port = await open({ sshPrivateKey: allowed.privateKey, knownHosts: server.knownHost(otherKey) });
  const error = await refusal(port);
  expect(error.message).toMatch(/shows another key than the one that is known \(ssh-ed25519 SHA256:/);
  expect(error.remedy).toContain("Compare the fingerprint with the one that the host's operator publishes");
});

test('a key that the host does not know is refused, and the entry is named', async () => {
  const port = await open({ sshPrivateKey: otherKey.privateKey, knownHosts: server.knownHost(hostKey) });
  const error = await refusal(port);
  expect(error).toMatchObject({ code: 'unauthenticated' });
  expect(error.message).toContain('Permission denied (publickey)');
  expect(error.remedy).toContain('It was shown the credentials of ours (');
  expect(formatError(error)).not.toMatch(/debug1|BEGIN/);
});

test('a repository that is not there says so', async () => {
  const port = await open({ sshPrivateKey: allowed.privateKey, knownHosts: server.knownHost(hostKey) });
  expect(await refusal(port, server.url('none.git'))).toMatchObject({
    code: 'not-found',
    message: expect.stringContaining('there is no such repository'),
  });
});

test('a key with a passphrase is refused when the hub starts', async () => {
  const locked = makeSshKey('hunter2').privateKey;
  const error = await open({ sshPrivateKey: locked }).catch((caught: unknown) => caught);
  expect(formatError(error as AppError)).toMatch(
    /its sshPrivateKey is protected by a passphrase.*ssh-keygen -p -N ""/,
  );
});

test('without the git binary, ssh is a problem that says what is needed', async () => {
  const port = await open({ sshPrivateKey: allowed.privateKey }, 'isomorphic-git');
  expect(await refusal(port)).toMatchObject({
    code: 'unsupported',
    message: 'Git over ssh needs the git binary, and this hub reads Git without it',
    remedy: expect.stringContaining('Install git on the hub'),
  });
});

test.each([
  [
    'debug1: Server host key: ssh-rsa SHA256:ab\r\nHost key verification failed.\r\nfatal: no',
    'unknown',
    'ssh-rsa',
  ],
  ['No ECDSA host key is known for a\nHost key verification failed.', 'unknown', undefined],
  [
    '@@@@@@@@@@@\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\ndebug1: Server host key: ecdsa-sha2-nistp256 SHA256:x\nHost key verification failed.',
    'changed',
    'ecdsa-sha2-nistp256',
  ],
  ['debug1: Server host key: ssh-rsa SHA256:ab\nPermission denied (publickey).', undefined, 'ssh-rsa'],
  ['fatal: anything', undefined, undefined],
])('what SSH says is read: %j', (output, host, type) => {
  const read = readSshOutput(output);
  expect([read.host, read.hostKey?.type]).toEqual([host, type]);
  expect(read.text).not.toContain('debug1');
});
