import type { Drift, Writer } from '../../core/drift.ts';
import type { Gate } from '../../core/gate.ts';
import { displayRef, formatRef, type ObjectRef } from '../../core/object-ref.ts';
import { writerText } from '../../core/writer-text.ts';
import { type Heat, heatAfterHeal } from './heal-heat.ts';

/** An object that was healed of late, and the parties that would have it different ways. */
export interface Fight {
  readonly ref: ObjectRef;
  readonly heat: Heat;
  /** Whose Git it was healed to of late, the last one first. More than one: they heal it of each other. */
  readonly healers: readonly Healer[];
  /** Whose changes were healed last; absent where nobody knows. */
  readonly writer?: Writer;
  /** What was healed last; none where the object was gone. */
  readonly fields: readonly string[];
}

interface Healer {
  readonly application: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Another application that healed it longer ago has no part in what goes on now. */
const lateMs = 60_000;

/** After one more heal, of this drift. */
export function fightAfterHeal(before: Fight | undefined, drift: Drift, now: number): Fight {
  const { ref, application, writer } = drift;
  const others = before?.healers.filter((each) => each.application !== application && now - each.at < lateMs);
  return {
    ref,
    heat: heatAfterHeal(before?.heat, now),
    healers: [{ application, at: now }, ...(others ?? [])].slice(0, 2),
    ...(writer === undefined ? {} : { writer }),
    fields: drift.fields.map(({ path }) => path),
  };
}

/** Names both parties and what they disagree on. */
export function fightGate(fight: Fight): Gate {
  const { ref, heat, healers } = fight;
  const application = healers[0]?.application ?? '';
  const other = otherParty(fight);
  const is = isGone(fight) ? 'is deleted' : 'is changed';
  return {
    kind: 'hold',
    id: `fight ${formatRef(ref)}`,
    reason: `${subjectOf(fight)} ${is} by ${other} as often as application ${application} heals it: it is left as it is for a while`,
    owner: 'fairlead',
    since: new Date(heat.at).toISOString(),
    until: new Date(heat.restsUntil).toISOString(),
    remedy: `Stop ${other}, or take ${isGone(fight) ? 'the object' : 'what it writes'} out of the Git of ${application}; a sync applies Git once: fairlead app sync ${application}`,
  };
}

function isGone({ fields }: Fight): boolean {
  return fields.length === 0;
}

/** `spec.replicas and 2 more fields of Deployment shop/web`. */
function subjectOf({ ref, fields }: Fight): string {
  const [first, ...others] = fields;
  if (first === undefined) return displayRef(ref);
  const more =
    others.length === 0 ? '' : ` and ${others.length} more ${others.length === 1 ? 'field' : 'fields'}`;
  return `${first}${more} of ${displayRef(ref)}`;
}

function otherParty({ healers, writer }: Fight): string {
  const [, other] = healers;
  if (other !== undefined) return `application ${other.application}`;
  return (writer === undefined ? undefined : writerText({ writer })) ?? 'an unknown writer';
}
