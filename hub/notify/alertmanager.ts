import type { Message } from '../incident/message.ts';
import { plainText } from './plain-text.ts';

/**
 * Clients are expected to send an alert again for as long as it fires, every 30 s to 3 min
 * (https://prometheus.io/docs/alerting/latest/clients/).
 */
export const alertmanagerRepeatMs = 60_000;
/** An alert that isn't repeated for so long ends by itself: several repeats may be lost. */
const endsAfterMs = 5 * alertmanagerRepeatMs;
const longestSummary = 2_000;

/** The body of `POST /api/v2/alerts` for one alert. `now` is ms since 1970. */
export function alertmanagerBody(message: Message, now: number): string {
  const { subject } = message;
  const labels = {
    alertname: alertName(message),
    severity: message.severity,
    notification: message.notification,
    // Tells one occurrence from the next: the end of one must never end another.
    ...(message.kind === 'watchdog' ? {} : { incident: message.id }),
    cluster: subject.cluster,
    environment: subject.environment,
    application: subject.application,
    project: subject.project,
    owner: subject.owner,
  };
  const annotations = {
    summary: plainText(message.summary, longestSummary),
    next_step: plainText(message.nextStep, longestSummary),
  };
  const endsAt = message.endsAt ?? new Date(now + endsAfterMs).toISOString();
  return JSON.stringify([
    {
      labels: withoutEmpty(labels),
      annotations,
      startsAt: message.startsAt,
      // An alert must not end before it began, whatever the clocks said.
      endsAt: later(endsAt, message.startsAt),
      ...(message.link === undefined ? {} : { generatorURL: message.link }),
    },
  ]);
}

function later(left: string, right: string): string {
  return left < right ? right : left;
}

/** `agent-silent` → `FairleadAgentSilent`. */
function alertName({ trigger }: Message): string {
  const words = trigger.split('-').map((word) => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`);
  return `Fairlead${words.join('')}`;
}

/** To Alertmanager a label without a value is none. */
function withoutEmpty(
  labels: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(labels).flatMap(([name, value]) =>
      value === undefined || value === '' ? [] : [[name, plainText(value, 500)]],
    ),
  );
}
