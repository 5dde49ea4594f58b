import { describe, expect, it } from 'vitest';
import { Activity } from '../../../agent/engine/activity.ts';
import { Sweep, type SweptObject } from '../../../agent/engine/sweep.ts';
import { manualTime } from '../../support/manual-time.ts';
import { recordLog } from '../../support/record-log.ts';

const hourMs = 60 * 60_000;

interface Fake extends SweptObject {
  looks: number;
  isSynced: boolean | undefined;
}

function rigOf(
  count: number,
  finds: (key: string) => 'equal' | 'differs' | 'absent' = () => 'equal',
  keyOf: (index: number) => string = (index) => `key-${index}`,
) {
  const time = manualTime('2026-01-01T00:00:00Z');
  let seed = 7;
  const random = () => {
    seed = (seed * 16_807) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  const works = Array.from({ length: count }, (_none, index): Fake => {
    const fake: Fake = {
      key: keyOf(index),
      isSynced: true,
      looks: 0,
      async inspect() {
        fake.looks += 1;
        return { type: finds(fake.key) } as never;
      },
    };
    return fake;
  });
  const different: string[] = [];
  const clock = {
    now: time.clock.now,
    setTimer: (ms: number, fire: () => void) => ({ cancel: time.timers.after(ms, fire) }),
  };
  const sweep = new Sweep<Fake>(
    { clock, random, log: recordLog(), activity: new Activity() },
    { works: () => works, onDifferent: ({ key }) => void different.push(key) },
  );
  return { time, works, sweep, different };
}

const totalOf = (works: readonly Fake[]): number => works.reduce((sum, { looks }) => sum + looks, 0);

describe('the sweep', () => {
  it('looks at every object once in six to twenty-four hours', async () => {
    const { time, works, sweep } = rigOf(60);
    sweep.start();
    await time.advance(6 * hourMs);
    expect(Math.max(...works.map(({ looks }) => looks))).toBe(1);
    await time.advance(18 * hourMs);
    expect(Math.min(...works.map(({ looks }) => looks))).toBeGreaterThanOrEqual(1);
    expect(totalOf(works)).toBeLessThanOrEqual(60 * 4);
    sweep.close();
  });

  it('looks at nothing in the first minutes, and at most twice a second later', async () => {
    const { time, works, sweep } = rigOf(300);
    sweep.start();
    await time.advance(4 * 60_000);
    expect(totalOf(works)).toBe(0);
    sweep.noteVersion('v1.36.0');
    sweep.noteVersion('v1.37.0');
    await time.advance(60_000);
    expect(totalOf(works)).toBeLessThanOrEqual(120);
    sweep.close();
  });

  it('looks at everything soon after the cluster got another version', async () => {
    const { time, works, sweep } = rigOf(50);
    sweep.start();
    sweep.noteVersion('v1.36.0');
    sweep.noteVersion('v1.36.0');
    await time.advance(4 * 60_000);
    expect(totalOf(works)).toBe(0);
    sweep.noteVersion('v1.37.0');
    await time.advance(hourMs);
    expect(works.every(({ looks }) => looks >= 1)).toBe(true);
    sweep.close();
  });

  it('tells of what is not as it was taken to be, and leaves alone what is known to differ', async () => {
    const { time, works, sweep, different } = rigOf(3, (key) => (key === 'key-0' ? 'equal' : 'differs'));
    works[2]!.isSynced = false;
    sweep.start();
    await time.advance(20 * hourMs);
    expect(new Set(different)).toEqual(new Set(['key-1']));
    expect(works[2]!.looks).toBe(0);
    sweep.close();
  });

  it('looks soon and once at the objects of a kind that changed, and at no others', async () => {
    const { time, works, sweep, different } = rigOf(
      400,
      () => 'equal',
      (index) => `x/${index % 2 ? 'Cat' : 'Dog'}:a/${index}`,
    );
    works[3]!.isSynced = false;
    works[5]!.isSynced = undefined;
    sweep.hasten('x/Cat');
    sweep.hasten('x/Cat');
    await time.advance(2_000);
    expect(totalOf(works)).toBe(0);
    await time.advance(30 * 60_000);
    const looked = works.filter(({ looks }) => looks > 0).map(({ key }) => key);
    expect(looked).toHaveLength(198);
    expect(looked.every((key) => key.startsWith('x/Cat:'))).toBe(true);
    expect(totalOf(works)).toBe(198);
    expect(different).toEqual([works[3]!.key]);
    sweep.hasten('x/Cat');
    sweep.close();
    await time.advance(hourMs);
    expect(totalOf(works)).toBe(198);
  });

  it('ends with the engine', async () => {
    const { time, works, sweep } = rigOf(3);
    sweep.start();
    sweep.close();
    await time.advance(48 * hourMs);
    expect(totalOf(works)).toBe(0);
  });
});
