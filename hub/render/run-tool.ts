import { type ChildProcess, spawn } from 'node:child_process';
import { residentMemory } from './resident-memory.ts';

export interface ToolRun {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The tool's HOME and temporary folder. */
  readonly home: string;
  readonly timeoutMs: number;
  readonly maxOutputBytes: number;
  /** In use by the tool and all that it starts. */
  readonly maxMemoryBytes: number;
  readonly signal?: AbortSignal | undefined;
}

export type ToolResult =
  | { readonly type: 'done'; readonly stdout: string }
  | { readonly type: 'failed'; readonly stderr: string }
  | { readonly type: 'timeout' }
  | { readonly type: 'cancelled' }
  | { readonly type: 'too-large' }
  | { readonly type: 'memory' }
  /** It can't be started. */
  | { readonly type: 'missing'; readonly reason: string };

/** Limits of the shell, where it can set them: address space (KiB), one written file (blocks), time on a processor (s). */
const limits = 'ulimit -v 4194304; ulimit -f 524288; ulimit -t 1200';
const lookMs = 100;
const maxErrorBytes = 64 * 1024;
/** A port where nothing listens: a tool that would fetch something fails at once. */
const nowhere = 'http://127.0.0.1:1';

/** Runs a rendering tool with nothing of the hub's environment, and ends it at its limits. Never throws. */
export async function runTool(run: ToolRun): Promise<ToolResult> {
  if (run.signal?.aborted) return { type: 'cancelled' };
  const limited = `{ ${limits}; } 2>/dev/null; exec "$0" "$@"`;
  const child = spawn('/bin/sh', ['-c', limited, run.command, ...run.args], {
    cwd: run.cwd,
    env: environment(run),
    // A group of its own: what it starts ends with it.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let result: ToolResult | undefined;
  const end = (reason: ToolResult): void => {
    result ??= reason;
    killGroup(child);
  };
  const timer = setTimeout(() => end({ type: 'timeout' }), run.timeoutMs);
  const look = setInterval(() => {
    void residentMemory(child.pid ?? 0).then((bytes) => {
      if (bytes > run.maxMemoryBytes) end({ type: 'memory' });
    });
  }, lookMs);
  const cancel = (): void => end({ type: 'cancelled' });
  run.signal?.addEventListener('abort', cancel, { once: true });
  const stdout: Buffer[] = [];
  let size = 0;
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > run.maxOutputBytes) end({ type: 'too-large' });
    else stdout.push(chunk);
  });
  child.stderr.on('data', (chunk: Buffer) => {
    if (stderr.length < maxErrorBytes) stderr += chunk.toString();
  });
  const code = await new Promise<number | undefined>((resolve) => {
    child.once('error', (error) => {
      result ??= { type: 'missing', reason: error.message };
      resolve(undefined);
    });
    child.once('close', (exitCode) => resolve(exitCode ?? undefined));
  });
  clearTimeout(timer);
  clearInterval(look);
  run.signal?.removeEventListener('abort', cancel);
  if (result !== undefined) return result;
  if (code === 0) return { type: 'done', stdout: Buffer.concat(stdout).toString() };
  // The shell's codes for a program that isn't there or can't be run.
  if (code === 126 || code === 127) return { type: 'missing', reason: stderr.trim() };
  if (/out of memory|cannot allocate memory/u.test(stderr)) return { type: 'memory' };
  return { type: 'failed', stderr: stderr.trim() || 'it ended without a word' };
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

function environment({ home, maxMemoryBytes }: ToolRun): NodeJS.ProcessEnv {
  return {
    PATH: '/usr/bin:/bin',
    HOME: home,
    TMPDIR: home,
    HELM_CACHE_HOME: `${home}/helm-cache`,
    HELM_CONFIG_HOME: `${home}/helm-config`,
    HELM_DATA_HOME: `${home}/helm-data`,
    KUBECONFIG: '/dev/null',
    // Kustomize clones with git, also from files of this host: no protocol is allowed.
    GIT_ALLOW_PROTOCOL: 'none',
    HTTP_PROXY: nowhere,
    HTTPS_PROXY: nowhere,
    LC_ALL: 'C.UTF-8',
    // Go tidies up more before it comes near.
    GOMEMLIMIT: String(Math.floor(maxMemoryBytes * 0.8)),
  };
}
