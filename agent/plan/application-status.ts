import type { Gate } from '../../core/gate.ts';
import type { Health } from '../../core/health.ts';
import type { ApplicationStatus, ObjectStatus, SyncCause, SyncStatus } from '../../core/status.ts';
import { applicationHealth, type MemberHealth } from '../health/application-health.ts';
import { describeUnfinished } from './completion.ts';
import { compareRefs } from './order.ts';
import type { StatusFacts, StatusObject } from './status-facts.ts';

/** The level that is reported: everything in a fixed order, so that equal facts give equal bytes. */
export function applicationStatus(facts: StatusFacts): ApplicationStatus {
  const { sync, cause } = syncOf(facts);
  const objects = [...facts.objects].sort((left, right) => compareRefs(left.ref, right.ref));
  return {
    application: facts.application,
    digest: facts.digest,
    sync,
    ...(cause === undefined ? {} : { cause }),
    ...(facts.appliedDigest === undefined ? {} : { appliedDigest: facts.appliedDigest }),
    ...(facts.appliedAt === undefined ? {} : { appliedAt: facts.appliedAt }),
    ...releaseOf(facts),
    health: applicationHealth(objects.map(memberOf)),
    objects: objects.map(statusOf),
    drifts: [...facts.drifts].sort((left, right) => compareRefs(left.ref, right.ref)),
    failures: [...facts.failures].sort((left, right) => compareRefs(left.ref, right.ref)),
    ...(facts.warnings.length === 0 ? {} : { warnings: facts.warnings }),
    gates: facts.gates,
    ...(facts.attempt === undefined ? {} : { attempt: facts.attempt }),
    ...(facts.removal === undefined ? {} : { removal: facts.removal }),
  };
}

/** Nothing is said of what nobody asked to be applied here, or of what is leaving. */
function releaseOf(
  facts: StatusFacts,
): Pick<ApplicationStatus, 'completedDigest' | 'completedAt' | 'unfinished'> {
  const { digest, completedDigest, completedAt, activity, removal } = facts;
  const isOpen = completedDigest !== digest && activity !== 'waiting' && removal === undefined;
  return {
    ...(completedDigest === undefined ? {} : { completedDigest }),
    ...(completedAt === undefined ? {} : { completedAt }),
    ...(isOpen ? { unfinished: describeUnfinished(facts) } : {}),
  };
}

const missing: Health = { status: 'Missing', message: 'it is not in the cluster' };

function statusOf({ ref, sync, presence, health, verdict }: StatusObject): ObjectStatus {
  const shown = presence === 'missing' ? missing : health;
  return {
    ref,
    sync,
    ...(shown === undefined ? {} : { health: shown }),
    ...(verdict === undefined || presence === 'missing' ? {} : { verdict }),
  };
}

/** The cause that a person can do something about comes first. */
function syncOf(facts: StatusFacts): { sync: SyncStatus; cause?: SyncCause } {
  if (facts.activity === 'applying') return { sync: 'OutOfSync', cause: 'applying' };
  if (facts.failures.length > 0) return { sync: 'OutOfSync', cause: 'failed' };
  if (facts.gates.some((gate) => !isPause(gate) || isDifferent(facts)))
    return { sync: 'OutOfSync', cause: 'gated' };
  if (facts.drifts.length > 0 || facts.objects.some((object) => object.sync === 'OutOfSync')) {
    return { sync: 'OutOfSync', cause: facts.activity === 'waiting' ? 'not-applied' : 'drifted' };
  }
  if (facts.objects.some((object) => object.sync === 'Unknown')) return { sync: 'Unknown' };
  return { sync: 'Synced' };
}

/** What pauses writing makes nothing differ by itself. */
function isPause({ kind }: Gate): boolean {
  return kind === 'hold' || kind === 'window';
}

function isDifferent({ drifts, objects }: StatusFacts): boolean {
  return drifts.length > 0 || objects.some((object) => object.sync !== 'Synced');
}

function memberOf(object: StatusObject): MemberHealth {
  return {
    ref: object.ref,
    presence: object.presence,
    counts: object.countsForHealth,
    ...(object.health === undefined ? {} : { health: object.health }),
  };
}
