import type { ServerResponse } from 'node:http';
import { AppError } from '../../core/error.ts';

const heartbeatMs = 15_000;
/** A reader that takes nothing for this long is let go: it may come again, and others wait for its place. */
const stallMs = 60_000;

export interface Telling {
  /** The last thing that is said where the parts end by an error. */
  readonly errorLine: (caught: unknown) => string;
  /** A minute where absent. */
  readonly stallMs?: number;
}

/**
 * Writes parts as they come, no faster than they are read, with a sign of life in between. Ends with the parts, with the
 * reader, or with a connection that is cut since the reader stalls: no more than one part waits for it.
 */
export async function tellParts(
  response: ServerResponse,
  first: IteratorResult<Uint8Array>,
  parts: AsyncIterator<Uint8Array>,
  telling: Telling,
): Promise<void> {
  const limitMs = telling.stallMs ?? stallMs;
  const heartbeat = setInterval(() => {
    if (!response.writableNeedDrain) response.write('\n');
  }, heartbeatMs);
  try {
    for (let part = first; part.done !== true; part = await parts.next()) {
      await write(response, part.value, limitMs);
    }
    response.end();
  } catch (caught) {
    if (!response.destroyed) response.end(telling.errorLine(caught));
  } finally {
    clearInterval(heartbeat);
  }
}

/** Resolves once the reader has room for more. Throws AppError `cancelled` once it is gone, or stalled too long. */
function write(response: ServerResponse, bytes: Uint8Array, limitMs: number): Promise<void> {
  if (response.destroyed) return Promise.reject(goneAway());
  if (response.write(bytes)) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const stalled = setTimeout(() => response.destroy(), limitMs);
    const settle = (done: () => void): void => {
      clearTimeout(stalled);
      response.off('drain', drained);
      response.off('close', closed);
      done();
    };
    const drained = (): void => settle(resolve);
    const closed = (): void => settle(() => reject(goneAway()));
    response.on('drain', drained);
    response.on('close', closed);
  });
}

function goneAway(): AppError {
  return new AppError('cancelled', 'the reader went away, or read nothing for too long');
}
