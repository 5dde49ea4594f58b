import { execFile } from 'node:child_process';
import { appendFile, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { desiredContent } from '../session/desired-content.ts';
import { enrollInto, type LiveHub, openLiveHub } from '../session/live-pair.ts';
import { type FairleadProcess, startFairlead } from '../support/fairlead-process.ts';
import { answer, type LoopbackApi, startLoopbackApi, status } from './kube/loopback-api.ts';

// Up to seven processes start at once; a machine that is busy with other tests takes its time for them.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

/** `fairlead agent` as a person meets it when something around it is wrong: one line, what, where and what to do. */
let dir: string;
let kubeconfig: string;
/** Answers every request with 401. */
let closed: LoopbackApi;
let cleanUps: (() => Promise<unknown>)[] = [];
const cleanUp = (work: () => Promise<void>): void => void cleanUps.push(work);

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fairlead-agent-'));
  closed = await startLoopbackApi((_seen, response) =>
    answer(response, 401, status(401, 'Unauthorized', 'Unauthorized')),
  );
  kubeconfig = join(dir, 'kubeconfig');
  await writeFile(kubeconfig, kubeconfigText({ down: 'https://127.0.0.1:1', closed: closed.url }));
});

afterEach(async () => {
  for (const work of cleanUps.reverse()) await work();
  cleanUps = [];
});

afterAll(async () => {
  await closed.close();
  await rm(dir, { recursive: true, force: true });
});

function kubeconfigText(servers: Readonly<Record<string, string>>): string {
  const names = Object.keys(servers);
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': names[0],
    clusters: names.map((name) => ({
      name,
      cluster: { server: servers[name], 'insecure-skip-tls-verify': true },
    })),
    users: [{ name: 'user', user: { token: 'not-the-right-one' } }],
    contexts: names.map((name) => ({ name, context: { cluster: name, user: 'user' } })),
  });
}

function start(stateDir: string, ...args: readonly string[]): FairleadProcess {
  const agent = startFairlead(['agent', '--state-dir', stateDir, '--kubeconfig', kubeconfig, ...args]);
  cleanUps.push(() => agent.stop());
  return agent;
}

const folder = (): Promise<string> => mkdtemp(join(dir, 'state-'));

/** What an agent that doesn't start says, which is one line without a stack. */
async function lastWords(agent: FairleadProcess): Promise<string> {
  const { code, output } = await agent.ended();
  expect(code).toBe(1);
  const lines = output.trimEnd().split('\n');
  expect(lines, output).toHaveLength(1);
  return lines[0] ?? '';
}

