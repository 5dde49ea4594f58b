import { version } from '../core/version.ts';
import { run } from './run.ts';

const engines = ['docker', 'podman', 'nerdctl'];

/** The first container engine that is there and answers. */
export async function findEngine(): Promise<string | undefined> {
  for (const engine of engines) {
    const { code } = await run([engine, 'info'], { output: 'keep' });
    if (code === 0) return engine;
  }
  return undefined;
}

/** As the charts name it. */
export function imageOf(target: 'hub' | 'agent'): string {
  return `fairlead/${target}:${version}`;
}
