import { describe, expect, it } from 'vitest';
import { type Heat, heatAfterHeal } from '../../../agent/plan/heal-heat.ts';

const minute = 60_000;

function healsUntilRest(
  everyMs: number,
  limit: number,
  start = 0,
  before?: Heat,
): { count: number; heat: Heat } {
  let heat = heatAfterHeal(before, start);
  for (let count = 1; count < limit; count += 1) {
    const now = start + count * everyMs;
    if (heat.restsUntil > heat.at) return { count, heat };
    heat = heatAfterHeal(heat, now);
  }
  return { count: limit, heat };
}

describe('an object that is healed', () => {
  it('now and then never rests', () => {
    expect(healsUntilRest(15_000, 1_000)).toMatchObject({ count: 1_000, heat: { rests: 0 } });
  });

  it('again and again rests for a minute', () => {
    const { count, heat } = healsUntilRest(500, 1_000);
    expect(count).toBeLessThanOrEqual(6);
    expect(heat.restsUntil - heat.at).toBe(minute);
  });

  it('again and again after its rests rests twice as long each time, half an hour at most', () => {
    let heat: Heat | undefined;
    const rests: number[] = [];
    for (let round = 0; round < 8; round += 1) {
      ({ heat } = healsUntilRest(500, 1_000, heat?.restsUntil ?? 0, heat));
      rests.push((heat.restsUntil - heat.at) / minute);
    }
    expect(rests).toEqual([1, 2, 4, 8, 16, 30, 30, 30]);
  });

  it('begins anew once it was quiet for longer than the longest rest', () => {
    const { heat } = healsUntilRest(500, 1_000);
    const later = healsUntilRest(500, 1_000, heat.restsUntil + 31 * minute, heat);
    expect(later.heat.restsUntil - later.heat.at).toBe(minute);
  });
});
