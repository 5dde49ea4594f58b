import { type ChildProcess, spawn } from 'node:child_process';
import { AppError } from '../../core/error.ts';

export interface GitRun {
  readonly command: string;
  /** The repository: the folder that Git runs in. */
  readonly dir: string;
  /** Settings that win over every file, by name. Values may be secret: they travel in the environment. */
  readonly settings: Readonly<Record<string, string>>;
  /** Protocols that Git may use. */
  readonly protocols: readonly string[];
  /** Whose certificate authorities count: the machine's and environment's (where absent), or those of `settings`. */
  readonly trust?: 'machine' | 'settings';
  /** How SSH is started, for a shell. */
  readonly sshCommand?: string;
}

export interface GitResult {
  /** `undefined` where it was killed. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Of every run that reaches a remote: nobody else's helper answers, and a server that sends nothing is given up. */
export const remoteSettings: Readonly<Record<string, string>> = {
  'credential.helper': '',
  'http.lowSpeedLimit': '1',
  'http.lowSpeedTime': '30',
};

/** From the hub's own environment: how to reach the network, and whom to trust. Nothing else of it counts. */
const inherited = [
  'PATH',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'ALL_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'all_proxy',
  'no_proxy',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'GIT_SSL_CAINFO',
  'SSH_AUTH_SOCK',
];

/** An environment in which no person's or machine's configuration, hook or prompt has a say. */
function environment(run: GitRun): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {
    HOME: run.dir,
    LC_ALL: 'C',
    GIT_DIR: run.dir,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: '',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_SSH_COMMAND: run.sshCommand ?? 'ssh -o BatchMode=yes -o StrictHostKeyChecking=yes',
    GIT_SSH_VARIANT: 'ssh',
    GIT_ALLOW_PROTOCOL: run.protocols.join(':'),
  };
  for (const name of inherited) {
    const value = run.trust === 'settings' && name === 'GIT_SSL_CAINFO' ? undefined : process.env[name];
    if (value !== undefined) env[name] = value;
  }
  const settings = Object.entries(run.settings);
  env.GIT_CONFIG_COUNT = String(settings.length);
  for (const [index, [name, value]] of settings.entries()) {
    env[`GIT_CONFIG_KEY_${index}`] = name;
    env[`GIT_CONFIG_VALUE_${index}`] = value;
  }
  return env;
}

/** Starts git with pipes. In a process group of its own it can be ended together with the helpers that it starts. */
export function spawnGit(
  run: GitRun,
  args: readonly string[],
  group: 'shared' | 'own' = 'shared',
): ChildProcess {
  return spawn(run.command, args, {
    cwd: run.dir,
    env: environment(run),
    stdio: 'pipe',
    detached: group === 'own',
  });
}

const killAfterMs = 2_000;
const maxErrorBytes = 64 * 1024;

/**
 * Runs git to its end, whatever its exit code. Throws AppError `timeout` or `cancelled` after ending it and
 * its helpers (SIGTERM, so that it removes its lock files, then SIGKILL), and `unavailable` where it can't be started.
 */
export async function runGit(
  run: GitRun,
  args: readonly string[],
  limits: {
    readonly timeoutMs: number;
    readonly signal?: AbortSignal | undefined;
    /** For its standard input; nothing where absent. */
    readonly input?: Uint8Array | undefined;
  },
): Promise<GitResult> {
  const timeout = AbortSignal.timeout(limits.timeoutMs);
  const ended = limits.signal === undefined ? timeout : AbortSignal.any([timeout, limits.signal]);
  if (ended.aborted) throw cancelled();
  const child = spawnGit(run, args, 'own');
  const stdout: Buffer[] = [];
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => {
    if (stderr.length < maxErrorBytes) stderr += chunk.toString();
  });
  child.stdin?.on('error', ignore);
  child.stdin?.end(limits.input);
  let impatience: NodeJS.Timeout | undefined;
  const end = (): void => {
    endGroup(child, 'SIGTERM');
    impatience = setTimeout(() => endGroup(child, 'SIGKILL'), killAfterMs);
  };
  ended.addEventListener('abort', end, { once: true });
  try {
    const code = await new Promise<number | undefined>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (exitCode) => resolve(exitCode ?? undefined));
    });
    if (limits.signal?.aborted) throw cancelled();
    if (timeout.aborted) throw new AppError('timeout', `timed out after ${limits.timeoutMs / 1000} s`);
    return { code, stdout: Buffer.concat(stdout).toString(), stderr };
  } catch (error) {
    throw AppError.from(error, 'unavailable', run.command);
  } finally {
    ended.removeEventListener('abort', end);
    clearTimeout(impatience);
  }
}

function endGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // All of the group have ended already.
  }
}

function cancelled(): AppError {
  return new AppError('cancelled', 'it was cancelled before its end');
}

function ignore(): void {
  // A pipe that its reader closed: the exit code says why.
}
