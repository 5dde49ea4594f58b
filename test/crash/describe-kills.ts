import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ControlPlanes, startControlPlanes } from '../clusters/control-plane.ts';
import { type CrashRig, openCrashRig } from './crash-rig.ts';
import { everyKill, randomKills, thin } from './plan-kills.ts';
import { scenarios } from './scenarios.ts';

/** Of each scenario: some of the points around its writes, and some runs that die again and again. `make soak` runs all. */
const pointsOfEach = 5;
const randomOfEach = 1;
/** Of one scenario with all its runs. */
const patiently = { timeout: 600_000 };

/** Kills agents of every scenario, on an API server of its own; beside something that takes long. */
export function describeKills(): void {
  describe('an agent that is killed', () => {
    let dir: string;
    let planes: ControlPlanes;
    let rig: CrashRig;

    beforeAll(async () => {
      dir = mkdtempSync(join(tmpdir(), 'fairlead-crash-'));
      planes = await startControlPlanes({ names: ['crash'], controllers: 'none', dir, log: console.error });
      rig = await openCrashRig(planes.cluster('crash'));
    });

    afterAll(async () => {
      await rig?.close();
      await planes?.stop();
      rmSync(dir, { recursive: true, force: true });
    });

    it.each(scenarios.map((scenario) => [scenario.name, scenario] as const))(
      'ends where an undisturbed one ends: %s',
      patiently,
      async (_name, scenario) => {
        const { counts, writesAfterRestart } = await rig.undisturbed(scenario);
        expect(writesAfterRestart).toEqual([]);
        const verdicts = await rig.runAll([
          ...thin(everyKill(counts), pointsOfEach).map((one) => ({ scenario, disturbances: [one] })),
          ...Array.from({ length: randomOfEach }, (_, seed) => ({
            scenario,
            disturbances: randomKills(counts.length, seed + 1),
          })),
        ]);
        expect(verdicts.flatMap((verdict) => verdict.differences)).toEqual([]);
        // The restart at the end is one death; a run without another would prove nothing.
        expect(verdicts.some((verdict) => verdict.deaths > 1)).toBe(true);
        expect(rig.witness.problems).toEqual([]);
      },
    );
  });
}
