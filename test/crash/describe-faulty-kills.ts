import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ControlPlanes, startControlPlanes } from '../clusters/control-plane.ts';
import { type FaultProxy, openFaultProxy } from '../support/fault-proxy.ts';
import { type CrashRig, openCrashRig } from './crash-rig.ts';
import { randomKills } from './plan-kills.ts';
import { beginRandomFaults } from './random-faults.ts';
import { scenarios } from './scenarios.ts';

/** Of all scenarios at once. */
const patiently = { timeout: 600_000 };

/** Kills agents while requests fail and API servers restart, on one of their own; beside something that takes long. */
export function describeFaultyKills(): void {
  describe('an agent that is killed while requests fail', () => {
    let dir: string;
    let planes: ControlPlanes;
    let proxy: FaultProxy;
    let rig: CrashRig;

    beforeAll(async () => {
      dir = mkdtempSync(join(tmpdir(), 'fairlead-crash-faults-'));
      planes = await startControlPlanes({ names: ['faults'], controllers: 'none', dir, log: console.error });
      proxy = await openFaultProxy(planes.cluster('faults'));
      rig = await openCrashRig(planes.cluster('faults'), proxy.access);
      for (const scenario of scenarios) await rig.undisturbed(scenario);
    }, 600_000);

    afterAll(async () => {
      await rig?.close();
      await proxy?.close();
      await planes?.stop();
      rmSync(dir, { recursive: true, force: true });
    });

    it(
      'ends where an undisturbed one ends though it is killed and requests and watches fail',
      patiently,
      async () => {
        const faults = beginRandomFaults(proxy, 5);
        try {
          const verdicts = await rig.runAll(
            scenarios.map((scenario, index) => ({
              scenario,
              disturbances: randomKills(scenario.stages('x').length, 100 + index),
            })),
          );
          expect(verdicts.flatMap((verdict) => verdict.differences)).toEqual([]);
          expect(verdicts.some((verdict) => verdict.deaths > 0)).toBe(true);
          expect(faults.counts.size).toBeGreaterThan(5);
        } finally {
          faults.stop();
        }
      },
    );

    it('ends there too where the API server restarts in the middle', patiently, async () => {
      let restarts: Promise<unknown> | undefined;
      const verdicts = await rig.runAll(
        scenarios.map((scenario) => ({ scenario, disturbances: [] })),
        () => {
          // The others are in the middle of it when the first has ended.
          restarts ??= planes.cluster('faults').apiServer.restart();
        },
      );
      await restarts;
      expect(verdicts.flatMap((verdict) => verdict.differences)).toEqual([]);
    });
  });
}
