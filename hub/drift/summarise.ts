import { commitName } from '../../core/commit.ts';
import type { Gate } from '../../core/gate.ts';
import type { Health } from '../../core/health.ts';
import { formatLocation, formatProblem } from '../../core/problem.ts';
import type { ApplicationStatus, SyncCause, SyncStatus } from '../../core/status.ts';
import { formatAge, formatMoment, type Viewer } from '../../core/time-text.ts';
import type { ApplicationRecord } from '../ports.ts';
import { describeDrift, describeMode, describeObject } from './describe-drift.ts';

/** How it looks: never the only carrier of a meaning, and `unknown` is never shown as `calm`. */
export type Tone = 'calm' | 'moving' | 'attention' | 'broken' | 'unknown';

/** Whether a cluster's agent is heard now. */
export type Link =
  | { readonly type: 'connected' }
  /** `since` is the last contact, ISO 8601; absent where there never was one. */
  | { readonly type: 'silent'; readonly since?: string };

/** The state of one application on one cluster, in the words that CLI, UI, API and alerts share. */
export interface Summary {
  readonly sync: SyncStatus;
  /** Why it isn't `Synced`, for filters. */
  readonly cause?: SyncCause | 'silent' | 'frozen' | 'not-reported';
  /** The cause as people read it: `applying (12 of 30)`, `agent silent since 14:02:11`. */
  readonly because?: string;
  readonly health: Health;
  /** Everything that matters, in one sentence. */
  readonly sentence: string;
  readonly tone: Tone;
}

/** What is said of an application apart from its sentence's subject. */
type Verdict = Omit<Summary, 'sentence'> & { readonly predicate: string };

/**
 * Sums up what the hub decided and what the agent reported. The first that holds wins: leaving Git, refused, frozen,
 * agent silent, no report yet, gated, failed, applying, drifted, not applied, and only then how healthy it is.
 */
export function summarise(
  record: ApplicationRecord,
  status: ApplicationStatus | undefined,
  link: Link,
  viewer: Viewer,
): Summary {
  const { predicate, ...verdict } = judge(record, status, link, viewer);
  const subject = record.cluster === '' ? record.name : `${record.cluster}/${record.name}`;
  const sentence = `${subject} ${predicate}`.replaceAll(/\s+/g, ' ').replace(/[.\s]*$/, '.');
  return { ...verdict, sentence };
}

function judge(
  record: ApplicationRecord,
  status: ApplicationStatus | undefined,
  link: Link,
  viewer: Viewer,
): Verdict {
  if (record.removal !== undefined) return leaving(record, status, record.removal);
  const refusal = record.gates.find((gate) => gate.kind === 'refusal');
  if (refusal !== undefined) return refused(refusal, status);
  const frozen = record.gates.find((gate) => gate.kind === 'frozen');
  if (frozen !== undefined) return isFrozen(record, frozen, status);
  if (link.type === 'silent') return silent(record, status, link.since, viewer);
  const gate = record.gates[0] ?? status?.gates[0];
  if (gate !== undefined) return gated(gate, status, viewer);
  if (status === undefined) return unreported(record);
  if (status.digest !== record.digest) return moving(record, status);
  return reported(record, status, viewer);
}

function leaving(
  record: ApplicationRecord,
  status: ApplicationStatus | undefined,
  removal: 'delete' | 'release',
): Verdict {
  const gate = status?.gates[0];
  const deed = removal === 'delete' ? 'are being deleted' : 'are being released, left as they are';
  const health = status?.health ?? unknownHealth('nothing reported yet');
  if (gate === undefined) {
    return {
      sync: 'OutOfSync',
      cause: 'applying',
      because: 'leaving',
      health,
      tone: 'moving',
      predicate: `left Git: its objects ${deed}`,
    };
  }
  const wanted = removal === 'delete' ? 'deleting its objects' : 'releasing its objects';
  const predicate = `left Git, but ${wanted} is held by ${holderOf(gate)}: ${reasonOf(gate)}`;
  return {
    sync: 'OutOfSync',
    cause: 'gated',
    because: `gated: ${record.removal}`,
    health,
    tone: 'attention',
    predicate,
  };
}

