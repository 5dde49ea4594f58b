import { pino } from 'pino';
import { readAgentEnvironment, toAgentConfig } from '../agent/config.ts';
import { openAgent } from '../agent/context.ts';

/**
 * An agent as users run it, in a process of its own, that also counts its requests by verb and answers the counts to
 * the process that started it.
 */
const counts: Record<string, number> = {};
const log = pino({ level: 'error' }, pino.destination(2));
const config = toAgentConfig(readAgentEnvironment(process.env), false);
const agent = await openAgent(config, log, {
  kube: {
    onRequest({ verb }) {
      counts[verb] = (counts[verb] ?? 0) + 1;
    },
  },
});
process.on('message', () => process.send?.({ ...counts }));
process.once('SIGTERM', () => {
  void agent.close().then(() => process.exit(0));
});
process.send?.({ ready: 1 });
