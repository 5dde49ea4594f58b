import { isFinal, type Operation } from '../../core/operation.ts';
import { describeLeaving } from '../drift/describe-leaving.ts';
import type { ApiContext } from './context.ts';
import { readLinks } from './fleet-view.ts';

/** An operation of the hub's own as it is now: what it waits for changes without any word from the one who asked. */
export async function withProgress(context: ApiContext, operation: Operation): Promise<Operation> {
  const { cluster, request, phase, cancelledBy } = operation;
  if (request.type !== 'decommission' || isFinal(phase) || cancelledBy !== undefined) return operation;
  const [linkOf, head] = await Promise.all([readLinks(context), context.store.readHead(cluster)]);
  const applications = [...head.entries.keys()].sort();
  const statuses = applications.length === 0 ? new Map() : await context.store.readStatuses(applications);
  const left = new Map(applications.map((application) => [application, statuses.get(application)]));
  const link = linkOf(cluster);
  const progress = describeLeaving({ cluster, link, left }, { now: context.clock.now().toISOString() });
  // The hub's own reason to wait comes first: until it is over, what the agent does ends nothing.
  const message = operation.message === '' ? progress : `${operation.message}; ${progress}`;
  return { ...operation, phase: link.type === 'silent' ? 'Pending' : phase, message };
}
