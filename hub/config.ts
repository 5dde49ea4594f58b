import { parse as parseYaml } from 'yaml';
import { AppError } from '../core/error.ts';
import { isJsonObject, type Json, type JsonObject, jsonAt } from '../core/json.ts';
import type { FleetConfig } from './fleet-files.ts';

/** An address to listen on; port 0 lets the kernel choose. */
export interface Listen {
  readonly host: string;
  readonly port: number;
}

export interface HubConfig {
  readonly fleet: FleetConfig;
  /** Database, certificates, Git copies; one hub each. */
  readonly dataDir: string;
  readonly api: Listen;
  /** Enrolment and streams of agents, over TLS; streams need the agent's certificate. */
  readonly agents: Listen;
  /** The host name or address by which agents reach the hub; in its certificate and in tokens. */
  readonly advertise: string;
  readonly pollIntervalMs: number;
  /** Authenticates webhooks; without it they need the API token. */
  readonly webhookSecret: string | undefined;
  /** The API's bearer token; without it one is made at the first start and printed once. */
  readonly apiToken: string | undefined;
  /** A file of named tokens, as digests: one person to a line. */
  readonly apiTokens: string | undefined;
  /** Executables; absent: from the PATH. */
  readonly helm: string | undefined;
  readonly kustomize: string | undefined;
  /** A YAML list of credentials by URL prefix for repositories and registries, or a folder that holds one. */
  readonly credentials: string | undefined;
  /** A file of credentials for Git, one URL to a line. */
  readonly gitCredentials: string | undefined;
  /** A YAML file of Git hosts where pull requests are opened. */
  readonly gitHosts: string | undefined;
  readonly git: 'auto' | 'git' | 'isomorphic-git';
  /** A folder with one secret to a file, for the receivers of notifications. */
  readonly notificationSecrets: string | undefined;
  /** Where people find this hub, without a slash at its end; for links in notifications. */
  readonly externalUrl: string | undefined;
  /** A token that may read /metrics and nothing else. */
  readonly metricsToken: string | undefined;
  readonly logLevel: string;
}

/** Everything that configures a hub, as texts. Flags win over the environment, the environment over the file. */
export type RawConfig = Readonly<Record<string, string | undefined>>;

/** Setting → environment variable, with what it is for; also the list that `fairlead hub --help` prints. */
export const settings = {
  'fleet.url': ['FAIRLEAD_FLEET_URL', 'the fleet repository (required)'],
  'fleet.branch': ['FAIRLEAD_FLEET_BRANCH', 'its branch (main)'],
  'fleet.path': ['FAIRLEAD_FLEET_PATH', 'the folder that holds the catalog (the root)'],
  'fleet.protectedPath': [
    'FAIRLEAD_FLEET_PROTECTED_PATH',
    'where administrative kinds count, below fleet.path (fleet)',
  ],
  dataDir: ['FAIRLEAD_DATA_DIR', 'database, certificates and Git copies (./fairlead-data)'],
  'api.listen': ['FAIRLEAD_API_LISTEN', 'address of the HTTP API (127.0.0.1:8080)'],
  'agents.listen': [
    'FAIRLEAD_AGENTS_LISTEN',
    'address for enrolment and sessions of agents, TLS (0.0.0.0:8443)',
  ],
  advertise: ['FAIRLEAD_ADVERTISE', 'host by which agents reach the hub (localhost)'],
  pollInterval: ['FAIRLEAD_POLL_INTERVAL', 'how often Git is asked, such as 30s or 5m (30s)'],
  webhookSecret: ['FAIRLEAD_WEBHOOK_SECRET', 'authenticates webhooks (none: they need the API token)'],
  apiToken: ['FAIRLEAD_API_TOKEN', 'bearer token of the API (made at the first start and printed once)'],
  apiTokens: [
    'FAIRLEAD_API_TOKENS',
    'a file of named tokens beside it, one NAME sha256:DIGEST [GROUP, …] to a line (none)',
  ],
  helm: ['FAIRLEAD_HELM', 'the helm executable (from the PATH)'],
  kustomize: ['FAIRLEAD_KUSTOMIZE', 'the kustomize executable (from the PATH)'],
  credentials: [
    'FAIRLEAD_CREDENTIALS',
    'a YAML list of {urlPrefix, username, passwordFile, …} for Git, charts and registries, or a folder with it as credentials.yaml (none)',
  ],
  gitCredentials: [
    'FAIRLEAD_GIT_CREDENTIALS',
    'besides, a file with one https://user:token@host/path/ to a line (none)',
  ],
  gitHosts: [
    'FAIRLEAD_GIT_HOSTS',
    'a YAML list of {url, type: github|gitlab|gitea, tokenFile} to open pull requests (none)',
  ],
  git: ['FAIRLEAD_GIT', 'auto, git or isomorphic-git (auto)'],
  notificationSecrets: [
    'FAIRLEAD_NOTIFICATION_SECRETS',
    "a folder with the secrets of notifications' receivers, one to a file (none)",
  ],
  externalUrl: ['FAIRLEAD_EXTERNAL_URL', 'where people find this hub, for links in notifications (no links)'],
  metricsToken: ['FAIRLEAD_METRICS_TOKEN', 'a token that may read /metrics and nothing else (none)'],
  logLevel: ['FAIRLEAD_LOG_LEVEL', 'trace, debug, info, warn or error (info)'],
} as const;

