import { describe, expect, it } from 'vitest';
import { FairLimiter } from '../../../agent/apply/fair-limiter.ts';

function gate(): { readonly opened: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}

describe('FairLimiter', () => {
  it('lets no more through than its limit, also after failures', async () => {
    const limiter = new FairLimiter(2);
    let running = 0;
    let most = 0;
    const task = async (index: number) => {
      running += 1;
      most = Math.max(most, running);
      await Promise.resolve();
      running -= 1;
      if (index % 3 === 0) throw new Error('refused');
    };
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) => limiter.run(`lane-${index % 3}`, () => task(index))),
    );
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(7);
    expect(most).toBe(2);
  });

  it('gives a lane with one task its turn before the rest of a long one', async () => {
    const limiter = new FairLimiter(1);
    const first = gate();
    const order: string[] = [];
    const run = (lane: string, name: string) => limiter.run(lane, async () => void order.push(name));
    const blocked = limiter.run('long', () => first.opened);
    const rest = ['a', 'b', 'c'].map((name) => run('long', name));
    const short = run('short', 'x');
    first.open();
    await Promise.all([blocked, ...rest, short]);
    expect(order).toEqual(['a', 'x', 'b', 'c']);
  });
});
