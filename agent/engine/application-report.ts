import type { Gate } from '../../core/gate.ts';
import { displayRef } from '../../core/object-ref.ts';
import type { ApplicationStatus, ObjectFailure } from '../../core/status.ts';
import { applicationStatus } from '../plan/application-status.ts';
import { isComplete } from '../plan/completion.ts';
import { objectFailure } from '../plan/remedies.ts';
import type { StatusFacts, StatusObject } from '../plan/status-facts.ts';
import type { ApplicationSync } from './application-sync.ts';
import type { ApplicationWork } from './application-work.ts';
import type { ObjectWork } from './object-work.ts';

/**
 * An application as it is reported, from what its work knows; that it is complete is noted down the first time that it
 * is. Equal states give equal reports.
 */
export function reportApplication(
  work: ApplicationWork,
  winnerOf: (key: string) => string | undefined,
): ApplicationStatus {
  const facts = factsOf(work, winnerOf);
  if (isComplete(facts)) work.sync.released(facts.digest);
  const { completedDigest, completedAt } = work.sync.record ?? {};
  return applicationStatus({
    ...facts,
    ...(completedDigest === undefined ? {} : { completedDigest }),
    ...(completedAt === undefined ? {} : { completedAt }),
  });
}

function factsOf(work: ApplicationWork, winnerOf: (key: string) => string | undefined): StatusFacts {
  const works = [...work.objects.values()];
  const removal = work.removal.progress;
  const { appliedDigest, appliedAt } = work;
  const { attempt } = work.sync;
  return {
    application: work.application,
    digest: work.digest,
    ...(appliedDigest === undefined ? {} : { appliedDigest }),
    ...(appliedAt === undefined ? {} : { appliedAt }),
    objects: works.map((object) => statusObject(object, work.sync)),
    drifts: works.flatMap((object) => object.drift.open ?? []),
    failures: failuresOf(work, works),
    warnings: work.prepared.warnings,
    gates: [...heldBy(work, works), ...work.gates, ...conflicts(work, works, winnerOf)],
    activity: activityOf(work),
    ...(attempt === undefined ? {} : { attempt }),
    ...(removal === undefined ? {} : { removal }),
  };
}

function heldBy(work: ApplicationWork, works: readonly ObjectWork[]): readonly Gate[] {
  const { permit, hooks } = work;
  const gates = permit.gatesOf([...works, ...hooks.unbegun].map(({ ref }) => ref));
  return isHeldUp(work, works) ? gates : gates.filter(({ kind }) => kind !== 'window');
}

/** Whether there is anything that would be written by itself: a window that is shut says nothing of what is as it should be. */
function isHeldUp({ desired, sync }: ApplicationWork, works: readonly ObjectWork[]): boolean {
  if (desired.mode === 'observe' || sync.isDue) return desired.mode !== 'observe';
  if (sync.pendingCount > 0 && !sync.isStopped) return true;
  const wouldGo = ({ prepared }: ObjectWork): boolean =>
    prepared === undefined ? desired.prune : desired.mode === 'heal';
  return works.some((work) => work.isSynced === false && wouldGo(work));
}

function activityOf(work: ApplicationWork): 'applying' | 'waiting' | 'idle' {
  if (work.isApplying) return 'applying';
  return work.isWaitingForSync || work.sync.end?.type === 'cancelled' ? 'waiting' : 'idle';
}

const ignoreHealth = 'argocd.argoproj.io/ignore-healthcheck';

function statusObject(work: ObjectWork, sync: ApplicationSync): StatusObject {
  // What a stopped attempt had not come to is not looked at either.
  const isLeft = sync.isStopped && sync.hasPending(work.key);
  const isSynced = work.isSynced ?? (isLeft ? false : undefined);
  const annotations = work.prepared?.annotations ?? {};
  return {
    ref: work.ref,
    sync: isSynced === undefined ? 'Unknown' : isSynced ? 'Synced' : 'OutOfSync',
    presence: work.presence,
    countsForHealth: work.prepared !== undefined && annotations[ignoreHealth] !== 'true',
    isWanted: work.prepared !== undefined,
    ...(work.health === undefined ? {} : { health: work.health }),
    ...((work.drift.open ?? work.baseline)?.verdict === 'approximate' ? { verdict: 'approximate' } : {}),
  };
}

function failuresOf(work: ApplicationWork, works: readonly ObjectWork[]): readonly ObjectFailure[] {
  const ofObjects = works.flatMap((object) => object.trouble.failure ?? []);
  const ofPass =
    work.blockedBy === undefined
      ? []
      : works.slice(0, 1).map(({ ref }) => objectFailure(ref, 'blocked', work.blockedBy ?? ''));
  const found = [
    ...work.prepared.failures,
    ...work.hooks.failures,
    ...ofObjects,
    ...work.removal.failures,
    ...ofPass,
  ];
  const { end } = work.sync;
  if (found.length > 0 || end?.type !== 'failed') return found;
  return works.slice(0, 1).map(({ ref }) => objectFailure(ref, 'sync-failed', end.message));
}

/** Objects that another application has: by its mark on the live object, or because it declares them too. */
function conflicts(
  work: ApplicationWork,
  works: readonly ObjectWork[],
  winnerOf: (key: string) => string | undefined,
): readonly Gate[] {
  const marked = works.flatMap(({ ref, foreignOwner }) =>
    foreignOwner === undefined ? [] : [conflict(displayRef(ref), foreignOwner)],
  );
  const claimed = [...work.prepared.objects.values()].flatMap(({ key, ref }) => {
    const winner = winnerOf(key);
    return winner === undefined || winner === work.application ? [] : [conflict(displayRef(ref), winner)];
  });
  return [...marked, ...claimed];
}

function conflict(object: string, owner: string): Gate {
  return {
    kind: 'conflict',
    reason: `${object} belongs to application ${owner}`,
    owner,
    remedy: `Remove it from one of the two applications in Git. If ${owner} is gone for good, remove the annotation fairlead.dev/tracking-id from the object`,
  };
}
