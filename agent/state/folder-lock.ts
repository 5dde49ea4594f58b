import { readFileSync, unlinkSync } from 'node:fs';
import { open, readFile, unlink } from 'node:fs/promises';
import { AppError } from '../../core/error.ts';

export interface FolderLock {
  release(): void;
}

/**
 * Makes this process the only one that uses a folder. A lock whose process is gone is taken over. Throws AppError
 * `conflict` where the process lives.
 */
export async function lockFolder(file: string): Promise<FolderLock> {
  const own = `${process.pid} ${startOf(process.pid)}`;
  for (let attempt = 0; attempt < 10; attempt += 1) {
    if (await tryCreate(file, own)) return { release: () => release(file, own) };
    const holder = await readFile(file, 'utf8').catch(() => '');
    if (isAlive(holder, own)) {
      throw new AppError('conflict', `another agent (process ${holder.split(' ')[0]}) uses this folder`, {
        subject: file,
        remedy: 'Stop it, or give this agent a folder of its own',
      });
    }
    await unlink(file).catch(() => undefined);
  }
  throw new AppError('conflict', 'other agents are fighting for this folder', { subject: file });
}

async function tryCreate(file: string, content: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx', 0o600);
    await handle.writeFile(content);
    await handle.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** A number alone proves nothing: in a container each agent is process 1. Its start time tells them apart. */
function isAlive(holder: string, own: string): boolean {
  const [pid = '', start = ''] = holder.split(' ');
  if (holder === own || !/^\d+$/.test(pid)) return holder === own;
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' && startOf(Number(pid)) === start;
  }
  return startOf(Number(pid)) === start;
}

/** The start of a process in clock ticks since boot (proc(5), field 22 of stat); '' where the system doesn't say. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

function release(file: string, own: string): void {
  try {
    if (readFileSync(file, 'utf8') === own) unlinkSync(file);
  } catch {
    // It's gone already.
  }
}
