import { mkdir, readFile, stat, unlink, utimes, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { sleep } from './wait.ts';

const beatMs = 5_000;
const staleMs = 60_000;

/**
 * Runs `work` while no other process runs work under the same lock file. The
 * holder touches the file every few seconds: one that is a minute old, or whose
 * process is dead, is taken over. Two that take over at the same instant may
 * both run, so what they do must bear that.
 *
 * @param onWait told once, with the holder's process id, when there is a wait
 */
export async function withFileLock<T>(
  path: string,
  onWait: (holder: string) => void,
  work: () => Promise<T>,
): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  await acquire(path, onWait);
  const beat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, beatMs);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    await unlink(path).catch(() => undefined);
  }
}

async function acquire(path: string, onWait: (holder: string) => void): Promise<void> {
  for (let waits = 0; ; waits += 1) {
    try {
      await writeFile(path, String(process.pid), { flag: 'wx' });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = await readHolder(path);
    if (holder === 'stale') {
      await unlink(path).catch(() => undefined);
    } else if (holder !== 'gone') {
      if (waits === 0) onWait(holder);
      await sleep(1_000);
    }
  }
}

/** The holder's process id; `stale` where it is dead or silent, `gone` where the lock was let go. */
async function readHolder(path: string): Promise<string> {
  try {
    const [pid, { mtimeMs }] = await Promise.all([readFile(path, 'utf8'), stat(path)]);
    const isSilent = Date.now() - mtimeMs > staleMs;
    // Between its creation and its first byte a lock is empty.
    if (pid === '') return isSilent ? 'stale' : 'a process';
    return isSilent || !isAlive(Number(pid)) ? 'stale' : `process ${pid}`;
  } catch {
    return 'gone';
  }
}

/** Whether a process of this id exists, be it ours or not. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
