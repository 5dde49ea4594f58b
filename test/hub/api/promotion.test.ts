import { afterAll, beforeAll, expect, test } from 'vitest';
import { AppError } from '../../../core/error.ts';
import type { PromotionRequest } from '../../../hub/promotion/promotion.ts';
import { openTestHub, type TestHub, testToken } from '../../support/test-hub.ts';

let hub: TestHub;
const asked: PromotionRequest[] = [];

beforeAll(async () => {
  hub = await openTestHub({
    control: {
      async promote(request) {
        asked.push(request);
        throw new AppError('conflict', 'it is Degraded', { subject: request.key, remedy: 'Mend it' });
      },
    },
  });
});

afterAll(() => hub.close());

async function promote(body: unknown, token = testToken): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${hub.address}/api/v1/applications/payments/promotion`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

test('what was asked is passed on whole, and a refusal is told with what to do', async () => {
  const author = { name: 'M. Ortiz', email: 'm@example.com' };
  const answer = await promote({ from: 'staging', to: 'prod', fromCluster: 's1', dryRun: true, author });
  expect(asked.at(-1)).toEqual({
    key: 'payments',
    from: 'staging',
    to: 'prod',
    fromCluster: 's1',
    allowUnhealthy: false,
    dryRun: true,
    author,
    sees: expect.any(Function),
    demand: expect.any(Function),
  });
  expect(answer).toEqual({
    status: 409,
    body: { code: 'conflict', message: 'it is Degraded', subject: 'payments', remedy: 'Mend it' },
  });
});

test('a mistyped field, a missing environment and an author that no commit can hold are refused', async () => {
  const before = asked.length;
  expect((await promote({ from: 'staging', to: 'prod', dryrun: true })).status).toBe(400);
  expect((await promote({ from: 'staging' })).status).toBe(400);
  const author = { name: 'x <evil>', email: 'm@example.com' };
  expect((await promote({ from: 'staging', to: 'prod', author })).status).toBe(400);
  expect((await promote({ from: 'staging', to: 'prod' }, 'wrong')).status).toBe(401);
  expect(asked).toHaveLength(before);
});
