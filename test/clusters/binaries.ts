import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { defaultReleasesUrl, downloadArchive } from './envtest-archive.ts';
import { withFileLock } from './file-lock.ts';
import { buildWithGo, hasGo } from './go-build.ts';
import { type BinaryName, binaryNames, binarySources, kubernetesVersion } from './versions.ts';

/** A program that is there to be run. */
export interface Binary {
  readonly path: string;
  /** Version as its source names it; `unknown` for what KUBEBUILDER_ASSETS holds. */
  readonly version: string;
  /** Where it was found: `cache` also for what was just downloaded or built. */
  readonly from: 'KUBEBUILDER_ASSETS' | 'PATH' | 'cache';
}

/** The programs asked for; asking for another is a mistake of the caller. */
export type BinaryPaths = Readonly<Record<BinaryName, Binary>>;

/** Where to look and whom to tell. */
export interface BinaryOptions {
  /** Takes progress lines. */
  readonly log: (line: string) => void;
  /**
   * `KUBEBUILDER_ASSETS`, `PATH`, `XDG_CACHE_HOME` and `FAIRLEAD_ENVTEST_RELEASES`
   * (address of the list of envtest archives). Default: those of the process.
   */
  readonly env?: NodeJS.ProcessEnv;
}

/** What may be used from KUBEBUILDER_ASSETS and the envtest archive. */
const assetNames: readonly BinaryName[] = ['kube-apiserver', 'etcd'];
/** What may be used from the path, with the lowest version that fits. */
const pathNames: Partial<Record<BinaryName, { readonly args: readonly string[]; readonly lowest: number }>> =
  {
    helm: { args: ['version', '--short'], lowest: 3.014 },
    kustomize: { args: ['version'], lowest: 5 },
  };

/**
 * Finds programs, and gets those that aren't there. Sources, first that works:
 * `KUBEBUILDER_ASSETS` (kube-apiserver and etcd), the path (helm and kustomize
 * in a fitting version), the cache, the official envtest archive
 * (kube-apiserver and etcd), a build with Go.
 *
 * @throws Error that says what to install, where no source has one of them.
 */
export async function ensureBinaries(
  names: readonly BinaryName[],
  options: BinaryOptions,
): Promise<BinaryPaths> {
  const env = options.env ?? process.env;
  const found: Partial<Record<BinaryName, Binary>> = {};
  for (const name of names) {
    found[name] = findBinary(name, env) ?? (await getBinary(name, env, options.log));
  }
  return found as BinaryPaths;
}

/** Finds a program that is already there, without getting it. */
export function findBinary(name: BinaryName, env: NodeJS.ProcessEnv): Binary | undefined {
  return findInAssets(name, env) ?? findOnPath(name, env) ?? findInCache(name, env);
}

function findInAssets(name: BinaryName, env: NodeJS.ProcessEnv): Binary | undefined {
  const folder = env.KUBEBUILDER_ASSETS;
  if (!folder || !assetNames.includes(name)) return undefined;
  const path = join(folder, name);
  return existsSync(path) ? { path, version: 'unknown', from: 'KUBEBUILDER_ASSETS' } : undefined;
}

function findOnPath(name: BinaryName, env: NodeJS.ProcessEnv): Binary | undefined {
  const wanted = pathNames[name];
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const path = folders.map((folder) => join(folder, name)).find((each) => existsSync(each));
  if (!wanted || !path) return undefined;
  const output = spawnSync(path, wanted.args, { env, encoding: 'utf8', timeout: 10_000 }).stdout ?? '';
  const version = output.match(/v(\d+)\.(\d+)[^\s+]*/);
  const rank = Number(version?.[1] ?? 0) + Number(version?.[2] ?? 0) / 1000;
  return rank < wanted.lowest ? undefined : { path, version: version?.[0] ?? '', from: 'PATH' };
}

/** The pinned version, or one from an envtest archive of the same minor version. */
function findInCache(name: BinaryName, env: NodeJS.ProcessEnv): Binary | undefined {
  const bin = join(cacheDir(env), 'bin');
  const { version } = binarySources()[name];
  const pinned = join(bin, `${name}-${version}`, name);
  if (existsSync(pinned)) return { path: pinned, version, from: 'cache' };
  if (!assetNames.includes(name) || !existsSync(bin)) return undefined;
  const prefix = `${name}-envtest-v${minorVersion()}.`;
  const folder = readdirSync(bin).find(
    (each) => each.startsWith(prefix) && existsSync(join(bin, each, name)),
  );
  if (!folder) return undefined;
  return { path: join(bin, folder, name), version: folder.slice(name.length + 1), from: 'cache' };
}

async function getBinary(
  name: BinaryName,
  env: NodeJS.ProcessEnv,
  log: (line: string) => void,
): Promise<Binary> {
  const cache = cacheDir(env);
  const onWait = (holder: string) => log(`waiting for ${holder}, which is getting programs too`);
  return withFileLock(join(cache, 'lock'), onWait, async () => {
    const meanwhile = findInCache(name, env);
    if (meanwhile) return meanwhile;
    const problem = assetNames.includes(name) ? await tryArchive(env, log) : undefined;
    if (!findInCache(name, env)) await build(name, env, log, problem);
    if (binaryNames.every((each) => findBinary(each, env))) {
      await rm(join(cache, 'go-build'), { recursive: true, force: true });
    }
    const got = findInCache(name, env);
    if (got) return got;
    throw new Error(`${name} was built and isn't in ${cache}`);
  });
}

/** Returns why the archive couldn't be used; `undefined` where it was. */
async function tryArchive(env: NodeJS.ProcessEnv, log: (line: string) => void): Promise<string | undefined> {
  const bin = join(cacheDir(env), 'bin');
  const url = env.FAIRLEAD_ENVTEST_RELEASES || defaultReleasesUrl;
  const targetOf = (name: string, version: string) => join(bin, `${name}-envtest-${version}`, name);
  log(`looking for kube-apiserver and etcd in ${url}`);
  try {
    const archive = await downloadArchive(url, minorVersion(), targetOf);
    log(`took kube-apiserver and etcd from ${archive.url}`);
    return undefined;
  } catch (error) {
    const { message } = error as Error;
    log(`no archive: ${message}`);
    return message;
  }
}

async function build(
  name: BinaryName,
  env: NodeJS.ProcessEnv,
  log: (line: string) => void,
  problem: string | undefined,
): Promise<void> {
  const source = binarySources()[name];
  const cache = cacheDir(env);
  if (!hasGo(env)) {
    const others = pathNames[name] ? ` or ${name} ${source.version}` : '';
    const set = assetNames.includes(name) ? ' or set KUBEBUILDER_ASSETS to a folder that holds it' : '';
    const why = problem ? ` (the archive can't be used: ${problem})` : '';
    throw new Error(
      `there is no ${name}: install Go 1.26 or newer${others}, so that it can be built,${set}${why}`,
    );
  }
  const target = join(cache, 'bin', `${name}-${source.version}`, name);
  await buildWithGo(name, source, { target, goCache: join(cache, 'go-build'), env, log });
}

/** The folder that keeps programs between runs, outside every checkout. */
export function cacheDir(env: NodeJS.ProcessEnv): string {
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'fairlead');
}

/** Such as `1.37`. */
function minorVersion(): string {
  return kubernetesVersion().slice(1).split('.').slice(0, 2).join('.');
}
