import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../core/error.ts';

/** Where the hub is and who asks. */
export interface Settings {
  /** Without a slash at its end. */
  readonly server: string;
  readonly token: string | undefined;
  /** Where each came from, for `doctor`. */
  readonly serverFrom: string;
  readonly tokenFrom: string;
  readonly configFile: string;
  readonly configFound: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Where `fairlead hub` listens by itself. */
const defaultServer = 'http://127.0.0.1:8080';

/** Option, then environment, then configuration file, then the default. Throws AppError `invalid`, naming the one at fault. */
export async function readSettings(
  options: { readonly server?: string; readonly token?: string },
  environment: Environment,
): Promise<Settings> {
  const configFile = configPath(environment);
  const text = readConfig(configFile);
  const config = text === undefined ? {} : await parseConfig(text, configFile);
  const [server, serverFrom] = firstOf(
    [options.server, '--server'],
    [environment['FAIRLEAD_SERVER'], 'FAIRLEAD_SERVER'],
    [config.server, configFile],
  ) ?? [defaultServer, 'the default'];
  const [token, tokenFrom] = firstOf(
    [options.token, '--token'],
    [environment['FAIRLEAD_TOKEN'], 'FAIRLEAD_TOKEN'],
    [config.token, configFile],
  ) ?? [undefined, 'nowhere'];
  return {
    server: checkServer(server, serverFrom),
    token,
    serverFrom,
    tokenFrom,
    configFile,
    configFound: text !== undefined,
  };
}

type Candidate = readonly [string | undefined, string];

function firstOf(...candidates: readonly Candidate[]): readonly [string, string] | undefined {
  for (const [value, from] of candidates) if (value !== undefined && value !== '') return [value, from];
  return undefined;
}

function configPath(environment: Environment): string {
  const base = environment['XDG_CONFIG_HOME'] || join(environment['HOME'] ?? homedir(), '.config');
  return join(base, 'fairlead', 'config.yaml');
}

function readConfig(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new AppError('invalid', `the configuration can't be read: ${AppError.from(error).message}`, {
      subject: file,
    });
  }
}

async function parseConfig(text: string, file: string): Promise<{ server?: string; token?: string }> {
  const { parseDocument } = await import('yaml');
  const document = parseDocument(text);
  const [error] = document.errors;
  const line = error?.linePos?.[0].line;
  if (error !== undefined) {
    const where = line === undefined ? file : `${file}:${line}`;
    throw new AppError('invalid', `not YAML: ${error.message.split('\n')[0]}`, { subject: where });
  }
  const value: unknown = document.toJS() ?? {};
  if (typeof value !== 'object' || value === null)
    throw new AppError('invalid', 'not a mapping', { subject: file });
  for (const [name, member] of Object.entries(value)) {
    if ((name !== 'server' && name !== 'token') || typeof member !== 'string') {
      const remedy = 'It holds two strings: server and token';
      throw new AppError('invalid', `${name} is unknown or not a string`, { subject: file, remedy });
    }
  }
  return value as { server?: string; token?: string };
}

function checkServer(server: string, from: string): string {
  if (URL.canParse(server) && /^https?:$/.test(new URL(server).protocol)) return server.replace(/\/+$/, '');
  const remedy = 'Write it whole, such as https://fairlead.example or http://127.0.0.1:8080';
  throw new AppError('invalid', `the hub's address is no http or https URL: ${server}`, {
    subject: from,
    remedy,
  });
}
