import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { encodeDiff } from '../../core/operation.ts';
import { version } from '../../core/version.ts';
import { type CliResult, runCli, startCli } from '../support/run-cli.ts';
import { drift, openTestHub, type TestHub, testToken } from '../support/test-hub.ts';

let hub: TestHub;

beforeAll(async () => {
  hub = await openTestHub();
});

afterAll(() => hub.close());

function fairlead(...args: readonly string[]): Promise<CliResult> {
  return runCli(args, { FAIRLEAD_SERVER: hub.address, FAIRLEAD_TOKEN: testToken });
}

const sentence =
  'prod/payments-prod runs 4f2c1aa (2 h), 1 drift: Deployment web replicas 3 → 5 by kubectl (scale), seen 14:02:11; mode sync leaves it.';

describe('reading', () => {
  const tables: Readonly<Record<string, readonly string[]>> = {
    'cluster list': ['NAME', 'is connected (agent 0.1.0)', 'agent silent since 13:00:00 (1 h)'],
    'cluster get prod': ['! prod is connected', 'Labels', 'tier=1', 'fleet/prod.yaml:1'],
    'project list': ['platform', 'https://git.example/acme/*', 'prod/payments'],
    'app list': ['NAME', sentence.replace('prod/payments-prod ', ''), 'refused:'],
    'app get payments-prod': ['argocd/payments-prod', '- live  5', '+ Git   3', 'by kubectl (scale)', 'Next'],
    'app get search': [
      'Gates',
      'refusal: project platform',
      '(fleet/projects/platform.yaml:14)',
      'Ask the owner',
    ],
    'explain payments-prod': ['is held back at drift', '✓ commit', '✗ drift', 'undoes it; to keep'],
    'explain search': [
      'is held back at its project',
      '✗ project',
      '(fleet/projects/platform.yaml:14)',
      '→ Ask',
    ],
    'explain prod/deployment/web': ['Deployment payments/web of prod/payments-prod', '✗ drift'],
    'drift list': [drift.id, 'kubectl (scale)', 'spec.replicas 3 → 5', 'open'],
    'drift show drift-0001': [
      'replicas 3 → 5',
      'Course',
      'opened: spec.replicas 3 → 5',
      'fairlead app sync argocd/payments-prod',
    ],
    doctor: [
      'ok',
      'accepted (from FAIRLEAD_TOKEN)',
      'warn',
      'cluster staging',
      `hub 0.1.0, this command ${version}`,
      '4 of 5 applications need somebody. See `fairlead app list`',
    ],
    version: [`fairlead ${version}`],
  };
  for (const [command, expected] of Object.entries(tables)) {
    test(`${command} shows what it is about, as plain text in a pipe`, async () => {
      const result = await fairlead(...command.split(' '));
      expect(result).toMatchObject({ code: 0, stderr: '' });
      for (const text of expected) expect(result.stdout).toContain(text);
      expect(result.stdout).not.toContain('\u001b');
    });
  }

  test('the sentence stands first', async () => {
    expect((await fairlead('app', 'get', 'payments-prod')).stdout.startsWith(`! ${sentence}\n`)).toBe(true);
    expect((await fairlead('drift', 'show', drift.id)).stdout).toMatch(
      /^prod: Deployment web replicas 3 → 5/,
    );
  });

  test('what needs somebody is listed first', async () => {
    const lines = (await fairlead('app', 'list')).stdout.split('\n').slice(1, -1);
    expect(lines.map((line) => line.split(/\s+/)[2])).toEqual([
      'Unknown',
      'Unknown',
      'OutOfSync',
      'OutOfSync',
      'OutOfSync',
    ]);
  });

  const values = [
    'cluster list',
    'project list',
    'app list',
    'drift list',
    'app get search',
    'cluster get prod',
    'doctor',
  ];
  for (const command of values) {
    test(`${command} gives the same value as JSON and as YAML`, async () => {
      const json = await fairlead(...command.split(' '), '-o', 'json');
      const yaml = await fairlead('-o', 'yaml', ...command.split(' '));
      expect([json.code, yaml.code]).toEqual([0, 0]);
      expect(parse(yaml.stdout)).toEqual(JSON.parse(json.stdout));
    });
  }

  test('filters are passed on, and nothing found teaches what to do', async () => {
    const found = await fairlead('app', 'list', '-c', 'prod', '--health', 'Healthy', '-o', 'json');
    expect(JSON.parse(found.stdout)).toHaveLength(1);
    const nothing = await fairlead('app', 'list', '--project', 'none');
    expect(nothing).toMatchObject({ code: 0, stdout: expect.stringContaining('Leave a filter out') });
  });

  test('drift list --exit-code tells by 2 that there is any', async () => {
    expect((await fairlead('drift', 'list', '--exit-code')).code).toBe(2);
    expect((await fairlead('drift', 'list', '--exit-code', '--state', 'closed')).code).toBe(0);
    expect((await fairlead('drift', 'list', '--exit-code', '--app', 'payments-staging')).code).toBe(0);
  });

  test('drift list says of which clusters nothing new is known, and knows no cluster by a wrong name', async () => {
    const unheard =
      'Newer drifts there are not known: staging is unknown: agent silent since 13:00:00 (1 h).\n';
    expect((await fairlead('drift', 'list')).stdout).toContain(unheard);
    expect((await fairlead('drift', 'list', '-c', 'staging')).stdout).toMatch(
      /^No open drifts; .*\nNewer drifts/,
    );
    expect((await fairlead('drift', 'list', '-c', 'prod')).stdout).not.toContain('Newer drifts');
    expect(await fairlead('drift', 'list', '-c', 'stagng', '--exit-code')).toMatchObject({
      code: 1,
      stderr: 'fairlead: stagng: there is no such cluster. The fleet has prod, staging\n',
    });
  });
});

