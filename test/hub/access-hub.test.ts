import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { startFairlead } from '../support/fairlead-process.ts';
import { administration, applicationText, configMapText } from '../support/fleet-texts.ts';
import { createGitRepo } from '../support/git-repo.ts';
import { startGitServer } from '../support/git-server.ts';
import { runCli } from '../support/run-cli.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function policyText(effect: string): string {
  return `apiVersion: fairlead.dev/v1alpha1
kind: AccessPolicy
metadata: {name: people}
spec:
  policy: |
    p, payments-team, applications, get, platform/*, ${effect}
`;
}

test('what Git says counts for a token of the file, from the commit on that says it', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'fairlead-access-'));
  closers.push(() => rm(dir, { recursive: true, force: true }));
  const repo = await createGitRepo(join(dir, 'git'), 'fleet.git');
  const server = await startGitServer({ dir: join(dir, 'git') });
  closers.push(() => server.close());
  const url = server.url('fleet.git');
  await repo.commit({
    ...administration,
    'fleet/access.yaml': policyText('allow'),
    'plain/config.yaml': configMapText('plain', 'first'),
    'applications/plain.yaml': applicationText('plain', { repoURL: url }),
  });
  const made = await runCli(['access', 'token', 'alice', '--group', 'payments-team', '-o', 'json']);
  const { token, line } = JSON.parse(made.stdout) as { token: string; line: string };
  const tokens = join(dir, 'tokens');
  await writeFile(tokens, `${line}\n`);
  const free = ['--api-listen', '127.0.0.1:0', '--agents-listen', '127.0.0.1:0'];
  const data = ['--data-dir', join(dir, 'data'), '--poll-interval', '200ms', '--api-tokens', tokens];
  const hub = startFairlead(['hub', '--fleet-url', url, ...free, ...data], { env: {} });
  closers.push(() => hub.stop());
  const [, api = ''] = /API\s+(\S+)/.exec(await hub.says(/API\s+\S+\n/)) ?? [];
  await hub.says(/a generation is stored/);
  const namesOf = async (): Promise<unknown> => {
    const answer = await fetch(`${api}/api/v1/applications`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const { items } = (await answer.json()) as { items?: readonly { name: string }[] };
    return items?.map(({ name }) => name) ?? answer.status;
  };
  expect(await namesOf()).toEqual(['plain']);

  await repo.commit({ 'fleet/access.yaml': policyText('never') });
  await hub.says(/The effect is allow or deny, not never/);
  expect(await namesOf()).toEqual(['plain']);

  await repo.commit({ 'fleet/access.yaml': policyText('deny') });
  await expect.poll(namesOf, { timeout: 30_000 }).toEqual([]);
  const can = ['access', 'can', 'alice', 'get', 'applications', 'platform/plain'];
  const asked = await runCli(can, { FAIRLEAD_SERVER: api, FAIRLEAD_TOKEN: token });
  expect([asked.code, asked.stdout]).toEqual([
    1,
    'no: alice may not get applications platform/plain: fleet/access.yaml:6: p, payments-team, applications, get, platform/*, deny (alice → payments-team)\n',
  ]);

  await writeFile(tokens, '# nobody\n');
  expect(await namesOf()).toBe(401);
});
