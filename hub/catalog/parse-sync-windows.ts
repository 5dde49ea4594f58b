import { Cron } from 'croner';
import { parseDuration } from '../../core/duration.ts';
import { isTimeZone } from '../../core/time-text.ts';
import { patternList } from './check-pattern.ts';
import type { SyncWindowSpec } from './documents.ts';
import {
  addProblem,
  booleanField,
  checkFields,
  choiceField,
  type Fields,
  objectList,
  requiredString,
  stringField,
} from './fields.ts';

const windowFields = {
  read: [
    'kind',
    'schedule',
    'duration',
    'timeZone',
    'applications',
    'namespaces',
    'clusters',
    'manualSync',
    'syncOverrun',
    'andOperator',
    'description',
  ],
};

const example = "Write five fields of cron, such as '0 22 * * 1-5': minute, hour, day, month, weekday";

/** Argo CD's `spec.syncWindows`. One that can't be read makes the project unreadable: leaving it out would allow more. */
export function readSyncWindows(spec: Fields): readonly SyncWindowSpec[] {
  return (objectList(spec, 'syncWindows') ?? []).map(readWindow);
}

function readWindow(fields: Fields): SyncWindowSpec {
  checkFields(fields, windowFields);
  const selectors = ['applications', 'namespaces', 'clusters'] as const;
  const [applications, namespaces, clusters] = selectors.map((name) => patternList(fields, name) ?? []);
  const description = stringField(fields, 'description');
  if ([applications, namespaces, clusters].every((list) => (list ?? []).length === 0)) {
    addProblem(fields, 'kind', {
      code: 'wrong-value',
      message: 'the window names no applications, namespaces or clusters, so it would mean nothing',
      remedy: "Name some, such as applications: ['*'], or remove the window",
    });
  }
  return {
    kind: choiceField(fields, 'kind', ['allow', 'deny']) ?? 'deny',
    schedule: readSchedule(fields),
    durationMs: readDuration(fields),
    timeZone: readTimeZone(fields),
    manualSync: booleanField(fields, 'manualSync') ?? false,
    matches: booleanField(fields, 'andOperator') === true ? 'all' : 'any',
    applications: applications ?? [],
    namespaces: namespaces ?? [],
    clusters: clusters ?? [],
    ...(booleanField(fields, 'syncOverrun') === true ? { syncOverrun: true } : {}),
    ...(description === undefined ? {} : { description }),
  };
}

/** The last value of each field: `5/15` means `5-59/15` to Argo CD's parser (robfig/cron). */
const lastValues = [59, 23, 31, 12, 6];
const fieldPattern = /^(\*|\?|[0-9]+|[A-Za-z]{3})(-([0-9]+|[A-Za-z]{3}))?(\/[0-9]+)?$/;

function readSchedule(fields: Fields): string {
  const text = requiredString(fields, 'schedule', example);
  const parts = text.trim().split(/\s+/);
  const isWellFormed =
    parts.length === lastValues.length &&
    parts.every((part) => part.split(',').every((each) => fieldPattern.test(each)));
  const schedule = parts.map((part, index) => normalise(part, lastValues[index] ?? 0)).join(' ');
  if (text === '' || (isWellFormed && isSchedule(schedule))) return schedule;
  addProblem(fields, 'schedule', {
    code: 'wrong-value',
    message: `${JSON.stringify(text)} is no schedule`,
    remedy: example,
  });
  return '';
}

function normalise(part: string, last: number): string {
  return part
    .split(',')
    .map((each) => each.replace(/^\?/, '*').replace(/^(\d+)\//, `$1-${last}/`))
    .join(',');
}

function isSchedule(schedule: string): boolean {
  try {
    return new Cron(schedule, { paused: true }).getPattern() !== undefined;
  } catch {
    return false;
  }
}

function readDuration(fields: Fields): number {
  const text = requiredString(fields, 'duration', 'Write how long it stays open, such as 1h or 90m');
  const ms = parseDuration(text);
  if (ms !== undefined && ms > 0) return ms;
  if (text !== '') {
    addProblem(fields, 'duration', {
      code: 'wrong-value',
      message: `duration can't be ${JSON.stringify(text)}`,
      remedy: 'Write how long it stays open in whole numbers, such as 90m, 1h30m or 8h',
    });
  }
  return 0;
}

function readTimeZone(fields: Fields): string {
  const name = stringField(fields, 'timeZone') ?? '';
  if (name === '') return 'UTC';
  if (!isTimeZone(name)) {
    addProblem(fields, 'timeZone', {
      code: 'wrong-value',
      message: `${JSON.stringify(name)} is no time zone`,
      remedy: 'Use an IANA name such as Europe/Berlin, or leave timeZone out for UTC',
    });
  }
  return name;
}
