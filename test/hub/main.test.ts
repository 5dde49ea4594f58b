import { execFile } from 'node:child_process';
import { chmod, cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { type FairleadProcess, startFairlead } from '../support/fairlead-process.ts';
import { administration, applicationText, configMapText } from '../support/fleet-texts.ts';
import { createGitRepo, type GitRepo } from '../support/git-repo.ts';
import { type GitServer, startGitServer } from '../support/git-server.ts';
import { runCli } from '../support/run-cli.ts';

// Up to seven processes start at once; a machine that is busy with other tests takes its time for them.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

/** `fairlead hub` as a person meets it when something around it is wrong: one line, what, where and what to do. */
let dir: string;
let server: GitServer;
let repo: GitRepo;
let url: string;
/** A data folder of a hub that has read the fleet once. */
let used: string;
const running: FairleadProcess[] = [];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fairlead-hub-'));
  repo = await createGitRepo(join(dir, 'git'), 'fleet.git');
  server = await startGitServer({ dir: join(dir, 'git') });
  url = server.url('fleet.git');
  await repo.commit({
    ...administration,
    'plain/config.yaml': configMapText('plain', 'first'),
    'layered/kustomization.yaml': 'resources: []\n',
    'chart/Chart.yaml': 'apiVersion: v2\nname: chart\nversion: 1.0.0\n',
    'applications/plain.yaml': applicationText('plain', { repoURL: url }),
    'applications/layered.yaml': applicationText('layered', { repoURL: url }),
    'applications/chart.yaml': applicationText('chart', { repoURL: url }),
  });
  used = join(dir, 'used');
  const hub = start(['--data-dir', used]);
  await hub.says(/a generation is stored/);
  await hub.stop();
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((each) => each.stop()));
});

afterAll(async () => {
  await server.close();
  await rm(dir, { recursive: true, force: true });
});

function start(args: readonly string[], env: NodeJS.ProcessEnv = {}, fleet = url): FairleadProcess {
  const free = ['--api-listen', '127.0.0.1:0', '--agents-listen', '127.0.0.1:0'];
  const hub = startFairlead(['hub', '--fleet-url', fleet, '--poll-interval', '200ms', ...free, ...args], {
    env,
  });
  running.push(hub);
  return hub;
}

/** What a hub that doesn't start says, which is one line without a stack. */
async function lastWords(hub: FairleadProcess): Promise<string> {
  const { code, output } = await hub.ended();
  expect(code).toBe(1);
  const lines = output.split('\n').filter((line) => line.startsWith('fairlead hub: '));
  expect(lines, output).toHaveLength(1);
  expect(output).not.toMatch(/\n\s+at /);
  return lines[0] ?? '';
}

async function usedCopy(): Promise<string> {
  const copy = await mkdtemp(join(dir, 'copy-'));
  await cp(used, copy, { recursive: true });
  return copy;
}

const folder = (): Promise<string> => mkdtemp(join(dir, 'data-'));

/** Where the hub's API listens and its token, as it printed them. */
async function access(hub: FairleadProcess): Promise<Record<string, string>> {
  const output = await hub.says(/token {4}\S+/);
  const FAIRLEAD_SERVER = /API {6}(\S+)/.exec(output)?.[1] ?? '';
  const FAIRLEAD_TOKEN = /token {4}(\S+)/.exec(output)?.[1] ?? '';
  return { FAIRLEAD_SERVER, FAIRLEAD_TOKEN };
}

