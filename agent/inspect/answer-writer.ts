import { AppError } from '../../core/error.ts';
import { canonicalJson, type Json } from '../../core/json.ts';
import { answerWindowBytes } from '../../core/query.ts';
import type { AnswerPart } from '../../core/session.ts';
import type { InspectClock } from './inspector-options.ts';

/** Small pieces wait this long for others, so that a line of a log costs no message of its own. */
const gatherMs = 20;
const chunkBytes = 32 * 1024;

/**
 * One answer on its way: never more than the window is sent and not taken, and never more than that waits here. Pieces are
 * whole at the reader's end in any case; a piece of a log is one line.
 */
export class AnswerWriter {
  readonly #answer: (part: AnswerPart) => void;
  readonly #clock: InspectClock;
  readonly #maxBytes: number;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  /** Sent and not taken. */
  #inFlight = 0;
  #total = 0;
  #timer: { cancel(): void } | undefined;
  /** Who waits for room. */
  #waiting: (() => void)[] = [];
  #isOver = false;

  constructor(answer: (part: AnswerPart) => void, clock: InspectClock, maxBytes: number) {
    this.#answer = answer;
    this.#clock = clock;
    this.#maxBytes = maxBytes;
  }

  /** Takes a piece if the window has room for it now. Throws AppError `too-large` where the answer is beyond its limit. */
  offer(bytes: Uint8Array): 'taken' | 'full' {
    if (this.#isOver) return 'taken';
    if (this.#room() < bytes.length) return 'full';
    this.#add(bytes);
    return 'taken';
  }

  /** Takes all of it, as the window opens: in one piece where it fits into a window, so that lines of two logs never mix. Resolves at once where nobody waits for the answer any more. */
  async write(bytes: Uint8Array): Promise<void> {
    const step = bytes.length <= answerWindowBytes ? bytes.length : chunkBytes;
    for (let start = 0; start < bytes.length; start += step) {
      const piece = bytes.subarray(start, start + step);
      while (!this.#isOver && this.#room() < piece.length) {
        this.#flush();
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
      }
      if (this.#isOver) return;
      this.#add(piece);
    }
  }

  /** A whole document, and the end. */
  async finish(document: unknown): Promise<void> {
    await this.write(new TextEncoder().encode(canonicalJson(document as Json)));
    this.end();
  }

  more(bytes: number): void {
    this.#inFlight = Math.max(0, this.#inFlight - bytes);
    this.#wake();
  }

  end(): void {
    this.#flush();
    this.#finishWith({ type: 'end' });
  }

  fail({ code, message, subject, remedy }: AppError): void {
    this.#flush();
    const failure = {
      code,
      message,
      ...(subject === undefined ? {} : { subject }),
      ...(remedy === undefined ? {} : { remedy }),
    };
    this.#finishWith({ type: 'error', failure });
  }

  /** Nobody waits for it any more: what comes from here on goes nowhere. */
  close(): void {
    this.#isOver = true;
    this.#timer?.cancel();
    this.#pending = [];
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #room(): number {
    return Math.max(0, answerWindowBytes - this.#inFlight - this.#pendingBytes);
  }

  #add(bytes: Uint8Array): void {
    this.#total += bytes.length;
    if (this.#total > this.#maxBytes) {
      throw new AppError('too-large', `the answer is larger than ${this.#maxBytes / 1024 / 1024} MiB`, {
        remedy: 'Ask for less: one object, fewer lines (--tail) or a shorter time (--since)',
      });
    }
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
    if (this.#pendingBytes >= chunkBytes) this.#flush();
    else this.#timer ??= this.#clock.setTimer(gatherMs, () => this.#flush());
  }

  #flush(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#pendingBytes === 0 || this.#isOver) return;
    const bytes = Buffer.concat(this.#pending);
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#inFlight += bytes.length;
    this.#answer({ type: 'chunk', bytes });
  }

  #finishWith(part: AnswerPart): void {
    if (this.#isOver) return;
    this.close();
    this.#answer(part);
  }
}
