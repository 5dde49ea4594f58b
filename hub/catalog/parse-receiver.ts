import type { ReceiverAddress, ReceiverSpec, ReceiverTarget, SecretRef } from './documents.ts';
import { durationField } from './duration-field.ts';
import { addProblem, checkFields, type Fields, objectField, requiredString, stringField } from './fields.ts';
import { checkName } from './metadata.ts';

const targets: Readonly<Record<ReceiverTarget['type'], (fields: Fields) => ReceiverTarget | undefined>> = {
  alertmanager: readAlertmanager,
  pagerDuty: readPagerDuty,
  slack: readSlack,
  webhook: readWebhook,
};
const targetNames = Object.keys(targets) as readonly ReceiverTarget['type'][];

/** More often would only cost; the services behind take minutes to notice. */
const leastWatchdogMs = 10_000;
const pagerDutyUrl = 'https://events.pagerduty.com';

/** One entry of `spec.receivers`; `undefined` with a problem where it names no target. */
export function parseReceiver(fields: Fields): ReceiverSpec | undefined {
  checkFields(fields, { read: ['name', 'watchdog', ...targetNames] });
  const name = requiredString(fields, 'name', 'Name it, for example name: on-call');
  if (name !== '') checkName(fields, 'name', name, 63);
  const [first, second] = targetNames.filter((each) => fields.values[each] !== undefined);
  if (first === undefined || second !== undefined) {
    addProblem(fields, second ?? '', {
      code: first === undefined ? 'missing-field' : 'wrong-value',
      message: first === undefined ? 'The receiver says not where to send' : 'A receiver sends to one place',
      remedy: `Give it one of ${targetNames.join(', ')}`,
    });
    return undefined;
  }
  const watchdogMs = readWatchdog(fields, first);
  const inner = objectField(fields, first);
  const target = inner === undefined ? undefined : targets[first](inner);
  return target === undefined
    ? undefined
    : { name, target, ...(watchdogMs === undefined ? {} : { watchdogMs }) };
}

function readWatchdog(fields: Fields, target: ReceiverTarget['type']): number | undefined {
  const watchdogMs = durationField(fields, 'watchdog', leastWatchdogMs);
  if (watchdogMs === undefined || target === 'alertmanager' || target === 'webhook') return watchdogMs;
  addProblem(fields, 'watchdog', {
    code: 'wrong-value',
    message: `${target} can't watch for a message that doesn't come`,
    remedy: 'Ask it of an alertmanager or a webhook receiver: what listens there raises the alarm',
  });
  return undefined;
}

function readAlertmanager(fields: Fields): ReceiverTarget | undefined {
  checkFields(fields, { read: ['url', 'urlFrom', 'tokenFrom'] });
  const url = readAddress(fields);
  const token = secretField(fields, 'tokenFrom');
  if (url === undefined) return undefined;
  return { type: 'alertmanager', url, ...(token === undefined ? {} : { token }) };
}

function readPagerDuty(fields: Fields): ReceiverTarget | undefined {
  checkFields(fields, { read: ['routingKeyFrom', 'url'] });
  const url = stringField(fields, 'url') ?? pagerDutyUrl;
  checkUrl(fields, url);
  const routingKey = requiredSecret(fields, 'routingKeyFrom', 'the integration key of an Events API v2');
  return routingKey === undefined ? undefined : { type: 'pagerDuty', url, routingKey };
}

function readSlack(fields: Fields): ReceiverTarget | undefined {
  checkFields(fields, {
    read: ['urlFrom'],
    unsupported: {
      url: 'Write urlFrom: {file: NAME}: who knows the address of an incoming webhook can post by it',
    },
  });
  if (fields.values['url'] !== undefined) return undefined;
  const url = requiredSecret(fields, 'urlFrom', 'the address of an incoming webhook');
  return url === undefined ? undefined : { type: 'slack', url };
}

function readWebhook(fields: Fields): ReceiverTarget | undefined {
  checkFields(fields, { read: ['url', 'urlFrom', 'secretFrom', 'tokenFrom'] });
  const url = readAddress(fields);
  const secret = requiredSecret(fields, 'secretFrom', 'the secret that signs each message');
  const token = secretField(fields, 'tokenFrom');
  if (url === undefined || secret === undefined) return undefined;
  return { type: 'webhook', url, secret, ...(token === undefined ? {} : { token }) };
}

function readAddress(fields: Fields): ReceiverAddress | undefined {
  const url = stringField(fields, 'url');
  const secret = secretField(fields, 'urlFrom');
  if (fields.values['url'] !== undefined && fields.values['urlFrom'] !== undefined) {
    addProblem(fields, 'urlFrom', {
      code: 'wrong-value',
      message: 'The address is given in two ways',
      remedy: 'Keep url, or urlFrom where the address itself is a secret',
    });
  } else if (fields.values['url'] === undefined && fields.values['urlFrom'] === undefined) {
    addProblem(fields, 'url', {
      code: 'missing-field',
      message: 'The field url is missing',
      remedy: 'Add url: with its address, or urlFrom: {file: NAME} where the address is a secret',
    });
  }
  if (url !== undefined) checkUrl(fields, url);
  return url ?? secret;
}

function checkUrl(fields: Fields, text: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isRight = url !== undefined && (url.protocol === 'https:' || url.protocol === 'http:');
  if (isRight && url.username === '' && url.password === '') return;
  addProblem(fields, 'url', {
    code: 'wrong-value',
    message: isRight ? 'The address holds a user or a password' : "The url isn't the address of a receiver",
    remedy: isRight
      ? 'Put the whole address into a secret and write urlFrom: {file: NAME}'
      : 'Write it as https://host/path',
  });
}

function requiredSecret(fields: Fields, name: string, what: string): SecretRef | undefined {
  if (fields.values[name] !== undefined && fields.values[name] !== null) return secretField(fields, name);
  addProblem(fields, name, {
    code: 'missing-field',
    message: `The field ${name} is missing`,
    remedy: `Write ${name}: {file: NAME}, the file in the hub's folder of secrets that holds ${what}`,
  });
  return undefined;
}

/** `{file: NAME}`. A name leads nowhere else than to the folder of secrets. */
function secretField(fields: Fields, name: string): SecretRef | undefined {
  const inner = objectField(fields, name);
  if (inner === undefined) return undefined;
  checkFields(inner, { read: ['file'] });
  const file = requiredString(inner, 'file', `Write ${name}: {file: NAME}`);
  if (file === '') return undefined;
  if (/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,252}$/.test(file)) return { file };
  addProblem(inner, 'file', {
    code: 'wrong-value',
    message: `${JSON.stringify(file)} isn't the name of a file in the hub's folder of secrets`,
    remedy: 'Use letters, digits, dashes, dots and underscores, as the keys of a Secret have them',
  });
  return undefined;
}
