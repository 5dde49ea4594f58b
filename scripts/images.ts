/** Builds the images of hub and agent with the container engine that answers. */
import { version } from '../core/version.ts';
import { findEngine, imageOf } from './engine.ts';
import { run } from './run.ts';

const engine = await findEngine();
if (engine === undefined) {
  console.error(
    'No container engine answers here: start Docker, Podman or nerdctl, then run make images again.',
  );
  process.exitCode = 1;
} else {
  for (const target of ['hub', 'agent'] as const) {
    const command = [engine, 'build', '--target', target, '--tag', imageOf(target), '.'];
    console.log(`${command.join(' ')}   (version ${version})`);
    const { code } = await run(command, { output: 'show' });
    if (code !== 0) process.exit(code);
  }
}
