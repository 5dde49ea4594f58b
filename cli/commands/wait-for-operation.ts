import { setTimeout as sleep } from 'node:timers/promises';
import type { paths } from '../../client/schema.ts';
import { AppError } from '../../core/error.ts';
import { isFinal } from '../../core/operation.ts';
import { type Schemas, unwrap } from '../client/open-client.ts';
import type { Context } from '../context.ts';

type Operation = Schemas['Operation'];
type Request = NonNullable<
  paths['/api/v1/applications/{key}/operations']['post']['requestBody']
>['content']['application/json'];

const firstPauseMs = 50;
const longestPauseMs = 1_000;
const hintAfterMs = 3_000;

/** Asks for an operation on an application. */
export function submit(context: Context, key: string, body: Request): Promise<Operation> {
  const params = { path: { key } };
  return unwrap(context.client.POST('/api/v1/applications/{key}/operations', { params, body }));
}

/** Waits until an operation has its final result. Throws AppError `timeout`; the operation itself goes on. */
export async function waitForOperation(
  context: Context,
  start: Operation,
  timeoutMs: number,
): Promise<Operation> {
  const began = performance.now();
  let operation = start;
  let pauseMs = firstPauseMs;
  let hinted = false;
  while (!isFinal(operation.phase)) {
    const waitedMs = performance.now() - began;
    if (waitedMs > timeoutMs) throw timedOut(operation, timeoutMs);
    if (waitedMs > hintAfterMs && !hinted) {
      context.note(`${operation.phase}: waiting for the agent of ${operation.cluster}`);
      hinted = true;
    }
    await sleep(Math.min(pauseMs, Math.max(1, timeoutMs - waitedMs)));
    pauseMs = Math.min(pauseMs * 1.5, longestPauseMs);
    const params = { path: { id: operation.id } };
    operation = await unwrap(context.client.GET('/api/v1/operations/{id}', { params }));
  }
  return operation;
}

function timedOut(operation: Operation, timeoutMs: number): AppError {
  const why =
    operation.phase === 'Pending' ? `the agent of ${operation.cluster} has not taken it` : 'it still runs';
  return new AppError('timeout', `no result within ${timeoutMs / 1000} s: ${why}`, {
    subject: operation.application,
    remedy: `It goes on by itself; see \`fairlead cluster get ${operation.cluster}\``,
  });
}

/** Seconds, or with a unit: `90`, `90s`, `5m`. */
export function parseTimeout(text: string): number {
  const match = /^(\d+)(s|m)?$/.exec(text);
  if (match === null) {
    throw new AppError('invalid', `no duration: ${text}`, {
      subject: '--timeout',
      remedy: 'Write 90s or 5m',
    });
  }
  return Number(match[1]) * (match[2] === 'm' ? 60_000 : 1000);
}
