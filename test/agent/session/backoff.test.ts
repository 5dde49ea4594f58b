import { expect, test } from 'vitest';
import { backoffMs } from '../../../agent/session/backoff.ts';

test('the longest wait doubles from half a second to thirty, for ever', () => {
  const longest = [1, 2, 3, 6, 7, 8, 1000].map((attempt) => backoffMs(attempt, 1));
  expect(longest).toEqual([500, 1000, 2000, 16_000, 30_000, 30_000, 30_000]);
});

test('the jitter is full: any wait from none to the longest', () => {
  expect(backoffMs(3, 0)).toBe(0);
  expect(backoffMs(3, 0.5)).toBe(1000);
});
