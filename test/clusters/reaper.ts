import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';

/**
 * Reads "+ PID" and "- PID" until its input ends, then kills what is left. Its
 * input is a pipe from this process, so it ends with this process, whatever
 * ended that: a normal exit, Ctrl-C, or SIGKILL.
 */
const script = `
pids=
while read -r sign pid; do
  case $sign in
    +) pids="$pids $pid" ;;
    -) rest=; for p in $pids; do [ "$p" = "$pid" ] || rest="$rest $p"; done; pids=$rest ;;
  esac
done
[ -z "$pids" ] || kill -KILL $pids
`;

/** Makes sure that child processes don't outlive this process. */
export class Reaper {
  readonly #shell: ChildProcess;

  constructor() {
    this.#shell = spawn('/bin/sh', ['-c', script], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    this.#shell.on('error', () => undefined);
    this.#shell.stdin?.on('error', () => undefined);
    this.#shell.unref();
    (this.#shell.stdin as Socket | null)?.unref();
  }

  /** From now on, `pid` is killed when this process ends. */
  add(pid: number): void {
    this.#shell.stdin?.write(`+ ${pid}\n`);
  }

  /** `pid` has ended: its number may belong to another process from now on. */
  remove(pid: number): void {
    this.#shell.stdin?.write(`- ${pid}\n`);
  }

  /** Ends the watch, and kills what is still on the list. */
  close(): void {
    this.#shell.stdin?.end();
  }
}
