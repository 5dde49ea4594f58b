import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { AppError } from '../core/error.ts';
import { flagOf, type HubConfig, readConfigFile, readEnvironment, settings, toConfig } from './config.ts';

/** The configuration of a hub: file, then environment, then flags. Throws AppError naming what is wrong. */
export function readConfig(args: readonly string[], environment: Raw): HubConfig {
  const options = Object.fromEntries(
    Object.keys(settings).map((name) => [flagOf(name), { type: 'string' as const }]),
  );
  const { values } = parseArgs({ args: [...args], options: { ...options, config: { type: 'string' } } });
  const given = values as Readonly<Record<string, string | undefined>>;
  const file = given['config'] ?? environment['FAIRLEAD_CONFIG'];
  const flags = Object.fromEntries(Object.keys(settings).map((name) => [name, given[flagOf(name)]]));
  return toConfig(
    merge(
      file === undefined ? {} : readConfigFile(readFile(file), file),
      readEnvironment(environment),
      flags,
    ),
  );
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
    throw AppError.from(error, 'not-found', file);
  }
}
