import type { IncidentSubject, Severity, Trigger } from '../../core/incident.ts';
import type { AlertState, Incident, Route } from './incident.ts';

/** What a receiver is told, before it is put into its own form. */
export interface Message {
  readonly kind: 'incident' | 'test' | 'watchdog';
  /** The same for every message about one incident, and for every try: receivers deduplicate by it. */
  readonly id: string;
  readonly state: AlertState;
  readonly notification: string;
  readonly trigger: Trigger | 'test' | 'watchdog';
  /** The trigger as people read it: `Drift`, `Agent silent`. */
  readonly title: string;
  readonly severity: Severity;
  /** One sentence. Names and values in it come from clusters: nobody may take them for markup. */
  readonly summary: string;
  readonly subject: Partial<IncidentSubject>;
  readonly nextStep: string;
  /** The page that shows it; absent where the hub doesn't know its own address. */
  readonly link?: string;
  /** ISO 8601. */
  readonly startsAt: string;
  /** Only with `resolved`. */
  readonly endsAt?: string;
}

const titles: Readonly<Record<Trigger, string>> = {
  drift: 'Drift',
  'sync-failed': 'Sync failed',
  degraded: 'Degraded',
  refused: 'Refused',
  brake: 'Held by the brake',
  'agent-silent': 'Agent silent',
};

/** What a route is told of an incident. `externalUrl` has no slash at its end. */
export function incidentMessage(
  incident: Incident,
  route: Route,
  state: AlertState,
  externalUrl: string | undefined,
): Message {
  const { trigger, subject, summary, nextStep, severity } = incident.condition;
  const endsAt = route.endedAt ?? incident.resolvedAt;
  return {
    kind: 'incident',
    id: incident.id,
    state,
    notification: route.notification,
    trigger,
    title: titles[trigger],
    severity: route.severity ?? severity,
    summary,
    subject,
    nextStep,
    ...(externalUrl === undefined ? {} : { link: `${externalUrl}${pathOf(subject)}` }),
    startsAt: incident.since,
    ...(state === 'resolved' && endsAt !== undefined ? { endsAt } : {}),
  };
}

function pathOf({ application, cluster }: IncidentSubject): string {
  return application === undefined
    ? `/clusters/${encodeURIComponent(cluster)}`
    : `/applications/${application.split('/').map(encodeURIComponent).join('/')}`;
}

/** The message that `notification test` sends. `id` tells tests apart. */
export function testMessage(
  notification: string,
  moment: { readonly id: string; readonly now: string; readonly externalUrl: string | undefined },
): Message {
  const { id, now, externalUrl } = moment;
  return {
    kind: 'test',
    id,
    state: 'firing',
    notification,
    trigger: 'test',
    title: 'Test',
    severity: 'info',
    summary: `This is a test of the Notification ${notification}. Nothing is the matter.`,
    subject: {},
    nextStep: 'Nothing to do',
    ...(externalUrl === undefined ? {} : { link: externalUrl }),
    startsAt: now,
  };
}

/** The message that never ends while the hub lives. */
export function watchdogMessage(
  notification: string,
  moment: { readonly startedAt: string; readonly externalUrl: string | undefined },
): Message {
  const { startedAt, externalUrl } = moment;
  return {
    kind: 'watchdog',
    id: `watchdog-${notification}`,
    state: 'firing',
    notification,
    trigger: 'watchdog',
    title: 'Watchdog',
    severity: 'info',
    summary: 'The hub lives. This message is sent for ever: raise the alarm when it stays away.',
    subject: {},
    nextStep: 'Nothing to do while it comes; fairlead doctor when it stays away',
    ...(externalUrl === undefined ? {} : { link: externalUrl }),
    startsAt: startedAt,
  };
}
