import { AppError } from '../../core/error.ts';
import { formatRef } from '../../core/object-ref.ts';
import type { QueryRequest } from '../../core/query.ts';
import type { QueryHandler, ReceivedQuery } from '../session/query-handler.ts';
import { AnswerWriter } from './answer-writer.ts';
import type { Inquiry } from './inquiry.ts';
import type { InspectorOptions } from './inspector-options.ts';
import { answerEvents } from './object-events.ts';
import { answerLive } from './object-live.ts';
import { answerLogs } from './pod-logs.ts';
import { answerTree } from './tree.ts';

interface Limit {
  readonly ms: number;
  readonly bytes: number;
}

const mebibyte = 1024 * 1024;
const documentLimit: Limit = { ms: 20_000, bytes: 8 * mebibyte };
const logLimit: Limit = { ms: 5 * 60_000, bytes: 64 * mebibyte };
const followLimit: Limit = { ms: 60 * 60_000, bytes: 512 * mebibyte };

/** Answers what people ask of this cluster, one query beside the other; keeps nothing of what it read. */
export class Inspector implements QueryHandler {
  readonly #options: InspectorOptions;
  readonly #running = new Map<string, { readonly writer: AnswerWriter; end(): void }>();

  constructor(options: InspectorOptions) {
    this.#options = options;
  }

  begin({ id, request, answer }: ReceivedQuery): void {
    const { clock, log } = this.#options;
    const limit = limitOf(request);
    const ending = new AbortController();
    const writer = new AnswerWriter(answer, clock, limit.bytes);
    const timer = clock.setTimer(limit.ms, () => {
      writer.fail(tooLong(limit));
      ending.abort();
    });
    this.#running.set(id, {
      writer,
      end() {
        writer.close();
        ending.abort();
      },
    });
    log.info({ query: request.type, ...subjectOf(request) }, 'somebody looks into the cluster');
    void this.#answer(request, { ...this.#options, writer, signal: ending.signal }).finally(() => {
      timer.cancel();
      ending.abort();
      this.#running.delete(id);
    });
  }

  more(id: string, bytes: number): void {
    this.#running.get(id)?.writer.more(bytes);
  }

  end(id: string): void {
    this.#running.get(id)?.end();
  }

  close(): void {
    for (const query of this.#running.values()) query.end();
  }

  async #answer(request: QueryRequest, inquiry: Inquiry): Promise<void> {
    try {
      await answerOne(request, inquiry);
    } catch (caught) {
      const error = AppError.from(caught);
      if (error.code === 'internal') inquiry.log.error({ err: error }, 'a query failed');
      inquiry.writer.fail(error.code === 'internal' ? ownFailure(error) : error);
    }
  }
}

function answerOne(request: QueryRequest, inquiry: Inquiry): Promise<void> {
  switch (request.type) {
    case 'tree':
      return answerTree(request, inquiry);
    case 'live':
      return answerLive(request, inquiry);
    case 'events':
      return answerEvents(request, inquiry);
    case 'logs':
      return answerLogs(request, inquiry);
  }
}

function limitOf(request: QueryRequest): Limit {
  if (request.type !== 'logs') return documentLimit;
  return request.mode === 'follow' ? followLimit : logLimit;
}

function tooLong({ ms }: Limit): AppError {
  return new AppError('timeout', `the agent ended its answer after ${ms / 1000} s`, { remedy: 'Ask again' });
}

function ownFailure(cause: AppError): AppError {
  return new AppError('unavailable', 'the agent failed to answer', {
    remedy: 'Its log has the details',
    cause,
  });
}

function subjectOf(request: QueryRequest): { readonly application: string; readonly object?: string } {
  const { application } = request;
  if (!('object' in request) || request.object === undefined) return { application };
  return { application, object: formatRef(request.object) };
}
