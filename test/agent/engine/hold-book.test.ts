import { expect, it } from 'vitest';
import { HoldBook, type HoldChange } from '../../../agent/engine/hold-book.ts';
import { KeptDocuments } from '../../../agent/observe/kept-documents.ts';
import { holdAnnotation, type LocalHold } from '../../../agent/plan/hold-until.ts';
import type { StatePort } from '../../../agent/ports.ts';
import type { Hold } from '../../../core/hold.ts';
import type { KubeObject } from '../../../core/kube-object.ts';
import { type ManualTime, manualTime } from '../../support/manual-time.ts';
import { memoryState } from '../../support/memory-state.ts';

const hour = 3_600_000;
const web = { group: 'apps', kind: 'Deployment', namespace: 'shop', name: 'web' };
const shop = { group: '', kind: 'Namespace', namespace: '', name: 'shop' };

function object(hold: string | undefined, resourceVersion: string): KubeObject {
  const annotations = hold === undefined ? {} : { [holdAnnotation]: hold };
  return { apiVersion: 'v1', kind: 'Any', metadata: { resourceVersion, annotations } };
}

interface Opened {
  readonly book: HoldBook;
  readonly changes: HoldChange[];
  readonly keep: () => Promise<void>;
}

async function openBook(time: ManualTime, state: StatePort = memoryState()): Promise<Opened> {
  const setTimer = (ms: number, fire: () => void) => ({ cancel: time.timers.after(ms, fire) });
  const kept = <T extends object>(name: string) =>
    new KeptDocuments<T>({ state, name, shards: 1, setTimer, onError: () => undefined });
  const [ordered, local] = [kept<Hold>('hub-holds'), kept<LocalHold>('local-holds')];
  await Promise.all([ordered.read(), local.read()]);
  const changes: HoldChange[] = [];
  const clock = { now: () => time.clock.now(), setTimer };
  const onChanged = (change: HoldChange): void => void changes.push(change);
  const book = new HoldBook({ clock, maxHoldMs: 4 * hour, ordered, local, onChanged });
  book.recall();
  return { book, changes, keep: () => Promise.all([ordered.flush(), local.flush()]).then(() => undefined) };
}

function ordered(id: string, until: string, application?: string): Hold {
  const base = { id, cluster: 'prod', reason: 'INC-7', heldBy: 'm', since: until, until };
  return application === undefined ? base : { ...base, application };
}

it('a hold begins with its annotation, ends by itself, and tells of both', async () => {
  const time = manualTime('2026-11-25T12:00:00Z');
  const { book, changes } = await openBook(time);
  book.note(web, object(undefined, '1'));
  expect([book.isHeld(web), changes]).toEqual([false, []]);
  book.note(web, object('2026-11-25T13:00:00Z', '2'));
  book.note(web, object('2026-11-25T13:00:00Z', '3'));
  expect([book.isHeld(web), changes.length]).toEqual([true, 1]);
  await time.advance(hour - 1);
  expect(book.isHeld(web)).toBe(true);
  await time.advance(10);
  expect(book.isHeld(web)).toBe(false);
  expect(changes).toEqual([
    { type: 'object', ref: web },
    { type: 'object', ref: web },
  ]);
});

it('an older event neither ends nor begins a hold', async () => {
  const time = manualTime('2026-11-25T12:00:00Z');
  const { book } = await openBook(time);
  book.note(web, object('2026-11-25T13:00:00Z', '20'));
  book.note(web, object(undefined, '9'));
  expect(book.isHeld(web)).toBe(true);
  book.note(web, object(undefined, '21'));
  book.note(web, object('2026-11-25T13:00:00Z', '20'));
  expect(book.isHeld(web)).toBe(false);
});

it('a hold on a Namespace holds what is in it and itself', async () => {
  const { book, changes } = await openBook(manualTime('2026-11-25T12:00:00Z'));
  book.note(shop, object('2026-11-25T13:00:00Z', '1'));
  expect([book.isHeld(web), book.isHeld(shop), book.isHeld({ ...web, namespace: 'other' })]).toEqual([
    true,
    true,
    false,
  ]);
  expect(changes).toEqual([{ type: 'namespace', namespace: 'shop' }]);
  expect(book.gatesOf([web, { ...web, name: 'api' }])).toHaveLength(1);
});

it('a restart gives a hold no new time', async () => {
  const time = manualTime('2026-11-25T12:00:00Z');
  const state = memoryState();
  const first = await openBook(time, state);
  first.book.note(web, object('2027-01-01T00:00:00Z', '1'));
  first.book.order([ordered('h1', '2026-11-25T20:00:00Z', 'apps/web')]);
  await first.keep();
  first.book.close();
  await time.advance(3 * hour);

  const { book } = await openBook(time, state);
  book.note(web, object('2027-01-01T00:00:00Z', '1'));
  expect([book.isHeld(web), book.orderedFor('apps/web').length]).toEqual([true, 1]);
  expect(book.active()).toEqual([
    { type: 'hub', id: 'h1' },
    { type: 'kubectl', ref: web, since: '2026-11-25T12:00:00.000Z', until: '2026-11-25T16:00:00.000Z' },
  ]);
  await time.advance(hour + 10);
  expect(book.isHeld(web)).toBe(false);
  // The annotation still stands; another time in it is another hold.
  book.note(web, object('2027-01-01T00:00:00Z', '1'));
  expect(book.isHeld(web)).toBe(false);
  book.note(web, object('2027-01-01T00:00:01Z', '2'));
  expect(book.isHeld(web)).toBe(true);
});

it('holds of the hub are the newest list, of an application or of all, until their time', async () => {
  const time = manualTime('2026-11-25T12:00:00Z');
  const { book, changes } = await openBook(time);
  book.order([ordered('h1', '2026-11-25T13:00:00Z', 'apps/web'), ordered('h2', '2026-11-25T14:00:00Z')]);
  const of = (application: string) => book.orderedFor(application).map(({ id }) => id);
  expect([of('apps/web'), of('apps/api')]).toEqual([['h1', 'h2'], ['h2']]);
  await time.advance(hour + 10);
  expect(of('apps/web')).toEqual(['h2']);
  book.order([]);
  expect(of('apps/web')).toEqual([]);
  expect(changes).toHaveLength(4);
});
