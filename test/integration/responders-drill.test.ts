import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ControlPlanes, startControlPlanes } from '../clusters/control-plane.ts';
import { waitUntil } from '../clusters/wait.ts';
import { hasBrowser, openBrowser, openPage } from '../support/browser.ts';
import { setup as buildPages } from '../support/build-web.ts';
import { type FairleadProcess, startFairlead } from '../support/fairlead-process.ts';
import { fleetText, projectText } from '../support/fleet-texts.ts';
import { createGitRepo } from '../support/git-repo.ts';
import { type GitServer, startGitServer } from '../support/git-server.ts';
import { Tools } from '../support/kubectl.ts';
import { type ReceiverServer, startReceiverServer } from '../support/receiver-server.ts';
import { type CliResult, runCli } from '../support/run-cli.ts';

/**
 * The responder's drill: somebody changes a Deployment in staging, which runs in mode sync, behind everyone's back. What
 * a person looks at says which object and field, from what to what, who and when; a sync ends it, and the alert with it.
 * Hub, agent and CLI are processes, the API server, the receiver of alerts and the browser are real.
 */
const limitMs = 120_000;
const web = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'team-shop', name: 'web' };

let dir: string;
let planes: ControlPlanes;
let git: GitServer;
let receiver: ReceiverServer;
let tools: Tools;
let hub: FairleadProcess;
let agent: FairleadProcess;
let api: string;
let token: string;
let browser: Browser | undefined;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fairlead-drill-'));
  planes = await startControlPlanes({ names: ['staging'], controllers: 'none', dir: join(dir, 'clusters') });
  tools = new Tools(planes.cluster('staging'));
  receiver = await startReceiverServer();
  git = await startGitServer({ dir: join(dir, 'git') });
  const repo = await createGitRepo(join(dir, 'git'), 'fleet.git');
  await repo.commit(filesOf(git.url('fleet.git')));
  await tools.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team-shop' } }, 'admin');
  hub = await startHub();
  const said = await hub.says(/^token +\S+$/m);
  api = `http://${/^API +http:\/\/(\S+)$/m.exec(said)?.[1]}`;
  token = /^token +(\S+)$/m.exec(said)?.[1] ?? '';
  agent = await startAgent();
  if (hasBrowser()) {
    await buildPages();
    browser = await openBrowser();
  }
}, 600_000);

afterAll(async () => {
  await browser?.close();
  await agent?.stop();
  await hub?.stop();
  tools?.close();
  await receiver?.close();
  await git?.close();
  await planes?.stop();
  if (dir !== undefined) await rm(dir, { recursive: true, force: true, maxRetries: 5 });
});

function filesOf(url: string): Readonly<Record<string, string>> {
  return {
    'fleet/fleet.yaml': fleetText(['staging']),
    'fleet/projects/platform.yaml': projectText('platform'),
    'fleet/clusters/staging.yaml': `apiVersion: fairlead.dev/v1alpha1
kind: Cluster
metadata: { name: staging }
spec: { environment: staging }
`,
    'fleet/notification.yaml': `apiVersion: fairlead.dev/v1alpha1
kind: Notification
metadata: { name: responders }
spec:
  triggers: [{ type: drift }]
  receivers:
    - name: on-call
      webhook: { urlFrom: { file: url }, secretFrom: { file: secret } }
`,
    'apps/shop.yaml': `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: { name: shop, namespace: argocd }
spec:
  project: platform
  source: { repoURL: '${url}', targetRevision: main, path: shop }
  destination: { name: staging, namespace: team-shop }
  syncPolicy: { automated: {} }
`,
    'shop/web.yaml': `apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: 'web:1' }] }
`,
  };
}

async function startHub(): Promise<FairleadProcess> {
  const secrets = join(dir, 'secrets');
  await mkdir(secrets);
  await writeFile(join(secrets, 'url'), receiver.url);
  await writeFile(join(secrets, 'secret'), Buffer.alloc(24, 7).toString('base64'));
  const env = {
    FAIRLEAD_FLEET_URL: git.url('fleet.git'),
    FAIRLEAD_DATA_DIR: join(dir, 'hub'),
    FAIRLEAD_API_LISTEN: '127.0.0.1:0',
    FAIRLEAD_AGENTS_LISTEN: '127.0.0.1:0',
    FAIRLEAD_ADVERTISE: '127.0.0.1',
    FAIRLEAD_NOTIFICATION_SECRETS: secrets,
  };
  return startFairlead(['hub'], { env });
}

