import { AppError } from '../../core/error.ts';
import { stringAt } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import type { ApiResource, KubeFailure, KubePort } from '../ports.ts';

export interface SlotsOptions {
  readonly kube: Pick<KubePort, 'get' | 'create' | 'update' | 'delete'>;
  readonly namespace: string;
  /** Of the index; the parts are named after it. */
  readonly name: string;
}

/** So many Secrets of parts may there be; the chart's Role names each of them (charts/agent/templates/state.yaml). */
export const slotCount = 128;

const secrets: ApiResource = {
  group: '',
  version: 'v1',
  kind: 'Secret',
  plural: 'secrets',
  namespaced: true,
  verbs: [],
};
const contentKey = 'content';

/**
 * The Secrets of a vault by their fixed names, so that the agent needs a right to no other Secret. What fails throws
 * AppError: `conflict` where another process wrote the index, `unavailable` else.
 */
export class SecretSlots {
  readonly indexName: string;
  readonly #options: SlotsOptions;
  /** Of the index as it was last read or written; `undefined` while there is none. */
  #indexVersion: string | undefined;

  constructor(options: SlotsOptions) {
    this.#options = options;
    this.indexName = options.name;
  }

  nameOf(slot: number): string {
    return `${this.indexName}-${slot}`;
  }

  async readIndex(): Promise<Uint8Array | undefined> {
    const found = await this.#find(this.indexName);
    this.#indexVersion = found?.metadata.resourceVersion;
    return found === undefined ? undefined : contentOf(found);
  }

  /** Replaces the index as it was last seen here. */
  async writeIndex(content: Uint8Array): Promise<void> {
    const { kube } = this.#options;
    const object = this.#secret(this.indexName, content, this.#indexVersion);
    const result = await (this.#indexVersion === undefined
      ? kube.create(secrets, object)
      : kube.update(secrets, object));
    if (result.type === 'ok') {
      this.#indexVersion = result.object.metadata.resourceVersion;
      return;
    }
    // A write of ours whose answer was lost is found by what it holds.
    const found = await this.#find(this.indexName).catch(() => undefined);
    if (found !== undefined && Buffer.compare(contentOf(found), content) === 0) {
      this.#indexVersion = found.metadata.resourceVersion;
      return;
    }
    throw this.#failed(this.indexName, result.failure);
  }

  /** A number that is not among these. */
  free(used: ReadonlySet<number>): number {
    for (let slot = 0; slot < slotCount; slot += 1) if (!used.has(slot)) return slot;
    throw new AppError('unavailable', `the agent's state is larger than ${slotCount} Secrets hold`, {
      subject: `${this.#options.namespace}/${this.indexName}`,
      remedy: 'Keep it in a volume: set the value state=volume of the chart',
    });
  }

  async read(slot: number): Promise<Uint8Array> {
    const found = await this.#find(this.nameOf(slot));
    return found === undefined ? new Uint8Array() : contentOf(found);
  }

  /** Writes a part that no index names yet; what an earlier attempt left there is overwritten. */
  async write(slot: number, content: Uint8Array): Promise<void> {
    const { kube } = this.#options;
    const name = this.nameOf(slot);
    const created = await kube.create(secrets, this.#secret(name, content, undefined));
    if (created.type === 'ok') return;
    const left = created.failure.status === 409 ? await this.#find(name) : undefined;
    if (left === undefined) throw this.#failed(name, created.failure);
    const updated = await kube.update(secrets, this.#secret(name, content, left.metadata.resourceVersion));
    if (updated.type === 'failed') throw this.#failed(name, updated.failure);
  }

  /** Best effort: what stays is overwritten one day. */
  async drop(slot: number): Promise<void> {
    const name = this.nameOf(slot);
    const found = await this.#find(name).catch(() => undefined);
    if (found === undefined) return;
    await this.#options.kube.delete(secrets, this.#ref(name), { uid: found.metadata.uid ?? '' });
  }

  async #find(name: string): Promise<KubeObject | undefined> {
    const result = await this.#options.kube.get(secrets, this.#ref(name));
    if (result.type === 'ok') return result.object;
    if (result.failure.status === 404) return undefined;
    throw this.#failed(name, result.failure);
  }

  #ref(name: string) {
    return { group: '', kind: 'Secret', namespace: this.#options.namespace, name };
  }

  #secret(name: string, content: Uint8Array, resourceVersion: string | undefined): KubeObject {
    return {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name,
        namespace: this.#options.namespace,
        labels: { 'app.kubernetes.io/part-of': 'fairlead-agent-state' },
        ...(resourceVersion === undefined ? {} : { resourceVersion }),
      },
      type: 'fairlead.dev/agent-state',
      data: { [contentKey]: Buffer.from(content).toString('base64') },
    };
  }

  #failed(name: string, failure: KubeFailure): AppError {
    const subject = `${this.#options.namespace}/${name}`;
    if (failure.status === 409) {
      return new AppError('conflict', 'another process wrote the state of this agent', {
        subject,
        remedy:
          'See that only one agent runs with this state: one Deployment of one replica in this namespace',
      });
    }
    return new AppError('unavailable', `the agent's state in Secrets: ${failure.message}`, {
      subject,
      remedy:
        'The chart’s Role allows the agent its own Secrets; see that it is there and that no quota is exceeded',
    });
  }
}

function contentOf(secret: KubeObject): Uint8Array {
  return Buffer.from(stringAt(secret, 'data', contentKey) ?? '', 'base64');
}
