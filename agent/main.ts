import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { AppError, describeError, formatError } from '../core/error.ts';
import {
  type AgentConfig,
  agentSettings,
  type RawAgentConfig,
  readAgentEnvironment,
  toAgentConfig,
} from './config.ts';
import { openAgent } from './context.ts';
import { agentHelp } from './help.ts';

/** Runs an agent until SIGINT or SIGTERM; answers the exit code. Logs go to standard error, as JSON lines. */
export async function runAgent(args: readonly string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(agentHelp());
    return 0;
  }
  try {
    const config = readConfig(args);
    const timestamp = pino.stdTimeFunctions.isoTime;
    const options = { level: config.logLevel, timestamp, serializers: { err: describeError } };
    const log = pino(options, pino.destination(2));
    const agent = await openAgent(config, log);
    process.stdout.write(`cluster  ${agent.cluster}\nhub      ${agent.hub}\n`);
    const stopped = new Promise<undefined>((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(undefined));
    });
    const lost = await Promise.race([stopped, agent.lost]);
    await agent.close();
    if (lost !== undefined) throw lost;
    return 0;
  } catch (error) {
    process.stderr.write(`fairlead agent: ${formatError(AppError.from(error))}\n`);
    return 1;
  }
}

function readConfig(args: readonly string[]): AgentConfig {
  const inCluster = process.env['KUBERNETES_SERVICE_HOST'] !== undefined;
  return toAgentConfig({ ...readAgentEnvironment(process.env), ...parseFlags(args) }, inCluster);
}

function parseFlags(args: readonly string[]): RawAgentConfig {
  const options = Object.fromEntries(
    Object.keys(agentSettings).map((name) => [name, { type: 'string' as const }]),
  );
  try {
    return parseArgs({ args: [...args], options }).values as RawAgentConfig;
  } catch (cause) {
    throw new AppError('invalid', AppError.from(cause).message, {
      remedy: '`fairlead agent --help` lists all settings',
      cause,
    });
  }
}