async function startAgent(): Promise<FairleadProcess> {
  const enrolled = await cli('cluster', 'enroll', 'staging', '-o', 'json');
  const { token: enrollment } = JSON.parse(enrolled.stdout) as { token: string };
  const { kubeconfig } = planes.cluster('staging');
  const args = ['--state-dir', join(dir, 'agent'), '--kubeconfig', kubeconfig, '--enroll-token', enrollment];
  return startFairlead(['agent', ...args]);
}

function cli(...args: readonly string[]): Promise<CliResult> {
  return runCli(args, { FAIRLEAD_SERVER: api, FAIRLEAD_TOKEN: token });
}

/** What a command says, once that holds what is waited for. */
function untilCli(args: readonly string[], wanted: RegExp): Promise<string> {
  let last: CliResult | undefined;
  return waitUntil(
    `fairlead ${args.join(' ')} says ${wanted}`,
    async () => {
      last = await cli(...args);
      const said = stripVTControlCharacters(last.stdout);
      return wanted.test(said) ? said : undefined;
    },
    {
      limitMs,
      everyMs: 200,
      detail: () => `${JSON.stringify(last)}\nhub:\n${hub.output()}\nagent:\n${agent.output()}`,
    },
  );
}

interface Alert {
  readonly type: string;
  readonly data: {
    /** The same when it fires and when it is over. */
    readonly incident: string;
    readonly state: string;
    readonly summary: string;
    readonly subject: Readonly<Record<string, string>>;
  };
}

function alerts(): readonly Alert[] {
  return receiver.requests.map(({ body }) => JSON.parse(body) as Alert);
}

function untilAlert(state: string, wanted: RegExp): Promise<Alert> {
  return waitUntil(
    `an alert ${state} that says ${wanted}`,
    () => alerts().find(({ data }) => data.state === state && wanted.test(data.summary)),
    { limitMs, detail: () => JSON.stringify(alerts(), undefined, 1) },
  );
}

const clock = String.raw`\d\d:\d\d:\d\d`;

interface Edit {
  readonly title: string;
  readonly edit: () => Promise<unknown>;
  readonly to: number;
  /** As people read it. */
  readonly writer: string;
  /** Managed fields tell the time of a write of the object, and none of one through `scale`. */
  readonly writtenAt: 'known' | 'unknown';
}

const edits: readonly Edit[] = [
  {
    title: 'kubectl scale',
    edit: () => tools.scale(web, 5),
    to: 5,
    writer: 'kubectl (scale)',
    writtenAt: 'unknown',
  },
  {
    title: 'kubectl edit',
    edit: () => tools.merge(web, { spec: { replicas: 7 } }, { manager: 'kubectl-edit' }),
    to: 7,
    writer: 'kubectl-edit',
    writtenAt: 'known',
  },
];

interface Entry {
  readonly state: string;
  readonly end?: string;
  readonly drift: {
    readonly id: string;
    readonly observedAt: string;
    readonly writtenAt?: string;
    readonly writer?: { readonly manager: string };
  };
  readonly events?: readonly { readonly change: string; readonly requestedBy?: string }[];
}

async function listDrifts(): Promise<readonly Entry[]> {
  const { stdout } = await cli('drift', 'list', '--state', 'all', '-o', 'json');
  return JSON.parse(stdout) as readonly Entry[];
}

