import type { LogRecord } from '../../core/live-view.ts';
import type { LogsRequest } from '../../core/query.ts';
import type { KubeFailure, PodLogOptions } from '../ports.ts';
import type { Inquiry } from './inquiry.ts';
import { LogLines, splitTime } from './log-lines.ts';

/** One container whose log is read. */
export interface LogSource {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

/** Bytes of one log that are read in a second, where they can't be told as fast: the agent has other work. */
const bytesPerSecond = 4 * 1024 * 1024;

/**
 * Tells one container's log up to its end. A log that is followed is never held up: lines that come faster than they are
 * taken are dropped, and how many is told. One that is not followed waits instead, up to the kubelet.
 */
export async function tellLog(
  inquiry: Inquiry,
  source: LogSource,
  request: LogsRequest,
): Promise<KubeFailure | undefined> {
  const teller = new LogTeller(inquiry, source, request.mode === 'follow' ? 'drop' : 'wait');
  await teller.begin();
  const { namespace, pod, container } = source;
  const { mode, tailLines, sinceSeconds } = request;
  const options: PodLogOptions = {
    container,
    mode,
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(sinceSeconds === undefined ? {} : { sinceSeconds }),
  };
  const ending = new AbortController();
  const signal = AbortSignal.any([inquiry.signal, ending.signal]);
  try {
    const result = await inquiry.kube.logs({ namespace, name: pod }, options, signal, (bytes) =>
      teller.take(bytes),
    );
    await teller.end();
    return result.type === 'failed' ? result.failure : undefined;
  } finally {
    // Whatever ended it, its connection ends too.
    ending.abort();
  }
}

class LogTeller {
  readonly #inquiry: Inquiry;
  readonly #source: LogSource;
  readonly #whenFull: 'drop' | 'wait';
  readonly #lines = new LogLines();
  #dropped = 0;

  constructor(inquiry: Inquiry, source: LogSource, whenFull: 'drop' | 'wait') {
    this.#inquiry = inquiry;
    this.#source = source;
    this.#whenFull = whenFull;
  }

  async begin(): Promise<void> {
    await this.#inquiry.writer.write(encodeRecord({ type: 'source', ...this.#source }));
  }

  async take(bytes: Uint8Array): Promise<void> {
    const before = this.#dropped;
    for (const line of this.#lines.push(bytes)) await this.#tell(line);
    if (this.#dropped === before) return;
    await this.#pause((bytes.length / bytesPerSecond) * 1000);
  }

  async end(): Promise<void> {
    const rest = this.#lines.rest();
    if (rest !== undefined) await this.#tell(rest);
    if (this.#dropped > 0) await this.#inquiry.writer.write(this.#droppedRecord());
  }

  async #tell(line: string): Promise<void> {
    const { writer } = this.#inquiry;
    const { pod, container } = this.#source;
    const record = encodeRecord({ type: 'line', pod, container, ...splitTime(line) });
    if (this.#whenFull === 'wait') return writer.write(record);
    // What was dropped is told where it is missing, before what follows.
    if (this.#dropped > 0) {
      const both = Buffer.concat([this.#droppedRecord(), record]);
      if (writer.offer(both) === 'taken') this.#dropped = 0;
      else this.#dropped += 1;
      return;
    }
    if (writer.offer(record) === 'full') this.#dropped = 1;
  }

  #droppedRecord(): Uint8Array {
    const { pod, container } = this.#source;
    return encodeRecord({ type: 'dropped', pod, container, lines: this.#dropped });
  }

  /** Ends early where nobody waits any more. */
  #pause(ms: number): Promise<void> {
    const { clock, signal } = this.#inquiry;
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        timer.cancel();
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = clock.setTimer(Math.max(1, ms), done);
      signal.addEventListener('abort', done);
    });
  }
}

export function encodeRecord(record: LogRecord): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(record)}\n`);
}
