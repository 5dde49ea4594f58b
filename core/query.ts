import type { ErrorCode } from './error.ts';
import { isJsonObject, type Json, stringAt } from './json.ts';
import { formatRef, type ObjectRef, parseRef } from './object-ref.ts';

/**
 * What a person wants to see of a cluster now. Its agent answers from the cluster, within its guard and for objects of
 * the application and what they own alone; nothing of it is stored on the way. Since session protocol 3.
 */
export type QueryRequest =
  /** Everything that stands below the application's objects. `known`: kinds that Kubernetes' own controllers make; `all`: every kind. */
  | { readonly type: 'tree'; readonly application: string; readonly kinds: 'known' | 'all' }
  /** One object as it is. `full` has what machines write for themselves too: managed fields, kubectl's copy. */
  | {
      readonly type: 'live';
      readonly application: string;
      readonly object: ObjectRef;
      readonly form: 'short' | 'full';
    }
  /** Of the object and what it owns; of the whole application where none is named. */
  | { readonly type: 'events'; readonly application: string; readonly object?: ObjectRef }
  | LogsRequest;

export interface LogsRequest {
  readonly type: 'logs';
  readonly application: string;
  /** A pod, or what owns pods; absent: every pod of the application. */
  readonly object?: ObjectRef;
  /** Absent: the one that the pod names as its default, or its first. */
  readonly container?: string;
  /** `now`: what is there, then the end. `follow`: what comes, until it is ended. `previous`: of the run before the last restart. */
  readonly mode: 'now' | 'follow' | 'previous';
  /** Lines of each container to begin with; absent: all that there are. */
  readonly tailLines?: number;
  readonly sinceSeconds?: number;
}

/** Why a query has no answer, or no more of it. */
export interface QueryFailure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly subject?: string;
  readonly remedy?: string;
}

/**
 * Bytes of one answer that may be on their way: sent by the agent, and not taken by who asked. It bounds what stands before
 * a report on a slow line, and what the hub keeps for a reader that is slower than that.
 */
export const answerWindowBytes = 128 * 1024;

/** Reads what a peer sent; `undefined` for what isn't a request that is known here. */
export function parseQueryRequest(value: Json): QueryRequest | undefined {
  const application = stringAt(value, 'application');
  if (!isJsonObject(value) || application === undefined) return undefined;
  const object = readRef(value['object']);
  if (value['object'] !== undefined && object === undefined) return undefined;
  const of = object === undefined ? {} : { object };
  switch (value['type']) {
    case 'tree':
      return { type: 'tree', application, kinds: value['kinds'] === 'all' ? 'all' : 'known' };
    case 'live': {
      const form = value['form'] === 'full' ? 'full' : 'short';
      return object === undefined ? undefined : { type: 'live', application, object, form };
    }
    case 'events':
      return { type: 'events', application, ...of };
    case 'logs':
      return { type: 'logs', application, ...of, ...readLogOptions(value) };
    default:
      return undefined;
  }
}

function readLogOptions(value: Json): Pick<LogsRequest, 'container' | 'mode' | 'tailLines' | 'sinceSeconds'> {
  const { mode, tailLines, sinceSeconds } = value as { readonly [name: string]: Json };
  const container = stringAt(value, 'container');
  return {
    ...(container === undefined ? {} : { container }),
    mode: mode === 'follow' || mode === 'previous' ? mode : 'now',
    ...(isCount(tailLines) ? { tailLines } : {}),
    ...(isCount(sinceSeconds) ? { sinceSeconds } : {}),
  };
}

function isCount(value: Json | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function readRef(value: Json | undefined): ObjectRef | undefined {
  return typeof value === 'string' ? parseRef(value) : undefined;
}

/** As it travels: an object by its one spelling. */
export function encodeQueryRequest(request: QueryRequest): Json {
  const { type, application } = request;
  const object =
    'object' in request && request.object !== undefined ? { object: formatRef(request.object) } : {};
  switch (type) {
    case 'tree':
      return { type, application, kinds: request.kinds };
    case 'live':
      return { type, application, ...object, form: request.form };
    case 'events':
      return { type, application, ...object };
    case 'logs': {
      const { object: _named, ...rest } = request;
      return { ...rest, ...object };
    }
  }
}
