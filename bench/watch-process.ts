import { openKube } from '../agent/kube/client.ts';
import { openConnection } from '../agent/kube/connection.ts';
import { deployments } from './edits.ts';

/** What the process answers to any message. */
export interface WatchFigures {
  readonly events: number;
  /** Of this process, in user and kernel mode. */
  readonly cpuSeconds: number;
}

/** A bare watch of all Deployments, in a process of its own: events are parsed and forgotten. */
const { SERVER: server = '', CA: caPem = '', TOKEN: token = '' } = process.env;
const kube = openKube(await openConnection({ type: 'explicit', server, caPem, token }));
let events = 0;
kube.watch(
  deployments.resource,
  {},
  {
    onSynced: () => process.send?.({ ready: true }),
    onObject: () => {
      events += 1;
    },
    onDeleted: () => undefined,
    onProblem: () => undefined,
  },
);
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  const figures: WatchFigures = { events, cpuSeconds: (user + system) / 1e6 };
  process.send?.(figures);
});
process.once('SIGTERM', () => process.exit(0));
