import { shortName } from '../../core/digest.ts';
import type { NotificationDocument } from '../catalog/documents.ts';
import type { Condition, Incident, Route, Telling, Verdict } from './incident.ts';
import { type DueRoute, routesOf } from './routes.ts';

/** What a fold comes to, to be stored in one transaction. */
export interface IncidentChanges {
  /** New or changed. */
  readonly saved: readonly Incident[];
  /** Ids of those that ended before anybody was to be told. */
  readonly dropped: readonly string[];
  readonly tellings: readonly Telling[];
}

/** A key that opened so often within the hour flaps: it isn't resolved by its next good moment. */
const flappingOpenings = 3;
const flappingWindowMs = 3_600_000;
/** How long a flapping one must be away before it counts as over. */
const calmMs = 10 * 60_000;

/**
 * Leads from the incidents known to those that the verdicts ask for. `known` has the newest incident of each key, also
 * resolved ones of the last hour. Keys without a verdict stay as they are. `now` is ISO 8601.
 */
export function foldIncidents(
  known: ReadonlyMap<string, Incident>,
  verdicts: readonly Verdict[],
  documents: ReadonlyMap<string, NotificationDocument>,
  now: string,
): IncidentChanges {
  const saved: Incident[] = [];
  const dropped: string[] = [];
  const tellings: Telling[] = [];
  for (const verdict of verdicts) {
    const key = 'condition' in verdict ? verdict.condition.key : verdict.key;
    const before = known.get(key);
    const folded = foldVerdict(before, verdict, documents, now);
    for (const incident of folded.incidents) {
      saved.push(incident);
      const was = incident.id === before?.id ? before : undefined;
      tellings.push(...tellingsOf(was, incident, documents));
    }
    if (folded.dropped) dropped.push(folded.dropped);
  }
  return { saved, dropped, tellings };
}

/**
 * The moments at which an incident may change although nothing else does, ms since 1970, in their order: a wait or a calm
 * ends. They follow from the incident and the documents alone.
 */
export function momentsOf(
  incident: Incident,
  documents: ReadonlyMap<string, NotificationDocument>,
): readonly number[] {
  if (incident.state === 'resolved') return [];
  const moments = routesOf(incident.condition, documents.values(), incident.since).map(({ dueAt }) => dueAt);
  if (incident.clearedAt !== undefined) moments.push(Date.parse(incident.clearedAt) + calmMs);
  return moments.sort((left, right) => left - right);
}

interface Folded {
  readonly incidents: readonly Incident[];
  readonly dropped?: string;
}

const unchanged: Folded = { incidents: [] };

function foldVerdict(
  before: Incident | undefined,
  verdict: Verdict,
  documents: ReadonlyMap<string, NotificationDocument>,
  now: string,
): Folded {
  const current = before?.state === 'resolved' ? undefined : before;
  switch (verdict.type) {
    case 'unknown':
      return unchanged;
    case 'absent':
      return current === undefined ? unchanged : clear(current, now);
    case 'passed':
      return current === undefined ? pass(before, verdict.condition, documents, now) : clear(current, now);
    case 'holds': {
      const { condition } = verdict;
      const since = beginOf(current, condition) ?? now;
      const routes = routesOf(condition, documents.values(), since);
      if (routes.length === 0) return current === undefined ? unchanged : end(current, now);
      const due = routes.filter(({ dueAt }) => dueAt <= Date.parse(now));
      if (current?.state === 'open') return goOn(current, condition, { routes, due }, now);
      const id = current?.id ?? idOf(condition, now, before);
      const incident = { id, key: condition.key, condition, since };
      if (due.length > 0) return { incidents: [{ ...incident, ...open(before, due, now) }] };
      const isSame = current?.since === since && current.condition.detail === condition.detail;
      return isSame
        ? unchanged
        : { incidents: [{ ...incident, state: 'pending', openings: [], routes: [] }] };
    }
  }
}

/** Once somebody was told, the beginning stays what they were told. */
function beginOf(current: Incident | undefined, condition: Condition): string | undefined {
  return current?.state === 'open' ? current.since : (condition.since ?? current?.since);
}

/** Unlike any other's, also where two begin in one moment. */
function idOf({ key }: Condition, now: string, before: Incident | undefined): string {
  return shortName(`${key} ${now} ${before?.id ?? ''}`).slice(0, 12);
}

