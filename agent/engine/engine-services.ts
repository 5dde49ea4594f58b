import type { Digest } from '../../core/digest.ts';
import type { Drift } from '../../core/drift.ts';
import type { Guard } from '../../core/guard.ts';
import type { Manifest } from '../../core/kube-object.ts';
import type { Log } from '../../core/log.ts';
import type { ObjectRef } from '../../core/object-ref.ts';
import type { Report } from '../../core/session.ts';
import type { FairLimiter } from '../apply/fair-limiter.ts';
import type { Subscribe } from '../apply/hook-events.ts';
import type { InventoryStore } from '../apply/inventory-store.ts';
import type { KeptDocuments } from '../observe/kept-documents.ts';
import type { WatchSet } from '../observe/watch-set.ts';
import type { Confirmation } from '../plan/prune-gates.ts';
import type { Baseline, KubePort, PeoplePort } from '../ports.ts';
import type { Activity } from './activity.ts';
import type { EngineClock } from './engine-clock.ts';
import type { FirstLook } from './first-look.ts';
import type { HealBudget } from './heal-budget.ts';
import type { HealthRules } from './health-rules.ts';
import type { HoldBook } from './hold-book.ts';
import type { OutOfSight } from './out-of-sight.ts';
import type { PodReader } from './pod-reader.ts';
import type { ResourceCatalog } from './resource-catalog.ts';
import type { SyncRecord } from './sync-record.ts';

export interface KeptManifests {
  readonly manifests: readonly Manifest[];
}

/** One object of one application, for whoever only has to know that it is there. */
export interface KnownObject {
  readonly application: string;
  readonly ref: ObjectRef;
  /** Absent for what left Git. */
  readonly prepared: object | undefined;
}

/** What every part of the engine works with; made once by `openEngine`. */
export interface EngineServices {
  readonly kube: KubePort;
  readonly clock: EngineClock;
  readonly random: () => number;
  readonly log: Log;
  readonly namespace: string;
  readonly guard: Guard;
  readonly report: (report: Report) => void;
  readonly seal: (text: string) => Digest;
  readonly activity: Activity;
  readonly limiter: FairLimiter;
  readonly firstLook: FirstLook;
  readonly catalog: ResourceCatalog;
  readonly podReader: Pick<PodReader, 'read'>;
  readonly healthRules: HealthRules;
  readonly inventory: InventoryStore;
  readonly watches: WatchSet;
  readonly outOfSight: OutOfSight;
  readonly baselines: KeptDocuments<Baseline>;
  readonly syncs: KeptDocuments<SyncRecord>;
  readonly drifts: KeptDocuments<Drift>;
  readonly holds: HoldBook;
  readonly healBudget: HealBudget;
  /** Absent where no admission reviews are taken: no person is ever named then, and nothing is followed for it. */
  readonly people?: PeoplePort;
  /** What an application wants run around its deletion, from while it was in Git. */
  readonly deletionHooks: KeptDocuments<KeptManifests>;
  readonly subscribeObject: Subscribe;
  readonly confirmations: KeptDocuments<Confirmation>;
  /** Every object of every application. */
  readonly works: () => readonly KnownObject[];
  /** Whether a mark of this owner on this object still counts: it declares it, or it isn't known here. */
  readonly respectsOwner: (owner: string, key: string) => boolean;
  /** Says whose mark a live object of ours carries. */
  readonly yieldTo: (owner: string, key: string) => void;
  /** The namespaces that are known to be there, or that somebody declares. */
  readonly knownNamespaces: Set<string>;
}
