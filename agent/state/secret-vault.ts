import { createHash, randomUUID } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { AppError } from '../../core/error.ts';
import { SecretSlots } from './secret-slots.ts';
import { StateSecrets, type StateSecretsOptions } from './state-secrets.ts';
import { damagedRemedy, VaultHead } from './vault-head.ts';
import type { VaultEntry } from './vault-index.ts';

/** Compressed contents up to this size stand in the index itself. */
const maxInlineBytes = 2 * 1024;
/** A Secret holds at most 1 MiB. */
const maxPartBytes = 768 * 1024;

/**
 * Files in Secrets of the agent's namespace, compressed. Larger ones lie in numbered Secrets, in parts; one index Secret
 * names them all, and its replacement by compare-and-swap is the commit: a crash before it leaves the old files, whole.
 * Only one process may write: who opens it takes it over, and the one before is told by an AppError `conflict`.
 */
export class SecretVault {
  readonly #head: VaultHead;
  readonly #slots: SecretSlots;
  readonly #secrets: StateSecrets;

  private constructor(secrets: StateSecrets, head: VaultHead) {
    this.#secrets = secrets;
    this.#head = head;
    this.#slots = new SecretSlots(secrets, () => head.confirm());
  }

  /** Takes it over. Throws AppError where the index can't be read or written, or is none. */
  static async open(options: StateSecretsOptions): Promise<SecretVault> {
    const secrets = new StateSecrets(options);
    return new SecretVault(secrets, await VaultHead.claim(secrets, randomUUID));
  }

  get isEmpty(): boolean {
    return this.#head.entries.size === 0;
  }

  /** Every file. Throws AppError `invalid` for a damaged one: no part of a state is taken for the whole. */
  async readAll(): Promise<ReadonlyMap<string, Uint8Array>> {
    const files = new Map<string, Uint8Array>();
    for (const [name, entry] of this.#head.entries) files.set(name, await this.#read(name, entry));
    return files;
  }

  /** Removes every file. */
  async clear(): Promise<void> {
    await this.commit(new Map([...this.#head.entries.keys()].map((name) => [name, undefined])));
  }

  /** Writes files, and removes those that are `undefined`; all of it takes effect at once or not at all. */
  async commit(changes: ReadonlyMap<string, Uint8Array | undefined>): Promise<void> {
    if (changes.size === 0) return;
    await this.#head.settle();
    const used = new Set([...this.#head.entries.values()].flatMap(slotsOf));
    const entries = new Map(this.#head.entries);
    let isChanged = false;
    for (const [name, content] of changes) {
      const before = entries.get(name);
      const after = content === undefined ? undefined : await this.#write(content, before, used);
      isChanged ||= after !== before;
      if (after === undefined) entries.delete(name);
      else entries.set(name, after);
    }
    if (!isChanged) return;
    await this.#head.write(entries);
    const kept = new Set([...entries.values()].flatMap(slotsOf));
    await this.#slots.drop([...used].filter((slot) => !kept.has(slot)));
  }

  async #write(content: Uint8Array, before: VaultEntry | undefined, used: Set<number>): Promise<VaultEntry> {
    const packed = gzipSync(content, { level: 1 });
    const digest = sha256(packed);
    if (before?.digest === digest) return before;
    if (packed.length <= maxInlineBytes) return { type: 'inline', digest, content: packed };
    const slots: number[] = [];
    for (let start = 0; start < packed.length; start += maxPartBytes) {
      const slot = this.#slots.free(used);
      used.add(slot);
      slots.push(slot);
      await this.#slots.write(slot, packed.subarray(start, start + maxPartBytes));
    }
    return { type: 'parts', digest, slots };
  }

  async #read(name: string, entry: VaultEntry): Promise<Uint8Array> {
    const packed =
      entry.type === 'inline'
        ? entry.content
        : Buffer.concat(await Promise.all(entry.slots.map((slot) => this.#slots.read(slot))));
    if (sha256(packed) === entry.digest) return gunzipSync(packed);
    throw new AppError('invalid', `the agent's state in Secrets is damaged: ${name}`, {
      subject:
        entry.type === 'inline'
          ? this.#secrets.name
          : entry.slots.map((slot) => this.#slots.nameOf(slot)).join(', '),
      remedy: damagedRemedy,
    });
  }
}

function slotsOf(entry: VaultEntry): readonly number[] {
  return entry.type === 'parts' ? entry.slots : [];
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
