import { hasBrowser } from '../test/support/browser.ts';
import { measureCatalog } from './catalog.ts';
import { measureDrift } from './drift.ts';
import { measureEngine } from './engine.ts';
import type { Figure } from './figures.ts';
import { allContents, applicationCount, catalogOf } from './fleet.ts';
import { measureIdleTen } from './idle.ts';
import { measure } from './measure.ts';
import { measurePromotion } from './promotion.ts';
import { measureScale } from './scale.ts';
import { measureWeb } from './web.ts';
import { startWorld } from './world.ts';

type Say = (line: string) => void;

/** Figures that are measured together. */
export interface Row {
  readonly name: string;
  readonly what: string;
  readonly minutes: number;
  /** `when-asked`: only where it is named, since it takes long. */
  readonly runs: 'always' | 'when-asked';
  readonly measure: (say: Say) => Promise<readonly Figure[]>;
}

/** In the order in which they run. */
export const rows: readonly Row[] = [
  {
    name: 'fleet',
    what: '500 applications of one object: syncs, changes, healing, an idle minute',
    minutes: 2,
    runs: 'always',
    measure: measureFleet,
  },
  {
    name: 'engine',
    what: 'the engine alone: 5,000 objects applied and changed',
    minutes: 2,
    runs: 'always',
    measure: measureEngine,
  },
  {
    name: 'drift',
    what: '1,000 objects: an edit to its report at the hub, processor time for each watch event',
    minutes: 2,
    runs: 'always',
    measure: measureDrift,
  },
  {
    name: 'scale',
    what: '100, 1,000 and 10,000 objects: memory of the agent, its start to a whole report',
    minutes: 5,
    runs: 'always',
    measure: measureScale,
  },
  {
    name: 'catalog',
    what: '100, 1,000 and 10,000 applications: the hub reads them, starts again, takes up a commit',
    minutes: 10,
    runs: 'when-asked',
    measure: measureCatalog,
  },
  {
    name: 'promotion',
    what: 'promotion and rollback in a repository of 40,000 files',
    minutes: 1,
    runs: 'always',
    measure: (say) => measurePromotion('git', say),
  },
  {
    name: 'web',
    what: 'the web UI in Chromium',
    minutes: 1,
    runs: 'always',
    measure: measurePages,
  },
  {
    name: 'idle',
    what: "1,000 objects: the agent's requests in ten idle minutes",
    minutes: 12,
    runs: 'when-asked',
    measure: measureIdleTen,
  },
];

async function measurePages(say: Say): Promise<readonly Figure[]> {
  if (hasBrowser()) return measureWeb(say);
  say('no figures of the web UI: no Chromium is here; install one, or set CHROMIUM');
  return [];
}

async function measureFleet(say: Say): Promise<readonly Figure[]> {
  say(`fleet: ${applicationCount} applications of one 2 KB ConfigMap each`);
  const files = (repoURL: string) => ({ ...catalogOf(repoURL), ...allContents('v0') });
  const world = await startWorld({ files, log: say });
  try {
    return await measure(world, say);
  } finally {
    await world.stop();
  }
}
