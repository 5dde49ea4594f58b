import { readdir, readFile } from 'node:fs/promises';

/**
 * Memory of a process and all that it started, bytes in use now. 0 where the system doesn't tell (anything but Linux), or
 * where the process has ended.
 */
export async function residentMemory(pid: number): Promise<number> {
  const own = readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kiB = /^VmRSS:\s+(\d+) kB$/mu.exec(await own)?.[1];
  const children = await childrenOf(pid);
  const sizes = await Promise.all(children.map(residentMemory));
  return sizes.reduce((sum, size) => sum + size, Number(kiB ?? 0) * 1024);
}

/** Any thread may have started them. */
async function childrenOf(pid: number): Promise<readonly number[]> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/children`, 'utf8').catch(() => '')),
  );
  return lists.flatMap((list) =>
    list
      .split(' ')
      .filter((word) => word.trim() !== '')
      .map(Number),
  );
}
