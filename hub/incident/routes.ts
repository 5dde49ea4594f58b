import { matchesGlob } from '../../core/glob.ts';
import type { IncidentSubject, Severity } from '../../core/incident.ts';
import type { NotificationDocument, NotificationMatch } from '../catalog/documents.ts';
import type { Condition, Route } from './incident.ts';

/** A route that a condition takes once it has held long enough. */
export interface DueRoute extends Route {
  /** ms since 1970. */
  readonly dueAt: number;
}

/** Everybody whom the Notifications want to be told of a condition that began at `since` (ISO 8601). */
export function routesOf(
  condition: Condition,
  documents: Iterable<NotificationDocument>,
  since: string,
): readonly DueRoute[] {
  const routes: DueRoute[] = [];
  for (const { name, triggers, match, receivers } of documents) {
    const trigger = triggers.find(({ type }) => type === condition.trigger);
    if (trigger === undefined) continue;
    const severity = trigger.severity ?? condition.severity;
    if (!matches(match, condition.subject, severity)) continue;
    const dueAt = Date.parse(since) + (trigger.forMs ?? condition.waitMs);
    for (const receiver of receivers)
      routes.push({ notification: name, receiver: receiver.name, severity, dueAt });
  }
  return routes;
}

function matches(match: NotificationMatch, subject: IncidentSubject, severity: Severity): boolean {
  return (
    fits(match.projects, subject.project) &&
    fits(match.environments, subject.environment) &&
    fits(match.clusters, subject.cluster) &&
    fits(match.owners, subject.owner) &&
    (match.severities === undefined || match.severities.includes(severity))
  );
}

/** What a subject lacks, only a pattern for everything matches. */
function fits(patterns: readonly string[] | undefined, text = ''): boolean {
  return patterns === undefined || patterns.some((pattern) => matchesGlob(pattern, text, 'name'));
}
