import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { waitUntil } from '../clusters/wait.ts';

const main = join(import.meta.dirname, '../../cli/main.ts');
const limitMs = 30_000;

/** `fairlead hub` or `fairlead agent` as a process, with all that it said. */
export interface FairleadProcess {
  readonly pid: number;
  /** Standard output and errors so far, as they came. */
  output(): string;
  isRunning(): boolean;
  /** Resolves with the output once it holds a match. Fails where the process ends before. */
  says(pattern: RegExp): Promise<string>;
  /** Resolves with its exit code and output. */
  ended(): Promise<{ readonly code: number | null; readonly output: string }>;
  /** Asks it to end (SIGTERM) and waits. */
  stop(): Promise<void>;
}

export interface FairleadProcessOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Shell commands before it in the same process, such as `ulimit`. */
  readonly prelude?: string;
}

/** Starts the command with nothing of this machine's configuration. */
export function startFairlead(
  args: readonly string[],
  options: FairleadProcessOptions = {},
): FairleadProcess {
  const env = { PATH: process.env['PATH'], HOME: '/nonexistent', TZ: 'UTC', ...options.env };
  const command = [process.execPath, main, ...args];
  const script = `${options.prelude ?? ':'}; exec "$@"`;
  const child = spawn('/bin/sh', ['-c', script, 'sh', ...command], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      output += text;
    });
  }
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  return {
    pid: child.pid ?? 0,
    output: () => output,
    isRunning,
    says: (pattern) =>
      waitUntil(
        `it says ${pattern}`,
        () => {
          if (pattern.test(output)) return output;
          if (!isRunning()) throw new Error(`it ended with ${child.exitCode} and said\n${output}`);
          return undefined;
        },
        { limitMs, everyMs: 20, detail: () => output },
      ),
    async ended() {
      await closed;
      return { code: child.exitCode, output };
    },
    stop: () => stop(child, closed),
  };
}

async function stop(child: ChildProcess, closed: Promise<void>): Promise<void> {
  const impatience = setTimeout(() => child.kill('SIGKILL'), 10_000);
  child.kill('SIGTERM');
  await closed;
  clearTimeout(impatience);
}
