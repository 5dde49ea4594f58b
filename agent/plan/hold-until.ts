import { formatDuration } from '../../core/duration.ts';
import type { Gate } from '../../core/gate.ts';
import { displayRef, type ObjectRef } from '../../core/object-ref.ts';

/** On an object or a Namespace: a time (RFC 3339) until which nothing is written there. Set with kubectl, also while the hub is away. */
export const holdAnnotation = 'fairlead.dev/hold-until';

/** The annotation as it was met. Another text is another hold. */
export interface LocalHold {
  readonly text: string;
  /** ISO 8601, the agent's clock: its longest time counts from here. */
  readonly seenAt: string;
}

export type HoldVerdict =
  | { readonly type: 'over' }
  /** `capped`: it asks for more than the guard gives. `unreadable`: it is no time, so it gets all that the guard gives. */
  | { readonly type: 'holds'; readonly untilMs: number; readonly words: 'asked' | 'capped' | 'unreadable' };

/**
 * How long a hold counts: to its own time, but never longer than the guard's maximum after it was seen. What can't be
 * read holds for that maximum too: a responder's fix is not lost for a slip of the pen.
 */
export function judgeHold(hold: LocalHold, maxHoldMs: number, nowMs: number): HoldVerdict {
  const longestMs = Math.min(Date.parse(hold.seenAt), nowMs) + maxHoldMs;
  const askedMs = parseTime(hold.text);
  const untilMs = askedMs === undefined ? longestMs : Math.min(askedMs, longestMs);
  if (untilMs <= nowMs) return { type: 'over' };
  if (askedMs === undefined) return { type: 'holds', untilMs, words: 'unreadable' };
  return { type: 'holds', untilMs, words: askedMs > longestMs ? 'capped' : 'asked' };
}

/** RFC 3339, with seconds or without. */
const timePattern = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[+-]\d{2}:\d{2})$/;

function parseTime(text: string): number | undefined {
  if (!timePattern.test(text)) return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}

/** How a hold is shown on each application that it touches. */
export function holdGate(
  ref: ObjectRef,
  hold: LocalHold,
  verdict: Extract<HoldVerdict, { type: 'holds' }>,
  maxHoldMs: number,
): Gate {
  const isNamespace = ref.group === '' && ref.kind === 'Namespace';
  const left = isNamespace ? 'nothing in it is written' : 'it is left as it is';
  const place = ref.namespace === '' ? '' : `-n ${ref.namespace} `;
  return {
    kind: 'hold',
    reason: `${displayRef(ref)} carries ${holdAnnotation}: ${hold.text}, so ${left}${remark(verdict, maxHoldMs)}`,
    owner: 'kubectl',
    since: hold.seenAt,
    until: new Date(verdict.untilMs).toISOString(),
    remedy: `Wait, or end it: kubectl annotate ${place}${ref.kind.toLowerCase()} ${ref.name} ${holdAnnotation}-`,
  };
}

function remark({ words }: Extract<HoldVerdict, { type: 'holds' }>, maxHoldMs: number): string {
  const most = formatDuration(maxHoldMs);
  if (words === 'capped') return `; this agent was installed to let it count for ${most} at most`;
  if (words === 'unreadable')
    return `; that is no time such as 2026-11-25T18:30:00Z, so it counts for ${most}`;
  return '';
}
