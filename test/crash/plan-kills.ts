import fc from 'fast-check';
import type { KillPoint, WriteCounts } from './kill-point.ts';
import type { Disturbance } from './run-scenario.ts';

/** Before, during and after each write to cluster and disk that an undisturbed run made. */
export function everyKill(counts: readonly WriteCounts[]): readonly Disturbance[] {
  return counts.flatMap(({ writes, stateWrites }, stage) =>
    [...pointsOf('write', writes), ...pointsOf('state', stateWrites)].map((kill) => ({
      stage,
      kills: [kill],
    })),
  );
}

function pointsOf(on: 'write' | 'state', count: number): readonly KillPoint[] {
  return Array.from({ length: count }, (_, index) => index + 1).flatMap((nth) =>
    (['before', 'during', 'after'] as const).map((when) => ({ on, nth, when })),
  );
}

/** One to three deaths in every stage, at any moment or any write: the same for the same seed. */
export function randomKills(stages: number, seed: number): readonly Disturbance[] {
  const kill: fc.Arbitrary<KillPoint> = fc.oneof(
    fc.record({ on: fc.constant('time' as const), afterMs: fc.integer({ min: 0, max: 1_200 }) }),
    fc.record({
      on: fc.constantFrom('write' as const, 'state' as const),
      nth: fc.integer({ min: 1, max: 6 }),
      when: fc.constantFrom('before' as const, 'during' as const, 'after' as const),
    }),
  );
  const kills = fc.array(kill, { minLength: 1, maxLength: 3 });
  const found =
    fc.sample(fc.array(kills, { minLength: stages, maxLength: stages }), { seed, numRuns: 1 })[0] ?? [];
  return found.map((chosen, stage) => ({ stage, kills: chosen }));
}

/** Every nth of a list, so that a few stand for all. */
export function thin<T>(all: readonly T[], keep: number): readonly T[] {
  const step = Math.max(1, all.length / keep);
  return Array.from({ length: Math.min(keep, all.length) }, (_, index) => all[Math.floor(index * step)] as T);
}

export function describeDisturbances(disturbances: readonly Disturbance[]): string {
  if (disturbances.length === 0) return 'no stage';
  return disturbances
    .map(({ stage, kills }) => `stage ${stage + 1}: ${kills.map(describeKill).join(', then ')}`)
    .join('; ');
}

function describeKill(kill: KillPoint): string {
  if (kill.on === 'time') return `after ${kill.afterMs} ms`;
  return `${kill.when} ${kill.on === 'write' ? 'write' : 'state write'} ${kill.nth}`;
}
