import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { AppError } from '../core/error.ts';
import { flagOf, type HubConfig, readConfigFile, readEnvironment, settings, toConfig } from './config.ts';

/** The configuration of a hub: file, then environment, then flags. Throws AppError naming what is wrong. */
export function readConfig(args: readonly string[], environment: Raw): HubConfig {
  const options = Object.fromEntries(
    Object.keys(settings).map((name) => [flagOf(name), { type: 'string' as const }]),
  );
  const given = parseFlags(args, { ...options, config: { type: 'string' } });
  const file = given['config'] ?? environment['FAIRLEAD_CONFIG'];
  const flags = Object.fromEntries(Object.keys(settings).map((name) => [name, given[flagOf(name)]]));
  const config = toConfig(
    merge(
      file === undefined ? {} : readConfigFile(readFile(file), file),
      readEnvironment(environment),
      flags,
    ),
  );
  // Git and the renderers run in folders of their own, where a relative path would mean something else.
  const { dataDir, notificationSecrets: secrets, credentials, gitCredentials } = config;
  return {
    ...config,
    dataDir: resolve(dataDir),
    credentials: credentials === undefined ? undefined : resolve(credentials),
    gitCredentials: gitCredentials === undefined ? undefined : resolve(gitCredentials),
    notificationSecrets: secrets === undefined ? undefined : resolve(secrets),
  };
}

function parseFlags(args: readonly string[], options: Readonly<Record<string, { type: 'string' }>>): Raw {
  try {
    return parseArgs({ args: [...args], options }).values as Raw;
  } catch (cause) {
    throw new AppError('invalid', AppError.from(cause).message, {
      remedy: '`fairlead hub --help` lists all settings',
      cause,
    });
  }
}

type Raw = Readonly<Record<string, string | undefined>>;

/** Later ones win where they say something. */
function merge(...sources: readonly Raw[]): Raw {
  const said = sources.flatMap((source) => Object.entries(source)).filter(([, value]) => value !== undefined);
  return Object.fromEntries(said);
}

function readFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new AppError('not-found', `the configuration file can't be read: ${AppError.from(error).message}`, {
      remedy: 'Name it by --config or FAIRLEAD_CONFIG, or leave it out',
      cause: error,
    });
  }
}
