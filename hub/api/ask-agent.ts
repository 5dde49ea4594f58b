import type { FastifyRequest } from 'fastify';
import { AppError } from '../../core/error.ts';
import { parseJson } from '../../core/json.ts';
import { formatRef } from '../../core/object-ref.ts';
import type { QueryRequest } from '../../core/query.ts';
import { applicationObject } from '../access/objects.ts';
import type { ApplicationRecord } from '../ports.ts';
import { viewOf } from './api-view.ts';
import { callerOf, requester } from './caller.ts';
import type { ApiContext } from './context.ts';
import { findApplication } from './find-application.ts';
import { demand, mayStill } from './gate.ts';

/** A little more than an agent takes at most for a document, so that its own words arrive first. */
const documentMs = 25_000;
/** Of a document: what an agent sends at most, once more. */
const maxDocumentBytes = 16 * 1024 * 1024;

/** Makes the query of the application that a person named. */
export type Ask = (application: string) => QueryRequest;

export interface Asked {
  readonly answer: AsyncIterable<Uint8Array>;
  /** Whether the caller might ask the same now: what goes on for long is looked at again. */
  permitted(): boolean;
}

/**
 * Sends a query to the agent of an application's cluster, if this person may ask it, and notes in the log who read what.
 * Throws AppError, where the agent is silent with the time since when.
 */
export async function askAgent(
  context: ApiContext,
  request: FastifyRequest<{ Params: { key: string } }>,
  ask: Ask,
  signal: AbortSignal,
): Promise<Asked> {
  const record = await findApplication(viewOf(context, request).store, request.params.key);
  const query = ask(record.application);
  const person = requester(request);
  const { cluster, application, project } = record;
  const read = { person, cluster, application, what: query.type, ...objectOf(query) };
  const objects = [applicationObject(application, project)];
  try {
    demand(context, request, objects);
  } catch (error) {
    context.log.warn({ ...read, reason: AppError.from(error).message }, 'refused to look into a cluster');
    throw error;
  }
  await checkHeard(context, record);
  context.log.info(read, 'looked into a cluster');
  return {
    answer: context.queries.ask(cluster, query, signal),
    permitted: () => callerOf(request).stands() && mayStill(context, request, objects),
  };
}

/** A whole document. The caller's going away ends it at the agent too. */
export async function readDocument<T>(
  context: ApiContext,
  request: FastifyRequest<{ Params: { key: string } }>,
  ask: Ask,
): Promise<T> {
  const gone = new AbortController();
  const onClose = (): void => gone.abort(new AppError('cancelled', 'the caller went away'));
  request.raw.socket.once('close', onClose);
  const timer = setTimeout(() => gone.abort(noAnswer()), documentMs);
  try {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    const { answer } = await askAgent(context, request, ask, gone.signal);
    for await (const chunk of answer) {
      bytes += chunk.length;
      if (bytes > maxDocumentBytes) throw new AppError('too-large', "the agent's answer is too large");
      chunks.push(chunk);
    }
    return parseAnswer(Buffer.concat(chunks)) as T;
  } finally {
    clearTimeout(timer);
    request.raw.socket.off('close', onClose);
  }
}

function parseAnswer(bytes: Buffer): unknown {
  try {
    return parseJson(bytes.toString('utf8'));
  } catch (cause) {
    throw new AppError('unavailable', "the agent's answer is no JSON", { cause });
  }
}

function noAnswer(): AppError {
  return new AppError('timeout', `the agent has not answered for ${documentMs / 1000} s`, {
    remedy: "Try again; the agent's log says what keeps it",
  });
}

async function checkHeard(context: ApiContext, { cluster }: ApplicationRecord): Promise<void> {
  if (context.control.connections().has(cluster)) return;
  const statuses = await context.store.listClusterStatus();
  const since = statuses.find((each) => each.cluster === cluster)?.lastSeenAt;
  const silence = since === undefined ? 'was never heard' : `is silent since ${since}`;
  throw new AppError(
    'unavailable',
    `the agent of cluster ${cluster} ${silence}, so nothing live can be shown`,
    {
      remedy: `\`fairlead cluster get ${cluster}\` says more; what it reported last is in \`fairlead app get\``,
    },
  );
}

function objectOf(query: QueryRequest): { readonly object?: string } {
  return 'object' in query && query.object !== undefined ? { object: formatRef(query.object) } : {};
}
