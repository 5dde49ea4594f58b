import { openKube } from '../agent/kube/client.ts';
import { type ConnectionSource, openConnection } from '../agent/kube/connection.ts';
import type { ApiResource, KubeFailure } from '../agent/ports.ts';
import { AppError } from '../core/error.ts';
import type { JsonObject } from '../core/json.ts';
import { type KubeObject, refOf } from '../core/kube-object.ts';
import { displayRef, formatGroupKind, type ObjectRef } from '../core/object-ref.ts';

/** One cluster as its own API server shows it: what the hub and the agents say is checked against this. */
export interface LiveCluster {
  /** `undefined` where it isn't there. */
  read(ref: ObjectRef): Promise<KubeObject | undefined>;
  list(kind: Pick<ObjectRef, 'group' | 'kind'>, options?: LiveScope): Promise<readonly KubeObject[]>;
  /** A merge patch by another writer. */
  edit(ref: ObjectRef, patch: JsonObject, manager: string): Promise<KubeObject>;
  delete(object: KubeObject): Promise<void>;
  close(): Promise<void>;
}

interface LiveScope {
  readonly namespace?: string;
  readonly labelSelector?: string;
}

/** Connects with a kubeconfig. Throws AppError where the context isn't there or the API server doesn't answer. */
export async function openLiveCluster(
  source: Extract<ConnectionSource, { type: 'kubeconfig' }>,
): Promise<LiveCluster> {
  const kube = openKube(await openConnection(source));
  const { resources } = await kube.discover().catch(async (error: unknown) => {
    await kube.close();
    throw error;
  });
  const byKind = new Map<string, ApiResource>();
  // Of several versions the first is the preferred one.
  for (const resource of [...resources].reverse()) byKind.set(formatGroupKind(resource), resource);
  function find(kind: Pick<ObjectRef, 'group' | 'kind'>): ApiResource {
    const resource = byKind.get(formatGroupKind(kind));
    if (resource) return resource;
    throw new AppError('not-found', `the cluster knows no ${formatGroupKind(kind)}`);
  }
  return {
    async read(ref) {
      const result = await kube.get(find(ref), ref);
      if (result.type === 'ok') return result.object;
      if (result.failure.status === 404) return undefined;
      throw failed(`reading ${displayRef(ref)}`, result.failure);
    },
    async list(kind, options = {}) {
      const result = await kube.list(find(kind), options);
      if (result.type === 'ok') return result.objects;
      throw failed(`listing ${kind.kind}`, result.failure);
    },
    async edit(ref, patch, manager) {
      const result = await kube.patch(find(ref), ref, patch, { manager });
      if (result.type === 'ok') return result.object;
      throw failed(`editing ${displayRef(ref)}`, result.failure);
    },
    async delete(object) {
      const ref = refOf(object);
      const result = await kube.delete(find(ref), ref, { uid: object.metadata.uid ?? '' });
      if (result.type === 'failed') throw failed(`deleting ${displayRef(ref)}`, result.failure);
    },
    close: () => kube.close(),
  };
}

function failed(what: string, failure: KubeFailure): AppError {
  const status = failure.status === 0 ? 'no answer' : `HTTP ${failure.status}`;
  return new AppError('unavailable', `${what}: ${status}, ${failure.message}`);
}
