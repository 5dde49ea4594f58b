import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { pino } from 'pino';
import { readAgentEnvironment, toAgentConfig } from '../agent/config.ts';
import { openAgent } from '../agent/context.ts';
// Loaded for its weight only: an agent is started by the command.
import '../cli/run-cli.ts';

/** What the process answers when it is asked. */
export interface AgentFigures {
  /** Requests so far, by verb and resource: `update leases.coordination.k8s.io`. */
  readonly requests: Readonly<Record<string, number>>;
  /** Bytes of the JavaScript heap in use; after a collection where that was asked for. */
  readonly heapBytes: number;
  /** Bytes of buffers outside the heap. */
  readonly externalBytes: number;
}

/**
 * An agent as its image runs it, compiled, with the credentials of a pod, in a process of its own. A message `figures` is
 * answered with its figures, `collected` with the same after a collection of garbage.
 */
const requests: Record<string, number> = {};
const directory = process.env['SERVICE_ACCOUNT'] ?? '';
const log = pino({ level: 'error' }, pino.destination(2));
const config = toAgentConfig(readAgentEnvironment(process.env), true);
const agent = await openAgent({ ...config, cluster: { type: 'in-cluster', directory } }, log, {
  kube: {
    onRequest({ verb, resource }) {
      const name = `${verb} ${resource}`;
      requests[name] = (requests[name] ?? 0) + 1;
    },
  },
});

function collect(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

process.on('message', (question: 'figures' | 'collected') => {
  if (question === 'collected') collect();
  const { heapUsed, external } = process.memoryUsage();
  const figures: AgentFigures = { requests, heapBytes: heapUsed, externalBytes: external };
  process.send?.(figures);
});
process.once('SIGTERM', () => {
  void agent.close().then(() => process.exit(0));
});
process.send?.({ ready: 1 });