describe.each(edits)('after $title', ({ edit, to, writer, writtenAt }) => {
  const change = `replicas 2 → ${to}`;
  const who = writer.replaceAll(/[()]/g, String.raw`\$&`);
  let id = '';

  test('the drift inbox names object, field, values, writer and time', async () => {
    await untilCli(['app', 'get', 'shop'], /shop runs /);
    const known = new Set((await listDrifts()).map(({ drift }) => drift.id));
    await edit();

    const list = await untilCli(['drift', 'list'], new RegExp(`spec\\.${change}`));

    const row = new RegExp(
      `^(\\S+) +staging +argocd/shop +Deployment team-shop/web +spec\\.${change} +${who} +${clock} .* open$`,
      'm',
    );
    expect(list).toMatch(row);
    id = row.exec(list)?.[1] ?? '';
    expect(known.has(id)).toBe(false);
    const shown = await untilCli(['drift', 'show', id], /Course/);
    expect(shown).toMatch(new RegExp(`^staging: Deployment web ${change} by ${who}, seen ${clock}`));
    expect(shown).toMatch(
      new RegExp(`  spec\\.replicas  by ${who}${writtenAt === 'known' ? `, ${clock}` : '(?!,)'}`),
    );
    expect(shown).toMatch(new RegExp(`    - live  ${to}\n    \\+ Git   2\n`));
    const entry = (await listDrifts()).find(({ drift }) => drift.id === id);
    expect(Date.parse(entry?.drift.observedAt ?? '')).not.toBeNaN();
    expect(entry?.drift.writtenAt !== undefined).toBe(writtenAt === 'known');
  });

  test('explain stops at the drift, says the same and what to do', async () => {
    const explained = await untilCli(['explain', 'shop'], /held back at drift/);

    expect(explained).toMatch(
      new RegExp(`Deployment web ${change} by ${who}, seen ${clock}; mode sync leaves it`),
    );
    expect(explained).toContain('fairlead app sync argocd/shop');
  });

  test('the alert says the same', async () => {
    const { type, data } = await untilAlert('firing', new RegExp(change));

    expect(type).toBe('dev.fairlead.incident.firing');
    expect(data.subject).toMatchObject({
      cluster: 'staging',
      environment: 'staging',
      application: 'argocd/shop',
    });
    expect(data.summary).toMatch(new RegExp(`Deployment web ${change} by ${who}, seen ${clock}`));
  });

  test('the web UI shows the same', async ({ skip }) => {
    if (browser === undefined) return skip('no Chromium: install one, or set CHROMIUM');
    const { page, go, complaints, close } = await openPage(browser, { address: api, token });
    try {
      await go('/drift');
      page.setDefaultTimeout(limitMs);
      await expect
        .poll(async () => ({ complaints, text: await page.locator('main').textContent() }))
        .toEqual({ complaints: [], text: expect.stringContaining(`by ${writer}`) });
      const drift = page.locator('.drift', { hasText: change });
      const summary = drift.locator('summary');
      await expect
        .poll(() => summary.textContent())
        .toMatch(
          new RegExp(`staging: Deployment web ${change} by ${who}, seen ${clock}; mode sync leaves it`),
        );
      await summary.click();
      await expect.poll(() => drift.locator('td').allTextContents()).toEqual(['2', String(to)]);
      const field = drift.getByRole('rowheader');
      expect(await field.textContent()).toContain(`spec.replicas by ${writer}`);
      expect(await field.locator('time').count()).toBe(writtenAt === 'known' ? 1 : 0);
      const course = drift.getByRole('list', { name: 'Course' }).getByRole('listitem');
      await expect
        .poll(async () => (await course.allTextContents()).join('\n'))
        .toContain(`opened: spec.${change} by ${writer}`);
      expect(complaints).toEqual([]);
    } finally {
      await close();
    }
  });

  test('a sync ends it, its history says who asked for that, and the alert resolves', async () => {
    expect(await cli('app', 'sync', 'shop')).toMatchObject({ code: 0 });

    await expect.poll(() => tools.get(web)).toMatchObject({ spec: { replicas: 2 } });
    const shown = await untilCli(['drift', 'show', id], /closed/);
    const course = shown.slice(shown.indexOf('Course'));
    expect(course).toMatch(
      new RegExp(
        `${clock}  opened: spec\\.${change} by ${who}[^]*${clock}  closed: synced by \\S.*, operation \\S+`,
      ),
    );
    const { stdout } = await cli('drift', 'show', id, '-o', 'json');
    const entry = JSON.parse(stdout) as Entry;
    expect(entry).toMatchObject({ state: 'closed', end: 'synced' });
    expect(entry.events?.at(-1)?.requestedBy).toMatch(/\S/);
    await untilCli(['drift', 'list'], /No open drifts/);
    const fired = await untilAlert('firing', new RegExp(change));
    await waitUntil(
      'the alert resolves',
      () => alerts().findLast(({ data }) => data.incident === fired.data.incident)?.data.state === 'resolved',
      { limitMs, detail: () => JSON.stringify(alerts(), undefined, 1) },
    );
    await untilCli(['incident', 'list'], /[Nn]o /);
  });
});
