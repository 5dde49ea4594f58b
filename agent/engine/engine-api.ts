import type { Guard } from '../../core/guard.ts';
import type { Hold } from '../../core/hold.ts';
import type { Log } from '../../core/log.ts';
import type { OperationRequest } from '../../core/operation.ts';
import type { Report } from '../../core/session.ts';
import type { InspectedApplications } from '../inspect/inspector-options.ts';
import type { DesiredSet, KubePort, PeoplePort, StatePort } from '../ports.ts';
import type { EngineClock } from './engine-clock.ts';
import type { OrphanPace } from './orphan-scan.ts';

export interface EngineOptions {
  readonly kube: KubePort;
  readonly state: StatePort;
  /** Kept until the hub has it. */
  readonly report: (report: Report) => Promise<void>;
  /** The agent's own namespace, for the inventory. */
  readonly namespace: string;
  /** What it may touch; `kube` stands behind it. */
  readonly guard: Guard;
  /** 32 bytes for keyed digests of what must not be guessed: values of Secrets. */
  readonly digestKey: Uint8Array;
  readonly clock: EngineClock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly log: Log;
  /** How often each kind is looked through for objects that no inventory has; a day where it isn't given. */
  readonly leakSweepMs?: number;
  /** Who asked for writes, where that is heard of. */
  readonly people?: PeoplePort;
  /** How namespaces are looked through for orphans; daily where it isn't given. */
  readonly orphanPace?: OrphanPace;
}

/** Something a person asked for, as it reaches the engine. */
export interface EngineOperation {
  readonly id: string;
  readonly application: string;
  readonly request: OperationRequest;
  readonly requestedBy: string;
}

/** Keeps a cluster as desired, and tells of what differs. Needs nothing of the hub while it works. */
export interface Engine extends InspectedApplications {
  /** A new complete desired state; the newest wins, and work on an older one ends soon. */
  setDesired(desired: DesiredSet): void;
  /** The hub's holds of this cluster, all of them. They are kept on disk, and in force across restarts and without the hub. */
  setHolds(holds: readonly Hold[]): void;
  /** Carries out what a person asked for and reports how it goes. */
  runOperation(operation: EngineOperation): void;
  /** Ends an operation, also one that isn't known here; what it had done stays. One that has its result keeps it. */
  cancelOperation(id: string): void;
  /** What is wrong around the engine (the hub, the claim of the cluster), in sentences: told in the cluster's status beside what is wrong with the cluster. */
  setProblems(problems: readonly string[]): void;
  /** Resolves when there is nothing left to do now: no queued work, every watch synced. Retries and waits for health don't count. */
  whenIdle(): Promise<void>;
  /** Ends the watches and keeps what is to be remembered. */
  close(): Promise<void>;
}