describe('enrolling', () => {
  test('prints token, expiry and the command that starts the agent', async () => {
    const { code, stdout } = await fairlead('cluster', 'enroll', 'prod');
    expect(code).toBe(0);
    expect(stdout).toContain('until 2026-11-03 15:02:20');
    expect(stdout).toContain('fairlead agent --enroll-token one-time.token --state-dir ');
    expect(stdout).toContain(
      'printf %s one-time.token | kubectl create secret generic fairlead-enrollment --namespace fairlead-system --from-file=token=/dev/stdin\n' +
        'helm install fairlead-agent charts/agent --namespace fairlead-system --set profile=cluster\n',
    );
    const oci = 'oci://registry.example.com/charts/fairlead-agent';
    expect((await fairlead('cluster', 'enroll', 'prod', '--chart', oci)).stdout).toContain(
      `helm install fairlead-agent ${oci} --namespace`,
    );
    expect((await fairlead('cluster', 'enroll', 'prod', '--chart', "my chart's")).stdout).toContain(
      "helm install fairlead-agent 'my chart'\\''s' --namespace",
    );
    expect(stdout).toContain(
      'prod has an agent, connected now: once the token is used, that one no longer counts',
    );
    expect(JSON.parse((await fairlead('cluster', 'enroll', 'prod', '-o', 'json')).stdout).token).toBe(
      'one-time.token',
    );
  });

  test('an unknown cluster says what to do', async () => {
    const result = await fairlead('cluster', 'enroll', 'nowhere');
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toBe(
      'fairlead: nowhere: no Cluster document has this name. Commit one below fleet/\n',
    );
  });
});

