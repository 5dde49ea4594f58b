import { shortName } from '../../core/digest.ts';
import { AppError } from '../../core/error.ts';
import { isJsonObject, type Json } from '../../core/json.ts';
import type { StatePort } from '../ports.ts';

interface Timer {
  cancel(): void;
}

export interface KeptDocumentsOptions<T> {
  readonly state: StatePort;
  /** Documents are called `<name>-<shard>`. */
  readonly name: string;
  /** A change rewrites one shard of so many. */
  readonly shards: number;
  readonly setTimer: (ms: number, fire: () => void) => Timer;
  readonly onError: (error: unknown) => void;
  /** A value as it is held: the same, in less memory. */
  readonly compact?: ((value: T) => T) | undefined;
}

/** What is lost in a crash costs a request or two, never correctness, unless `keep` was waited for: so disks are spared. */
const writeEveryMs = 1_000;
/** A write costs as much as all values of its shard: the more there are, the more changes share one. */
const perValueMs = 0.5;
const longestMs = 10_000;

/** Values by key that outlive the process: in memory, and written behind at most once a second. */
export class KeptDocuments<T extends object> {
  readonly #options: KeptDocumentsOptions<T>;
  readonly #values = new Map<string, T>();
  /** The same values, as they are written together. */
  readonly #shards: Map<string, T>[] = [];
  readonly #dirty = new Set<number>();
  /** Why a shard could not be written the last time. */
  readonly #failed = new Map<number, unknown>();
  /** Shards that were written and may be lost with the node, and by which write. */
  readonly #unsecured = new Map<number, number>();
  #writes = 0;
  #timer: Timer | undefined;
  #isClosed = false;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: KeptDocumentsOptions<T>) {
    this.#options = options;
    for (let index = 0; index < options.shards; index += 1) this.#shards.push(new Map());
  }

  async read(): Promise<void> {
    await Promise.all(
      this.#shards.map(async (shard, index) => {
        const document = await this.#options.state.readDocument(this.#name(index));
        if (!isJsonObject(document)) return;
        for (const [key, value] of Object.entries(document)) {
          const held = this.#compact(value as unknown as T);
          shard.set(key, held);
          this.#values.set(key, held);
        }
      }),
    );
  }

  get(key: string): T | undefined {
    return this.#values.get(key);
  }

  /** All of them, in no order that means anything. */
  entries(): readonly (readonly [string, T])[] {
    return [...this.#values];
  }

  set(key: string, value: T): void {
    const held = this.#compact(value);
    this.#values.set(key, held);
    const index = this.#indexOf(key);
    this.#shards[index]?.set(key, held);
    this.#touch(index);
  }

  #compact(value: T): T {
    return this.#options.compact?.(value) ?? value;
  }

  delete(key: string): void {
    if (!this.#values.delete(key)) return;
    const index = this.#indexOf(key);
    this.#shards[index]?.delete(key);
    this.#touch(index);
  }

  /** Writes what is still unwritten, for the last time. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.flush();
  }

  /** Writes what is still unwritten. What the disk doesn't take is tried again. */
  async flush(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#writing = this.#writing.then(() => this.#write());
    await this.#writing;
  }

  /**
   * Resolves once everything that was set outlives the process and its node. Throws AppError where that can't be done now;
   * it is tried again like any other change. For what must not be begun before it is remembered.
   */
  async keep(): Promise<void> {
    await this.flush();
    for (const error of this.#failed.values()) throw AppError.from(error);
    const unsecured = [...this.#unsecured];
    if (unsecured.length === 0) return;
    await this.#options.state.secureDocuments(unsecured.map(([index]) => this.#name(index)));
    for (const [index, write] of unsecured) {
      if (this.#unsecured.get(index) === write) this.#unsecured.delete(index);
    }
  }

  async #write(): Promise<void> {
    const dirty = [...this.#dirty];
    this.#dirty.clear();
    for (const index of dirty) {
      const shard = this.#shards[index];
      if (shard === undefined) continue;
      try {
        await this.#options.state.saveDocument(
          this.#name(index),
          Object.fromEntries(shard) as unknown as Json,
        );
        this.#failed.delete(index);
        this.#writes += 1;
        this.#unsecured.set(index, this.#writes);
      } catch (error) {
        this.#failed.set(index, error);
        this.#dirty.add(index);
        this.#writeLater();
        this.#options.onError(error);
      }
    }
  }

  #touch(index: number): void {
    this.#dirty.add(index);
    this.#writeLater();
  }

  #writeLater(): void {
    if (this.#isClosed) return;
    const waitMs = Math.min(longestMs, writeEveryMs + this.#values.size * perValueMs);
    this.#timer ??= this.#options.setTimer(waitMs, () => void this.flush());
  }

  #indexOf(key: string): number {
    if (this.#shards.length === 1) return 0;
    const name = shortName(key);
    return (name.charCodeAt(0) * 32 + name.charCodeAt(1)) % this.#shards.length;
  }

  #name(index: number): string {
    return this.#shards.length === 1 ? this.#options.name : `${this.#options.name}-${index}`;
  }
}
