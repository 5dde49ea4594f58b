import {
  type ApplicationInventory,
  type Holdings,
  noHoldings,
  uniteFinds,
  uniteHoldings,
} from '../plan/inventory.ts';
import {
  emptyLayout,
  type InventoryLayout,
  type InventoryLimits,
  inventoryLimits,
  layOut,
} from '../plan/inventory-layout.ts';
import { encodePart, splitEntries } from '../plan/inventory-parts.ts';
import { readShard, recoverInventory, type ShardTexts } from '../plan/recover-inventory.ts';
import type { KubePort } from '../ports.ts';
import { InventoryShards } from './inventory-shards.ts';

const attempts = 5;

interface Writing {
  readonly changed: ReadonlySet<string>;
  readonly holdings: ReadonlyMap<string, Holdings>;
}

const nothingWriting: Writing = { changed: new Set(), holdings: new Map() };

/** Entries of an application by part, for the writes of one moment. */
type Splits = Map<string, readonly ApplicationInventory[]>;

/**
 * The inventory in ConfigMaps of the agent's namespace, split by size: decision 18. What is asked for while a write is
 * under way goes into the next one, so five hundred new applications cost as many writes as there are ConfigMaps, and a
 * change costs those that it is in. A promise resolves when what it stands for is stored, nowhere twice; it rejects with
 * AppError where the API server doesn't take it.
 */
export class InventoryStore {
  readonly #shards: InventoryShards;
  readonly #limits: InventoryLimits;
  /** As asked for. */
  #holdings = new Map<string, Holdings>();
  /** As stored, of those that differ from what is asked for; absent: unknown, so that all of it is written. */
  readonly #stored = new Map<string, Holdings>();
  readonly #changed = new Set<string>();
  #layout: InventoryLayout = emptyLayout;
  readonly #dirty = new Set<number>();
  /** What the write under way stores: all of it as it was at one moment. */
  #writing: Writing = nothingWriting;
  #flushing: Promise<void> = Promise.resolve();
  #scheduled: Promise<void> | undefined;

  constructor(kube: KubePort, namespace: string, limits: InventoryLimits = inventoryLimits) {
    this.#shards = new InventoryShards(kube, namespace);
    this.#limits = limits;
  }

