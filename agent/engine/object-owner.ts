import type { ApplicationPolicy } from '../../core/desired.ts';
import type { DriftEnd } from '../../core/drift.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import type { ObjectRef } from '../../core/object-ref.ts';
import type { Permission } from '../plan/plan-application.ts';

/** An object's work, as its application needs it to answer. */
export interface OwnedWork {
  readonly key: string;
  readonly ref: ObjectRef;
  settleLater(live: KubeObject | undefined): void;
}

/** What an object asks of its application. */
export interface ObjectOwner {
  readonly application: string;
  /** Whether what differs may be written now. */
  permissionOf(work: OwnedWork): Permission;
  /** `marked`: it must carry our marks. `bare`: it is only observed, as others made it. */
  readonly marks: 'marked' | 'bare';
  readonly desired: ApplicationPolicy;
  /** What a write of ours means for a drift of this object. */
  driftEndOf(key: string): DriftEnd;
  /** It is as desired now. */
  onSettled(key: string): void;
  /** Something about it changed that the application's status shows. */
  onChanged(): void;
  onFailed(): void;
  /** Something moved: it has to be settled now, or in its place in the sync that is under way. */
  onSuspect(work: OwnedWork, live: KubeObject | undefined): void;
  /** Something of what left Git became known. */
  onLeftover(): void;
}