function refused(gate: Gate, status: ApplicationStatus | undefined): Verdict {
  const health = status?.health ?? unknownHealth('refused, so nothing runs');
  return {
    sync: 'OutOfSync',
    cause: 'gated',
    because: 'refused',
    health,
    tone: 'attention',
    predicate: `refused: ${reasonOf(gate)}`,
  };
}

function isFrozen(record: ApplicationRecord, gate: Gate, status: ApplicationStatus | undefined): Verdict {
  const kept = record.commit === undefined ? 'nothing was applied before' : `it keeps ${shortCommit(record)}`;
  return {
    sync: 'Unknown',
    cause: 'frozen',
    because: `frozen: ${gate.reason}`,
    health: status?.health ?? unknownHealth('nothing reported yet'),
    tone: 'unknown',
    predicate: `is frozen: ${reasonOf(gate)}; ${kept}`,
  };
}

function silent(
  record: ApplicationRecord,
  status: ApplicationStatus | undefined,
  since: string | undefined,
  viewer: Viewer,
): Verdict {
  const because =
    since === undefined
      ? `agent of ${record.cluster} has never connected`
      : `agent silent since ${formatMoment(since, viewer)}`;
  const age = since === undefined ? '' : ` (${formatAge(since, viewer.now)})`;
  const last = status === undefined ? '' : `; it was ${status.sync} and ${status.health.status} then`;
  return {
    sync: 'Unknown',
    cause: 'silent',
    because,
    health: unknownHealth(because),
    tone: 'unknown',
    predicate: `is unknown: ${because}${age}${last}`,
  };
}

function gated(gate: Gate, status: ApplicationStatus | undefined, viewer: Viewer): Verdict {
  const until = gate.until === undefined ? '' : ` until ${formatMoment(gate.until, viewer)}`;
  // A hold on what is as in Git makes nothing differ.
  const state =
    gate.kind === 'hold' && status?.sync === 'Synced'
      ? { sync: status.sync }
      : ({ sync: 'OutOfSync', cause: 'gated' } as const);
  return {
    ...state,
    because: `gated: ${gate.kind}`,
    health: status?.health ?? unknownHealth('nothing reported yet'),
    tone: 'attention',
    predicate: `is held by ${holderOf(gate)}${until}: ${reasonOf(gate)}`,
  };
}

function unreported(record: ApplicationRecord): Verdict {
  const health = unknownHealth('nothing reported yet');
  const problem = record.problems[0];
  if (record.digest === undefined) {
    const why = problem === undefined ? 'it has not been rendered yet' : formatProblem(problem);
    return {
      sync: 'Unknown',
      cause: 'not-reported',
      because: why,
      health,
      tone: 'unknown',
      predicate: `has no desired state: ${why}`,
    };
  }
  const because = 'applying (nothing reported yet)';
  return {
    sync: 'OutOfSync',
    cause: 'applying',
    because,
    health,
    tone: 'moving',
    predicate: `is applying ${shortCommit(record)}: nothing reported yet`,
  };
}

function moving(record: ApplicationRecord, status: ApplicationStatus): Verdict {
  return {
    sync: 'OutOfSync',
    cause: 'applying',
    because: 'applying',
    health: status.health,
    tone: 'moving',
    predicate: `is moving to ${shortCommit(record)}${also(status)}`,
  };
}

/** The agent speaks of the very state that Git asks for. */
function reported(record: ApplicationRecord, status: ApplicationStatus, viewer: Viewer): Verdict {
  if (status.sync === 'Synced') return synced(record, status, viewer);
  if (status.sync === 'Unknown') return incomparable(status);
  const cause = status.cause ?? 'not-applied';
  const base = { sync: status.sync, cause, health: status.health } as const;
  const commit = shortCommit(record);
  if (cause === 'failed') {
    const predicate = `failed to apply ${commit}${appliedShare(status)}: ${firstFailure(record, status)}`;
    return { ...base, because: 'failed', tone: 'broken', predicate };
  }
  if (cause === 'applying') {
    const because = `applying (${progress(status)})`;
    return { ...base, because, tone: 'moving', predicate: `is applying ${commit} (${progress(status)})` };
  }
  if (cause === 'drifted') {
    const predicate = `${runs(record, status, viewer)}, ${drifts(record, status, viewer)}`;
    return {
      ...base,
      because: 'drifted',
      tone: status.health.status === 'Degraded' ? 'broken' : 'attention',
      predicate,
    };
  }
  if (cause === 'gated')
    return { ...base, because: 'gated', tone: 'attention', predicate: `is held back from ${commit}` };
  const differing = status.objects.filter((object) => object.sync !== 'Synced').length;
  const predicate = `has not applied ${commit}: ${differing} of ${status.objects.length} objects differ; ${describeMode(record.mode, differing)}`;
  return { ...base, because: 'not applied', tone: 'attention', predicate };
}

