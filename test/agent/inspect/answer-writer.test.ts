import { expect, it } from 'vitest';
import { AnswerWriter } from '../../../agent/inspect/answer-writer.ts';
import { LogLines, splitTime } from '../../../agent/inspect/log-lines.ts';
import { AppError } from '../../../core/error.ts';
import { answerWindowBytes } from '../../../core/query.ts';
import type { AnswerPart } from '../../../core/session.ts';

const clock = {
  now: () => new Date(0),
  setTimer: (ms: number, fire: () => void) => {
    const timer = setTimeout(fire, ms);
    return { cancel: () => clearTimeout(timer) };
  },
};

function writerOn(maxBytes = 1024 * 1024 * 1024): {
  writer: AnswerWriter;
  parts: AnswerPart[];
  sent(): number;
} {
  const parts: AnswerPart[] = [];
  const writer = new AnswerWriter((part) => parts.push(part), clock, maxBytes);
  const sent = (): number =>
    parts.reduce((sum, part) => sum + (part.type === 'chunk' ? part.bytes.length : 0), 0);
  return { writer, parts, sent };
}

it('sends no more than a window ahead of who reads', async () => {
  const { writer, sent } = writerOn();
  const bytes = new Uint8Array(3 * answerWindowBytes + 7);
  const written = writer.write(bytes);
  await expect.poll(sent).toBeGreaterThan(answerWindowBytes / 2);
  expect(sent()).toBeLessThanOrEqual(answerWindowBytes);
  let taken = 0;
  while (taken < bytes.length) {
    await expect.poll(sent).toBeGreaterThan(taken);
    const now = sent();
    expect(now - taken).toBeLessThanOrEqual(answerWindowBytes);
    writer.more(now - taken);
    taken = now;
  }
  await written;
});

it('says that it is full instead of keeping more', () => {
  const { writer } = writerOn();
  const line = new Uint8Array(1024);
  let taken = 0;
  while (writer.offer(line) === 'taken') taken += 1;
  expect(taken).toBe(answerWindowBytes / line.length);
  writer.more(line.length);
  expect(writer.offer(line)).toBe('taken');
  writer.close();
});

it('lets go of who writes once nobody waits for the answer', async () => {
  const { writer, parts } = writerOn();
  const written = [
    writer.write(new Uint8Array(answerWindowBytes)),
    writer.write(new Uint8Array(5)),
    writer.write(new Uint8Array(5)),
  ];
  writer.close();
  await Promise.all(written);
  writer.end();
  expect(parts.filter((part) => part.type !== 'chunk')).toEqual([]);
});

it('ends once, with what was waiting before it', () => {
  const { writer, parts } = writerOn();
  writer.offer(new Uint8Array(3));
  writer.fail(new AppError('denied', 'no', { remedy: 'ask' }));
  writer.end();
  expect(parts.map((part) => part.type)).toEqual(['chunk', 'error']);
});

it('refuses an answer beyond its limit with what to do', async () => {
  const { writer } = writerOn(1024 * 1024);
  const write = async (): Promise<void> => {
    for (;;) {
      await writer.write(new Uint8Array(1024));
      writer.more(1024);
    }
  };
  await expect(write()).rejects.toMatchObject({
    code: 'too-large',
    remedy: expect.stringContaining('--tail'),
  });
  writer.close();
});

it('splits a log into lines however it comes, and cuts one without an end', () => {
  const text = new TextEncoder().encode('2026-11-01T00:00:00.5Z größe\r\n\nlast');
  for (let size = 1; size < text.length; size += 1) {
    const lines = new LogLines();
    const found: string[] = [];
    for (let start = 0; start < text.length; start += size)
      found.push(...lines.push(text.subarray(start, start + size)));
    expect([...found, lines.rest()]).toEqual(['2026-11-01T00:00:00.5Z größe', '', 'last']);
  }
  const endless = new LogLines();
  for (let chunk = 0; chunk < 100; chunk += 1)
    expect([...endless.push(new Uint8Array(64 * 1024).fill(97))]).toEqual([]);
  const [line] = [...endless.push(Uint8Array.of(10))];
  expect(line).toHaveLength(16 * 1024 + ' … (cut)'.length);
});

it('tells the time of a line apart from its text', () => {
  expect(splitTime('2026-11-01T00:00:00.123456789Z hello there')).toEqual({
    at: '2026-11-01T00:00:00.123456789Z',
    text: 'hello there',
  });
  expect(splitTime('2026-11-01T00:00:00Z ')).toEqual({ at: '2026-11-01T00:00:00Z', text: '' });
  expect(splitTime('rpc error: no log')).toEqual({ text: 'rpc error: no log' });
});