describe('operations', () => {
  test('app sync waits for the result', async () => {
    hub.answer('Succeeded', '3 objects applied');
    const result = await fairlead('app', 'sync', 'payments-prod');
    expect(result).toMatchObject({ code: 0, stdout: 'argocd/payments-prod on prod: 3 objects applied\n' });
  });

  test('a sync that fails is an error with its reason', async () => {
    hub.answer('Failed', 'Deployment payments/web: spec.replicas is invalid');
    const result = await fairlead('app', 'sync', 'payments-prod');
    expect(result.code).toBe(1);
    expect(result.stderr).toContain(
      'argocd/payments-prod: the sync failed: Deployment payments/web: spec.replicas',
    );
  });

  test('an agent that never answers ends in a timeout; --no-wait does not ask for it', async () => {
    hub.answer(undefined);
    const waited = await fairlead('app', 'sync', 'payments-prod', '--timeout', '1s');
    expect(waited.code).toBe(1);
    expect(waited.stderr).toContain('no result within 1 s: the agent of prod has not taken it');
    const asked = await fairlead('app', 'sync', 'payments-prod', '--no-wait', '-o', 'json');
    expect([asked.code, JSON.parse(asked.stdout).phase]).toEqual([0, 'Pending']);
  });

  test('app diff exits with 2 and shows fields where it differs, with 0 where it is equal', async () => {
    hub.answer('Succeeded', encodeDiff([drift]));
    const differs = await fairlead('app', 'diff', 'prod/payments-prod');
    expect(differs.code).toBe(2);
    expect(differs.stdout).toContain('differs in 1 object');
    expect(differs.stdout).toContain('    - live  5\n    + Git   3\n');
    hub.answer('Succeeded', encodeDiff([]));
    const equal = await fairlead('app', 'diff', 'payments-prod');
    expect(equal).toMatchObject({ code: 0, stdout: 'argocd/payments-prod is as Git says.\n' });
    hub.answer('Failed', 'the API server does not answer');
    expect((await fairlead('app', 'diff', 'payments-prod')).code).toBe(1);
  });

  test('of a frozen application say that they are about its last good state', async () => {
    const held =
      "This is about its last good state, 4f2c1aa: what Git says now is frozen, as apps/shared.yaml can't be read now (apps/shared.yaml:7). Mend the syntax there\n";
    hub.answer('Succeeded', '3 objects applied');
    expect((await fairlead('app', 'sync', 'staging/shared')).stdout).toContain(`3 objects applied\n${held}`);
    hub.answer('Succeeded', encodeDiff([]));
    expect((await fairlead('app', 'diff', 'staging/shared')).stdout).toBe(
      `argocd/shared is as it was before.\n${held}`,
    );
  });

  test('are listed, read and cancelled by their id', async () => {
    hub.answer(undefined);
    const asked = await fairlead('app', 'sync', 'payments-prod', '--no-wait', '-o', 'json');
    const { id } = JSON.parse(asked.stdout);
    const listed = await fairlead('operation', 'list', '--app', 'payments-prod');
    expect(listed.stdout).toContain(id);
    const cancelled = await fairlead('operation', 'cancel', id, '--no-wait');
    expect(cancelled).toMatchObject({ code: 0, stdout: 'The agent of prod is asked to end it.\n' });
    const shown = await fairlead('operation', 'get', id);
    expect(shown.stdout).toContain('Pending, cancelling');
    expect(shown.stdout).toMatch(/Cancelled by\s+admin/);
    expect((await fairlead('operation', 'get', 'none')).code).toBe(1);
  });

  test('of a refused application say why not', async () => {
    const result = await fairlead('app', 'sync', 'search');
    expect(result.code).toBe(1);
    expect(result.stderr).toContain("doesn't allow namespace kube-system");
  });
});

describe('errors', () => {
  const oneLine = /^fairlead: [^\n]+\n$/;

  test('an unknown application suggests near names', async () => {
    const { code, stderr } = await fairlead('app', 'get', 'paymens-prod');
    expect(code).toBe(1);
    expect(stderr).toMatch(oneLine);
    expect(stderr).toContain('Did you mean payments-prod');
  });

  test('a hub that is down says how to start it', async () => {
    const closed = createServer();
    closed.listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address() as AddressInfo;
    closed.close();
    await once(closed, 'close');
    const server = `http://127.0.0.1:${port}`;
    const { code, stderr } = await runCli(['app', 'list'], { FAIRLEAD_SERVER: server, FAIRLEAD_TOKEN: 't' });
    expect(code).toBe(1);
    expect(stderr).toBe(
      `fairlead: can't reach the hub at ${server} (connection refused). Start it with \`fairlead hub\`, or set FAIRLEAD_SERVER to where it listens\n`,
    );
    const given = await runCli(['app', 'list', '--server', server], { FAIRLEAD_TOKEN: 't' });
    expect(given.stderr).toContain('or set --server to where it listens');
    const doctor = await runCli(['doctor'], { FAIRLEAD_SERVER: server });
    expect(doctor.code).toBe(1);
    expect(doctor.stdout).toMatch(/^fail +hub +can't reach the hub/m);
  });

  test('a wrong token and none exit with 3', async () => {
    for (const env of [{ FAIRLEAD_TOKEN: 'wrong' }, {}]) {
      const { code, stderr } = await runCli(['app', 'list'], { FAIRLEAD_SERVER: hub.address, ...env });
      expect(code).toBe(3);
      expect(stderr).toMatch(oneLine);
    }
    const doctor = await runCli(['doctor'], { FAIRLEAD_SERVER: hub.address, FAIRLEAD_TOKEN: 'wrong' });
    expect(doctor.code).toBe(1);
    expect(doctor.stdout).toMatch(/^fail +token +the hub does not know this token/m);
  });

  test('https to a hub that speaks none says so', async () => {
    const server = hub.address.replace('http:', 'https:');
    const { code, stderr } = await runCli(['app', 'list'], { FAIRLEAD_SERVER: server, FAIRLEAD_TOKEN: 't' });
    expect(code).toBe(1);
    expect(stderr).toContain('(it speaks no TLS)');
  });

  test('something else at the address is told apart from a hub', async () => {
    const other: Server = createServer((_request, response) => response.end('<html>hello</html>'));
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    const server = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    const { code, stderr } = await runCli(['app', 'list'], { FAIRLEAD_SERVER: server, FAIRLEAD_TOKEN: 't' });
    other.close();
    expect(code).toBe(1);
    expect(stderr).toContain('is no Fairlead hub');
  });

  test('wrong usage says how to use it', async () => {
    expect(await fairlead('app', 'lst')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Did you mean list?'),
    });
    expect(await fairlead('app', 'get')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('--help'),
    });
    expect((await fairlead('app', 'list', '-o', 'xml')).code).toBe(1);
    expect((await fairlead('drift', 'list', '--limit', '0')).code).toBe(1);
    expect((await fairlead('app', 'sync', 'payments-prod', '--timeout', 'soon')).stderr).toContain(
      '90s or 5m',
    );
    expect((await fairlead('app', 'list', '--server', 'nonsense')).stderr).toContain('no http or https URL');
  });

  for (const command of ['', 'app list', 'cluster enroll', 'drift list', 'validate', 'doctor']) {
    test(`${command} --help has examples`, async () => {
      const result = await fairlead(...command.split(' ').filter((word) => word !== ''), '--help');
      expect(result).toMatchObject({ code: 0, stdout: expect.stringMatching(/Examples?:\n {2}fairlead /) });
    });
  }
});

