import { expect, test } from 'vitest';
import { whilePermitted } from '../../../hub/api/while-permitted.ts';

test('a stream ends once, and only after its caller may no longer have it', async () => {
  const seen = { permitted: true, asked: 0, ended: 0 };
  whilePermitted(
    () => {
      seen.asked += 1;
      return seen.permitted;
    },
    () => {
      seen.ended += 1;
    },
    1,
  );
  await expect.poll(() => seen.asked).toBeGreaterThan(2);
  expect(seen.ended).toBe(0);
  seen.permitted = false;
  await expect.poll(() => seen.ended).toBe(1);
  const { asked } = seen;
  const other = { asked: 0 };
  const stop = whilePermitted(
    () => {
      other.asked += 1;
      return true;
    },
    () => {
      seen.ended += 1;
    },
    1,
  );
  await expect.poll(() => other.asked).toBeGreaterThan(2);
  stop();
  expect([seen.asked, seen.ended]).toEqual([asked, 1]);
});
