/**
 * What the agent may do for an application. `observe`: report only. `sync`: apply what Git says; report drift and
 * leave it. `heal`: also correct drift.
 */
export type Mode = 'observe' | 'sync' | 'heal';

export const modes: readonly Mode[] = ['observe', 'sync', 'heal'];

/** The most restrictive of several modes wins; without any, `heal`. */
export function strictestMode(candidates: readonly Mode[]): Mode {
  return modes.find((mode) => candidates.includes(mode)) ?? 'heal';
}
