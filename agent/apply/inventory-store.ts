import { AppError } from '../../core/error.ts';
import { isJsonObject, jsonAt } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import {
  type ApplicationInventory,
  decodeInventory,
  encodeInventory,
  inventoryName,
  inventoryShards,
  shardOf,
  uniteInventory,
} from '../plan/inventory.ts';
import type { KubeFailure, KubePort } from '../ports.ts';
import { ensureNamespace } from './ensure-namespace.ts';
import { configMaps } from './own-resources.ts';

const label = 'fairlead.dev/inventory';

interface Shard {
  readonly applications: Map<string, ApplicationInventory>;
  resourceVersion: string | undefined;
}

const nothing: ApplicationInventory = new Map();
const casAttempts = 5;

/**
 * The inventory in ConfigMaps of the agent's namespace. What is asked for while a write is under way goes into the
 * next one, so five hundred new applications cost as many writes as there are shards. A promise resolves when what it
 * stands for is stored; it rejects with AppError where the API server doesn't take it.
 */
export class InventoryStore {
  readonly #kube: KubePort;
  readonly #namespace: string;
  readonly #shards: Shard[] = [];
  readonly #dirty = new Set<number>();
  readonly #inFlight = new Set<number>();
  #flushing: Promise<void> = Promise.resolve();
  #scheduled: Promise<void> | undefined;
  #makingNamespace: Promise<void> | undefined;

  constructor(kube: KubePort, namespace: string) {
    this.#kube = kube;
    this.#namespace = namespace;
    for (let index = 0; index < inventoryShards; index += 1) {
      this.#shards.push({ applications: new Map(), resourceVersion: undefined });
    }
  }

  /** Reads all shards: one request. */
  async read(): Promise<void> {
    const answer = await this.#kube.list(configMaps, { labelSelector: label, namespace: this.#namespace });
    if (answer.type === 'failed') throw this.#error('read', answer.failure);
    for (const object of answer.objects) {
      const index = this.#shards.findIndex((_, shard) => this.#name(shard) === object.metadata.name);
      if (index >= 0) this.#load(index, object);
    }
  }

  entries(application: string): ApplicationInventory {
    return this.#shards[shardOf(application)]?.applications.get(application) ?? nothing;
  }

  /** Every application that owns anything, with what it owns. */
  applications(): ReadonlyMap<string, ApplicationInventory> {
    return new Map(this.#shards.flatMap((shard) => [...shard.applications]));
  }

  /** Makes sure that these are in, before the first of them is written. Costs nothing where they are. */
  async add(application: string, wanted: ApplicationInventory): Promise<void> {
    const old = this.entries(application);
    const united = uniteInventory(old, wanted);
    if (united !== old) this.#set(application, united);
    await this.#stored(application);
  }

  /** Takes out what is confirmed gone or released. */
  async remove(application: string, keys: Iterable<string>): Promise<void> {
    const old = this.entries(application);
    const left = new Map(old);
    for (const key of keys) left.delete(key);
    if (left.size === old.size) return;
    this.#set(application, left);
    await this.#flush();
  }

  /** It ended here: whatever it is still named for is another's, and that no word of it is left is stored. */
  async forget(application: string): Promise<void> {
    if (this.entries(application).size > 0) this.#set(application, new Map());
    await this.#stored(application);
  }

  /** A write that failed before, or is under way, counts as well. */
  async #stored(application: string): Promise<void> {
    const index = shardOf(application);
    if (this.#dirty.has(index)) await this.#flush();
    else if (this.#inFlight.has(index)) await this.#flushing;
  }

  #set(application: string, entries: ApplicationInventory): void {
    const index = shardOf(application);
    const shard = this.#shards[index];
    if (entries.size === 0) shard?.applications.delete(application);
    else shard?.applications.set(application, entries);
    this.#dirty.add(index);
  }

  /** One write of each dirty shard, after the one under way; callers of one turn share it. */
  #flush(): Promise<void> {
    this.#scheduled ??= this.#flushing
      .catch(() => undefined)
      .then(() => {
        this.#scheduled = undefined;
        const dirty = [...this.#dirty];
        this.#flushing = Promise.all(dirty.map((index) => this.#writeShard(index))).then(() => undefined);
        return this.#flushing;
      });
    return this.#scheduled;
  }

  async #writeShard(index: number): Promise<void> {
    this.#inFlight.add(index);
    try {
      await this.#write(index);
    } finally {
      this.#inFlight.delete(index);
    }
  }

  async #write(index: number): Promise<void> {
    const shard = this.#shards[index];
    if (shard === undefined) return;
    for (let attempt = 1; ; attempt += 1) {
      this.#dirty.delete(index);
      const answer = await this.#send(index, shard);
      if (answer.type === 'ok') {
        shard.resourceVersion = answer.object.metadata.resourceVersion;
        return;
      }
      this.#dirty.add(index);
      const { failure } = answer;
      if (attempt >= casAttempts) throw this.#error('write', failure);
      if (failure.status === 409) await this.#reload(index);
      else if (failure.status === 404 && shard.resourceVersion !== undefined)
        shard.resourceVersion = undefined;
      else if (failure.status === 404) await this.#makeNamespace();
      else throw this.#error('write', failure);
    }
  }

  #send(index: number, shard: Shard) {
    const metadata = { name: this.#name(index), namespace: this.#namespace, labels: { [label]: 'true' } };
    const data = Object.fromEntries(
      [...shard.applications].map(([name, entries]) => encodeInventory(name, entries)),
    );
    const object: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data };
    if (shard.resourceVersion === undefined) return this.#kube.create(configMaps, object);
    const { resourceVersion } = shard;
    return this.#kube.update(configMaps, { ...object, metadata: { ...metadata, resourceVersion } });
  }

  /** Somebody else wrote it: what they know of is kept beside what we know. */
  async #reload(index: number): Promise<void> {
    const name = this.#name(index);
    const answer = await this.#kube.get(configMaps, {
      group: '',
      kind: 'ConfigMap',
      namespace: this.#namespace,
      name,
    });
    if (answer.type === 'ok') this.#load(index, answer.object);
  }

  #load(index: number, object: KubeObject): void {
    const shard = this.#shards[index];
    const data = jsonAt(object, 'data');
    if (shard === undefined) return;
    shard.resourceVersion = object.metadata.resourceVersion;
    for (const text of Object.values(isJsonObject(data) ? data : {})) {
      const decoded = typeof text === 'string' ? decodeInventory(text) : undefined;
      if (decoded === undefined) continue;
      const known = shard.applications.get(decoded.application) ?? nothing;
      shard.applications.set(decoded.application, uniteInventory(decoded.entries, known));
    }
  }

  /** Shards that find it missing at one time make it once. */
  async #makeNamespace(): Promise<void> {
    this.#makingNamespace ??= ensureNamespace(this.#kube, this.#namespace).finally(() => {
      this.#makingNamespace = undefined;
    });
    await this.#makingNamespace;
  }

  #name(index: number): string {
    return `${inventoryName}${String(index).padStart(2, '0')}`;
  }

  #error(verb: 'read' | 'write', failure: KubeFailure): AppError {
    return new AppError('unavailable', `can't ${verb} the inventory: ${failure.message}`, {
      subject: `ConfigMaps of namespace ${this.#namespace}`,
      remedy: 'Nothing is applied or deleted before it goes through; it is tried again',
    });
  }
}
