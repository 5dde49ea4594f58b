import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { arch, platform } from 'node:process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureBinaries, findBinary } from './clusters/binaries.ts';
import { pickArchive } from './clusters/envtest-archive.ts';
import { freePorts } from './clusters/ports.ts';
import { kubernetesVersion } from './clusters/versions.ts';

const minor = kubernetesVersion().split('.').slice(0, 2).join('.');
const version = `${minor}.0`;
const machine = `${platform}-${arch === 'x64' ? 'amd64' : arch}`;

let dir: string;
let server: Server | undefined;
let lines: string[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'fairlead-binaries-'));
  lines = [];
});

afterEach(() => {
  server?.close();
  server = undefined;
  rmSync(dir, { recursive: true, force: true });
});

describe('the envtest archive', () => {
  it('is used where its hash is the one of the list, and found in the cache afterwards', async () => {
    const archive = makeArchive();
    const env = { ...cacheOnly(), FAIRLEAD_ENVTEST_RELEASES: await serve(archive, sha512(archive)) };

    const { etcd, 'kube-apiserver': apiServer } = await ensureBinaries(['kube-apiserver', 'etcd'], {
      log,
      env,
    });

    expect(readFileSync(etcd.path, 'utf8')).toBe('this is etcd\n');
    expect(readFileSync(apiServer.path, 'utf8')).toBe('this is kube-apiserver\n');
    expect(apiServer).toMatchObject({ version: `envtest-${version}`, from: 'cache' });
    server?.close();
    await ensureBinaries(['kube-apiserver', 'etcd'], { log, env });
  });

  it('is refused where its hash is another one', async () => {
    const env = { ...cacheOnly(), FAIRLEAD_ENVTEST_RELEASES: await serve(makeArchive(), 'f00d') };

    await expect(ensureBinaries(['etcd'], { log, env })).rejects.toThrow(
      /isn't what the list describes: its SHA-512 is [0-9a-f]{128}, not f00d/,
    );
    expect(findBinary('etcd', env)).toBeUndefined();
  });

  it('is given up where nothing answers, with a sentence on what to install', async () => {
    const [port] = await freePorts(1);
    const env = { ...cacheOnly(), FAIRLEAD_ENVTEST_RELEASES: `http://127.0.0.1:${port}/list.yaml` };

    await expect(ensureBinaries(['kube-apiserver'], { log, env })).rejects.toThrow(
      /there is no kube-apiserver: install Go .* or set KUBEBUILDER_ASSETS .*ECONNREFUSED/,
    );
  });

  it('is the newest patch release of the minor version, for this machine', () => {
    const file = (v: string, m: string) => ({ [`envtest-${v}-${m}.tar.gz`]: { hash: v, selfLink: m } });
    const list = {
      releases: {
        'v1.37.9': file('v1.37.9', 'linux-amd64'),
        'v1.37.10': file('v1.37.10', 'linux-amd64'),
        'v1.37.11': file('v1.37.11', 'darwin-arm64'),
        'v1.38.0': file('v1.38.0', 'linux-amd64'),
      },
    };

    expect(pickArchive(list, '1.37', 'linux-amd64').version).toBe('v1.37.10');
    expect(() => pickArchive(list, '1.36', 'linux-amd64')).toThrow('none of Kubernetes 1.36 for linux-amd64');
  });
});

describe('programs that are there already', () => {
  it('come from KUBEBUILDER_ASSETS before all else', async () => {
    writeFileSync(join(dir, 'etcd'), '');

    const { etcd } = await ensureBinaries(['etcd'], {
      log,
      env: { ...cacheOnly(), KUBEBUILDER_ASSETS: dir },
    });

    expect(etcd).toMatchObject({ path: join(dir, 'etcd'), from: 'KUBEBUILDER_ASSETS' });
  });

  it.each([
    ['v3.13.9+g1', undefined],
    ['v3.14.0+g1', 'v3.14.0'],
    ['v4.3', 'v4.3'],
  ])('helm %s on the path is taken as %s', (printed, taken) => {
    const path = join(dir, 'helm');
    writeFileSync(path, `#!/bin/sh\necho '${printed}'\n`);
    chmodSync(path, 0o755);

    expect(findBinary('helm', { ...cacheOnly(), PATH: `${dir}:/usr/bin:/bin` })?.version).toBe(taken);
  });
});

function log(line: string): void {
  lines.push(line);
}

/** An empty cache and a path without Go. */
function cacheOnly(): NodeJS.ProcessEnv {
  return { XDG_CACHE_HOME: join(dir, 'cache'), PATH: join(dir, 'empty') };
}

function sha512(bytes: Buffer): string {
  return createHash('sha512').update(bytes).digest('hex');
}

/** An archive laid out as the official one. */
function makeArchive(): Buffer {
  const folder = join(dir, 'controller-tools', 'envtest');
  mkdirSync(folder, { recursive: true });
  for (const name of ['kube-apiserver', 'etcd']) writeFileSync(join(folder, name), `this is ${name}\n`);
  const tar = spawnSync('tar', ['-czf', '-', 'controller-tools'], { cwd: dir });
  expect(tar.status).toBe(0);
  return tar.stdout;
}

/** Serves the archive and a list that gives it this hash. Returns the list's address. */
async function serve(archive: Buffer, hash: string): Promise<string> {
  let base = '';
  const listening = createServer((request, response) => {
    const name = `envtest-${version}-${machine}.tar.gz`;
    const list = { releases: { [version]: { [name]: { hash, selfLink: `${base}/${name}` } } } };
    response.end(request.url === '/list.yaml' ? JSON.stringify(list) : archive);
  });
  server = listening;
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', () => resolve()));
  base = `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;
  return `${base}/list.yaml`;
}
