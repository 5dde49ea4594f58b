import { pino } from 'pino';
import { AppError, describeError, formatError } from '../core/error.ts';
import { openHub } from './context.ts';
import { hubHelp } from './help.ts';
import { readConfig } from './read-config.ts';

/** Runs a hub until SIGINT or SIGTERM; answers the exit code. Logs go to standard error, as JSON lines. */
export async function runHub(args: readonly string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(hubHelp());
    return 0;
  }
  try {
    const config = readConfig(args, process.env);
    const timestamp = pino.stdTimeFunctions.isoTime;
    const options = { level: config.logLevel, timestamp, serializers: { err: describeError } };
    const log = pino(options, pino.destination(2));
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