describe('an agent that cannot start says', () => {
  test('which file, context or setting is wrong', async () => {
    const file = join(dir, 'a-file');
    await writeFile(file, '');
    const broken = join(dir, 'broken');
    await writeFile(broken, 'clusters: [\n');
    const at = await folder();
    const nowhere = join(dir, 'nowhere');
    const words = await Promise.all([
      lastWords(start(at, '--kubeconfig', nowhere)),
      lastWords(start(await folder(), '--kubeconfig', broken)),
      lastWords(start(await folder(), '--context', 'stagign')),
      lastWords(start(file)),
      lastWords(start(at, '--namespace', 'Not_One')),
      lastWords(start(at, '--contxt', 'x')),
    ]);
    expect(words[0]).toBe(
      `fairlead agent: ${nowhere}: there is no such kubeconfig. Name one that exists by --kubeconfig, FAIRLEAD_KUBECONFIG or KUBECONFIG`,
    );
    expect(words[1]).toContain(`${broken}: this is no usable kubeconfig: `);
    expect(words[2]).toContain(
      'there is no context stagign; there are down, closed. Name one of them by --context',
    );
    expect(words[3]).toContain('a file is where a folder should be. Move it away, or name another folder');
    expect(words[4]).toContain('not "Not_One". It is set by --namespace or FAIRLEAD_NAMESPACE');
    expect(words[5]).toContain("Unknown option '--contxt'. `fairlead agent --help` lists all settings");
  });

  test('what is wrong with its token, and never repeats it', async () => {
    const hub = await openLiveHub(cleanUp);
    const spent = hub.token('staging');
    await enrollInto(await folder(), spent);
    const other = await openLiveHub(cleanUp);
    const down = await openLiveHub(cleanUp);
    const unanswered = down.token('staging');
    await down.server.close();
    const old = hub.token('staging');
    for (const token of hub.store.tokens.values()) token.expiresAt = '2020-01-01T00:00:00.000Z';
    const words = await Promise.all(
      [
        undefined,
        'a.token',
        hub.token('x').slice(0, -9),
        spent,
        old,
        other.token('x', hub.server.address),
        unanswered,
      ].map(async (token) => {
        const enrol = token === undefined ? [] : ['--enroll-token', token];
        const said = await lastWords(start(await folder(), ...enrol));
        if (token !== undefined) expect(said).not.toContain(token);
        return said;
      }),
    );
    expect(words[0]).toMatch(
      /this agent is not enrolled yet. Give the token of `fairlead cluster enroll NAME`/,
    );
    expect(words[1]).toContain('it doesn\'t begin with "fl1.". Copy the whole token');
    expect(words[2]).toContain('it was cut or changed on its way');
    expect(words[3]).toContain('unknown, used or expired. Make a new one: fairlead cluster enroll NAME');
    expect(words[4]).toContain('unknown, used or expired');
    expect(words[5]).toContain(`what answers at ${hub.server.address} is not the hub that made this token`);
    expect(words[6]).toContain(`nothing listens at ${down.server.address}. See that the hub runs`);
  });

  test('that another agent uses its folder', async () => {
    const at = await enrolled(await openLiveHub(cleanUp));
    await start(at).says(/cluster {2}staging/);
    expect(await lastWords(start(at))).toMatch(
      /another agent \(process \d+\) uses this folder. Stop it, or give this agent a folder of its own/,
    );
  });

  test('which file of its folder is damaged, and what removing it costs', async () => {
    const at = await used(await openLiveHub(cleanUp));
    const words = await Promise.all(
      ['identity.json', 'state/key', 'state/desired'].map(async (name) => {
        const copy = await copyOf(at);
        await writeFile(join(copy, name), 'damaged');
        const said = await lastWords(start(copy));
        expect(said).toContain(join(copy, name));
        return said;
      }),
    );
    expect(words[0]).toContain('Restore it, or remove it and enrol again');
    expect(words[1]).toMatch(/or remove the whole folder .*state: nothing on the cluster is changed by that/);
    expect(words[2]).toContain('the hub sends the desired state again');
  });
});

