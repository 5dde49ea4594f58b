import { spawn } from 'node:child_process';

export interface ToolRun {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The tool's HOME and temporary folder. */
  readonly home: string;
  readonly timeoutMs: number;
  readonly maxOutputBytes: number;
  readonly signal?: AbortSignal | undefined;
}

export type ToolResult =
  | { readonly type: 'done'; readonly stdout: string }
  | { readonly type: 'failed'; readonly stderr: string }
  | { readonly type: 'timeout' }
  | { readonly type: 'cancelled' }
  | { readonly type: 'too-large' }
  /** It can't be started. */
  | { readonly type: 'missing'; readonly reason: string };

/** Address space, KiB. Renders of large charts stay below 1 GiB; where the shell can't set it, the time limit remains. */
const memoryKiB = 4 * 1024 * 1024;
const maxErrorBytes = 64 * 1024;
/** A port where nothing listens: a tool that would fetch something fails at once. */
const nowhere = 'http://127.0.0.1:1';

/** Runs a rendering tool with nothing of the hub's environment, and ends it at its limits. Never throws. */
export async function runTool(run: ToolRun): Promise<ToolResult> {
  if (run.signal?.aborted) return { type: 'cancelled' };
  const limited = `ulimit -v ${memoryKiB} 2>/dev/null; exec "$0" "$@"`;
  const child = spawn('/bin/sh', ['-c', limited, run.command, ...run.args], {
    cwd: run.cwd,
    env: environment(run.home),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let result: ToolResult | undefined;
  const end = (reason: ToolResult): void => {
    result ??= reason;
    child.kill('SIGKILL');
  };
  const timer = setTimeout(() => end({ type: 'timeout' }), run.timeoutMs);
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
  run.signal?.removeEventListener('abort', cancel);
  if (result !== undefined) return result;
  if (code === 0) return { type: 'done', stdout: Buffer.concat(stdout).toString() };
  // The shell's codes for a program that isn't there or can't be run.
  if (code === 126 || code === 127) return { type: 'missing', reason: stderr.trim() };
  return { type: 'failed', stderr: stderr.trim() || 'it ended without a word' };
}

function environment(home: string): NodeJS.ProcessEnv {
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
  };
}
