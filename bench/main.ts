import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatFigures } from './figures.ts';
import { applicationCount } from './fleet.ts';
import { measure } from './measure.ts';
import { startWorld } from './world.ts';

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Measures hub and agent on one real control plane, next to bare requests that do the same writes in the same run. */
async function main(): Promise<void> {
  say(`bench: ${applicationCount} applications of one 2 KB ConfigMap each; about 4 minutes`);
  const world = await startWorld(say);
  try {
    const figures = await measure(world, say);
    process.stdout.write(`${formatFigures(figures)}\n`);
    const file = join(import.meta.dirname, 'results.json');
    writeFileSync(file, `${JSON.stringify(figures, null, 2)}\n`);
    say('bench: written to bench/results.json');
  } finally {
    await world.stop();
  }
}

await main();
