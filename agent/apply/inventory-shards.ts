import { AppError } from '../../core/error.ts';
import { isJsonObject, jsonAt } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { inventoryName } from '../plan/inventory.ts';
import type { ShardTexts } from '../plan/recover-inventory.ts';
import type { KubeFailure, KubePort, KubeResult } from '../ports.ts';
import { ensureNamespace } from './ensure-namespace.ts';
import { configMaps } from './own-resources.ts';

export const inventoryLabel = 'fairlead.dev/inventory';
const numberPattern = /^\d+$/;
/** Writes of one shard without an answer that are remembered: each is as large as the shard. */
const mostSent = 3;

export type ShardWrite =
  | { readonly type: 'stored' }
  /** Something was in the way and is so no longer; `found`: what somebody else stored there. */
  | { readonly type: 'again'; readonly found?: ShardTexts };

/** The numbered ConfigMaps that the inventory lies in, with the versions of them that we know. */
export class InventoryShards {
  readonly #kube: KubePort;
  readonly #namespace: string;
  readonly #versions = new Map<number, string>();
  /** What was sent of a shard and whose answer never came, or was no: it may be stored all the same. */
  readonly #sent = new Map<number, ShardTexts[]>();
  #makingNamespace: Promise<void> | undefined;

  constructor(kube: KubePort, namespace: string) {
    this.#kube = kube;
    this.#namespace = namespace;
  }

  /** All of them. Throws AppError. */
  async read(): Promise<ReadonlyMap<number, ShardTexts>> {
    const answer = await this.#kube.list(configMaps, {
      labelSelector: inventoryLabel,
      namespace: this.#namespace,
    });
    if (answer.type === 'failed') throw this.#error('read', answer.failure);
    this.#versions.clear();
    this.#sent.clear();
    const shards = new Map<number, ShardTexts>();
    for (const object of answer.objects) {
      const shard = numberOf(object.metadata.name ?? '');
      if (shard !== undefined) shards.set(shard, this.#note(shard, object));
    }
    return shards;
  }

  /** Replaces one as we know it. Throws AppError where it can't, or where something is in the way for the last time. */
  async write(shard: number, texts: ShardTexts, retries: 'may-retry' | 'last'): Promise<ShardWrite> {
    const known = this.#versions.get(shard);
    const answer = await this.#send(shard, texts, known);
    if (answer.type === 'ok') {
      this.#sent.delete(shard);
      this.#note(shard, answer.object);
      return { type: 'stored' };
    }
    const { failure } = answer;
    this.#remember(shard, texts);
    if (retries === 'last') throw this.#error('write', failure);
    if (failure.status === 409) return this.#readAgain(shard);
    if (failure.status !== 404) throw this.#error('write', failure);
    if (known === undefined) await this.#makeNamespace();
    else this.#versions.delete(shard);
    return { type: 'again' };
  }

  #send(shard: number, texts: ShardTexts, resourceVersion: string | undefined): Promise<KubeResult> {
    const metadata = {
      name: nameOf(shard),
      namespace: this.#namespace,
      labels: { [inventoryLabel]: 'true' },
    };
    const data = Object.fromEntries(texts);
    const object: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data };
    if (resourceVersion === undefined) return this.#kube.create(configMaps, object);
    return this.#kube.update(configMaps, { ...object, metadata: { ...metadata, resourceVersion } });
  }

  async #readAgain(shard: number): Promise<ShardWrite> {
    const ref = { group: '', kind: 'ConfigMap', namespace: this.#namespace, name: nameOf(shard) };
    const answer = await this.#kube.get(configMaps, ref);
    if (answer.type === 'ok') {
      const found = this.#note(shard, answer.object);
      // Our own, whose answer was lost: what is taken out since must not come back.
      const isOurs = this.#sent.get(shard)?.some((texts) => isSame(texts, found)) === true;
      return isOurs ? { type: 'again' } : { type: 'again', found };
    }
    if (answer.failure.status !== 404) throw this.#error('read', answer.failure);
    this.#versions.delete(shard);
    return { type: 'again' };
  }

  #remember(shard: number, texts: ShardTexts): void {
    this.#sent.set(shard, [...(this.#sent.get(shard) ?? []), texts].slice(-mostSent));
  }

  #note(shard: number, object: KubeObject): ShardTexts {
    const { resourceVersion } = object.metadata;
    if (resourceVersion !== undefined) this.#versions.set(shard, resourceVersion);
    const data = jsonAt(object, 'data');
    const texts = Object.entries(isJsonObject(data) ? data : {});
    return new Map(texts.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
  }

  /** Writes that find it missing at one time make it once. */
  async #makeNamespace(): Promise<void> {
    this.#makingNamespace ??= ensureNamespace(this.#kube, this.#namespace).finally(() => {
      this.#makingNamespace = undefined;
    });
    await this.#makingNamespace;
  }

  #error(verb: 'read' | 'write', failure: KubeFailure): AppError {
    return new AppError('unavailable', `can't ${verb} the inventory: ${failure.message}`, {
      subject: `ConfigMaps of namespace ${this.#namespace}`,
      remedy: 'Nothing is applied or deleted before it goes through; it is tried again',
    });
  }
}

function isSame(left: ShardTexts, right: ShardTexts): boolean {
  return left.size === right.size && [...left].every(([key, text]) => right.get(key) === text);
}

function nameOf(shard: number): string {
  return `${inventoryName}${String(shard).padStart(2, '0')}`;
}

function numberOf(name: string): number | undefined {
  const digits = name.slice(inventoryName.length);
  if (!name.startsWith(inventoryName) || !numberPattern.test(digits)) return undefined;
  const number = Number(digits);
  return nameOf(number) === name ? number : undefined;
}
