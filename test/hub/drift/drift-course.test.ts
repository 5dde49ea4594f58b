import { expect, test } from 'vitest';
import type { Drift, DriftEvent, DriftField, Writer } from '../../../core/drift.ts';
import { driftCourse } from '../../../hub/drift/drift-course.ts';

const viewer = { now: '2026-11-03T15:00:00.000Z', timeZone: 'Etc/UTC' };
const at = '2026-11-03T14:02:11.000Z';
const scale: Writer = { manager: 'kubectl', operation: 'Update', subresource: 'scale' };
const edit: Writer = { manager: 'kubectl-edit', operation: 'Update', subresource: '' };

const replicas: DriftField = { path: 'spec.replicas', desired: 2, live: 5, writer: scale };

function drift(fields: readonly DriftField[], kind: Drift['kind'] = 'changed'): Drift {
  return {
    id: 'drift-1',
    application: 'argocd/shop',
    ref: { group: 'apps', kind: 'Deployment', namespace: 'shop', name: 'web' },
    kind,
    fields,
    observedAt: at,
    verdict: 'exact',
  };
}

function opened(fields: readonly DriftField[], kind?: Drift['kind']): DriftEvent {
  return { drift: drift(fields, kind), change: 'opened', at };
}

function changed(fields: readonly DriftField[], kind?: Drift['kind']): DriftEvent {
  return { drift: drift(fields, kind), change: 'changed', at };
}

function told(events: readonly DriftEvent[], dropped = 0): readonly string[] {
  return driftCourse({ events, dropped, requesters: new Map([['op-1', 'ada']]), viewer }).map(
    ({ sentence }) => sentence,
  );
}

test('it opens with what differs from Git, and each change says from what to what and by whom', () => {
  const edited = { ...replicas, live: 7, writer: edit, writtenAt: at };

  const course = driftCourse({
    events: [opened([replicas]), changed([edited])],
    dropped: 0,
    requesters: new Map(),
    viewer,
  });

  expect(course.map(({ sentence }) => sentence)).toEqual([
    'opened: spec.replicas 2 → 5 by kubectl (scale)',
    'changed: spec.replicas 5 → 7 by kubectl-edit, written 14:02:11',
  ]);
  expect(course[1]?.changes).toEqual([
    { path: 'spec.replicas', from: 5, to: 7, writer: edit, writtenAt: at },
  ]);
});

test('a field that comes later, one that is back and one that is gone are told as such', () => {
  const paused = { path: 'spec.paused', live: true, writer: edit };
  const { writer: _writer, live: _live, ...removed } = replicas;

  expect(
    told([opened([replicas]), changed([replicas, paused]), changed([paused]), changed([paused, removed])]),
  ).toEqual([
    'opened: spec.replicas 2 → 5 by kubectl (scale)',
    'changed: spec.paused added: true by kubectl-edit',
    'changed: spec.replicas is as Git says again',
    'changed: spec.replicas removed (Git says 2) by an unknown writer',
  ]);
  expect(told([opened([replicas]), changed([removed])])[1]).toBe(
    'changed: spec.replicas removed (it was 5) by an unknown writer',
  );
});

test('a value that stays while Git moves, or whose writer becomes known, is no other value', () => {
  const { writer: _writer, ...unknown } = replicas;

  expect(
    told([opened([unknown]), changed([{ ...unknown, desired: 3 }]), changed([{ ...replicas, desired: 3 }])]),
  ).toEqual([
    'opened: spec.replicas 2 → 5 by an unknown writer',
    'changed: spec.replicas is as it was, and Git says 3 now',
    'changed: spec.replicas is as it was, now by kubectl (scale)',
  ]);
});

test('an object that goes and comes again says so, and not that its fields were put right', () => {
  expect(told([opened([replicas]), changed([], 'missing'), changed([replicas])])).toEqual([
    'opened: spec.replicas 2 → 5 by kubectl (scale)',
    'changed: it is missing',
    'changed: it is there again; spec.replicas 2 → 5 by kubectl (scale)',
  ]);
});

test('its end names the person whose sync ended it, and the operation where that person is forgotten', () => {
  const closed = (operation?: string): DriftEvent => ({
    drift: drift([replicas]),
    change: 'closed',
    at,
    end: 'synced',
    ...(operation === undefined ? {} : { operation }),
  });

  expect(told([opened([replicas]), closed('op-1')])[1]).toBe('closed: synced by ada, operation op-1');
  expect(told([opened([replicas]), closed('op-0')])[1]).toBe('closed: synced, operation op-0');
  expect(told([opened([replicas]), closed()])[1]).toBe('closed: synced');
});

test('values of Secrets are never told, only that they moved', () => {
  const key = (live: string): DriftField => ({
    path: 'data.key',
    desired: 'hmac-sha256:a',
    live: `hmac-sha256:${live}`,
  });

  const course = told([opened([key('b')]), changed([key('c')])]);

  expect(course).toEqual([
    'opened: data.key changed (values hidden) by an unknown writer',
    'changed: data.key changed again (values hidden) by an unknown writer',
  ]);
});

test('a great change is bounded, and what is not kept is counted', () => {
  const many = Array.from({ length: 14 }, (_, index) => ({ path: `data.k${index}`, live: 'x'.repeat(500) }));
  const [, second] = driftCourse({
    events: [opened([]), changed(many)],
    dropped: 3,
    requesters: new Map(),
    viewer,
  });

  expect(second?.changes).toHaveLength(10);
  expect(second?.moreChanges).toBe(4);
  expect(second?.sentence).toMatch(/^after 3 events that aren’t kept, changed: .*; 11 more$/);
  expect(second?.sentence.length).toBeLessThan(400);
});
