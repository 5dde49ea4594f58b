import { displayRef } from '../../core/object-ref.ts';
import type { StatusFacts, StatusObject } from './status-facts.ts';

/** Objects that a sentence names. */
const shown = 3;

/**
 * Whether a release is complete: every object of this generation is applied and as healthy as what comes after it would
 * wait for. Kinds that may stay in progress for good don't count against it, and what left Git doesn't either.
 */
export function isComplete(facts: StatusFacts): boolean {
  const { digest, appliedDigest, removal, attempt } = facts;
  if (removal !== undefined || appliedDigest !== digest || facts.failures.length > 0) return false;
  if (attempt !== undefined && attempt.state !== 'succeeded') return false;
  return wantedOf(facts).every((object) => object.sync === 'Synced' && lackOf(object) === undefined);
}

/** What a release lacks, in a sentence: `9 of 12 applied; Deployment payments/web failed: …`. */
export function describeUnfinished(facts: StatusFacts): string {
  const wanted = wantedOf(facts);
  const applied = wanted.filter(({ sync }) => sync === 'Synced').length;
  const failed = facts.failures.map(({ ref, message }) => `${displayRef(ref)} failed: ${message}`);
  const failedRefs = new Set(facts.failures.map(({ ref }) => displayRef(ref)));
  const lacking = wanted.flatMap((object) => {
    const name = displayRef(object.ref);
    const lack = failedRefs.has(name) ? undefined : lackOf(object);
    return lack === undefined ? [] : [`${name} ${lack}`];
  });
  const all = [...failed, ...lacking];
  const more = all.length > shown ? [`${all.length - shown} more`] : [];
  const hooks = all.length === 0 && applied === wanted.length ? hooksLeft(facts) : [];
  return [`${applied} of ${wanted.length} applied`, ...all.slice(0, shown), ...more, ...hooks].join('; ');
}

function wantedOf({ objects }: StatusFacts): readonly StatusObject[] {
  return objects.filter(({ isWanted }) => isWanted);
}

/** Why an object keeps a release from being complete. */
function lackOf({ presence, health, countsForHealth }: StatusObject): string | undefined {
  if (presence === 'missing') return 'is missing';
  if (!countsForHealth || health === undefined || health.gating === false) return undefined;
  if (health.status === 'Healthy') return undefined;
  return `is ${health.status.toLowerCase()}${health.message === '' ? '' : `: ${health.message}`}`;
}

function hooksLeft({ attempt }: StatusFacts): readonly string[] {
  if (attempt === undefined || attempt.state === 'succeeded') return [];
  return ['its hooks are not through'];
}
