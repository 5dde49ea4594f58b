import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { arch, platform } from 'node:process';
import { parse } from 'yaml';

/** The list of archives that controller-runtime's envtest downloads from. */
export const defaultReleasesUrl =
  'https://raw.githubusercontent.com/kubernetes-sigs/controller-tools/HEAD/envtest-releases.yaml';

/** One archive of the list. */
export interface EnvtestArchive {
  /** Version of Kubernetes, such as `v1.37.0`. */
  readonly version: string;
  readonly url: string;
  /** SHA-512, in hexadecimal. */
  readonly hash: string;
}

interface ReleaseList {
  readonly releases?: Readonly<Record<string, Readonly<Record<string, { hash: string; selfLink: string }>>>>;
}

const connectLimitMs = 5_000;
const downloadLimitMs = 600_000;

/**
 * Picks the newest archive of this minor version (`1.37`) for this machine.
 * Archives are made for few patch releases, so the patch number isn't asked for.
 *
 * @throws Error where the list has none.
 */
export function pickArchive(list: unknown, minor: string, machine = thisMachine()): EnvtestArchive {
  const found = Object.entries((list as ReleaseList)?.releases ?? {})
    .filter(([version]) => version.startsWith(`v${minor}.`))
    .flatMap(([version, files]) => {
      const file = files[`envtest-${version}-${machine}.tar.gz`];
      return file ? [{ version, url: file.selfLink, hash: file.hash }] : [];
    })
    .sort((a, b) => patchOf(b.version) - patchOf(a.version));
  if (found[0]) return found[0];
  throw new Error(`the list of archives has none of Kubernetes ${minor} for ${machine}`);
}

/**
 * Downloads the archive and puts its kube-apiserver and etcd into `targetOf(version)`.
 *
 * @throws Error where there is no connection within five seconds, the archive
 *   isn't the one that the list describes, or lacks one of the two.
 */
export async function downloadArchive(
  releasesUrl: string,
  minor: string,
  targetOf: (name: string, version: string) => string,
): Promise<EnvtestArchive> {
  const list = await download(releasesUrl);
  const archive = pickArchive(parse(list.toString('utf8')), minor);
  const bytes = await download(archive.url);
  const hash = createHash('sha512').update(bytes).digest('hex');
  if (hash !== archive.hash) {
    throw new Error(
      `${archive.url} isn't what the list describes: its SHA-512 is ${hash}, not ${archive.hash}`,
    );
  }
  await unpack(bytes, archive, targetOf);
  return archive;
}

async function unpack(
  bytes: Buffer,
  archive: EnvtestArchive,
  targetOf: (name: string, version: string) => string,
): Promise<void> {
  const parent = dirname(dirname(targetOf('etcd', archive.version)));
  await mkdir(parent, { recursive: true });
  const scratch = await mkdtemp(join(parent, '.unpack-'));
  try {
    await writeFile(join(scratch, 'archive.tar.gz'), bytes);
    const tar = spawnSync('tar', ['-xzf', 'archive.tar.gz', '--strip-components=2'], { cwd: scratch });
    if (tar.status !== 0) throw new Error(`${archive.url} can't be unpacked: ${tar.error ?? tar.stderr}`);
    for (const name of ['kube-apiserver', 'etcd']) {
      if (!existsSync(join(scratch, name))) throw new Error(`${archive.url} holds no ${name}`);
      const target = targetOf(name, archive.version);
      await mkdir(dirname(target), { recursive: true });
      await rename(join(scratch, name), target);
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Gives up where nothing answers in time; an answer that has begun may take longer. */
async function download(url: string): Promise<Buffer> {
  const abort = new AbortController();
  const connect = setTimeout(
    () => abort.abort(new Error(`no answer in ${connectLimitMs / 1000} s`)),
    connectLimitMs,
  );
  try {
    const signal = AbortSignal.any([abort.signal, AbortSignal.timeout(downloadLimitMs)]);
    const response = await fetch(url, { signal });
    clearTimeout(connect);
    if (!response.ok) throw new Error(`status ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  } catch (error) {
    const { message, cause } = error as Error;
    throw new Error(`${url} can't be read: ${(cause as Error | undefined)?.message ?? message}`);
  } finally {
    clearTimeout(connect);
  }
}

function patchOf(version: string): number {
  return Number(version.split('.')[2] ?? 0);
}

/** Such as `linux-amd64`. */
function thisMachine(): string {
  return `${platform}-${arch === 'x64' ? 'amd64' : arch}`;
}
