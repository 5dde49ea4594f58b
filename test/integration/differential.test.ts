import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ControlPlanes, startControlPlanes } from '../clusters/control-plane.ts';
import { runArena } from '../differential/arena.ts';

const seeds: readonly number[] = (process.env['DIFFERENTIAL_SEEDS'] ?? '1').split(',').map(Number);
const rounds = Number(process.env['DIFFERENTIAL_ROUNDS'] ?? 4);
const edits = Number(process.env['DIFFERENTIAL_EDITS'] ?? 60);

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
  it.each(seeds)('in mode sync, seed %i', async (seed) => {
    const outcome = await runArena({ access: planes.cluster('differ'), seed, rounds, edits, mode: 'sync' });
    console.error(JSON.stringify({ ...outcome, faults: outcome.faults.length }));
    expect(outcome.faults.join('\n\n')).toBe('');
  });
});