describe('an agent stays up', () => {
  test('while the API server is down, and where it refuses the credentials', async () => {
    const hub = await openLiveHub(cleanUp);
    const down = start(await enrolled(hub));
    const refused = start(await enrolled(hub, 'prod'), '--context', 'closed');
    await down.says(/https:\/\/127\.0\.0\.1:1 refuses connections: nothing listens there/);
    await refused.says(/does not accept the credentials of context closed/);
    expect(down.isRunning() && refused.isRunning()).toBe(true);
    await down.says(/connected to the hub/);
    expect(down.output() + refused.output()).not.toContain('not-the-right-one');
  });

  test('while the hub is away, and connects when it is back', async () => {
    const store = (await openLiveHub(cleanUp)).store;
    const home = await folder();
    const hub = await openLiveHub(cleanUp, { store, dir: home });
    const agent = start(await enrolled(hub));
    await agent.says(/connected to the hub/);
    const port = Number(hub.server.address.split(':')[1]);
    await hub.server.close();
    expect(await agent.says(/nothing listens at/)).toContain('See that the hub runs');
    expect(agent.isRunning()).toBe(true);
    await openLiveHub(cleanUp, { store, dir: home, port });
    await agent.says(/(connected to the hub[\s\S]*){2}/);
  });

  test('where a hub of another authority answers, and says what to do', async () => {
    const hub = await openLiveHub(cleanUp);
    const at = await enrolled(hub);
    await hub.server.close();
    const port = Number(hub.server.address.split(':')[1]);
    const other = await openLiveHub(cleanUp, { port });
    expect(await start(at).says(/is not the hub that this agent was enrolled with/)).toContain(
      'make a token with fairlead cluster enroll NAME and start the agent with it',
    );
    await start(await copyOf(at), '--enroll-token', other.token('staging')).says(/connected to the hub/);
  });

  test('with an expired certificate: what is in force stays, and it says how to get a new one', async () => {
    const hub = await openLiveHub(cleanUp);
    hub.clock.offsetMs = -200 * 24 * 3600 * 1000;
    const at = await enrolled(hub);
    const agent = start(at);
    const said = await agent.says(/the certificate of this agent expired on \d{4}-/);
    expect(said).toContain(
      'What is in force stays. Make a token with fairlead cluster enroll staging and start the agent with it (--enroll-token)',
    );
    expect(agent.isRunning()).toBe(true);
    await agent.stop();

    hub.clock.offsetMs = 0;
    const spent = hub.token('staging');
    await enrollInto(await folder(), spent);
    const again = start(at, '--enroll-token', spent);
    expect(await again.says(/the certificate of this agent expired on/)).toMatch(
      /unknown, used or expired.*not enrolled anew; going on with the identity from before/,
    );
    await again.stop();
    await start(at, '--enroll-token', hub.token('staging')).says(/connected to the hub/);
  });

  test('where another agent came with its certificate, and tells which', async () => {
    const hub = await openLiveHub(cleanUp);
    const at = await enrolled(hub);
    // Of a folder at rest: a running agent replaces files while they are copied.
    const copy = await copyOf(at);
    const first = start(at);
    await first.says(/connected to the hub/);
    start(copy);
    expect(await first.says(/another agent connected as cluster staging/)).toContain('staging');
    expect(first.isRunning()).toBe(true);
  });

  test('with contents and reports that were cut short', async () => {
    const hub = await openLiveHub(cleanUp);
    const at = await used(hub);
    for (const pack of await readdir(join(at, 'state/packs')))
      await writeFile(join(at, 'state/packs', pack), 'cut');
    await appendFile(join(at, 'state/outbox.jsonl'), '{"cut');
    for (const name of await readdir(join(at, 'state/documents')))
      await writeFile(join(at, 'state/documents', name), 'cut');
    const agent = start(at);
    await agent.says(/connected to the hub/);
    expect(await readFile(join(at, 'identity.json'), 'utf8')).toContain('staging');
    expect(agent.isRunning()).toBe(true);
  });
});

test('an agent whose disk takes no more keeps what is in force, says so to the hub as well, and goes on by itself', async ({
  skip,
}) => {
  const hub = await openLiveHub(cleanUp);
  const at = await used(hub);
  const agent = start(at);
  await agent.says(/connected to the hub/);
  const limit = (size: string) =>
    promisify(execFile)('prlimit', ['--pid', `${agent.pid}`, `--fsize=${size}:`]);
  await limit('0').catch(() => skip('needs prlimit of util-linux'));
  hub.store.commit('staging', new Map([['argocd/web', desiredContent('argocd/web', 'two')]]));
  hub.server.publish(['staging']);
  expect(await agent.says(/can't be stored|cannot be stored|disk/)).toContain(
    'What is in force stays in force',
  );
  expect(hub.store.contacts.get('staging')?.generation).toBe(1);
  await limit('unlimited');
  await expect.poll(() => hub.store.contacts.get('staging')?.generation, { timeout: 15_000 }).toBe(2);
});

test('fairlead agent --help names every setting by flag and variable', async () => {
  const { code, output } = await startFairlead(['agent', '--help']).ended();
  expect(code).toBe(0);
  for (const name of ['--enroll-token', 'FAIRLEAD_ENROLL_TOKEN', '--state-dir', '--context']) {
    expect(output).toContain(name);
  }
});

/** A folder of an agent that has enrolled and never ran. */
async function enrolled(hub: LiveHub, cluster = 'staging'): Promise<string> {
  const at = await folder();
  await enrollInto(at, hub.token(cluster));
  return at;
}

/** A folder of an agent that had something in force. */
async function used(hub: LiveHub): Promise<string> {
  hub.store.commit('staging', new Map([['argocd/web', desiredContent('argocd/web', 'one')]]));
  const at = await enrolled(hub);
  const agent = start(at);
  await agent.says(/connected to the hub/);
  await expect.poll(() => hub.store.contacts.get('staging')?.generation, { timeout: 10_000 }).toBe(1);
  await agent.stop();
  return at;
}

async function copyOf(at: string): Promise<string> {
  const copy = await folder();
  await mkdir(copy, { recursive: true });
  await cp(at, copy, { recursive: true });
  await rm(join(copy, 'state/lock'), { force: true });
  return copy;
}
