import type { Hold } from '../../core/hold.ts';
import type { Log } from '../../core/log.ts';
import type { OperationRequest } from '../../core/operation.ts';
import type { DesiredSet, OutboxPort, StatePort } from '../ports.ts';
import type { QueryHandler } from '../session/query-handler.ts';
import type { HubState } from '../session/session.ts';
import type { AgentIdentity } from './agent-identity.ts';

/** What somebody asked for, as it arrives. */
export interface ReceivedOperation {
  readonly id: string;
  readonly application: string;
  readonly request: OperationRequest;
  readonly requestedBy: string;
}

export interface SessionOptions {
  readonly identity: AgentIdentity;
  readonly agentVersion: string;
  readonly state: StatePort;
  readonly outbox: OutboxPort;
  readonly clock: { now(): Date };
  /** In [0, 1). */
  readonly random: () => number;
  readonly log: Log;
  /** Called with the stored desired state at the start, where there is one, and with each complete generation. */
  readonly onInForce: (desired: DesiredSet) => void;
  /** Called once for each operation in the life of this process. */
  readonly onOperation: (operation: ReceivedOperation) => void;
  /** Called with the hub's holds of this cluster, all of them, whenever they change. */
  readonly onHolds: (holds: readonly Hold[]) => void;
  /** Called when an operation is to be ended: once for each connection that asks, also for one that never came. */
  readonly onCancel: (id: string) => void;
  readonly queries: QueryHandler;
  /** Called when the hub says that the cluster has left the fleet. */
  readonly onDismissed: () => void;
  /** Called when the connection or what is wrong with it changes. */
  readonly onHubState: (state: HubState) => void;
}
