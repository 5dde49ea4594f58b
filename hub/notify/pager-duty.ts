import type { Message } from '../incident/message.ts';
import { plainText } from './plain-text.ts';

/** PagerDuty takes no longer summary. */
const longestSummary = 1_024;

/** The body of `POST /v2/enqueue` of the Events API v2. Its severities have our words. */
export function pagerDutyBody(message: Message, routingKey: string): string {
  const { subject } = message;
  const event = {
    routing_key: routingKey,
    event_action: message.state === 'firing' ? 'trigger' : 'resolve',
    dedup_key: `fairlead-${message.id}`,
  };
  if (message.state === 'resolved') return JSON.stringify(event);
  return JSON.stringify({
    ...event,
    client: 'Fairlead',
    ...(message.link === undefined
      ? {}
      : { client_url: message.link, links: [{ href: message.link, text: 'Open in Fairlead' }] }),
    payload: {
      summary: plainText(`${message.title}: ${message.summary}`, longestSummary),
      source: plainText(subject.cluster || subject.application || 'fairlead', 255),
      severity: message.severity,
      timestamp: message.startsAt,
      class: message.trigger,
      ...(subject.application === undefined ? {} : { component: plainText(subject.application, 255) }),
      ...(subject.environment ? { group: plainText(subject.environment, 255) } : {}),
      custom_details: { ...subject, notification: message.notification, next_step: message.nextStep },
    },
  });
}
