import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Mode } from '../../core/mode.ts';
import { type ControlPlanes, startControlPlanes } from '../clusters/control-plane.ts';
import { runArena } from '../differential/arena.ts';

/*
 * Random objects of 29 kinds, random edits by other writers, and a dry-run of everything once the engine has settled: what
 * it tells has to be what the API server says. Settled: the watches have shown every write, nothing is left to do, and
 * nothing was written meanwhile (test/differential/tide.ts). The definition that both are held to (docs/drift.md):
 *
 * - `missing`: it isn't there. `unowned`: valid marks of another application are on it.
 * - `changed`: a forced server-side apply of Git's state would change anything of it besides status and what the API server
 *   keeps itself (managed fields, versions, uid). Each field that is told differs, with the values that are told, and beyond
 *   those fields nothing does, the order of keyed lists and sets included.
 * - None: it would change nothing. Then in mode sync everything that is there and that an apply would make ours is ours,
 *   whoever took it and put it back.
 * - Where the API server refuses the apply, a failure is told.
 * - In mode heal: none of these is left but what is refused, another application's, or rests after a fight. Whatever the
 *   engine changed was told before, just as it was, and never twice in a row. In the other modes it changes nothing.
 * - Every drift that was told on the way was so in some version.
 * - A writer that is named is who made the value that is live, or a server-side applier who said the same later.
 *
 * Other seeds, modes and lengths: DIFFERENTIAL_SEEDS=7,8 DIFFERENTIAL_MODE=observe DIFFERENTIAL_ROUNDS=20
 * DIFFERENTIAL_EDITS=60 npm test -- differential; thousands of edits: make soak. A seed that found something is kept here.
 */
const modes: readonly Mode[] = ['observe', 'sync', 'heal'];
interface Course {
  readonly mode: Mode;
  readonly seed: number;
  /** Where it takes more than usual. */
  readonly rounds?: number;
  readonly edits?: number;
}

const kept: readonly Course[] = [
  { mode: 'sync', seed: 1 },
  { mode: 'sync', seed: 2 },
  { mode: 'sync', seed: 3 },
  { mode: 'sync', seed: 4 },
  // Somebody only put the items of a list into another order.
  { mode: 'sync', seed: 13 },
  { mode: 'sync', seed: 14 },
  // Made again and deleted, while the watch of its kind began anew.
  { mode: 'sync', seed: 101, rounds: 2, edits: 120 },
  { mode: 'observe', seed: 1 },
  // A Secret's values as text.
  { mode: 'observe', seed: 101, rounds: 3, edits: 120 },
  // What was made again unmarked; what an earlier deployer added; what was deleted in the middle of becoming ours.
  { mode: 'heal', seed: 1 },
  { mode: 'heal', seed: 2 },
  { mode: 'heal', seed: 104, rounds: 2, edits: 120 },
];
const asked = (process.env['DIFFERENTIAL_SEEDS'] ?? '').split(',').filter((text) => text !== '');
const askedMode = modes.find((mode) => mode === process.env['DIFFERENTIAL_MODE']) ?? 'sync';
const cases: readonly Course[] =
  asked.length > 0 ? asked.map((seed) => ({ mode: askedMode, seed: Number(seed) })) : kept;
const usual = {
  rounds: Number(process.env['DIFFERENTIAL_ROUNDS'] ?? 3),
  edits: Number(process.env['DIFFERENTIAL_EDITS'] ?? 40),
};

let dir: string;
let planes: ControlPlanes;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'fairlead-differential-'));
  planes = await startControlPlanes({ names: ['differ'], controllers: 'none', dir, log: console.error });
});

afterAll(async () => {
  await planes?.stop();
  rmSync(dir, { recursive: true, force: true });
});

describe('drift is what an apply would change, no more and no less', () => {
  it.each(cases)('in mode $mode, seed $seed', { timeout: 1_800_000 }, async (course) => {
    const outcome = await runArena({ access: planes.cluster('differ'), ...usual, ...course });
    expect(outcome.faults.join('\n\n')).toBe('');
    // Chance may not have emptied it.
    expect(outcome.sent).toBeGreaterThan(outcome.refused);
    expect(outcome.truths.changed + outcome.heals).toBeGreaterThan(0);
    if (asked.length > 0) console.info(JSON.stringify(outcome));
  });
});
