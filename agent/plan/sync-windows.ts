import { Cron } from 'croner';
import { formatDuration } from '../../core/duration.ts';
import type { Gate } from '../../core/gate.ts';
import type { SyncWindow } from '../../core/sync-window.ts';

export interface WindowFacts {
  readonly application: string;
  readonly project: string;
  /** Those that are for the application. */
  readonly windows: readonly SyncWindow[];
  readonly asked: 'by-git' | 'by-person';
  /** `ongoing`: for a sync that was let begin before. */
  readonly sync: 'new' | 'ongoing';
  readonly nowMs: number;
}

export interface WindowVerdict {
  /** What keeps it from being written to; absent: nothing. */
  readonly gate?: Gate;
  /** When a window opens or closes next, ms since 1970; absent: never. */
  readonly changesAtMs?: number;
}

/**
 * Whether an application may be written to by its windows. As Argo CD (SyncWindows.CanSync): an open denial holds it; so
 * does having allowances of which none is open. A person may sync against windows that all have `manualSync`, and a sync
 * that had begun goes on against windows that all have `syncOverrun`.
 */
export function judgeWindows(facts: WindowFacts): WindowVerdict {
  const { windows, nowMs } = facts;
  const states = windows.map((window) => stateOf(window, nowMs));
  const changes = states.flatMap(({ changesAtMs }) => changesAtMs ?? []);
  const next = changes.length === 0 ? {} : { changesAtMs: Math.min(...changes) };
  const denials = states.filter(({ window, isOpen }) => window.kind === 'deny' && isOpen);
  const allowances = states.filter(({ window }) => window.kind === 'allow');
  const isShut = allowances.length > 0 && !allowances.some(({ isOpen }) => isOpen);
  const blocking = denials.length > 0 ? denials : isShut ? allowances : [];
  if (blocking.length === 0) return next;
  if (facts.sync === 'ongoing' && blocking.every(({ window }) => window.syncOverrun === true)) return next;
  const byHand = blocking.every(({ window }) => window.manualSync);
  if (byHand && facts.asked === 'by-person') return next;
  return { ...next, gate: gateOf(facts, blocking, byHand ? 'by-hand' : 'never') };
}

interface WindowState {
  readonly window: SyncWindow;
  readonly isOpen: boolean;
  /** When it opens next, or closes. */
  readonly changesAtMs?: number;
}

/** Open from each time of its schedule for its duration; where these overlap, as long as any of them lasts. */
function stateOf(window: SyncWindow, nowMs: number): WindowState {
  const cron = new Cron(window.schedule, { timezone: window.timeZone, paused: true });
  const startedAfter = (ms: number): number | undefined => cron.nextRun(new Date(ms))?.getTime();
  const first = startedAfter(nowMs - window.durationMs);
  if (first === undefined) return { window, isOpen: false };
  if (first > nowMs) return { window, isOpen: false, changesAtMs: first };
  return { window, isOpen: true, changesAtMs: closesAt(first, window.durationMs, startedAfter) };
}

/** Longest run of overlapping openings that is followed; the rest is found out when that has passed. */
const followedOpenings = 64;

function closesAt(
  first: number,
  durationMs: number,
  startedAfter: (ms: number) => number | undefined,
): number {
  let end = first + durationMs;
  let last = first;
  for (let count = 0; count < followedOpenings; count += 1) {
    const next = startedAfter(last);
    if (next === undefined || next > end) break;
    last = next;
    end = next + durationMs;
  }
  return end;
}

function gateOf(
  { application, project }: WindowFacts,
  blocking: readonly WindowState[],
  manual: 'by-hand' | 'never',
): Gate {
  const isDenial = blocking.some(({ window }) => window.kind === 'deny');
  const times = blocking.flatMap(({ changesAtMs }) => changesAtMs ?? []);
  // A denial holds until the last of them closes, an allowance that is shut until the first one opens.
  const untilMs = isDenial ? Math.max(...times) : Math.min(...times);
  const named = blocking.map(({ window }) => describe(window)).join('; ');
  const wait = times.length === 0 ? `Change the syncWindows of project ${project}` : 'Wait';
  const byHand = `sync it by hand, which the window lets pass: fairlead app sync ${application}`;
  return {
    kind: 'window',
    reason: isDenial
      ? `project ${project} denies syncs now (${named})`
      : `project ${project} allows syncs only in its windows (${named})`,
    owner: `project ${project}`,
    ...(times.length === 0 ? {} : { until: new Date(untilMs).toISOString() }),
    remedy: manual === 'by-hand' ? `${wait}, or ${byHand}` : `${wait}, or change its syncWindows`,
  };
}

function describe({ schedule, durationMs, timeZone, description }: SyncWindow): string {
  const times = `${schedule} for ${formatDuration(durationMs)}, ${timeZone}`;
  return description === undefined || description === '' ? times : `${description}: ${times}`;
}
