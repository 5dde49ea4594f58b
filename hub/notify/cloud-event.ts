import { createHmac } from 'node:crypto';
import type { Message } from '../incident/message.ts';

/** A CloudEvent 1.0 in structured JSON, with what signs it. `now` is ms since 1970. */
export interface SignedEvent {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * The event and its headers as Standard Webhooks signs them: `webhook-signature: v1,BASE64` is the HMAC-SHA-256 of
 * `ID.TIMESTAMP.BODY`. The id is the same for every try, so that whoever takes a message twice can tell.
 */
export function signedEvent(
  message: Message,
  secret: string,
  moment: { readonly now: number; readonly source: string },
): SignedEvent {
  const { id: incident, kind, state, ...rest } = message;
  // A watchdog's messages are all the same but for their time, and each is one of its own.
  const id = kind === 'watchdog' ? `${incident}-${moment.now}` : `${incident}-${state}`;
  const body = JSON.stringify({
    specversion: '1.0',
    id,
    source: moment.source,
    type: kind === 'incident' ? `dev.fairlead.incident.${state}` : `dev.fairlead.${kind}`,
    subject: subjectOf(message),
    time: message.endsAt ?? (kind === 'watchdog' ? new Date(moment.now).toISOString() : message.startsAt),
    datacontenttype: 'application/json',
    data: { incident, state, ...rest },
  });
  const timestamp = String(Math.floor(moment.now / 1000));
  const signature = createHmac('sha256', keyOf(secret)).update(`${id}.${timestamp}.${body}`).digest('base64');
  return {
    body,
    headers: {
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${signature}`,
    },
  };
}

function subjectOf({ trigger, subject }: Message): string {
  return [trigger, subject.application ?? subject.cluster].filter(Boolean).join('/');
}

/** `whsec_` and base64, as Standard Webhooks writes secrets; any other text stands for itself. */
function keyOf(secret: string): Buffer {
  return secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret, 'utf8');
}
