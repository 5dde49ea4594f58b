import { formatDuration } from './duration.ts';
import { defaultMaxHoldMs, type Guard, mayDryRun } from './guard.ts';

/** What an agent was installed for, limit by limit; `no limits of its own` where there is none. */
export function describeGuard(guard: Guard): readonly string[] {
  const { namespaces, kinds, maxPrune, maxHoldMs } = guard;
  const limits = [
    ...(guard.writes === 'allowed' ? [] : [describeObserving(guard)]),
    ...(namespaces === undefined ? [] : [`namespaces ${namespaces.join(', ')}`]),
    ...(guard.clusterScoped === 'never' ? ['nothing outside of namespaces'] : []),
    ...(kinds.allow === undefined ? [] : [`only ${kinds.allow.join(', ')}`]),
    ...(kinds.deny.length === 0 ? [] : [`never ${kinds.deny.join(', ')}`]),
    ...(maxPrune === undefined ? [] : [`deletes at most ${maxPrune} objects of an application at once`]),
    ...(guard.logs === 'never' ? ['reads no logs'] : []),
    ...(maxHoldMs === defaultMaxHoldMs ? [] : [describeMaxHold(maxHoldMs)]),
  ];
  return limits.length === 0 ? ['no limits of its own'] : limits;
}

function describeObserving(guard: Guard): string {
  return mayDryRun(guard) ? 'observes only, by dry-runs' : 'observes only, by reading';
}

function describeMaxHold(ms: number): string {
  return ms === 0 ? 'no holds by kubectl' : `holds by kubectl up to ${formatDuration(ms)}`;
}
