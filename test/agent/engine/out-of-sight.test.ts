import { describe, expect, it } from 'vitest';
import { OutOfSight } from '../../../agent/engine/out-of-sight.ts';

/** Timers that a test lets end. */
function openSight() {
  const timers = new Set<() => void>();
  const told: (readonly string[])[] = [];
  const clock = {
    setTimer(_ms: number, fire: () => void) {
      timers.add(fire);
      return { cancel: () => void timers.delete(fire) };
    },
  };
  const sight: OutOfSight = new OutOfSight(clock, () => told.push([...sight.keys]));
  const pass = () => {
    for (const fire of timers) {
      timers.delete(fire);
      fire();
    }
  };
  return { sight, told, timers, pass };
}

describe('what is out of sight of a watch by label', () => {
  it('is told once for all that went in a while, and again when it is shown', () => {
    const { sight, told, pass } = openSight();
    sight.note('a', 'out');
    sight.note('b', 'out');
    expect(sight.isQuiet).toBe(false);
    pass();
    expect(told).toEqual([['a', 'b']]);
    expect(sight.isQuiet).toBe(true);
    sight.note('a', 'shown');
    pass();
    expect(told).toEqual([['a', 'b'], ['b']]);
  });

  it('is told again where it stays so for another reason, and not what is in sight', () => {
    const { sight, told, timers, pass } = openSight();
    sight.note('a', 'out');
    pass();
    sight.doubt('b');
    expect(timers.size).toBe(0);
    sight.doubt('a');
    sight.doubt('a');
    sight.note('c', 'out');
    sight.note('c', 'shown');
    expect(timers.size).toBe(1);
    pass();
    expect(told).toEqual([['a'], ['a']]);
  });

  it('is not told where it was out for a moment only, as what is healed', () => {
    const { sight, told, timers, pass } = openSight();
    sight.note('a', 'out');
    sight.note('a', 'out');
    sight.note('a', 'shown');
    expect(timers.size).toBe(0);
    expect(sight.isQuiet).toBe(true);
    pass();
    expect(told).toEqual([]);
  });
});
