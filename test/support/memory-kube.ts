import type { KubePort, KubeResult } from '../../agent/ports.ts';
import type { KubeObject } from '../../core/kube-object.ts';

export interface MemoryRequest {
  readonly verb: 'get' | 'create' | 'update' | 'delete';
  /** `secrets/name` */
  readonly object: string;
  /** Carries it out now. */
  readonly send: () => KubeResult;
}

export type MemoryKube = Pick<KubePort, 'get' | 'create' | 'update' | 'delete'>;

/** What comes between a client and the API server: answers for it, or sends. */
export type Between = (request: MemoryRequest) => Promise<KubeResult>;

export const noAnswer: KubeResult = {
  type: 'failed',
  failure: { status: 0, reason: '', message: 'no answer', causes: [] },
};

/**
 * Objects by name with the promises of the Kubernetes port on which state rests: creation fails where there is one,
 * an update or a deletion where the version is another. Nothing else of an API server.
 */
export class MemoryCluster {
  readonly objects = new Map<string, KubeObject>();
  /** Every write that was sent, as `verb object`. */
  readonly writes: string[] = [];
  #version = 0;

  /** The same objects, for whoever looks without touching. */
  copy(): MemoryCluster {
    const copy = new MemoryCluster();
    for (const [name, object] of this.objects) copy.objects.set(name, structuredClone(object));
    copy.#version = this.#version;
    return copy;
  }

  client(between: Between = async ({ send }) => send()): MemoryKube {
    const pass = (request: MemoryRequest) => between(request);
    return {
      get: (resource, { name }) => {
        const object = `${resource.plural}/${name}`;
        return pass({ verb: 'get', object, send: () => this.#get(object) });
      },
      create: (resource, value) => {
        const object = `${resource.plural}/${value.metadata.name}`;
        return pass({ verb: 'create', object, send: () => this.#create(object, value) });
      },
      update: (resource, value) => {
        const object = `${resource.plural}/${value.metadata.name}`;
        return pass({ verb: 'update', object, send: () => this.#update(object, value) });
      },
      delete: (resource, { name }, preconditions) => {
        const object = `${resource.plural}/${name}`;
        return pass({ verb: 'delete', object, send: () => this.#delete(object, preconditions) });
      },
    };
  }

  #get(object: string): KubeResult {
    const found = this.objects.get(object);
    return found === undefined
      ? failed(404, 'NotFound', 'not found')
      : { type: 'ok', object: structuredClone(found) };
  }

  #create(object: string, value: KubeObject): KubeResult {
    this.writes.push(`create ${object}`);
    if (this.objects.has(object)) return failed(409, 'AlreadyExists', 'already exists');
    return this.#store(object, value, `uid-${this.#version + 1}`);
  }

  #update(object: string, value: KubeObject): KubeResult {
    this.writes.push(`update ${object}`);
    const found = this.objects.get(object);
    if (found === undefined) return failed(404, 'NotFound', 'not found');
    const { resourceVersion, uid } = found.metadata;
    if (value.metadata.resourceVersion !== resourceVersion) return failed(409, 'Conflict', 'was modified');
    return this.#store(object, value, uid ?? '');
  }

  #delete(object: string, preconditions: { uid: string; resourceVersion?: string }): KubeResult {
    this.writes.push(`delete ${object}`);
    const found = this.objects.get(object);
    if (found === undefined) return failed(404, 'NotFound', 'not found');
    const { uid, resourceVersion } = found.metadata;
    const isOther =
      preconditions.resourceVersion !== undefined && preconditions.resourceVersion !== resourceVersion;
    if (preconditions.uid !== uid || isOther) return failed(409, 'Conflict', 'the precondition failed');
    this.objects.delete(object);
    return { type: 'ok', object: found };
  }

  #store(object: string, value: KubeObject, uid: string): KubeResult {
    this.#version += 1;
    const metadata = { ...value.metadata, uid, resourceVersion: String(this.#version) };
    const stored = structuredClone({ ...value, metadata });
    this.objects.set(object, stored);
    return { type: 'ok', object: structuredClone(stored) };
  }
}

function failed(status: number, reason: string, message: string): KubeResult {
  return { type: 'failed', failure: { status, reason, message, causes: [] } };
}
