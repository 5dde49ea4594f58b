import { shortName } from '../../core/digest.ts';
import { isJsonObject, type Json } from '../../core/json.ts';
import type { StatePort } from '../ports.ts';

interface Timer {
  cancel(): void;
}

export interface KeptDocumentsOptions {
  readonly state: StatePort;
  /** Documents are called `<name>-<shard>`. */
  readonly name: string;
  /** A change rewrites one shard of so many. */
  readonly shards: number;
  readonly setTimer: (ms: number, fire: () => void) => Timer;
  readonly onError: (error: unknown) => void;
}

/** What is lost in a crash costs a request or two, never correctness: so disks are spared. */
const writeEveryMs = 1_000;

/** Values by key that outlive the process: in memory, and written behind at most once a second. */
export class KeptDocuments<T extends object> {
  readonly #options: KeptDocumentsOptions;
  readonly #shards: Map<string, T>[] = [];
  readonly #dirty = new Set<number>();
  #timer: Timer | undefined;
  #isClosed = false;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: KeptDocumentsOptions) {
    this.#options = options;
    for (let index = 0; index < options.shards; index += 1) this.#shards.push(new Map());
  }

  async read(): Promise<void> {
    await Promise.all(
      this.#shards.map(async (shard, index) => {
        const document = await this.#options.state.readDocument(this.#name(index));
        if (!isJsonObject(document)) return;
        for (const [key, value] of Object.entries(document)) shard.set(key, value as unknown as T);
      }),
    );
  }

  get(key: string): T | undefined {
    return this.#shardOf(key).get(key);
  }

  /** All of them, in no order that means anything. */
  entries(): readonly (readonly [string, T])[] {
    return this.#shards.flatMap((shard) => [...shard]);
  }

  set(key: string, value: T): void {
    this.#shardOf(key).set(key, value);
    this.#touch(key);
  }

  delete(key: string): void {
    if (this.#shardOf(key).delete(key)) this.#touch(key);
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
      } catch (error) {
        this.#dirty.add(index);
        this.#writeLater();
        this.#options.onError(error);
      }
    }
  }

  #touch(key: string): void {
    this.#dirty.add(this.#indexOf(key));
    this.#writeLater();
  }

  #writeLater(): void {
    if (!this.#isClosed) this.#timer ??= this.#options.setTimer(writeEveryMs, () => void this.flush());
  }

  #shardOf(key: string): Map<string, T> {
    return this.#shards[this.#indexOf(key)] ?? new Map();
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
