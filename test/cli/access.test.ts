import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type NamedToken, parseApiTokens } from '../../hub/access/api-tokens.ts';
import { type CliResult, runCli } from '../support/run-cli.ts';
import { openTestHub, type TestHub, testToken } from '../support/test-hub.ts';

let hub: TestHub;
let people: readonly NamedToken[] = [];

beforeAll(async () => {
  hub = await openTestHub({ people: () => people });
});

afterAll(() => hub.close());

function fairlead(args: readonly string[], token = testToken): Promise<CliResult> {
  return runCli(args, { FAIRLEAD_SERVER: hub.address, FAIRLEAD_TOKEN: token });
}

test('access can says yes or no by its exit code too, with the line that decided', async () => {
  const yes = await fairlead(['access', 'can', 'role:readonly', 'get', 'clusters', 'prod']);
  expect(yes).toEqual({
    code: 0,
    stderr: '',
    stdout: 'yes: role:readonly may get clusters prod: built in: p, role:readonly, clusters, get, *, allow\n',
  });
  const no = await fairlead(['access', 'can', 'alice', 'sync', 'applications', 'platform/web', '-g', 'team']);
  expect(no).toEqual({
    code: 1,
    stderr: '',
    stdout:
      'no: alice may not sync applications platform/web: nothing allows it, and the fleet has no AccessPolicy\n',
  });
});

test('access token makes a token that the hub takes with its line, and that may nothing by itself', async () => {
  const args = ['access', 'token', 'alice', '--group', 'payments-team', '-o', 'json'];
  const made = JSON.parse((await fairlead(args)).stdout) as { token: string; line: string };
  expect(made.line).not.toContain(made.token);
  people = parseApiTokens(made.line, 'tokens');
  expect(people).toEqual([
    {
      digest: createHash('sha256').update(made.token).digest('hex'),
      subject: { type: 'person', name: 'alice', groups: ['payments-team'] },
    },
  ]);
  const refused = await fairlead(['app', 'sync', 'payments-prod'], made.token);
  expect(refused.code).not.toBe(0);
  expect(refused.stderr).toContain('there is no such application');
  const enroll = await fairlead(['cluster', 'enroll', 'prod'], made.token);
  expect(enroll.code).toBe(3);
  expect(enroll.stderr).toContain('alice may not create clusters prod: nothing allows it');
});