describe('a hub that cannot start says', () => {
  test('which port is taken, and by which setting to choose another', async () => {
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void holder.close());
    const taken = `127.0.0.1:${(holder.address() as { port: number }).port}`;
    const [api, agents] = await Promise.all([
      lastWords(start(['--data-dir', await folder(), '--api-listen', taken])),
      lastWords(start(['--data-dir', await folder(), '--agents-listen', taken])),
    ]);
    expect(api).toBe(
      `fairlead hub: ${taken}: the API can't listen here: another process does already. End it, or choose another port (--api-listen)`,
    );
    expect(agents).toBe(
      `fairlead hub: ${taken}: the hub can't listen here: another process does already. End it, or choose another port (--agents-listen)`,
    );
  });

  test('that its data folder cannot be one, or is in use', async () => {
    const file = join(dir, 'a-file');
    await writeFile(file, '');
    const first = start(['--data-dir', join(dir, 'shared')]);
    await first.says(/a generation is stored/);
    const [notOne, inUse] = await Promise.all([
      lastWords(start(['--data-dir', file])),
      lastWords(start(['--data-dir', join(dir, 'shared')])),
    ]);
    expect(notOne).toContain(
      `${file}: a file is where a folder should be. Move it away, or name another folder`,
    );
    expect(notOne).toContain('--data-dir');
    expect(inUse).toContain(
      `${join(dir, 'shared', 'fleet.sqlite')}: another process has this store open. Stop`,
    );
    expect(first.isRunning()).toBe(true);
  });

  test('which file of its data folder is damaged, and what is lost by removing it', async () => {
    const damaged = await Promise.all(
      ['fleet.sqlite', 'store.key', 'identity/ca.pem', 'api-token'].map(async (name) => {
        const copy = await usedCopy();
        await rm(join(copy, 'fleet.sqlite-wal'), { force: true });
        await writeFile(join(copy, name), 'damaged');
        const words = await lastWords(start(['--data-dir', copy]));
        expect(words).toContain(join(copy, name));
        return words;
      }),
    );
    expect(damaged[0]).toContain('the hub rebuilds desired state from Git');
    expect(damaged[1]).toContain('Restore the key file');
    expect(damaged[2]).toContain('every cluster has to be enrolled again');
    expect(damaged[3]).toContain('Remove it: the next start makes a new token');
  });

  test('that git was asked for and is not there', async () => {
    const env = { PATH: join(dir, 'nothing') };
    expect(await lastWords(start(['--data-dir', await folder(), '--git', 'git'], env))).toBe(
      "fairlead hub: git: git can't be started. Install git, or choose isomorphic-git (--git)",
    );
  });
});

