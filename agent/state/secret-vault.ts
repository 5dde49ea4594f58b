import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { AppError } from '../../core/error.ts';
import type { KubePort } from '../ports.ts';
import { SecretSlots, type SlotsOptions } from './secret-slots.ts';
import { decodeVaultIndex, encodeVaultIndex, type VaultEntry } from './vault-index.ts';

export interface VaultOptions extends SlotsOptions {
  readonly kube: Pick<KubePort, 'get' | 'create' | 'update' | 'delete'>;
}

/** Compressed contents up to this size stand in the index itself. */
const maxInlineBytes = 2 * 1024;
/** A Secret holds at most 1 MiB. */
const maxPartBytes = 768 * 1024;

/**
 * Files in Secrets of the agent's namespace, compressed. Larger ones lie in numbered Secrets, in parts; one index Secret
 * names them all, and its replacement by compare-and-swap is the commit: a crash before it leaves the old files, whole.
 * Only one process may write; that another one did is an AppError `conflict`.
 */
export class SecretVault {
  readonly #slots: SecretSlots;
  #entries: ReadonlyMap<string, VaultEntry> = new Map();

  private constructor(slots: SecretSlots) {
    this.#slots = slots;
  }

  /** Reads the index. Throws AppError where it can't be read, or is no index. */
  static async open(options: VaultOptions): Promise<SecretVault> {
    const vault = new SecretVault(new SecretSlots(options));
    const index = await vault.#slots.readIndex();
    if (index === undefined) return vault;
    const entries = decodeVaultIndex(index);
    if (entries === undefined) {
      throw new AppError('invalid', 'this Secret should name the parts of the agent’s state and does not', {
        subject: vault.#slots.indexName,
        remedy: damagedRemedy,
      });
    }
    vault.#entries = entries;
    return vault;
  }

  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  /** Every file. Throws AppError `invalid` for a damaged one: no part of a state is taken for the whole. */
  async readAll(): Promise<ReadonlyMap<string, Uint8Array>> {
    const files = new Map<string, Uint8Array>();
    for (const [name, entry] of this.#entries) files.set(name, await this.#read(name, entry));
    return files;
  }

  /** Writes files, and removes those that are `undefined`; all of it takes effect at once or not at all. */
  async commit(changes: ReadonlyMap<string, Uint8Array | undefined>): Promise<void> {
    if (changes.size === 0) return;
    const used = new Set([...this.#entries.values()].flatMap(slotsOf));
    const entries = new Map(this.#entries);
    for (const [name, content] of changes) {
      if (content === undefined) entries.delete(name);
      else entries.set(name, await this.#write(content, used));
    }
    await this.#slots.writeIndex(encodeVaultIndex(entries));
    this.#entries = entries;
    const kept = new Set([...entries.values()].flatMap(slotsOf));
    await Promise.all([...used].filter((slot) => !kept.has(slot)).map((slot) => this.#slots.drop(slot)));
  }

  async #write(content: Uint8Array, used: Set<number>): Promise<VaultEntry> {
    const packed = gzipSync(content, { level: 1 });
    const digest = sha256(packed);
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
          ? this.#slots.indexName
          : entry.slots.map((slot) => this.#slots.nameOf(slot)).join(', '),
      remedy: damagedRemedy,
    });
  }
}

const damagedRemedy =
  'Restore it from a backup; or delete the Secrets of this name and enrol the agent again: nothing on the cluster is changed by that';

function slotsOf(entry: VaultEntry): readonly number[] {
  return entry.type === 'parts' ? entry.slots : [];
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
