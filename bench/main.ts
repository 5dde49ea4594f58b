import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasBrowser } from '../test/support/browser.ts';
import { measureEngine } from './engine.ts';
import { type Figure, formatFigures } from './figures.ts';
import { applicationCount } from './fleet.ts';
import { measure } from './measure.ts';
import { measurePromotion } from './promotion.ts';
import { measureWeb } from './web.ts';
import { startWorld } from './world.ts';

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/**
 * Measures hub and agent on one real control plane, next to bare requests that do the same writes in the same run; the
 * agent's engine alone with many objects; then proposals in a large repository, and the web UI in Chromium.
 */
async function main(): Promise<void> {
  say('bench: about 10 minutes');
  const figures = [
    ...(await measureFleet()),
    ...(await measureEngine(say)),
    ...(await measurePromotion('git', say)),
    ...(await measurePages()),
  ];
  process.stdout.write(`${formatFigures(figures)}\n`);
  const file = join(import.meta.dirname, 'results.json');
  writeFileSync(file, `${JSON.stringify(figures, null, 2)}\n`);
  say('bench: written to bench/results.json');
}

async function measurePages(): Promise<readonly Figure[]> {
  if (hasBrowser()) return measureWeb(say);
  say('no figures of the web UI: no Chromium is here; install one, or set CHROMIUM');
  return [];
}

async function measureFleet(): Promise<readonly Figure[]> {
  say(`bench: ${applicationCount} applications of one 2 KB ConfigMap each`);
  const world = await startWorld(say);
  try {
    return await measure(world, say);
  } finally {
    await world.stop();
  }
}

await main();
