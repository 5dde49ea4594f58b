import { randomUUID } from 'node:crypto';
import { AppError } from '../../core/error.ts';
import type { QueryFailure, QueryRequest } from '../../core/query.ts';
import type { AnswerPart } from '../../core/session.ts';

/** One agent, as far as a query goes. */
export interface AskedAgent {
  /** Every part of the answer goes to the listener; the last is an `end` or an `error`, also where the stream breaks. */
  query(id: string, request: QueryRequest, listener: (part: AnswerPart) => void): void;
  takeAnswer(id: string, bytes: number): void;
  endQuery(id: string): void;
}

/**
 * Asks an agent and gives its answer as it comes. Asking for the next part says that the last was taken, so that no more
 * than a window of bytes waits here, however slow the reader. Throws AppError where there is no answer.
 */
export async function* readAnswer(
  agent: AskedAgent,
  request: QueryRequest,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  if (signal.aborted) throw endedBy(signal);
  const id = randomUUID();
  const parts: AnswerPart[] = [];
  let wake = (): void => undefined;
  const onAbort = (): void => wake();
  signal.addEventListener('abort', onAbort);
  try {
    agent.query(id, request, (part) => {
      parts.push(part);
      wake();
    });
    for (;;) {
      if (signal.aborted) throw endedBy(signal);
      const part = parts.shift();
      if (part === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      if (part.type === 'end') return;
      if (part.type === 'error') throw errorOf(part.failure);
      yield part.bytes;
      agent.takeAnswer(id, part.bytes.length);
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    agent.endQuery(id);
  }
}

function errorOf({ code, message, subject, remedy }: QueryFailure): AppError {
  return new AppError(code, message, {
    ...(subject === undefined ? {} : { subject }),
    ...(remedy === undefined ? {} : { remedy }),
  });
}

function endedBy({ reason }: AbortSignal): AppError {
  return AppError.from(reason, 'cancelled');
}