function open(
  before: Incident | undefined,
  due: readonly DueRoute[],
  now: string,
): Pick<Incident, 'state' | 'openings' | 'routes'> {
  return { state: 'open', openings: [...recentOpenings(before, now), now], routes: due.map(routeOf) };
}

function recentOpenings(before: Incident | undefined, now: string): readonly string[] {
  return (before?.openings ?? []).filter((each) => Date.parse(now) - Date.parse(each) < flappingWindowMs);
}

function routeOf({ notification, receiver, severity }: DueRoute): Route {
  return { notification, receiver, severity };
}

/** An open one that holds: who is new is told, who isn't meant any more is told that it's over for them. */
function goOn(
  current: Incident,
  condition: Condition,
  { routes, due }: { readonly routes: readonly DueRoute[]; readonly due: readonly DueRoute[] },
  now: string,
): Folded {
  const isReturned = current.routes.some(
    (route) => route.endedAt !== undefined && due.some((each) => isSameReceiver(each, route)),
  );
  if (isReturned) {
    // Nobody hears of an incident again that was over for them: those that are still told get a new one.
    const incident = { id: idOf(condition, now, current), key: condition.key, condition, since: now };
    const reopened = { ...incident, ...open(current, due, now) };
    return { incidents: [...end(current, now).incidents, reopened] };
  }
  const kept = current.routes.map((route) => {
    const isMeant = route.endedAt !== undefined || routes.some((each) => isSameReceiver(each, route));
    return isMeant ? route : { ...route, endedAt: now };
  });
  const added = due.filter((each) => !current.routes.some((route) => isSameReceiver(each, route)));
  const isSame =
    added.length === 0 &&
    kept.every((route, index) => route === current.routes[index]) &&
    current.clearedAt === undefined &&
    current.condition.detail === condition.detail;
  if (isSame) return unchanged;
  const { clearedAt: _clearedAt, ...rest } = current;
  return { incidents: [{ ...rest, condition, routes: [...kept, ...added.map(routeOf)] }] };
}

function isSameReceiver(left: Route, right: Route): boolean {
  return left.notification === right.notification && left.receiver === right.receiver;
}

/** It doesn't hold: over, unless it flaps and must prove it. */
function clear(current: Incident, now: string): Folded {
  if (current.state === 'pending') return { incidents: [], dropped: current.id };
  if (recentOpenings(current, now).length < flappingOpenings) return end(current, now);
  if (current.clearedAt === undefined) return { incidents: [{ ...current, clearedAt: now }] };
  const isCalm = Date.parse(now) - Date.parse(current.clearedAt) >= calmMs;
  return isCalm ? end(current, now) : unchanged;
}

function end(current: Incident, now: string): Folded {
  if (current.state === 'pending') return { incidents: [], dropped: current.id };
  const { clearedAt: _clearedAt, ...rest } = current;
  return { incidents: [{ ...rest, state: 'resolved', resolvedAt: now }] };
}

/** Over before anybody looked: told as one resolved message to those who want to hear at once, unless it flaps. */
function pass(
  before: Incident | undefined,
  condition: Condition,
  documents: ReadonlyMap<string, NotificationDocument>,
  now: string,
): Folded {
  const due = routesOf(condition, documents.values(), now).filter(({ dueAt }) => dueAt <= Date.parse(now));
  if (due.length === 0 || recentOpenings(before, now).length >= flappingOpenings) return unchanged;
  const incident = {
    id: idOf(condition, now, before),
    key: condition.key,
    condition,
    since: now,
    resolvedAt: now,
  };
  return { incidents: [{ ...incident, ...open(before, due, now), state: 'resolved' }] };
}

/** What changes from one state of an incident to the next for each receiver that is there. */
function tellingsOf(
  before: Incident | undefined,
  after: Incident,
  documents: ReadonlyMap<string, NotificationDocument>,
): readonly Telling[] {
  return after.routes.flatMap((route) => {
    const receivers = documents.get(route.notification)?.receivers ?? [];
    if (!receivers.some(({ name }) => name === route.receiver)) return [];
    const was = before?.routes.find((each) => isSameReceiver(each, route));
    const state = stateFor(after, route);
    if (before !== undefined && was !== undefined && stateFor(before, was) === state) return [];
    const { notification, receiver } = route;
    return [{ incident: after.id, notification, receiver, state }];
  });
}

function stateFor(incident: Incident, route: Route): Telling['state'] {
  return incident.state === 'resolved' || route.endedAt !== undefined ? 'resolved' : 'firing';
}
