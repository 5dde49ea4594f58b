import type { Digest } from '../../core/digest.ts';
import type { PreparedApplication } from '../plan/prepare-application.ts';
import type { ApplicationHooks } from './application-hooks.ts';
import type { EngineServices, SyncRecord } from './engine-services.ts';

/**
 * How far one application's sync has come. A sync is due when its manifests change or a person asks for it, never
 * because a process starts: what is still to be applied is kept with the digest of the manifests it belongs to.
 */
export class ApplicationSync {
  readonly #services: EngineServices;
  readonly #application: string;
  readonly #hooks: ApplicationHooks;
  #manifests: Digest;
  #pending = new Set<string>();
  #asked: 'by-git' | 'by-operation' = 'by-git';

  constructor(
    services: EngineServices,
    application: string,
    hooks: ApplicationHooks,
    manifests: Digest,
    prepared: PreparedApplication,
  ) {
    this.#services = services;
    this.#application = application;
    this.#hooks = hooks;
    this.#manifests = manifests;
    if (this.isDue) return;
    this.#pending = new Set(this.record?.pending.filter((key) => prepared.objects.has(key)));
    hooks.resume(this.record?.hooksDone ?? [], prepared.hooks);
  }

  get record(): SyncRecord | undefined {
    return this.#services.syncs.get(this.#application);
  }

  /** Whether these manifests were never taken up. */
  get isDue(): boolean {
    return this.record?.manifests !== this.#manifests;
  }

  get isOpen(): boolean {
    return this.#pending.size > 0 || this.#hooks.isOpen;
  }

  get isAskedByPerson(): boolean {
    return this.#asked === 'by-operation';
  }

  hasPending(key: string): boolean {
    return this.#pending.has(key);
  }

  get pendingCount(): number {
    return this.#pending.size;
  }

  /** Other manifests: a sync that somebody asked for was of those they saw. */
  want(manifests: Digest): void {
    if (manifests === this.#manifests) return;
    this.#manifests = manifests;
    this.#asked = 'by-git';
    this.#pending.clear();
  }

  begin(asked: 'by-git' | 'by-operation', keys: readonly string[], prepared: PreparedApplication): void {
    this.#asked = asked;
    this.#pending = new Set(keys);
    this.#hooks.begin(prepared.hooks);
    this.save();
  }

  /** An object that it got from another application, or whose identity became known. */
  gained(key: string): void {
    if (!this.isDue) this.#pending.add(key);
  }

  /** One object is as desired. Returns whether that was still to be done. */
  settled(key: string): boolean {
    return this.#pending.delete(key);
  }

  /** All of it is applied. */
  completed(digest: Digest): void {
    if (this.record?.appliedDigest !== digest) {
      this.#store({ appliedDigest: digest, appliedAt: this.#services.clock.now().toISOString() });
    }
    this.#asked = 'by-git';
  }

  save(): void {
    const { appliedDigest, appliedAt } = this.record ?? {};
    this.#store({
      ...(appliedDigest === undefined ? {} : { appliedDigest }),
      ...(appliedAt === undefined ? {} : { appliedAt }),
    });
  }

  /** Writes nothing where the number of pending objects is the one that is kept already: it only falls within a sync. */
  saveProgress(): void {
    if ((this.record?.pending.length ?? 0) !== this.#pending.size) this.save();
  }

  #store(applied: Pick<SyncRecord, 'appliedDigest' | 'appliedAt'>): void {
    this.#services.syncs.set(this.#application, {
      manifests: this.#manifests,
      pending: [...this.#pending],
      hooksDone: this.#hooks.done,
      ...applied,
    });
  }
}
