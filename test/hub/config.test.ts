import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError, formatError } from '../../core/error.ts';
import { toConfig } from '../../hub/config.ts';
import { readConfig } from '../../hub/read-config.ts';

const url = 'https://git.example.com/acme/fleet.git';
let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fairlead-config-'));
});

afterAll(() => rm(dir, { recursive: true, force: true }));

async function configFile(text: string): Promise<string> {
  const file = join(dir, 'hub.yaml');
  await writeFile(file, text);
  return file;
}

/** What a person would read. */
function refusal(args: readonly string[], environment: Record<string, string> = {}): string {
  try {
    readConfig(args, environment);
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    return formatError(AppError.from(error));
  }
  throw new Error('it was accepted');
}

describe('the configuration of a hub', () => {
  it('needs no more than the fleet repository', () => {
    expect(toConfig({ 'fleet.url': url })).toEqual({
      fleet: { url, branch: 'main', path: '', protectedPath: 'fleet' },
      dataDir: './fairlead-data',
      api: { host: '127.0.0.1', port: 8080 },
      agents: { host: '0.0.0.0', port: 8443 },
      advertise: 'localhost',
      pollIntervalMs: 30_000,
      webhookSecret: undefined,
      apiToken: undefined,
      helm: undefined,
      kustomize: undefined,
      credentials: undefined,
      gitCredentials: undefined,
      gitHosts: undefined,
      git: 'auto',
      notificationSecrets: undefined,
      externalUrl: undefined,
      metricsToken: undefined,
      logLevel: 'info',
    });
  });

  it('takes secrets without the line feed at their end, and an empty one for none', () => {
    const secrets = { apiToken: 'a-token\n', webhookSecret: '\n', metricsToken: ' other\r\n' };
    expect(toConfig({ 'fleet.url': url, ...secrets })).toMatchObject({
      apiToken: 'a-token',
      webhookSecret: undefined,
      metricsToken: 'other',
    });
  });

  it('takes flags before the environment, and the environment before the file', async () => {
    const file = await configFile(`fleet: {url: '${url}', branch: one, path: ./a/b/}\npollInterval: 5m\n`);
    const environment = { FAIRLEAD_FLEET_BRANCH: 'two', FAIRLEAD_CONFIG: file, FAIRLEAD_FLEET_PATH: '' };
    expect(readConfig([], environment)).toMatchObject({
      fleet: { url, branch: 'two', path: 'a/b' },
      pollIntervalMs: 300_000,
    });
    const flags = ['--fleet-branch', 'three', '--api-listen', '[::1]:0', '--poll-interval=500ms'];
    expect(readConfig(flags, environment)).toMatchObject({
      fleet: { url, branch: 'three' },
      api: { host: '::1', port: 0 },
      pollIntervalMs: 500,
    });
  });

  it('makes the data folder absolute, as Git and renderers run elsewhere', () => {
    for (const [given, meant] of [
      [[], resolve('fairlead-data')],
      [['--data-dir', 'hub'], resolve('hub')],
      [['--data-dir', '/var/lib/fairlead'], '/var/lib/fairlead'],
    ] as const) {
      expect(readConfig(['--fleet-url', url, ...given], {}).dataDir).toBe(meant);
    }
  });

  it('accepts the ways in which Git URLs are written', () => {
    for (const each of [
      url,
      'git@git.example.com:acme/fleet.git',
      'ssh://git@host:22/x',
      'http://127.0.0.1:1/x.git',
    ]) {
      expect(toConfig({ 'fleet.url': each }).fleet.url).toBe(each);
    }
  });

  it.each([
    [[], 'no fleet repository is named. Give --fleet-url, FAIRLEAD_FLEET_URL or fleet.url'],
    [['--fleet-url', '../fleet'], 'fleet.url must be the URL of a Git repository'],
    [['--fleet-url', 'file:///x'], 'not "file:///x". It is set by --fleet-url, FAIRLEAD_FLEET_URL'],
    [['--api-listen', '8080'], 'api.listen must be an address such as 127.0.0.1:8080, not "8080"'],
    [['--agents-listen', '0.0.0.0:65536'], 'It is set by --agents-listen, FAIRLEAD_AGENTS_LISTEN'],
    [['--advertise', 'https://hub'], 'advertise must be a host name or an IP address without port'],
    [['--poll-interval', '30'], 'pollInterval must be a duration such as 30s or 5m, not "30"'],
    [['--poll-interval', '0s'], 'must be a duration'],
    [['--git', 'svn'], 'git must be one of auto, git, isomorphic-git, not "svn"'],
    [['--log-level', 'loud'], 'logLevel must be one of trace'],
    [['--flete-url', 'x'], "Unknown option '--flete-url'. `fairlead hub --help` lists all settings"],
    [['--config', '/nowhere/hub.yaml'], "the configuration file can't be read"],
  ])('says of %j what is wrong and where it is set', (args, expected) => {
    const named = args.includes('--fleet-url') ? args : ['--fleet-url', url, ...args];
    expect(refusal(args.length === 0 ? [] : named)).toContain(expected);
  });

  it('never repeats the credentials of a URL', () => {
    expect(refusal(['--fleet-url', 'ftp://me:hunter2@host/x'])).not.toContain('hunter2');
  });

  it.each([
    ['fleet: [\n', "the YAML can't be read"],
    ['- a list\n', 'a configuration is a mapping of settings'],
    ['fleet: {ulr: x}\n', 'there is no setting fleet.ulr. Settings are fleet.url'],
    ['fleet: {url: [a]}\n', 'fleet.url must be one value, not a list'],
    ['pollInterval:\n', 'pollInterval is empty'],
  ])('says of the file %j what is wrong with it', async (text, expected) => {
    const file = await configFile(text);
    const message = refusal(['--config', file]);
    expect(message).toContain(expected);
    expect(message).toContain(file);
    expect(message).not.toContain('\n');
  });
});
