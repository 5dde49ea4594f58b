import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';

export interface RunResult {
  /** 127 where the program could not be started, 128 where a signal ended it. */
  readonly code: number;
  /** Standard output and error as they came; empty with `show`. */
  readonly output: string;
}

export interface RunOptions {
  /** `show` passes the output on to the terminal at once, `keep` returns it. */
  readonly output: 'show' | 'keep';
  /** Folder to run in; default: the current one. */
  readonly cwd?: string;
}

const BIN = join(import.meta.dirname, '../node_modules/.bin');

/** Runs a program of node_modules/.bin or of the path, on our own Node 24. */
export function run(command: readonly string[], options: RunOptions): Promise<RunResult> {
  const [program = '', ...args] = command;
  return new Promise((done) => {
    const child = spawn(program, args, {
      cwd: options.cwd ?? '.',
      stdio: options.output === 'show' ? 'inherit' : ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, PATH: `${BIN}${delimiter}${process.env.PATH ?? ''}` },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
    // Who stops us stops what we run: a test run that is left alone keeps its control planes.
    function stop(signal: NodeJS.Signals): void {
      child.once('close', () => process.exit(1));
      child.kill(signal);
    }
    for (const signal of signals) process.once(signal, stop);
    child.on('error', (error) => done({ code: 127, output: `${program}: ${error.message}\n` }));
    child.on('close', (code) => {
      for (const signal of signals) process.off(signal, stop);
      done({ code: code ?? 128, output });
    });
  });
}

/** Runs a program and returns its output. Throws with that output where it fails. */
export async function runOrThrow(command: readonly string[], cwd = '.'): Promise<string> {
  const { code, output } = await run(command, { output: 'keep', cwd });
  if (code === 0) return output;
  throw new Error(`${command.join(' ')} failed (${code})\n${output.trimEnd()}`);
}