function synced(record: ApplicationRecord, status: ApplicationStatus, viewer: Viewer): Verdict {
  const base = { sync: 'Synced', health: status.health } as const;
  const start = runs(record, status, viewer);
  const drifted = status.drifts.length === 0 ? '' : `, ${drifts(record, status, viewer)}`;
  const { status: health, message } = status.health;
  if (health === 'Healthy' || health === 'Suspended') {
    const word = health === 'Healthy' ? 'healthy' : 'suspended';
    return {
      ...base,
      tone: drifted === '' ? 'calm' : 'attention',
      predicate: `${start}${drifted || ` and is ${word}`}`,
    };
  }
  const why = message === '' ? '' : `: ${message}`;
  return {
    ...base,
    tone: healthTone[health],
    predicate: `${start}, ${health.toLowerCase()}${why}${drifted}`,
  };
}

const healthTone = {
  Progressing: 'moving',
  Missing: 'broken',
  Degraded: 'broken',
  Unknown: 'unknown',
} as const;

function incomparable(status: ApplicationStatus): Verdict {
  const failure = status.failures[0];
  const why = failure?.message ?? (status.health.message || "the agent can't read the cluster");
  return {
    sync: 'Unknown',
    ...(status.cause === undefined ? {} : { cause: status.cause }),
    because: why,
    health: status.health,
    tone: 'unknown',
    predicate: `can't be compared: ${why}`,
  };
}

function runs(record: ApplicationRecord, status: ApplicationStatus, viewer: Viewer): string {
  const age = status.appliedAt === undefined ? '' : ` (${formatAge(status.appliedAt, viewer.now)})`;
  return `runs ${shortCommit(record)}${age}`;
}

function drifts(record: ApplicationRecord, status: ApplicationStatus, viewer: Viewer): string {
  const count = status.drifts.length;
  const [newest] = status.drifts.toSorted((left, right) => (left.observedAt < right.observedAt ? 1 : -1));
  if (newest === undefined) return `drifted; ${describeMode(record.mode, 2)}`;
  const number = count === 1 ? '1 drift' : `${count} drifts, the newest`;
  return `${number}: ${describeDrift(newest, record.namespace, viewer)}; ${describeMode(record.mode, count)}`;
}

function firstFailure(record: ApplicationRecord, status: ApplicationStatus): string {
  const [first, ...others] = status.failures;
  if (first === undefined) return status.health.message || 'no reason given';
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  return `${describeObject(first.ref, record.namespace)}: ${first.message}${more}`;
}

/** How much of it is applied, where the agent says that it lacks something. */
function appliedShare(status: ApplicationStatus): string {
  return status.unfinished === undefined ? '' : ` (${progress(status)} applied)`;
}

function progress(status: ApplicationStatus): string {
  const done = status.objects.filter((object) => object.sync === 'Synced').length;
  return `${done} of ${status.objects.length}`;
}

function also(status: ApplicationStatus): string {
  return status.health.status === 'Degraded' ? `, degraded: ${status.health.message}` : '';
}

function reasonOf(gate: Gate): string {
  return gate.location === undefined ? gate.reason : `${gate.reason} (${formatLocation(gate.location)})`;
}

function holderOf(gate: Gate): string {
  if (gate.owner !== undefined) return gate.owner;
  if (gate.kind === 'brake') return 'the brake';
  if (gate.kind === 'decommission') return 'the decommission of its cluster';
  return gate.kind === 'guard' ? "the agent's guard" : `a ${gate.kind}`;
}

function shortCommit(record: ApplicationRecord): string {
  return record.commit === undefined ? 'its first commit' : commitName(record.commit);
}

function unknownHealth(message: string): Health {
  return { status: 'Unknown', message };
}
