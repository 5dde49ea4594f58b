import { spawn, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BinaryName, type BinarySource, kubernetesVersion, moduleDir } from './versions.ts';

/** Where a build reads and writes. */
export interface GoBuildOptions {
  /** Where the finished binary goes; it appears there whole or not at all. */
  readonly target: string;
  /** Folder of Go's build cache. It grows to several GB; builds share it. */
  readonly goCache: string;
  readonly env: NodeJS.ProcessEnv;
  readonly log: (line: string) => void;
}

const progressMs = 15_000;

/** Whether there is a Go on the path. */
export function hasGo(env: NodeJS.ProcessEnv): boolean {
  return spawnSync('go', ['version'], { env }).status === 0;
}

/**
 * Builds a program from source, and says every 15 seconds that it still does.
 *
 * @throws Error with the last lines of Go's output, where it fails.
 */
export async function buildWithGo(
  name: BinaryName,
  source: BinarySource,
  options: GoBuildOptions,
): Promise<void> {
  const { target, log } = options;
  const folder = dirname(target);
  await mkdir(folder, { recursive: true });
  const scratch = await mkdtemp(join(folder, '.build-'));
  const started = performance.now();
  const elapsed = () => `${Math.round((performance.now() - started) / 1000)} s`;
  const about = `about ${source.minutes} min on two idle cores`;
  log(`building ${name} ${source.version} with Go: ${about}, longer on busy ones`);
  const progress = setInterval(() => log(`still building ${name}: ${elapsed()} (${about})`), progressMs);
  try {
    await runGo(name, source, scratch, options);
    await rename(join(scratch, name), target);
    log(`built ${name} in ${elapsed()}`);
  } finally {
    clearInterval(progress);
    await rm(scratch, { recursive: true, force: true });
  }
}

function runGo(
  name: BinaryName,
  source: BinarySource,
  scratch: string,
  options: GoBuildOptions,
): Promise<void> {
  const common = ['-trimpath', '-buildvcs=false', '-ldflags', linkerFlags(source)];
  const args =
    source.build === 'pinned'
      ? ['build', ...common, '-o', join(scratch, name), source.package]
      : ['install', ...common, `${source.package}@${source.version}`];
  const env = {
    ...options.env,
    CGO_ENABLED: '0',
    GOCACHE: options.goCache,
    GOFLAGS: '',
    GOWORK: 'off',
    ...(source.build === 'module' ? { GOBIN: scratch } : {}),
  };
  return new Promise((resolve, reject) => {
    const go = spawn('go', args, { cwd: fileURLToPath(moduleDir), env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const collect = (part: Buffer) => {
      output = (output + part.toString('utf8')).slice(-4_000);
    };
    go.stdout.on('data', collect);
    go.stderr.on('data', collect);
    go.on('error', reject);
    go.on('close', (code) => {
      const last = output.trimEnd().split('\n').slice(-20).join('\n');
      if (code === 0) resolve();
      else reject(new Error(`go ${args[0]} ${source.package} ended with code ${code}:\n${last}`));
    });
  });
}

/** Without its version a server calls itself v0.0.0, and charts that ask for it are refused. */
function linkerFlags(source: BinarySource): string {
  if (source.build === 'module') return '-s -w';
  const version = kubernetesVersion();
  const [major, minor] = version.slice(1).split('.');
  const set = (field: string, value: string) => `-X k8s.io/component-base/version.${field}=${value}`;
  return `-s -w ${set('gitVersion', version)} ${set('gitMajor', major ?? '')} ${set('gitMinor', minor ?? '')}`;
}