describe('a hub stays up', () => {
  test('without git, helm and kustomize: applications that need one say what to install', async () => {
    const hub = start(['--data-dir', await folder()], { PATH: join(dir, 'nothing') });
    await hub.says(/a generation is stored/);
    const env = await access(hub);
    for (const [name, tool] of [
      ['chart', 'helm'],
      ['layered', 'kustomize'],
    ]) {
      const { stdout } = await runCli(['app', 'get', name ?? ''], env);
      expect(stdout).toContain(`${tool} is needed to render this and can't be started`);
      expect(stdout).toContain(`Install ${tool} where the hub runs`);
      expect(stdout).toContain(`applications/${name}.yaml:`);
    }
    expect((await runCli(['app', 'get', 'plain'], env)).stdout).not.toContain('needed to render');
    expect(hub.output()).toMatch(/"application":"argocd\/chart".*an application is held back/);
  });

  test('with a damaged certificate of its own, which it makes anew', async () => {
    const copy = await usedCopy();
    await writeFile(join(copy, 'identity/server.pem'), 'damaged');
    await start(['--data-dir', copy]).says(/API .*\n/);
  });

  test('with a wrong token for Git, and goes on once the file is right and it starts again', async () => {
    const closed = await startGitServer({
      dir: join(dir, 'git'),
      auth: { username: 'bot', password: 'right' },
    });
    onTestFinished(() => closed.close());
    const fleet = closed.url('fleet.git');
    const file = join(dir, 'credentials');
    const data = await folder();
    const line = (password: string): string => `http://bot:${password}@127.0.0.1:${closed.port}/\n`;
    await writeFile(file, line('hunter2'));
    await chmod(file, 0o600);
    const hub = start(['--data-dir', data, '--git-credentials', file], {}, fleet);
    const said = await hub.says(/the fleet repository cannot be read/);
    expect(said).toContain(`${fleet}: the Git server asks for credentials, or refuses the ones it got`);
    expect(said).toContain(`(${file}:1): check that they still hold`);
    expect(said).not.toContain('hunter2');
    const { stdout } = await runCli(['doctor'], await access(hub));
    expect(stdout).toContain('refuses the ones it got');
    await hub.stop();
    await writeFile(file, line('right'));
    await start(['--data-dir', data, '--git-credentials', file], {}, fleet).says(/a generation is stored/);
  });

  test('while its disk takes no more, changes nothing, and goes on by itself', async ({ skip }) => {
    const hub = start(['--data-dir', await folder()]);
    await hub.says(/a generation is stored/);
    // A limit on the size of files stands for the full disk: it can be lifted, and needs no mount.
    const limit = (size: string) =>
      promisify(execFile)('prlimit', ['--pid', `${hub.pid}`, `--fsize=${size}:`]);
    await limit('4096').catch(() => skip('needs prlimit of util-linux'));
    await repo.commit({ 'plain/config.yaml': configMapText('plain', 'x'.repeat(100_000)) });
    const said = await hub.says(/the pass failed; nothing was changed/);
    expect(said).toMatch(/fleet\.sqlite.*(the disk is full|the disk can't be read or written)/);
    expect(said).toContain('the hub goes on by itself');
    expect(said).not.toMatch(/"stack"/);
    const before = said.match(/a generation is stored/g)?.length ?? 0;
    await limit('unlimited');
    await hub.says(new RegExp(`(a generation is stored[\\s\\S]*){${before + 1}}`));
  });

  test('when a commit breaks every kind of document, each with its place', async () => {
    const hub = start(['--data-dir', await folder()]);
    await hub.says(/a generation is stored/);
    const broken = await repo.commit({
      'fleet/fleet.yaml':
        'apiVersion: fairlead.dev/v1alpha1\nkind: Fleet\nmetadata: {name: f}\nspec: {enviroments: []}\n',
      'fleet/clusters/two.yaml':
        'apiVersion: fairlead.dev/v1alpha1\nkind: Cluster\nmetadata: {name: two}\nspec: {environment: test, colour: red}\n',
      'fleet/projects/shop.yaml':
        'apiVersion: argoproj.io/v1alpha1\nkind: AppProject\nmetadata: {name: shop}\nspec: {sourceRepo: []}\n',
      'applications/plain.yaml': `${applicationText('plain', { repoURL: url })}\tnot: yaml\n`,
      'fleet/other.yaml': 'apiVersion: fairlead.dev/v1alpha1\nkind: Clutser\nmetadata: {name: x}\n',
    });
    onTestFinished(async () => void (await repo.revert(broken)));
    const said = await hub.says(/other\.yaml/);
    for (const problem of [
      'fleet/fleet.yaml:4: There is no field enviroments here (spec.enviroments). Did you mean environments?',
      'fleet/clusters/two.yaml:4: There is no field colour here (spec.colour)',
      'fleet/projects/shop.yaml:4: There is no field sourceRepo here (spec.sourceRepo). Did you mean sourceRepos?',
      'applications/plain.yaml:',
      'fleet/other.yaml:2: There is no kind Clutser in fairlead.dev/v1alpha1 (kind). Did you mean Cluster?',
    ]) {
      expect(said).toContain(problem);
    }
    expect(said.match(/fleet\/other\.yaml:2/g)).toHaveLength(1);
    const { stdout } = await runCli(['app', 'list'], await access(hub));
    expect(stdout).toMatch(/plain/);
    expect(hub.isRunning()).toBe(true);
  });
});

test('fairlead hub --help names every setting by flag and variable', async () => {
  const hub = startFairlead(['hub', '--help']);
  const { code, output } = await hub.ended();
  expect(code).toBe(0);
  for (const name of [
    '--fleet-url',
    'FAIRLEAD_FLEET_URL',
    '--git-credentials',
    '--data-dir',
    'FAIRLEAD_CONFIG',
  ]) {
    expect(output).toContain(name);
  }
});