export type SettingName = keyof typeof settings;

/** The command-line flag of a setting: `fleet.protectedPath` → `fleet-protected-path`. */
export function flagOf(setting: string): string {
  return setting.replace('.', '-').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Settings of a YAML file, such as `fleet: {url: …}`. Throws AppError `invalid` for a name that means nothing. */
export function readConfigFile(text: string, file: string): RawConfig {
  const document = parseDocument(text, file);
  if (document === null) return {};
  if (!isJsonObject(document)) {
    throw new AppError('invalid', 'a configuration is a mapping of settings', {
      subject: file,
      remedy: 'Write it as `fleet: {url: …}`',
    });
  }
  const raw: Record<string, string> = {};
  for (const name of leafNames(document)) {
    if (!isSetting(name)) {
      throw new AppError('invalid', `there is no setting ${name}`, {
        subject: file,
        remedy: `Settings are ${Object.keys(settings).join(', ')}`,
      });
    }
    const value = jsonAt(document, ...name.split('.'));
    if (typeof value === 'object') {
      throw invalid(name, `${value === null ? 'is empty' : 'must be one value, not a list'} in ${file}`);
    }
    raw[name] = String(value);
  }
  return raw;
}

function parseDocument(text: string, file: string): Json {
  try {
    return parseYaml(text) as Json;
  } catch (cause) {
    const [why = ''] = AppError.from(cause).message.split('\n');
    throw new AppError('invalid', `the YAML can't be read: ${why.replace(/:$/, '')}`, {
      subject: file,
      remedy: 'Mend the syntax there',
      cause,
    });
  }
}

export function readEnvironment(environment: Readonly<Record<string, string | undefined>>): RawConfig {
  const raw: Record<string, string | undefined> = {};
  for (const [name, [variable]] of Object.entries(settings)) raw[name] = environment[variable] || undefined;
  return raw;
}

/** Checks settings and fills in defaults. Throws AppError `invalid` naming the setting that is wrong. */
export function toConfig(raw: RawConfig): HubConfig {
  const url = raw['fleet.url'];
  if (url === undefined || url === '') {
    throw new AppError('invalid', 'no fleet repository is named', {
      remedy: 'Give --fleet-url, FAIRLEAD_FLEET_URL or fleet.url in the configuration file',
    });
  }
  if (!/^(https?|ssh|git):\/\/[^/\s]+\/|^[^\s/:]+@[^\s/:]+:/.test(url)) {
    throw invalid(
      'fleet.url',
      `must be the URL of a Git repository (https, http, ssh or git), not "${url.replace(/\/\/[^/]*@/, '//…@')}"`,
    );
  }
  return {
    fleet: {
      url,
      branch: raw['fleet.branch'] ?? 'main',
      path: trimSlashes(raw['fleet.path'] ?? ''),
      protectedPath: trimSlashes(raw['fleet.protectedPath'] ?? 'fleet'),
    },
    dataDir: raw['dataDir'] ?? './fairlead-data',
    api: parseListen('api.listen', raw['api.listen'] ?? '127.0.0.1:8080'),
    agents: parseListen('agents.listen', raw['agents.listen'] ?? '0.0.0.0:8443'),
    advertise: parseHost('advertise', raw['advertise'] ?? 'localhost'),
    pollIntervalMs: parseDuration('pollInterval', raw['pollInterval'] ?? '30s'),
    webhookSecret: secretOf(raw['webhookSecret']),
    apiToken: secretOf(raw['apiToken']),
    apiTokens: raw['apiTokens'],
    helm: raw['helm'],
    kustomize: raw['kustomize'],
    credentials: raw['credentials'],
    gitCredentials: raw['gitCredentials'],
    gitHosts: raw['gitHosts'],
    git: parseChoice('git', raw['git'] ?? 'auto', ['auto', 'git', 'isomorphic-git']),
    notificationSecrets: raw['notificationSecrets'],
    externalUrl: parseExternalUrl(raw['externalUrl']),
    metricsToken: secretOf(raw['metricsToken']),
    logLevel: parseChoice('logLevel', raw['logLevel'] ?? 'info', [
      'trace',
      'debug',
      'info',
      'warn',
      'error',
      'silent',
    ]),
  };
}

/** A file that became a Secret often ends with a line feed, which no request can carry. An empty one is none. */
function secretOf(text: string | undefined): string | undefined {
  return text?.trim() || undefined;
}

function isSetting(name: string): name is SettingName {
  return Object.hasOwn(settings, name);
}

/** Says in which three ways the setting may have been given. */
function invalid(setting: SettingName, why: string): AppError {
  return new AppError('invalid', `${setting} ${why}`, {
    remedy: `It is set by --${flagOf(setting)}, ${settings[setting][0]} or ${setting} in the configuration file`,
  });
}

function leafNames(object: JsonObject, prefix = ''): readonly string[] {
  return Object.entries(object).flatMap(([name, value]) =>
    isJsonObject(value) ? leafNames(value, `${prefix}${name}.`) : [`${prefix}${name}`],
  );
}

function trimSlashes(path: string): string {
  return path.replace(/^(\.?\/)+|\/+$/g, '').replace(/^\.$/, '');
}

function parseListen(setting: SettingName, text: string): Listen {
  const match = /^(.*):(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (match === null || port > 65_535) {
    throw invalid(setting, `must be an address such as 127.0.0.1:8080, not "${text}"`);
  }
  return { host: (match[1] ?? '').replace(/^\[|\]$/g, ''), port };
}

function parseExternalUrl(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined;
  const isRight = URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && !/[?#@]/.test(text);
  if (!isRight)
    throw invalid('externalUrl', `must be an address such as https://fairlead.example.com, not "${text}"`);
  return text.replace(/\/+$/, '');
}

function parseHost(setting: SettingName, text: string): string {
  if (/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(text)) return text;
  if (/^[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*$/.test(text)) return text;
  throw invalid(setting, `must be a host name or an IP address without port, not "${text}"`);
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

function parseDuration(setting: SettingName, text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text);
  const milliseconds = Number(match?.[1]) * (unitMs[match?.[2] ?? ''] ?? Number.NaN);
  if (!(milliseconds > 0)) {
    throw invalid(setting, `must be a duration such as 30s or 5m, not "${text}"`);
  }
  return milliseconds;
}

function parseChoice<T extends string>(setting: SettingName, text: string, choices: readonly T[]): T {
  const choice = choices.find((each) => each === text);
  if (choice === undefined) {
    throw invalid(setting, `must be one of ${choices.join(', ')}, not "${text}"`);
  }
  return choice;
}
