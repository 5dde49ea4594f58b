/**
 * How often one object was healed of late, after Config Sync's fight detector (engine reference §1.14): each heal adds
 * one, and what was added fades to 1/e in a minute.
 */
export interface Heat {
  readonly value: number;
  /** Of the last heal; milliseconds since 1970, like the other times. */
  readonly at: number;
  /** Rests in a row; each is twice as long as the one before. */
  readonly rests: number;
  /** Not healed before then. */
  readonly restsUntil: number;
}

/** Heals within about a minute, from which on somebody else is taken to write the object again and again. */
const fightHeat = 5;
const fadeMs = 60_000;
const firstRestMs = 60_000;
const longestRestMs = 30 * 60_000;

/** After one more heal. */
export function heatAfterHeal(before: Heat | undefined, now: number): Heat {
  const sinceMs = Math.max(0, now - (before?.at ?? now));
  const value = (before?.value ?? 0) * Math.exp(-sinceMs / fadeMs) + 1;
  const isQuiet = before === undefined || now - before.restsUntil > longestRestMs;
  const rests = isQuiet ? 0 : before.rests;
  if (value < fightHeat) return { value, at: now, rests, restsUntil: before?.restsUntil ?? 0 };
  const restMs = Math.min(longestRestMs, firstRestMs * 2 ** rests);
  return { value, at: now, rests: rests + 1, restsUntil: now + restMs };
}
