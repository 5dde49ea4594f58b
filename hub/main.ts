import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { AppError, formatError } from '../core/error.ts';
import { flagOf, type HubConfig, readConfigFile, readEnvironment, settings, toConfig } from './config.ts';
import { openHub } from './context.ts';

/** Runs a hub until SIGINT or SIGTERM; answers the exit code. Logs go to standard error, as JSON lines. */
export async function runHub(args: readonly string[]): Promise<number> {
  try {
    const config = readConfig(args);
    const log = pino({ level: config.logLevel }, pino.destination(2));
    const hub = await openHub(config, { clock: { now: () => new Date() }, log });
    process.stdout.write(`API      ${hub.api}\nagents   ${hub.agents}\n`);
    if (hub.freshTokenFile !== undefined) {
      process.stdout.write(
        `token    ${hub.token}\n         shown this once; kept in ${hub.freshTokenFile}\n`,
      );
    }
    await new Promise<void>((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
    });
    await hub.close();
    return 0;
  } catch (error) {
    process.stderr.write(`fairlead hub: ${formatError(AppError.from(error))}\n`);
    return 1;
  }
}

function readConfig(args: readonly string[]): HubConfig {
  const options = Object.fromEntries(
    Object.keys(settings).map((name) => [flagOf(name), { type: 'string' as const }]),
  );
  const { values } = parseArgs({ args: [...args], options: { ...options, config: { type: 'string' } } });
  const given = values as Readonly<Record<string, string | undefined>>;
  const file = given['config'] ?? process.env['FAIRLEAD_CONFIG'];
  const flags = Object.fromEntries(Object.keys(settings).map((name) => [name, given[flagOf(name)]]));
  return toConfig(
    merge(
      file === undefined ? {} : readConfigFile(readFile(file), file),
      readEnvironment(process.env),
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
