import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/**
 * Compiles hub, agent and the agent's process of the bench to `dist/`, as they are shipped: Node running TypeScript
 * itself would weigh 30 MB more in each process. Throws Error with the compiler's output where it fails.
 */
export async function compileShipped(): Promise<void> {
  const compiler = join(import.meta.dirname, '../node_modules/.bin/tsc');
  try {
    await promisify(execFile)(compiler, ['--noCheck', '-p', join(import.meta.dirname, 'tsconfig.json')]);
  } catch (error) {
    const { stdout = '' } = error as { readonly stdout?: string };
    throw new Error(`cannot compile to dist/:\n${stdout}`, { cause: error });
  }
}
