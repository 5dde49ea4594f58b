import { type Health, worseHealth } from '../../core/health.ts';
import { displayRef, type ObjectRef } from '../../core/object-ref.ts';

export interface MemberHealth {
  readonly ref: ObjectRef;
  readonly presence: 'live' | 'missing' | 'unknown';
  /** Absent for kinds that have no health. */
  readonly health?: Health;
  /** False for objects annotated `argocd.argoproj.io/ignore-healthcheck`. */
  readonly counts: boolean;
}

const shown = 3;

/**
 * The worst of the members, as Argo CD rolls it up: a missing member doesn't make an application worse, but with
 * nothing live at all it is `Missing`; kinds without health don't count (argo-cd, controller/health.go).
 */
export function applicationHealth(members: readonly MemberHealth[]): Health {
  const counted = members.filter((member) => member.counts);
  if (counted.length > 0 && counted.every((member) => member.presence === 'missing')) {
    return { status: 'Missing', reason: 'NothingLive', message: 'nothing of it is live' };
  }
  let worst: Health = { status: 'Healthy', message: '' };
  for (const member of counted) {
    if (member.health !== undefined && member.presence === 'live') worst = worseHealth(worst, member.health);
  }
  if (worst.status === 'Healthy') return worst;
  const causes = counted.filter((member) => member.health?.status === worst.status);
  const { status, reason } = worst;
  return { status, ...(reason === undefined ? {} : { reason }), message: causesOf(causes) };
}

function causesOf(causes: readonly MemberHealth[]): string {
  const named = causes.slice(0, shown).map((cause) => {
    const reason = cause.health?.message ?? '';
    return reason === '' ? displayRef(cause.ref) : `${displayRef(cause.ref)}: ${reason}`;
  });
  const more = causes.length - named.length;
  return `${named.join('; ')}${more > 0 ? ` and ${more} more` : ''}`;
}
