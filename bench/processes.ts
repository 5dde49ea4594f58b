import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, readFileSync } from 'node:fs';
import { sleep } from '../test/clusters/wait.ts';

/** Of Linux on every architecture that Node runs on. */
const ticksPerSecond = 100;

/** What both images set for every process. */
export const imageEnvironment = {
  NODE_ENV: 'production',
  MALLOC_ARENA_MAX: '2',
  MALLOC_MMAP_THRESHOLD_: '131072',
  MALLOC_TRIM_THRESHOLD_: '131072',
};

/** What the agent's image sets. */
export const agentEnvironment = {
  ...imageEnvironment,
  MALLOC_MMAP_THRESHOLD_: '16384',
  MALLOC_TRIM_THRESHOLD_: '65536',
};

/** Resident memory of a process in bytes. */
export function residentBytes(pid: number): number {
  return statusBytes(pid, 'VmRSS');
}

/** The most that a process had resident so far, in bytes. */
export function peakBytes(pid: number): number {
  return statusBytes(pid, 'VmHWM');
}

function statusBytes(pid: number, name: string): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) * 1024;
}

/** Processor time of a process so far, in user and kernel mode, in seconds; exact to a hundredth. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name before may hold anything, also spaces; 14 and 15 are user and kernel time.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** Resolves once a process does next to nothing (2 % of a processor, 5 s long), after 2 minutes at the latest. */
export async function settled(pid: number): Promise<void> {
  const intervalMs = 5_000;
  for (let turn = 0; turn < 24; turn += 1) {
    const before = cpuSeconds(pid);
    await sleep(intervalMs);
    if (cpuSeconds(pid) - before < (0.02 * intervalMs) / 1000) return;
  }
}

/** Resolves once a process that does next to nothing gives no memory back any more (1 MB in 20 s), after 2 minutes at the latest. */
export async function rested(pid: number): Promise<void> {
  await settled(pid);
  for (let turn = 0; turn < 6; turn += 1) {
    const before = residentBytes(pid);
    await sleep(20_000);
    if (before - residentBytes(pid) < 1_000_000) return;
  }
}

/** Writes what a process says on standard error to a file. */
export function keepLog(child: ChildProcess, file: string): void {
  child.stderr?.pipe(createWriteStream(file, { flags: 'a' }));
}

/** Ends a process of ours; by force after 10 s. */
export async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const kill = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await ended;
  clearTimeout(kill);
}

/** The next message of a process; rejects where it ends before. */
export async function answerOf(child: ChildProcess, explain: () => string = () => ''): Promise<unknown> {
  const gone = new AbortController();
  const { signal } = gone;
  const ended = once(child, 'exit', { signal }).then(() => {
    throw new Error(`the process ended: ${explain()}`);
  });
  try {
    const [answer] = (await Promise.race([once(child, 'message', { signal }), ended])) as [unknown];
    return answer;
  } finally {
    ended.catch(() => undefined);
    gone.abort();
  }
}

export function tail(file: string): string {
  return readFileSync(file, 'utf8').split('\n').slice(-15).join('\n');
}
