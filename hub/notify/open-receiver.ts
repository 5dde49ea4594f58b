import type { ReceiverAddress, ReceiverTarget, SecretRef } from '../catalog/documents.ts';
import type { Message } from '../incident/message.ts';
import type { OpenReceiver, Receiver, SendResult } from '../incident/receiver.ts';
import { alertmanagerBody, alertmanagerRepeatMs } from './alertmanager.ts';
import { signedEvent } from './cloud-event.ts';
import { pagerDutyBody } from './pager-duty.ts';
import { type Post, post } from './post.ts';
import type { ReadSecret } from './secrets.ts';
import { slackBody } from './slack.ts';

interface ReceiverOptions {
  readonly readSecret: ReadSecret;
  /** The hub's own address, as the source of events; absent where nobody said it. */
  readonly externalUrl: string | undefined;
  readonly clock: { now(): Date };
  /** How long a receiver may take to answer; 10 s where absent. */
  readonly timeoutMs?: number;
}

/** Gathers the secrets of one message; a missing one ends the try. */
class Secrets {
  readonly #read: ReadSecret;
  readonly values: string[] = [];
  why: string | undefined;

  constructor(read: ReadSecret) {
    this.#read = read;
  }

  take(ref: SecretRef): string {
    const secret = this.#read(ref);
    if (secret.type === 'missing') {
      this.why ??= `${secret.why}. ${secret.remedy}`;
      return '';
    }
    this.values.push(secret.value, secret.value.trim());
    return secret.value;
  }

  token(ref: SecretRef): string {
    const token = this.take(ref).trim();
    if (!/^[\x21-\x7e]*$/.test(token)) this.why ??= `the secret ${ref.file} isn't one token on one line`;
    return token;
  }

  address(address: ReceiverAddress): string {
    if (typeof address === 'string') return address;
    const url = this.take(address).trim();
    // Servers tell the path that they don't know, without the host.
    if (URL.canParse(url)) this.values.push(...secretParts(new URL(url)));
    if (this.why === undefined && !/^https?:\/\//.test(url)) {
      this.why = `the secret ${address.file} isn't an address that begins with https:// or http://`;
    }
    return url;
  }
}

/** What is secret in a secret address, apart from the whole of it. */
function secretParts({ pathname, search, username, password }: URL): readonly string[] {
  const path = pathname.replace(/\/+$/, '');
  return [`${path}${search}`, path, search, username, password];
}

/** Makes receivers of the four kinds. Their secrets never stand in a result. */
export function receiverOpener(options: ReceiverOptions): OpenReceiver {
  return (target): Receiver => ({
    async send(message, signal): Promise<SendResult> {
      const now = () => options.clock.now().getTime();
      const secrets = new Secrets(options.readSecret);
      const request = requestOf(target, message, secrets, {
        now: now(),
        source: options.externalUrl ?? 'urn:fairlead:hub',
      });
      if (secrets.why !== undefined) return { type: 'rejected', why: secrets.why };
      if (!URL.canParse(request.url))
        return { type: 'rejected', why: 'its address is none: check the secret' };
      const { timeoutMs } = options;
      return post({ ...request, secrets: secrets.values }, { signal, now, timeoutMs });
    },
    ...(target.type === 'alertmanager' ? { repeatEveryMs: alertmanagerRepeatMs } : {}),
  });
}

function requestOf(
  target: ReceiverTarget,
  message: Message,
  secrets: Secrets,
  moment: { readonly now: number; readonly source: string },
): Omit<Post, 'secrets'> {
  switch (target.type) {
    case 'alertmanager':
      return {
        url: join(secrets.address(target.url), 'api/v2/alerts'),
        headers: bearer(target.token, secrets),
        body: alertmanagerBody(message, moment.now),
      };
    case 'pagerDuty':
      return {
        url: join(target.url, 'v2/enqueue'),
        body: pagerDutyBody(message, secrets.take(target.routingKey)),
      };
    case 'slack':
      return { url: secrets.address(target.url), body: slackBody(message) };
    case 'webhook': {
      const { body, headers } = signedEvent(message, secrets.take(target.secret), moment);
      return {
        url: secrets.address(target.url),
        contentType: 'application/cloudevents+json; charset=utf-8',
        headers: { ...headers, ...bearer(target.token, secrets) },
        body,
      };
    }
  }
}

function bearer(token: SecretRef | undefined, secrets: Secrets): Readonly<Record<string, string>> {
  return token === undefined ? {} : { authorization: `Bearer ${secrets.token(token)}` };
}

function join(base: string, path: string): string {
  return `${base.replace(/\/+$/, '')}/${path}`;
}