describe('configuration', () => {
  async function configured(
    text: string,
    env: Record<string, string> = {},
    ...args: string[]
  ): Promise<CliResult> {
    const dir = await mkdtemp(join(tmpdir(), 'fairlead-cli-'));
    await mkdir(join(dir, 'fairlead'));
    await writeFile(join(dir, 'fairlead', 'config.yaml'), text, { mode: 0o600 });
    try {
      return await runCli(['app', 'list', '-o', 'json', ...args], { XDG_CONFIG_HOME: dir, ...env });
    } finally {
      await rm(dir, { recursive: true });
    }
  }

  test('comes from the file, the environment wins over it, options over both', async () => {
    const good = `server: ${hub.address}/\ntoken: ${testToken}\n`;
    expect((await configured(good)).code).toBe(0);
    expect((await configured(good, { FAIRLEAD_TOKEN: 'wrong' })).code).toBe(3);
    expect((await configured(good, { FAIRLEAD_TOKEN: 'wrong' }, '--token', testToken)).code).toBe(0);
  });

  test('that is wrong names file and line or field', async () => {
    expect((await configured('server: [\n')).stderr).toMatch(/config\.yaml:\d+: not YAML/);
    expect((await configured('sever: http://x\n')).stderr).toContain('config.yaml: sever is unknown');
  });
});

describe('--watch', () => {
  test('prints anew when the hub tells of a change, and only then', async () => {
    const child = startCli(['drift', 'list', '--watch', '-o', 'json'], {
      FAIRLEAD_SERVER: hub.address,
      FAIRLEAD_TOKEN: testToken,
    });
    try {
      let output = '';
      child.stdout?.on('data', (text: string) => {
        output += text;
      });
      const documents = () =>
        output
          .split('\n\n')
          .filter((text) => text.trim() !== '')
          .map((text) => JSON.parse(text));
      await expect.poll(() => hub.listeners(), { timeout: 10_000 }).toBe(1);
      const closed = { drift, change: 'closed', at: '2026-11-03T14:02:19.000Z', end: 'healed' } as const;
      await hub.store.saveReports('prod', [
        { sequence: 2_000_000, report: { type: 'drift', event: closed } },
      ]);
      hub.emit({ type: 'drift', id: drift.id, application: drift.application });
      await expect.poll(() => output.includes('[]'), { timeout: 10_000 }).toBe(true);
      expect(documents().map((items) => items.length)).toEqual([1, 0]);
    } finally {
      child.kill();
      await once(child, 'close');
    }
    await expect.poll(() => hub.listeners()).toBe(0);
  });
});
