import { severities, triggers } from '../../core/incident.ts';
import { patternList } from './check-pattern.ts';
import { didYouMean } from './did-you-mean.ts';
import type { NotificationDocument, NotificationMatch, TriggerSpec } from './documents.ts';
import { durationField } from './duration-field.ts';
import {
  addProblem,
  checkFields,
  choiceField,
  type Fields,
  objectField,
  objectList,
  requiredObject,
  requiredString,
  stringList,
} from './fields.ts';
import { readMetadata } from './metadata.ts';
import { parseReceiver } from './parse-receiver.ts';

/** `Notification`: what people are alerted to, for which part of the fleet, and by which receivers. */
export function parseNotification(document: Fields): NotificationDocument {
  checkFields(document, { read: ['apiVersion', 'kind', 'metadata', 'spec'] });
  const metadata = readMetadata(document);
  const spec = requiredObject(document, 'spec');
  checkFields(spec, { read: ['triggers', 'match', 'receivers'] });
  const found = (objectList(spec, 'triggers') ?? []).map(readTrigger);
  const receivers = (objectList(spec, 'receivers') ?? []).map(parseReceiver);
  checkSome(spec, 'receivers', 'Add a receiver, such as {name: chat, slack: {urlFrom: {file: slack-url}}}');
  if (receivers.every((receiver) => receiver?.watchdogMs === undefined)) {
    checkSome(spec, 'triggers', `Add some of ${triggers.join(', ')}, each as {type: NAME}`);
  }
  checkTwice(
    spec,
    'triggers',
    found.map((trigger) => trigger?.type),
  );
  checkTwice(
    spec,
    'receivers',
    receivers.map((receiver) => receiver?.name),
  );
  return {
    kind: 'Notification',
    name: metadata.name,
    triggers: found.flatMap((trigger) => trigger ?? []),
    match: readMatch(spec),
    receivers: receivers.flatMap((receiver) => receiver ?? []),
    location: document.document.location,
    fieldLines: document.document.fieldLines,
  };
}

/** A list that must name something. */
function checkSome(spec: Fields, name: string, remedy: string): void {
  const value = spec.values[name];
  if (value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0)) return;
  addProblem(spec, name, { code: 'missing-field', message: `The list ${name} is empty`, remedy });
}

function checkTwice(spec: Fields, list: string, names: readonly (string | undefined)[]): void {
  names.forEach((name, index) => {
    if (name === undefined || names.indexOf(name) === index) return;
    addProblem(spec, `${list}[${index}]`, {
      code: 'duplicate',
      message: `${name} stands twice among the ${list}`,
      remedy: 'Remove one of the two, or write a second Notification',
    });
  });
}

function readTrigger(fields: Fields): TriggerSpec | undefined {
  checkFields(fields, { read: ['type', 'for', 'severity'] });
  const before = fields.document.problems.length;
  const text = requiredString(fields, 'type', `Add type: with one of ${triggers.join(', ')}`);
  const type = triggers.find((each) => each === text);
  if (type === undefined && fields.document.problems.length === before) {
    addProblem(fields, 'type', {
      code: 'wrong-value',
      message: `There is no trigger ${JSON.stringify(text)}`,
      remedy: didYouMean(text, triggers) ?? `Choose one of ${triggers.join(', ')}`,
    });
  }
  const forMs = durationField(fields, 'for', 0);
  const severity = choiceField(fields, 'severity', severities);
  if (type === undefined) return undefined;
  return {
    type,
    ...(forMs === undefined ? {} : { forMs }),
    ...(severity === undefined ? {} : { severity }),
  };
}

const patternLists = ['projects', 'environments', 'clusters', 'owners'] as const;

function readMatch(spec: Fields): NotificationMatch {
  const match = objectField(spec, 'match');
  if (match === undefined) return {};
  checkFields(match, { read: [...patternLists, 'severities'] });
  const patterns = patternLists.flatMap((name) => {
    const list = patternList(match, name);
    return list === undefined ? [] : [[name, list] as const];
  });
  const words = stringList(match, 'severities');
  words?.forEach((word, index) => {
    if (severities.some((severity) => severity === word)) return;
    addProblem(match, `severities[${index}]`, {
      code: 'wrong-value',
      message: `There is no severity ${JSON.stringify(word)}`,
      remedy: didYouMean(word, severities) ?? `Choose among ${severities.join(', ')}`,
    });
  });
  return {
    ...Object.fromEntries(patterns),
    ...(words === undefined ? {} : { severities: severities.filter((each) => words.includes(each)) }),
  };
}
