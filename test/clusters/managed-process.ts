import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Reaper } from './reaper.ts';
import { waitUntil } from './wait.ts';

/** What to run, and where its output goes. */
export interface ProcessOptions {
  /** What messages and the log file call it, such as `east-kube-apiserver`. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Folder for the log file; it is made where it doesn't exist. */
  readonly dir: string;
  readonly reaper: Reaper;
  /** Its environment. Default: the path, and a home of its own, which keeps a person's configuration files out. */
  readonly env?: NodeJS.ProcessEnv;
}

const stopLimitMs = 5_000;

/**
 * A child process that writes to a log file and doesn't outlive this process.
 * It runs in a process group of its own: Ctrl-C reaches it by way of the
 * reaper, not from the terminal.
 */
export class ManagedProcess {
  readonly name: string;
  readonly logFile: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #end: string | undefined;

  constructor(options: ProcessOptions) {
    mkdirSync(options.dir, { recursive: true });
    this.name = options.name;
    this.logFile = join(options.dir, `${options.name}.log`);
    const log = openSync(this.logFile, 'a');
    this.#child = spawn(options.command, options.args, {
      cwd: options.dir,
      env: options.env ?? { PATH: process.env.PATH, HOME: options.dir },
      stdio: ['ignore', log, log],
      detached: true,
    });
    closeSync(log);
    this.#child.unref();
    const pid = this.#child.pid;
    if (pid !== undefined) options.reaper.add(pid);
    this.#ended = new Promise((resolve) => {
      const ended = (how: string) => {
        this.#end = how;
        if (pid !== undefined) options.reaper.remove(pid);
        resolve();
      };
      this.#child.once('error', (error) => ended(`couldn't be started: ${error.message}`));
      this.#child.once('exit', (code, signal) => ended(`ended with ${signal ?? `code ${code}`}`));
    });
  }

  /** The process id, also after its end; 0 where it couldn't be started. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get isRunning(): boolean {
    return this.#end === undefined;
  }

  /** The last `lines` lines that it wrote. */
  lastLines(lines = 20): string {
    return readFileSync(this.logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  }

  /**
   * Waits until `ask` answers true.
   *
   * @throws Error with the last log lines, when the process ends first or `limitMs` passes.
   */
  async waitUntilReady(ask: () => Promise<boolean>, limitMs: number): Promise<void> {
    const detail = () => `last lines of ${this.logFile}:\n${this.lastLines()}`;
    const askWhileRunning = async () => {
      if (this.#end === undefined) return ask();
      throw new Error(`${this.name} ${this.#end} before it was ready; ${detail()}`);
    };
    await waitUntil(`${this.name} is ready`, askWhileRunning, { limitMs, detail });
  }

  /** Ends it with SIGTERM, and with SIGKILL after five seconds. */
  async stop(): Promise<void> {
    if (!this.isRunning) return;
    const impatience = setTimeout(() => this.#child.kill('SIGKILL'), stopLimitMs);
    this.#child.kill('SIGTERM');
    await this.#ended;
    clearTimeout(impatience);
  }

  /** Ends it at once, as a power cut does. */
  async kill(): Promise<void> {
    if (!this.isRunning) return;
    this.#child.ref();
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  /** Stops it where it is (SIGSTOP), so that it accepts connections and never answers. */
  pause(): void {
    this.#child.kill('SIGSTOP');
  }

  /** Lets a paused process go on. */
  resume(): void {
    this.#child.kill('SIGCONT');
  }
}
