import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openConnection } from '../../../agent/kube/connection.ts';

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'fairlead-connection-'));
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('in a cluster', () => {
  const env = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '6443' };

  it('reads the token again when it may have been renewed, and its address from the environment', async () => {
    let now = 0;
    writeFileSync(join(dir, 'token'), 'first\n');
    writeFileSync(join(dir, 'ca.crt'), 'PEM');
    const connection = await openConnection({ type: 'in-cluster', directory: dir }, { env, now: () => now });
    expect(connection.server).toBe('https://[fd00::1]:6443');
    const token = async () => (await connection.credentials()).headers['authorization'];
    writeFileSync(join(dir, 'token'), 'second\n');
    expect(await token()).toBe('Bearer first');
    now = 60_000;
    expect(await token()).toBe('Bearer second');
    writeFileSync(join(dir, 'token'), 'third\n');
    connection.renew();
    expect(await token()).toBe('Bearer third');
    expect((await connection.credentials()).tls).toEqual({ ca: 'PEM' });
  });

  it('says what is missing', async () => {
    const surroundings = { env: {}, now: () => 0 };
    await expect(openConnection({ type: 'in-cluster' }, surroundings)).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('KUBERNETES_SERVICE_HOST'),
    });
    await expect(
      openConnection({ type: 'in-cluster', directory: dir }, { ...surroundings, env }),
    ).rejects.toMatchObject({
      subject: join(dir, 'token'),
      remedy: expect.stringContaining('serviceAccountName'),
    });
  });

  it('does not load the library for kubeconfigs', () => {
    writeFileSync(join(dir, 'token'), 'first');
    writeFileSync(join(dir, 'ca.crt'), 'PEM');
    // A hook that fails on the package proves it, in a process of its own.
    const script = `
      const { registerHooks } = await import('node:module');
      registerHooks({ resolve(name, context, next) {
        if (name.startsWith('@kubernetes/')) throw new Error('loaded ' + name);
        return next(name, context);
      } });
      const { openConnection } = await import(process.argv[1]);
      const surroundings = { env: { KUBERNETES_SERVICE_HOST: 'h' }, now: () => 0 };
      await openConnection({ type: 'in-cluster', directory: process.argv[2] }, surroundings);
      await openConnection({ type: 'kubeconfig' }, surroundings).catch((error) => console.log(error.message));`;
    const module = new URL('../../../agent/kube/connection.ts', import.meta.url).href;
    const args = ['--input-type=module', '--eval', script, module, dir];
    expect(execFileSync(process.execPath, args, { encoding: 'utf8' })).toBe(
      'loaded @kubernetes/client-node\n',
    );
  });
});

describe('a kubeconfig', () => {
  const surroundings = { env: {}, now: () => 0 };

  function writeConfig(user: unknown, cluster: object = {}): string {
    const path = join(dir, 'config');
    const entry = (name: string) => ({ name, context: { cluster: 'c', user: 'u' } });
    const config = {
      'current-context': 'dev',
      clusters: [{ name: 'c', cluster: { server: 'https://10.0.0.1:6443', ...cluster } }],
      users: [{ name: 'u', user }],
      contexts: [entry('dev'), entry('prod')],
    };
    writeFileSync(path, JSON.stringify(config));
    return path;
  }

  it('gives address, authority, client certificate and token of a context', async () => {
    const encode = (text: string) => Buffer.from(text).toString('base64');
    const user = {
      token: 'secret',
      'client-certificate-data': encode('CERT'),
      'client-key-data': encode('KEY'),
    };
    const path = writeConfig(user, { 'certificate-authority-data': encode('CA'), 'tls-server-name': 'kube' });
    const connection = await openConnection({ type: 'kubeconfig', path, context: 'prod' }, surroundings);
    expect(connection).toMatchObject({ server: 'https://10.0.0.1:6443', origin: `context prod of ${path}` });
    expect(await connection.credentials()).toEqual({
      headers: { authorization: 'Bearer secret' },
      tls: { ca: 'CA', cert: 'CERT', key: 'KEY', servername: 'kube' },
    });
  });

  it('names the contexts that exist where one does not', async () => {
    const path = writeConfig({ token: 'secret' });
    await expect(
      openConnection({ type: 'kubeconfig', path, context: 'stagign' }, surroundings),
    ).rejects.toMatchObject({
      code: 'not-found',
      message: 'there is no context stagign; there are dev, prod',
    });
  });

  it('runs a plugin once for all who ask meanwhile, and again after its token was refused', async () => {
    const plugin = join(dir, 'plugin');
    const credential =
      '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"t"}}';
    writeFileSync(plugin, `#!/bin/sh\necho run >> ${dir}/runs\necho '${credential}'\n`);
    chmodSync(plugin, 0o755);
    const path = writeConfig({ exec: { apiVersion: 'client.authentication.k8s.io/v1', command: plugin } });
    const connection = await openConnection({ type: 'kubeconfig', path }, surroundings);
    const runs = () => readFileSync(join(dir, 'runs'), 'utf8').split('\n').length - 1;
    const all = await Promise.all([connection.credentials(), connection.credentials()]);
    expect(all.map((each) => each.headers['authorization'])).toEqual(['Bearer t', 'Bearer t']);
    expect(runs()).toBe(1);
    connection.renew();
    await connection.credentials();
    expect(runs()).toBe(2);
  });

  it('says what a plugin said that failed', async () => {
    const plugin = join(dir, 'plugin');
    writeFileSync(plugin, '#!/bin/sh\necho "please log in" >&2\nexit 1\n');
    chmodSync(plugin, 0o755);
    const path = writeConfig({ exec: { apiVersion: 'client.authentication.k8s.io/v1', command: plugin } });
    const connection = await openConnection({ type: 'kubeconfig', path }, surroundings);
    await expect(connection.credentials()).rejects.toMatchObject({
      code: 'unauthenticated',
      message: 'no credentials could be had for context dev: please log in',
    });
  });

  it('is found by KUBECONFIG, of whose files the missing ones do not matter', async () => {
    const path = writeConfig({ token: 'secret' });
    const env = { KUBECONFIG: `${join(dir, 'absent')}:${path}` };
    expect(await openConnection({ type: 'kubeconfig' }, { ...surroundings, env })).toMatchObject({
      origin: `context dev of ${path}`,
    });
  });

  it('is refused with its path where it is absent, broken, or needs a proxy', async () => {
    const open = (path: string) => openConnection({ type: 'kubeconfig', path }, surroundings);
    const broken = join(dir, 'broken');
    writeFileSync(broken, 'clusters: [');
    mkdirSync(join(dir, 'folder'));
    await expect(open(join(dir, 'absent'))).rejects.toMatchObject({
      code: 'not-found',
      subject: join(dir, 'absent'),
    });
    await expect(open(broken)).rejects.toMatchObject({ code: 'invalid', subject: broken });
    await expect(open(join(dir, 'folder'))).rejects.toMatchObject({ code: 'invalid' });
    const proxied = writeConfig({ token: 'secret' }, { 'proxy-url': 'http://proxy:3128' });
    await expect(open(proxied)).rejects.toMatchObject({ code: 'unsupported' });
  });
});

describe('an explicit address', () => {
  it('must be a URL', async () => {
    await expect(openConnection({ type: 'explicit', server: '10.0.0.1:6443' })).rejects.toMatchObject({
      code: 'invalid',
      remedy: 'Write it as https://HOST:PORT',
    });
  });
});
