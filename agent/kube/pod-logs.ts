import type { ObjectRef } from '../../core/object-ref.ts';
import type { PodLogOptions, PodLogResult } from '../ports.ts';
import { noAnswer } from './failure.ts';
import { objectPath } from './paths.ts';
import type { Transport } from './transport.ts';

const pods = { group: '', version: 'v1', plural: 'pods', namespaced: true };

/** Bytes of one container's log that the API server sends at most where it isn't followed: more than anyone reads. */
const limitBytes = 64 * 1024 * 1024;

/** Reads a container's log as it comes. What `take` throws is thrown here. */
export async function readPodLog(
  transport: Transport,
  pod: Pick<ObjectRef, 'namespace' | 'name'>,
  options: PodLogOptions,
  signal: AbortSignal,
  take: (bytes: Uint8Array) => Promise<void>,
): Promise<PodLogResult> {
  const path = objectPath(pods, pod.namespace, pod.name);
  if (path === undefined) return { type: 'failed', failure: noAnswer(`there is no pod "${pod.name}"`) };
  const opened = await transport.stream(
    { method: 'GET', verb: 'logs', resource: 'pods/log', path: `${path}/log`, query: queryOf(options) },
    signal,
  );
  if (opened.type === 'failed') return signal.aborted ? { type: 'ended' } : opened;
  const bytes = opened.body[Symbol.asyncIterator]();
  for (;;) {
    let next: IteratorResult<Uint8Array>;
    try {
      next = await bytes.next();
    } catch (caught) {
      if (signal.aborted) return { type: 'ended' };
      return { type: 'failed', failure: transport.failureOf(caught) };
    }
    if (next.done === true) return { type: 'ended' };
    await take(next.value);
  }
}

function queryOf({
  container,
  mode,
  tailLines,
  sinceSeconds,
}: PodLogOptions): Readonly<Record<string, string>> {
  return {
    container,
    timestamps: 'true',
    ...(mode === 'follow' ? { follow: 'true' } : { limitBytes: String(limitBytes) }),
    ...(mode === 'previous' ? { previous: 'true' } : {}),
    ...(tailLines === undefined ? {} : { tailLines: String(tailLines) }),
    ...(sinceSeconds === undefined ? {} : { sinceSeconds: String(sinceSeconds) }),
  };
}
