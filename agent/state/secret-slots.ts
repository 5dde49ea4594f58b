import { AppError } from '../../core/error.ts';
import { contentOf, type StateSecrets } from './state-secrets.ts';

/** So many Secrets of parts may there be; the chart's Role names each of them (charts/agent/templates/state.yaml). */
export const slotCount = 128;

/**
 * The numbered Secrets of a vault. What lies in one that this process takes for free is overwritten or deleted only as
 * it was before `confirm` said that nobody else had begun to write: a process that was stopped in between, and goes on
 * beside its successor, harms none of the successor's.
 */
export class SecretSlots {
  readonly #secrets: StateSecrets;
  readonly #confirm: () => Promise<void>;

  /** `confirm` throws AppError `conflict` where another process writes. */
  constructor(secrets: StateSecrets, confirm: () => Promise<void>) {
    this.#secrets = secrets;
    this.#confirm = confirm;
  }

  nameOf(slot: number): string {
    return `${this.#secrets.name}-${slot}`;
  }

  /** A number that is not among these. */
  free(used: ReadonlySet<number>): number {
    for (let slot = 0; slot < slotCount; slot += 1) if (!used.has(slot)) return slot;
    throw new AppError('unavailable', `the agent's state is larger than ${slotCount} Secrets hold`, {
      subject: this.#secrets.subject(this.#secrets.name),
      remedy: 'Keep it in a volume: set the value state=volume of the chart',
    });
  }

  async read(slot: number): Promise<Uint8Array> {
    const found = await this.#secrets.find(this.nameOf(slot));
    return found === undefined ? new Uint8Array() : contentOf(found);
  }

  /** Writes a part that no index names yet; what an earlier attempt left there is overwritten. */
  async write(slot: number, content: Uint8Array): Promise<void> {
    const name = this.nameOf(slot);
    const created = await this.#secrets.put(name, content, { resourceVersion: undefined });
    if (created.type === 'ok') return;
    const left = created.failure.status === 409 ? await this.#secrets.find(name) : undefined;
    if (left === undefined) throw this.#secrets.failed(name, created.failure);
    await this.#confirm();
    const { resourceVersion } = left.metadata;
    const updated = await this.#secrets.put(name, content, { resourceVersion });
    if (updated.type === 'failed') throw this.#secrets.failed(name, updated.failure);
  }

  /** Best effort: what stays is overwritten one day. */
  async drop(slots: readonly number[]): Promise<void> {
    if (slots.length === 0) return;
    try {
      const names = slots.map((slot) => this.nameOf(slot));
      const found = await Promise.all(names.map((name) => this.#secrets.find(name)));
      await this.#confirm();
      await Promise.all(
        names.flatMap((name, index) => {
          const secret = found[index];
          return secret === undefined ? [] : [this.#secrets.delete(name, secret)];
        }),
      );
    } catch (error) {
      if (AppError.from(error).code === 'conflict') throw error;
    }
  }
}
