import { describe, expect, test } from 'vitest';
import { Lane } from '../../../hub/alerting/lane.ts';
import type { ReceiverSpec } from '../../../hub/catalog/documents.ts';
import type { Incident } from '../../../hub/incident/incident.ts';
import type { Message } from '../../../hub/incident/message.ts';
import type { Attempt, Delivery } from '../../../hub/incident/outbox.ts';
import type { SendResult } from '../../../hub/incident/receiver.ts';
import { type ManualTime, manualTime } from '../../support/manual-time.ts';
import { recordLog } from '../../support/record-log.ts';

const second = 1_000;
const minute = 60 * second;
const start = '2026-11-03T14:00:00.000Z';
const name = { notification: 'n', receiver: 'r' };
const spec: ReceiverSpec = { name: 'r', target: { type: 'slack', url: { file: 'url' } } };

interface Rig {
  readonly lane: Lane;
  readonly time: ManualTime;
  /** `incident state @seconds`. */
  readonly sent: string[];
  readonly stored: Attempt[];
  answer: (message: Message) => SendResult | Promise<SendResult>;
}

function openLane(repeatEveryMs?: number): Rig {
  const time = manualTime(start);
  const sent: string[] = [];
  const stored: Attempt[] = [];
  const delivered = (): SendResult => ({ type: 'delivered' });
  const script: { answer: (message: Message) => SendResult | Promise<SendResult> } = { answer: delivered };
  const send = async (message: Message): Promise<SendResult> => {
    const seconds = Math.round((time.clock.now().getTime() - Date.parse(start)) / second);
    sent.push(`${message.id} ${message.state} @${seconds}`);
    return script.answer(message);
  };
  const receiver = { send, ...(repeatEveryMs === undefined ? {} : { repeatEveryMs }) };
  const lane = new Lane(name, spec, receiver, {
    store: { saveAttempt: async (attempt) => void stored.push(attempt) },
    clock: time.clock,
    timers: time.timers,
    random: () => 0,
    log: recordLog(),
    externalUrl: undefined,
    onResult: () => undefined,
  });
  return Object.assign(script, { time, sent, stored, lane });
}

function incident(id: string): Incident {
  return {
    id,
    key: `drift/argocd/${id}`,
    state: 'open',
    condition: {
      key: `drift/argocd/${id}`,
      trigger: 'drift',
      subject: { application: `argocd/${id}`, cluster: 'prod', environment: 'prod' },
      summary: 'It drifted.',
      detail: '',
      nextStep: 'fairlead drift list',
      waitMs: 0,
      severity: 'warning',
    },
    since: start,
    openings: [start],
    routes: [{ ...name, severity: 'info' }],
  };
}

function delivery(id: string, rest: Partial<Delivery> = {}): Delivery {
  return { ...name, incident: id, wanted: 'firing', wantedAt: start, attempts: 0, ...rest };
}

async function put(rig: Rig, id: string, rest: Partial<Delivery> = {}): Promise<void> {
  rig.lane.put(incident(id), delivery(id, rest));
  rig.lane.deliver();
  await rig.time.settle();
}

