import { describe, expect, it } from 'vitest';
import { Limiter } from '../../core/limiter.ts';

describe('a limiter', () => {
  it('runs no more tasks at a time than its limit, in their order, also when some fail', async () => {
    const limiter = new Limiter(2);
    const started: number[] = [];
    let running = 0;
    let most = 0;
    const task = async (id: number) => {
      started.push(id);
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      if (id % 3 === 0) throw new Error(`task ${id}`);
      return id;
    };
    const ids = Array.from({ length: 10 }, (_, id) => id);
    const results = await Promise.allSettled(ids.map((id) => limiter.run(() => task(id))));
    expect(most).toBe(2);
    expect(started).toEqual(ids);
    expect(results.filter((result) => result.status === 'rejected')).toHaveLength(4);
  });
});
