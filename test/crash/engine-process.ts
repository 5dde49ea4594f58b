/**
 * A process of its own with the real engine on a real state folder, so that it can be killed. It takes the place of the
 * agent without its session: what the hub would send comes from the parent process, and so do the points at which it dies.
 */
import { openEngine } from '../../agent/engine/engine.ts';
import type { EngineOperation } from '../../agent/engine/engine-api.ts';
import { openKube } from '../../agent/kube/client.ts';
import { openConnection } from '../../agent/kube/connection.ts';
import { guardKube } from '../../agent/kube/guard-kube.ts';
import { openState } from '../../agent/state/open-state.ts';
import { type DesiredApplication, encodeDesired } from '../../core/desired.ts';
import { digest } from '../../core/digest.ts';
import { openGuard } from '../../core/guard.ts';
import type { Report } from '../../core/session.ts';
import type { ClusterAccess } from '../clusters/kubeconfig.ts';
import { type KillPoint, KillSwitch, killableKube, killableState, type WriteCounts } from './kill-point.ts';

export interface EngineProcessOptions {
  readonly access: ClusterAccess;
  readonly stateDir: string;
  /** The agent's own namespace. */
  readonly namespace: string;
}

export type ToEngine =
  | {
      readonly type: 'want';
      readonly generation: number;
      readonly applications: readonly DesiredApplication[];
      readonly operations: readonly EngineOperation[];
      readonly kill?: KillPoint;
    }
  | { readonly type: 'when-idle'; readonly id: number };

export type FromEngine =
  | { readonly type: 'report'; readonly report: Report }
  | { readonly type: 'log'; readonly text: string }
  | { readonly type: 'idle'; readonly id: number; readonly counts: WriteCounts };

function tell(message: FromEngine): void {
  // A parent that is gone takes this process with it.
  process.send?.(message, undefined, undefined, (error) => {
    if (error !== null) process.exit(1);
  });
}

async function main(): Promise<void> {
  const options = JSON.parse(process.argv[2] ?? '') as EngineProcessOptions;
  const { server, caPem, token } = options.access;
  const killer = new KillSwitch();
  const state = await openState({ dir: options.stateDir });
  const kube = openKube(await openConnection({ type: 'explicit', server, caPem, token }));
  const log = (fields: object, text: string): void =>
    tell({ type: 'log', text: `${text} ${JSON.stringify(fields)}` });
  const engine = openEngine({
    kube: guardKube(killableKube(kube, killer), openGuard, options.namespace),
    state: killableState(state, killer),
    report: async (report) => tell({ type: 'report', report }),
    namespace: options.namespace,
    guard: openGuard,
    digestKey: new Uint8Array(32).fill(7),
    clock: {
      now: () => new Date(),
      setTimer(ms, fire) {
        const timer = setTimeout(fire, ms);
        return { cancel: () => clearTimeout(timer) };
      },
    },
    random: Math.random,
    log: { debug: log, info: log, warn: log, error: log },
  });
  process.on('disconnect', () => process.exit(0));
  process.on('message', (message: ToEngine) => {
    if (message.type === 'when-idle') {
      void engine.whenIdle().then(() => tell({ type: 'idle', id: message.id, counts: killer.counts }));
      return;
    }
    killer.arm(message.kill);
    engine.setDesired({
      generation: message.generation,
      applications: new Map(
        message.applications.map((desired) => [
          desired.application,
          { digest: digest(encodeDesired(desired)), desired },
        ]),
      ),
    });
    for (const operation of message.operations) engine.runOperation(operation);
  });
}

await main();
