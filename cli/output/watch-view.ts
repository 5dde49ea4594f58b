import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, formatError } from '../../core/error.ts';
import { formatMoment } from '../../core/time-text.ts';
import { readEvents } from '../client/read-events.ts';
import type { Context, View } from '../context.ts';
import { formatValue } from './print-value.ts';

/** Changes come in bursts: one redraw for all of them. */
const settleMs = 150;
/** On a screen, relative times grow old without any change; a pipe gets changes only. */
const refreshMs = 5_000;
const reconnectMs = 1_000;

/** Redraws in place on a terminal; in a pipe, prints again what has changed. Ends only with the process. */
export async function watchView<T>(context: Context, view: View<T>, first: T): Promise<never> {
  const terminal = process.stdout.isTTY === true;
  const screen = terminal ? openScreen() : openPipe();
  const refresh = terminal ? refreshMs : undefined;
  screen(await formatValue(first, context.format, view.render));
  for (;;) {
    const problem = await follow(context, refresh, async () => {
      screen(await formatValue(await view.read(), context.format, view.render));
    });
    const since = formatMoment(new Date().toISOString(), context.viewer());
    process.stderr.write(`no contact since ${since}: ${problem}; trying again\n`);
    await sleep(reconnectMs);
  }
}

/** Redraws at each change until the connection ends; says why it did. Each connection begins with a fresh reading. */
async function follow(
  context: Context,
  refresh: number | undefined,
  redraw: () => Promise<void>,
): Promise<string> {
  const abort = new AbortController();
  let wake = Promise.withResolvers<void>();
  let ended: string | undefined;
  const reading = (async () => {
    for await (const _mark of readEvents(context.settings, abort.signal)) wake.resolve();
    return 'the hub ended the connection';
  })()
    .catch((error: unknown) => formatError(AppError.from(error, 'unavailable')))
    .then((problem) => {
      ended = problem;
      wake.resolve();
    });
  try {
    while (ended === undefined) {
      const aged = refresh === undefined ? [] : [sleep(refresh, undefined, { signal: abort.signal })];
      await Promise.race([wake.promise, ...aged]);
      wake = Promise.withResolvers<void>();
      await sleep(settleMs);
      if (ended === undefined) await redraw();
    }
    return ended;
  } catch (error) {
    return formatError(AppError.from(error, 'unavailable'));
  } finally {
    abort.abort();
    await reading;
  }
}

/** Overwrites line by line, so that nothing flickers; what doesn't fit is cut at the bottom. */
function openScreen(): (text: string) => void {
  process.stdout.write('\u001b[2J');
  return (text) => {
    const rows = (process.stdout.rows ?? 24) - 1;
    const lines = text.split('\n').slice(0, rows);
    process.stdout.write(`\u001b[H${lines.map((line) => `${line}\u001b[K\n`).join('')}\u001b[J`);
  };
}

function openPipe(): (text: string) => void {
  let last = '';
  return (text) => {
    if (text !== last) process.stdout.write(last === '' ? `${text}\n` : `\n${text}\n`);
    last = text;
  };
}
