import { AppError } from '../../core/error.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import type { KubeFailure } from '../ports.ts';
import { contentOf, type StateSecrets } from './state-secrets.ts';
import { decodeVaultIndex, encodeVaultIndex, type VaultEntry } from './vault-index.ts';

export type VaultEntries = ReadonlyMap<string, VaultEntry>;

interface Known {
  /** Of the Secret; `undefined` while there is none. */
  readonly version: string | undefined;
  readonly entries: VaultEntries;
}

/** Which write of which process it is: contents alone don't tell one's own from those that a successor took over. */
const commitAnnotation = 'fairlead.dev/commit';
/** Reading it and taking it over are two requests, between which another process may still write. */
const claims = 5;

/**
 * The index of a vault: one Secret, replaced only as it was last seen here, which is the commit. A write whose answer is
 * lost leaves a doubt, and nothing is written before the doubt is settled: what the stored index names may be either.
 * Throws AppError: `conflict` where another process wrote, `unavailable` else.
 */
export class VaultHead {
  readonly #secrets: StateSecrets;
  readonly #newId: () => string;
  #known: Known;
  /** Writes that may have been taken, or may still be, by their ids. */
  readonly #doubts = new Map<string, VaultEntries>();

  private constructor(secrets: StateSecrets, newId: () => string, known: Known) {
    this.#secrets = secrets;
    this.#newId = newId;
    this.#known = known;
  }

  /** Reads it and writes it again under this process's name: no write of an earlier process is taken from here on. */
  static async claim(secrets: StateSecrets, newId: () => string): Promise<VaultHead> {
    let failure: KubeFailure | undefined;
    for (let attempt = 0; attempt < claims; attempt += 1) {
      const found = await secrets.find(secrets.name);
      const entries = found === undefined ? new Map() : decodeVaultIndex(contentOf(found));
      if (entries === undefined) throw damagedIndex(secrets);
      const known = { version: found?.metadata.resourceVersion, entries };
      const head = new VaultHead(secrets, newId, known);
      failure = await head.#put(newId(), entries);
      if (failure === undefined) return head;
      if (isRefused(failure) && failure.status !== 409) break;
    }
    throw secrets.failed(secrets.name, failure ?? neverAsked);
  }

  get entries(): VaultEntries {
    return this.#known.entries;
  }

  /** Settles what an earlier write left open, so that `entries` is what is stored and no write is on its way. */
  async settle(): Promise<void> {
    while (this.#doubts.size > 0) {
      if ((await this.#look()) === 'adopted') return;
      // It may still arrive: once the index has another version it can't be taken any more.
      await this.write(this.#known.entries);
    }
  }

  /** Replaces the index. Only without a doubt, or with the entries that are known. */
  async write(entries: VaultEntries): Promise<void> {
    const id = this.#newId();
    const failure = await this.#put(id, entries);
    if (failure === undefined) return;
    const error = this.#secrets.failed(this.#secrets.name, failure);
    if (isRefused(failure) && failure.status !== 409) throw error;
    this.#doubts.set(id, entries);
    const seen = await this.#look().catch((caught: unknown) => {
      if (AppError.from(caught).code === 'conflict') throw caught;
      throw error;
    });
    if (seen === 'adopted' && this.#known.entries === entries) return;
    // A refusal with 409 although the index is as it was: a quota was counted at the same moment.
    if (failure.status === 409) this.#doubts.delete(id);
    throw error;
  }

  /** Throws `conflict` unless the index is as this process left it. */
  async confirm(): Promise<void> {
    await this.#look();
  }

  async #put(id: string, entries: VaultEntries): Promise<KubeFailure | undefined> {
    const result = await this.#secrets.put(this.#secrets.name, encodeVaultIndex(entries), {
      resourceVersion: this.#known.version,
      annotations: { [commitAnnotation]: id },
    });
    if (result.type === 'failed') return result.failure;
    this.#adopt(result.object, entries);
    return undefined;
  }

  /** What is stored: a write of this process that was in doubt, or what was known. */
  async #look(): Promise<'adopted' | 'unchanged'> {
    const found = await this.#secrets.find(this.#secrets.name);
    if (found?.metadata.resourceVersion === this.#known.version) return 'unchanged';
    if (found === undefined) throw goneIndex(this.#secrets);
    const entries = this.#doubts.get(found.metadata.annotations?.[commitAnnotation] ?? '');
    if (entries === undefined) throw otherWriter(this.#secrets);
    this.#adopt(found, entries);
    return 'adopted';
  }

  #adopt(stored: KubeObject, entries: VaultEntries): void {
    this.#known = { version: stored.metadata.resourceVersion, entries };
    this.#doubts.clear();
  }
}

/** Whether the API server said no: it did not take the write and will not. */
function isRefused({ status }: KubeFailure): boolean {
  return status >= 400 && status < 500 && status !== 408;
}

const neverAsked: KubeFailure = { status: 0, reason: '', message: 'not asked', causes: [] };

export const damagedRemedy =
  'Restore it from a backup; or delete the Secrets of this name and enrol the agent again: nothing on the cluster is changed by that';

function damagedIndex(secrets: StateSecrets): AppError {
  return new AppError('invalid', 'this Secret should name the parts of the agent’s state and does not', {
    subject: secrets.subject(secrets.name),
    remedy: damagedRemedy,
  });
}

function goneIndex(secrets: StateSecrets): AppError {
  return new AppError('unavailable', 'the Secret that names the parts of the agent’s state was deleted', {
    subject: secrets.subject(secrets.name),
    remedy: 'Restart the agent: it writes its state anew from its folder, or is enrolled again without one',
  });
}

function otherWriter(secrets: StateSecrets): AppError {
  return new AppError('conflict', 'another process wrote the state of this agent', {
    subject: secrets.subject(secrets.name),
    remedy: 'See that only one agent runs with this state: one Deployment of one replica in this namespace',
  });
}
