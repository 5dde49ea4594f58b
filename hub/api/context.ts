import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { Log } from '../../core/log.ts';
import type { ControlPort, StorePort } from '../ports.ts';

/** What every route may use. */
export interface ApiContext {
  readonly store: StorePort;
  readonly control: ControlPort;
  /** Bearer tokens that are accepted. */
  readonly tokens: readonly string[];
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
