import type { FastifyRequest } from 'fastify';
import { AppError } from '../../core/error.ts';
import { nameOf } from '../access/describe.ts';
import type { Subject } from '../access/subject.ts';
import type { Credential, Credentials } from './credentials.ts';

/** Who sent a request, and by what they were known. */
export interface Caller {
  readonly subject: Subject;
  readonly by: 'token' | 'session';
  /** Whether what let them in still counts: a stream may outlive it. */
  stands(): boolean;
}

const callers = new WeakMap<FastifyRequest, Caller>();

/** Once a request is let in. */
export function noteCaller(request: FastifyRequest, caller: Caller): void {
  callers.set(request, caller);
}

export function noteTokenHolder(
  request: FastifyRequest,
  credential: Credential,
  credentials: Pick<Credentials, 'has'>,
): void {
  noteCaller(request, {
    subject: credential.subject,
    by: 'token',
    stands: () => credentials.has(credential),
  });
}

/** Throws AppError `internal` for a request that nobody let in: a route outside of those that ask for a caller. */
export function callerOf(request: FastifyRequest): Caller {
  const caller = callers.get(request);
  if (caller === undefined) throw new AppError('internal', 'this route does not know who asks');
  return caller;
}

/** Who asks, for records and logs. */
export function requester(request: FastifyRequest): string {
  const { subject, by } = callerOf(request);
  return by === 'token' ? nameOf(subject) : `${nameOf(subject)} in the web UI`;
}