describe('the way to a receiver', () => {
  test('backs off twice as long after each failure, up to five minutes, and begins anew after a success', async () => {
    const rig = openLane();
    rig.answer = () => ({ type: 'retry', why: 'down' });
    await put(rig, 'a');
    await rig.time.advance(20 * minute);
    const moments = rig.sent.map((each) => Number(each.split('@')[1]));
    expect(moments.slice(0, 6)).toEqual([0, 1, 3, 7, 15, 31]);
    const gaps = moments.slice(1).map((moment, index) => moment - (moments[index] ?? 0));
    expect(Math.max(...gaps)).toBe(300);
    expect(rig.lane.state()).toMatchObject({ pending: 1, lastError: 'down', pendingSince: start });
    rig.answer = () => ({ type: 'delivered' });
    await rig.time.advance(5 * minute);
    expect(rig.lane.state()).toMatchObject({ pending: 0 });
    expect(rig.lane.state().lastError).toBeUndefined();
    expect(rig.stored.at(-1)).toMatchObject({ told: 'firing', attempts: 0 });
  });

  test('asks no earlier than the receiver said, and no message sooner than another', async () => {
    const rig = openLane();
    rig.answer = () => ({ type: 'retry', why: 'slow down', afterMs: 120 * second });
    await put(rig, 'a');
    await put(rig, 'b');
    await rig.time.advance(119 * second);
    expect(rig.sent).toEqual(['a firing @0']);
    rig.answer = () => ({ type: 'delivered' });
    await rig.time.advance(second);
    expect(rig.sent.slice(1).sort()).toEqual(['a firing @120', 'b firing @120']);
  });

  test('goes on with the others where one message is rejected, or never goes through', async () => {
    const rig = openLane();
    rig.answer = ({ id }) => {
      if (id === 'bad') return { type: 'rejected', why: 'answered 400' };
      return id === 'poison' ? { type: 'retry', why: 'answered 500' } : { type: 'delivered' };
    };
    await put(rig, 'bad');
    await put(rig, 'poison');
    await put(rig, 'good');
    await rig.time.advance(2 * second);
    expect(rig.sent).toContain('good firing @1');
    expect(rig.lane.state()).toMatchObject({ pending: 2 });
    await rig.time.advance(21 * minute);
    const tries = rig.sent.filter((each) => each.startsWith('bad')).map((each) => Number(each.split('@')[1]));
    expect(tries).toHaveLength(2);
    expect(tries[1]).toBeGreaterThanOrEqual(900);
    await put(rig, 'late');
    await rig.time.advance(6 * minute);
    expect(rig.sent.some((each) => each.startsWith('late'))).toBe(true);
  });

  test('sends only the end of what was never confirmed, and nothing after it', async () => {
    const rig = openLane();
    rig.answer = () => ({ type: 'retry', why: 'down' });
    await put(rig, 'a');
    await put(rig, 'a', { wanted: 'resolved', attempts: 1 });
    rig.answer = () => ({ type: 'delivered' });
    await rig.time.advance(60 * minute);
    expect(rig.sent).toEqual(['a firing @0', 'a resolved @1']);
    expect(rig.stored.at(-1)).toMatchObject({ told: 'resolved' });
  });

  test('tells next what came to be wanted while a message was on its way', async () => {
    const rig = openLane();
    let confirm: (result: SendResult) => void = () => undefined;
    rig.answer = () => new Promise((resolve) => (confirm = resolve));
    await put(rig, 'a');
    await put(rig, 'a', { wanted: 'resolved' });
    expect(rig.sent).toEqual(['a firing @0']);
    rig.answer = () => ({ type: 'delivered' });
    confirm({ type: 'delivered' });
    await rig.time.settle();
    expect(rig.sent).toEqual(['a firing @0', 'a resolved @0']);
    expect(rig.stored.map(({ told }) => told)).toEqual(['firing', 'resolved']);
  });

  test('repeats what fires to a receiver that forgets, until it is resolved, and notes no repeat down', async () => {
    const rig = openLane(minute);
    await put(rig, 'a');
    await rig.time.advance(150 * second);
    expect(rig.sent).toEqual(['a firing @0', 'a firing @60', 'a firing @120']);
    expect(rig.stored).toHaveLength(1);
    await put(rig, 'a', { wanted: 'resolved', told: 'firing' });
    await rig.time.advance(10 * minute);
    expect(rig.sent.slice(3)).toEqual(['a resolved @150']);
  });

  test('takes up waits of an earlier start, and leaves them once something was put right', async () => {
    const rig = openLane();
    const nextAttemptAt = new Date(Date.parse(start) + 10 * minute).toISOString();
    await put(rig, 'a', { attempts: 3, nextAttemptAt, lastError: 'answered 401' });
    await rig.time.advance(minute);
    expect(rig.sent).toEqual([]);
    expect(rig.lane.state()).toMatchObject({ lastError: 'answered 401', nextAttemptAt });
    rig.lane.retryNow();
    await rig.time.settle();
    expect(rig.sent).toEqual(['a firing @60']);
  });

  test('tells news before it repeats what is known', async () => {
    const rig = openLane(minute);
    for (const id of ['a', 'b', 'c']) await put(rig, id);
    rig.lane.put(incident('new'), delivery('new', { nextAttemptAt: '2026-11-03T14:01:00.000Z' }));
    await rig.time.advance(minute);
    expect(rig.sent.slice(3)).toEqual(['new firing @60', 'a firing @60', 'b firing @60', 'c firing @60']);
  });

  test('looks through all that waits once for many messages, not once for each', async () => {
    const rig = openLane();
    let looks = 0;
    const waiting: Delivery = {
      ...delivery('later'),
      get nextAttemptAt() {
        looks += 1;
        return '2026-11-03T15:00:00.000Z';
      },
    };
    for (let index = 0; index < 200; index += 1) rig.lane.put(incident(`${index}`), delivery(`${index}`));
    rig.lane.put(incident('later'), waiting);
    rig.lane.deliver();
    await rig.time.settle();
    expect(rig.sent).toHaveLength(200);
    expect(looks).toBeLessThan(10);
  });
});
