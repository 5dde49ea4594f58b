import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { Log } from '../../core/log.ts';
import type { Problem } from '../../core/problem.ts';
import type { NamedToken } from '../access/api-tokens.ts';
import type { Repository } from '../credentials/describe-repositories.ts';
import type { RepositoryTest } from '../credentials/describe-test.ts';
import type { ReceiverState, TestResult } from '../incident/receiver-state.ts';
import type { ControlPort, StorePort } from '../ports.ts';
import type { QueryPort } from '../session/query-port.ts';

/** What the API may ask of those who alert people. */
export interface NotificationsPort {
  /** Of every receiver that there is. */
  states(): readonly ReceiverState[];
  /** Secrets that are missing, each at its line. */
  problems(): readonly Problem[];
  /** Sends a test to all receivers of a Notification. Throws AppError `not-found`. */
  test(notification: string): Promise<readonly TestResult[]>;
}

/** What the API may ask of the repositories that the hub reads. */
export interface RepositoriesPort {
  list(): Promise<readonly Repository[]>;
  /** Goes the way to a repository step by step; nothing is fetched or kept. Throws AppError `invalid` for no URL. */
  test(url: string, signal?: AbortSignal): Promise<RepositoryTest>;
}

/** What the hub counted since its start, by outcome. */
export interface FiguresPort {
  readonly fetches: ReadonlyMap<string, number>;
  readonly renders: ReadonlyMap<string, number>;
  readonly passes: ReadonlyMap<string, number>;
  /** By receiver type and result: `slack delivered`. */
  readonly deliveries: ReadonlyMap<string, number>;
  readonly lastPassDurationMs: number;
}

/** What every route may use. */
export interface ApiContext {
  readonly store: StorePort;
  readonly control: ControlPort;
  readonly queries: QueryPort;
  readonly notifications: NotificationsPort;
  readonly repositories: RepositoriesPort;
  readonly figures: FiguresPort;
  /** Bearer tokens of the administrator. */
  readonly tokens: readonly string[];
  /** Everybody else's, as they are now. */
  readonly people?: () => readonly NamedToken[];
  /** A token that may read the metrics and nothing else. */
  readonly metricsToken?: string;
  /** The secret that Git hosts share with the hub; without one, webhooks need a bearer token. */
  readonly webhookSecret?: string;
  /** The URL of the fleet repository, to tell its state from that of other sources. */
  readonly fleetRepository?: string;
  /** The hub's. */
  readonly version: string;
  readonly clock: { now(): Date };
  readonly log: Log;
}

export type Api = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;
