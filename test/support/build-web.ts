import { run } from '../../scripts/run.ts';

/** Before tests of pages: builds them, where they aren't up to date. */
export async function setup(): Promise<void> {
  const { code, output } = await run(['node', 'scripts/build-web.ts'], { output: 'keep' });
  if (code !== 0) throw new Error(`the pages can't be built:\n${output}`);
}
