import { type Guard, guardProblem, kindProblem, mayDryRun } from '../../core/guard.ts';
import type { ObjectRef } from '../../core/object-ref.ts';
import { guardReason, isOwnConfigMap, noLogsProblem, observeOnlyProblem } from '../plan/guard.ts';
import type { ApiResource, KubeFailure, KubePort, KubeResult } from '../ports.ts';

type Use = 'read' | 'write' | 'dry-run';
type Place = Pick<ObjectRef, 'namespace' | 'name'>;

/**
 * The port behind the guard, the last wall: a request that the guard doesn't allow is answered here, as the API server
 * would refuse it, and is never sent. The agent's own ConfigMaps in its own namespace, by their names or listed together,
 * are always within its limits; others there aren't.
 */
export function guardKube(kube: KubePort, guard: Guard, ownNamespace: string): KubePort {
  const isOwn = ({ group, plural }: ApiResource, { namespace, name }: Place): boolean =>
    group === '' &&
    plural === 'configmaps' &&
    namespace === ownNamespace &&
    (name === '' || isOwnConfigMap(name));
  const refusal = (resource: ApiResource, place: Place, use: Use): KubeFailure | undefined => {
    if (use === 'write' && guard.writes === 'never') return refused(observeOnlyProblem);
    if (use === 'dry-run' && !mayDryRun(guard)) return refused(observeOnlyProblem);
    if (isOwn(resource, place)) return undefined;
    const problem =
      place.name === ''
        ? listProblem(guard, resource, place.namespace)
        : guardProblem(guard, refAt(resource, place));
    return problem === undefined ? undefined : refused(problem);
  };
  const guarded = async (
    resource: ApiResource,
    place: Place,
    use: Use,
    send: () => Promise<KubeResult>,
  ): Promise<KubeResult> => {
    const failure = refusal(resource, place, use);
    return failure === undefined ? send() : { type: 'failed', failure };
  };
  return {
    discover: () => kube.discover(),
    get: (resource, ref) => guarded(resource, ref, 'read', () => kube.get(resource, ref)),
    async list(resource, options) {
      const failure = refusal(resource, { namespace: options.namespace ?? '', name: '' }, 'read');
      return failure === undefined ? kube.list(resource, options) : { type: 'failed', failure };
    },
    async listNames(resource, options) {
      const failure = refusal(resource, { namespace: options.namespace ?? '', name: '' }, 'read');
      return failure === undefined ? kube.listNames(resource, options) : { type: 'failed', failure };
    },
    async scan(resource, scope, look) {
      const failure = refusal(resource, { namespace: scope.namespace ?? '', name: '' }, 'read');
      return failure === undefined ? kube.scan(resource, scope, look) : { type: 'failed', failure };
    },
    async logs(pod, options, signal, take) {
      if (guard.logs === 'never') return { type: 'failed', failure: refused(noLogsProblem) };
      const problem = guardProblem(guard, { group: '', kind: 'Pod', ...pod });
      if (problem !== undefined) return { type: 'failed', failure: refused(problem) };
      return kube.logs(pod, options, signal, take);
    },
    apply: (resource, object, options) =>
      guarded(resource, placeOf(object), options.dryRun ? 'dry-run' : 'write', () =>
        kube.apply(resource, object, options),
      ),
    patch: (resource, ref, patch, options) =>
      guarded(resource, ref, 'write', () => kube.patch(resource, ref, patch, options)),
    jsonPatch: (resource, ref, patch, options) =>
      guarded(resource, ref, options.dryRun ? 'dry-run' : 'write', () =>
        kube.jsonPatch(resource, ref, patch, options),
      ),
    create: (resource, object) =>
      guarded(resource, placeOf(object), 'write', () => kube.create(resource, object)),
    update: (resource, object) =>
      guarded(resource, placeOf(object), 'write', () => kube.update(resource, object)),
    delete: (resource, ref, preconditions, options) =>
      guarded(resource, ref, 'write', () => kube.delete(resource, ref, preconditions, options)),
    watch(resource, options, handler) {
      const failure = refusal(resource, { namespace: options.namespace ?? '', name: '' }, 'read');
      if (failure === undefined) return kube.watch(resource, options, handler);
      queueMicrotask(() => handler.onProblem(failure));
      return { close: () => undefined };
    },
    close: () => kube.close(),
  };
}

/** Why a kind may not be listed or watched in a namespace, or in all of the cluster. */
function listProblem(guard: Guard, resource: ApiResource, namespace: string): string | undefined {
  if (!resource.namespaced) {
    // Of Namespaces only the names matter here, and those that may not be touched are refused one by one.
    if (guard.clusterScoped === 'allowed') return kindProblem(guard, resource);
    return guardProblem(guard, refAt(resource, { namespace: '', name: resource.plural }));
  }
  if (namespace !== '') return guardProblem(guard, refAt(resource, { namespace, name: resource.plural }));
  if (guard.namespaces === undefined) return kindProblem(guard, resource);
  return (
    `${resource.plural} of all namespaces may not be read: this agent was installed for the namespaces ` +
    `${guard.namespaces.join(', ')} only`
  );
}

function refAt({ group, kind, namespaced }: ApiResource, { namespace, name }: Place): ObjectRef {
  return { group, kind, namespace: namespaced ? namespace : '', name };
}

function placeOf({
  metadata,
}: {
  readonly metadata: { readonly namespace?: string; readonly name?: string };
}): Place {
  return { namespace: metadata.namespace ?? '', name: metadata.name ?? '' };
}

function refused(message: string): KubeFailure {
  return { status: 403, reason: guardReason, message, causes: [] };
}
