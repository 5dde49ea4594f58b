import type { Log } from '../../core/log.ts';
import type { NotificationsPort } from '../api/context.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { count, type HubFigures } from '../figures.ts';
import { receiverOpener } from '../notify/open-receiver.ts';
import { secretProblems, secretsOf } from '../notify/secrets.ts';
import type { Connection, StorePort } from '../ports.ts';
import type { Timers } from '../timers.ts';
import { Dispatcher } from './dispatcher.ts';
import { Notifier } from './notifier.ts';

interface NotificationsOptions {
  readonly store: StorePort;
  readonly catalog: () => Catalog | undefined;
  readonly connections: () => ReadonlyMap<string, Connection>;
  /** The folder of secrets. */
  readonly secretsDir: string | undefined;
  readonly externalUrl: string | undefined;
  readonly pollIntervalMs: number;
  readonly figures: HubFigures;
  readonly clock: { now(): Date };
  readonly timers: Timers;
  readonly random: () => number;
  readonly log: Log;
}

/** Everything that alerts people, not yet started. */
export interface Notifications {
  readonly notifier: Notifier;
  readonly port: NotificationsPort;
}

/** A hub that hasn't ended a pass for so long isn't taken to live. */
const leastPatienceMs = 10 * 60_000;

export function createNotifications(options: NotificationsOptions): Notifications {
  const { store, figures, clock, externalUrl } = options;
  const readSecret = secretsOf(options.secretsDir);
  const startedAt = clock.now().getTime();
  const patienceMs = Math.max(leastPatienceMs, 3 * options.pollIntervalMs);
  const dispatcher = new Dispatcher({
    ...options,
    openReceiver: receiverOpener({ readSecret, externalUrl, clock }),
    onResult: (type, result) => count(figures.deliveries, `${type} ${result}`),
    isAlive: () => clock.now().getTime() - Math.max(figures.lastPassEndedAt, startedAt) < patienceMs,
  });
  const notifier = new Notifier({
    ...options,
    store,
    dispatcher,
    checkSecrets: (documents) => secretProblems(documents, readSecret),
  });
  return {
    notifier,
    port: {
      states: () => dispatcher.states(),
      problems: () => notifier.problems(),
      test: (name) => dispatcher.test(name),
    },
  };
}