  /** Reads all of it, whichever agent wrote it: one list. */
  async read(): Promise<void> {
    const { holdings, layout, unsettled } = recoverInventory(await this.#shards.read());
    this.#holdings = new Map(holdings);
    this.#layout = layout;
    this.#dirty.clear();
    for (const shard of layout.losing) this.#dirty.add(shard);
    this.#stored.clear();
    this.#changed.clear();
    for (const application of unsettled) this.#changed.add(application);
  }

  entries(application: string): ApplicationInventory {
    return (this.#holdings.get(application) ?? noHoldings).entries;
  }

  /** Every application that owns anything, with what it owns. */
  applications(): ReadonlyMap<string, ApplicationInventory> {
    const owning = [...this.#holdings].filter(([, { entries }]) => entries.size > 0);
    return new Map(owning.map(([application, { entries }]) => [application, entries]));
  }

  /** Every `group/Kind` that an application here ever had objects of, in order. */
  kinds(): readonly string[] {
    return [...new Set([...this.#holdings.values()].flatMap(({ kinds }) => kinds))].sort();
  }

  /** Makes sure that these are in, before the first of them is written. Costs nothing where they are. */
  async add(application: string, wanted: ApplicationInventory): Promise<void> {
    this.#set(application, uniteHoldings(this.#holdings.get(application) ?? noHoldings, wanted));
    await this.#whenStored(application);
  }

  /** Takes out what is confirmed gone or released. */
  async remove(application: string, keys: Iterable<string>): Promise<void> {
    const old = this.#holdings.get(application) ?? noHoldings;
    const entries = new Map(old.entries);
    for (const key of keys) entries.delete(key);
    if (entries.size === old.entries.size) return;
    this.#set(application, { ...old, entries });
    await this.#flush();
  }

  /** It ended here: whatever it is still named for is another's, and that no word of it is left is stored. */
  async forget(application: string): Promise<void> {
    this.#set(application, undefined);
    await this.#whenStored(application);
  }

  #set(application: string, wanted: Holdings | undefined): void {
    const known = this.#holdings.get(application);
    if (known === wanted || (wanted === noHoldings && known === undefined)) return;
    if (!this.#changed.has(application)) this.#stored.set(application, known ?? noHoldings);
    this.#changed.add(application);
    if (wanted === undefined) this.#holdings.delete(application);
    else this.#holdings.set(application, wanted);
  }

  /** A write that failed before, or is under way, counts as well. */
  async #whenStored(application: string): Promise<void> {
    if (!this.#changed.has(application)) return;
    const { changed, holdings } = this.#writing;
    const isUnderWay =
      changed.has(application) && holdings.get(application) === this.#holdings.get(application);
    await (isUnderWay ? this.#flushing : this.#flush());
  }

  /** One write of each ConfigMap that something changed in, after the write under way; callers of one turn share it. */
  #flush(): Promise<void> {
    this.#scheduled ??= this.#flushing
      .catch(() => undefined)
      .then(() => {
        this.#scheduled = undefined;
        this.#flushing = this.#store();
        return this.#flushing;
      });
    return this.#scheduled;
  }

  async #store(): Promise<void> {
    try {
      for (let attempt = 1; ; attempt += 1) {
        this.#writing = { changed: new Set(this.#changed), holdings: new Map(this.#holdings) };
        const result = await this.#storeOnce(attempt < attempts ? 'may-retry' : 'last');
        if (result === 'stored') return this.#noteStored();
        this.#doubtStored();
      }
    } catch (error) {
      this.#doubtStored();
      throw error;
    } finally {
      this.#writing = nothingWriting;
    }
  }

  #noteStored(): void {
    const { changed, holdings } = this.#writing;
    for (const application of changed) {
      const stored = holdings.get(application);
      if (this.#holdings.get(application) !== stored) {
        this.#stored.set(application, stored ?? noHoldings);
        continue;
      }
      this.#changed.delete(application);
      this.#stored.delete(application);
    }
  }

  /** Some of it may be stored and some not: all of it is written again. */
  #doubtStored(): void {
    for (const application of this.#writing.changed) this.#stored.delete(application);
  }

  async #storeOnce(retries: 'may-retry' | 'last'): Promise<'stored' | 'again'> {
    const { changed, holdings } = this.#writing;
    const changes = [...changed].map((application) => ({
      application,
      stored: this.#stored.get(application),
      wanted: holdings.get(application),
    }));
    const { layout, touched } = layOut(this.#layout, changes, this.#limits);
    this.#layout = layout;
    for (const shard of touched) this.#dirty.add(shard);
    const dirty = [...this.#dirty];
    const late = dirty.filter((shard) => layout.losing.has(shard));
    const early = dirty.filter((shard) => !layout.losing.has(shard));
    const first = await this.#writeAll(early, retries);
    return first === 'again' ? 'again' : this.#writeAll(late, retries);
  }

  /** All of them have their end when this ends, whatever becomes of one. */
  async #writeAll(shards: readonly number[], retries: 'may-retry' | 'last'): Promise<'stored' | 'again'> {
    const splits: Splits = new Map();
    const results = await Promise.allSettled(shards.map((shard) => this.#write(shard, splits, retries)));
    let end: 'stored' | 'again' = 'stored';
    for (const result of results) {
      if (result.status === 'rejected') throw result.reason;
      if (result.value === 'again') end = 'again';
    }
    return end;
  }

  async #write(shard: number, splits: Splits, retries: 'may-retry' | 'last'): Promise<'stored' | 'again'> {
    const answer = await this.#shards.write(shard, this.#encode(shard, splits), retries);
    if (answer.type === 'again') {
      if (answer.found !== undefined) this.#learn(shard, answer.found);
      return 'again';
    }
    this.#dirty.delete(shard);
    this.#settle(shard);
    return 'stored';
  }

  #settle(shard: number): void {
    if (!this.#layout.losing.has(shard)) return;
    this.#layout = { ...this.#layout, losing: this.#layout.losing.difference(new Set([shard])) };
  }

  #encode(shard: number, splits: Splits): ShardTexts {
    const texts = new Map<string, string>();
    for (const [key, part] of this.#layout.shards.get(shard) ?? []) {
      const { application, level, index } = part;
      const { entries, kinds } = this.#writing.holdings.get(application) ?? noHoldings;
      const split = splits.get(application) ?? splitEntries(entries, level);
      splits.set(application, split);
      texts.set(key, encodePart(part, { entries: split[index] ?? noHoldings.entries, kinds }));
    }
    return texts;
  }

  /** Somebody else wrote it: what they know of is kept beside what we know, and stored before it is written over. */
  #learn(shard: number, texts: ShardTexts): void {
    for (const part of readShard(texts)) {
      const known = this.#holdings.get(part.application) ?? noHoldings;
      const united = uniteFinds(known, part);
      if (united === known) continue;
      this.#set(part.application, united);
      this.#layout = { ...this.#layout, losing: this.#layout.losing.union(new Set([shard])) };
    }
  }
}
