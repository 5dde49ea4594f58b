import { AppError } from '../../core/error.ts';
import { isTimeZone, type Viewer } from '../../core/time-text.ts';
import type { Link } from '../drift/summarise.ts';
import type { ApiContext } from './context.ts';

/** Whether each cluster's agent is heard now. */
export async function readLinks(context: ApiContext): Promise<(cluster: string) => Link> {
  const connections = context.control.connections();
  const stored = new Map((await context.store.listClusterStatus()).map((entry) => [entry.cluster, entry]));
  return (cluster) => {
    if (connections.has(cluster)) return { type: 'connected' };
    const since = stored.get(cluster)?.lastSeenAt;
    return since === undefined ? { type: 'silent' } : { type: 'silent', since };
  };
}

/** Throws AppError `invalid` for a zone that this system doesn't know. */
export function viewerOf(context: ApiContext, query: { readonly timeZone?: string }): Viewer {
  const now = context.clock.now().toISOString();
  if (query.timeZone === undefined) return { now };
  if (!isTimeZone(query.timeZone)) {
    throw new AppError('invalid', 'no such time zone', {
      subject: query.timeZone,
      remedy: 'Use an IANA name such as Europe/Berlin, or leave timeZone out for UTC',
    });
  }
  return { now, timeZone: query.timeZone };
}
