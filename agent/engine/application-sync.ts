import { type Digest, shortName } from '../../core/digest.ts';
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
  #id = '';

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
    const { id = '', pending = [], hooksDone = [] } = this.record ?? {};
    this.#id = id;
    this.#pending = new Set(pending.filter((key) => prepared.objects.has(key)));
    hooks.begin(id, prepared.hooks, hooksDone);
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

  /** A sync of these objects. One that an operation asked for goes on where an earlier process left it. */
  begin(operation: string | undefined, keys: readonly string[], prepared: PreparedApplication): void {
    this.#asked = operation === undefined ? 'by-git' : 'by-operation';
    if (operation !== undefined && operation === this.#id && !this.isDue) return;
    this.#id = operation ?? this.#newId();
    this.#pending = new Set(keys);
    this.#hooks.begin(this.#id, prepared.hooks);
    this.save();
  }

  #newId(): string {
    const { clock, random } = this.#services;
    return shortName([this.#application, clock.now().toISOString(), String(random())].join('\n'));
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
      id: this.#id,
      pending: [...this.#pending],
      hooksDone: this.#hooks.done,
      ...applied,
    });
  }
}
