import { kindProblem } from '../../core/guard.ts';
import type { Mode } from '../../core/mode.ts';
import type { WatchedKind } from '../observe/watch-set.ts';
import { resolveKind } from '../plan/resource-index.ts';
import type { ApiResource } from '../ports.ts';
import type { EngineServices } from './engine-services.ts';

/** The watch that shows which Namespaces are held; none where nothing is written, or where the guard lets none be seen. */
export function namespaceWatch(services: EngineServices, modes: readonly Mode[]): readonly WatchedKind[] {
  const resource = namespaces(services);
  if (resource === undefined || modes.every((mode) => mode === 'observe')) return [];
  return [{ resource, scope: 'all', namespace: '' }];
}

/** Nothing is written before it is known which Namespaces are held. */
export async function awaitNamespaces(services: EngineServices): Promise<void> {
  const resource = namespaces(services);
  if (resource === undefined || services.watches.isSettled(resource, '')) return;
  await services.watches.ready(resource, '');
}

function namespaces({ guard, catalog }: EngineServices): ApiResource | undefined {
  const kind = { group: '', kind: 'Namespace' };
  const isOutside = guard.clusterScoped === 'never' || kindProblem(guard, kind) !== undefined;
  if (isOutside || guard.writes === 'never' || guard.maxHoldMs === 0) return undefined;
  const found = resolveKind(catalog.discovered, kind.group, kind.kind);
  return found.type === 'served' ? found.resource : undefined;
}
