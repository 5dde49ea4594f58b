import type { Attempt } from '../../core/attempt.ts';
import { type Digest, shortName } from '../../core/digest.ts';
import { AppError } from '../../core/error.ts';
import { type AttemptEnd, isDeletedAfter, runKey } from '../plan/hook-record.ts';
import type { PreparedApplication, PreparedHook } from '../plan/prepare-application.ts';
import { ApplicationHooks } from './application-hooks.ts';
import type { EngineServices } from './engine-services.ts';
import { HookObjects } from './hook-objects.ts';
import { endOf, runsOf, type SyncRecord } from './sync-record.ts';

/** How a sync tells its application that there is something to do or to show. */
export interface SyncHost {
  wake(): void;
  onChanged(): void;
}

type Applied = Pick<SyncRecord, 'appliedDigest' | 'appliedAt' | 'completedDigest' | 'completedAt'>;

/**
 * How far one application's attempt has come. An attempt begins when manifests change or a person asks for it, never
 * because a process starts: every step is kept with the digest of the manifests that it belongs to.
 */
export class ApplicationSync {
  readonly hooks: ApplicationHooks;
  readonly #services: EngineServices;
  readonly #application: string;
  readonly #objects: HookObjects;
  #manifests: Digest;
  /** Those that the attempt is for. */
  #taken: Digest | undefined;
  #pending = new Set<string>();
  #asked: 'by-git' | 'by-operation' = 'by-git';
  #id = '';
  #failing: string | undefined;
  #end: AttemptEnd | undefined;
  #hooksOf: readonly PreparedHook[] = [];
  #isForgotten = false;

  constructor(
    services: EngineServices,
    application: string,
    host: SyncHost,
    manifests: Digest,
    prepared: PreparedApplication,
  ) {
    this.#services = services;
    this.#application = application;
    this.#manifests = manifests;
    const { record } = this;
    this.#objects = new HookObjects(services, application, record?.hookObjects ?? {});
    this.hooks = new ApplicationHooks(services, application, this.#objects, {
      keep: () => this.#keep(),
      onEnded: () => host.wake(),
      onChanged: () => host.onChanged(),
    });
    this.#taken = record?.manifests;
    if (record === undefined) return;
    this.#id = record.id;
    this.#failing = record.failing;
    this.#end = endOf(record);
    if (this.isDue) {
      this.#supersede();
      return;
    }
    this.#asked = record.askedBy === 'operation' && this.isOpen ? 'by-operation' : 'by-git';
    this.#pending = new Set(record.pending.filter((key) => prepared.objects.has(key)));
    this.#beginHooks(prepared, runsOf(record, prepared));
  }

  get record(): SyncRecord | undefined {
    return this.#services.syncs.get(this.#application);
  }

  /** Whether these manifests were never taken up, or were left for others and are wanted again. */
  get isDue(): boolean {
    return this.record?.manifests !== this.#manifests || this.record.end?.type === 'superseded';
  }

  /** Whether an attempt is going on. */
  get isOpen(): boolean {
    return this.#id !== '' && this.#end === undefined;
  }

  /** Whether the attempt ended before its end: what it had not applied stays as it is until another one begins. */
  get isStopped(): boolean {
    return this.#end !== undefined && this.#end.type !== 'succeeded';
  }

  get isAskedByPerson(): boolean {
    return this.#asked === 'by-operation';
  }

  get id(): string {
    return this.#id;
  }

  get failing(): string | undefined {
    return this.#failing;
  }

  get end(): AttemptEnd | undefined {
    return this.#end;
  }

  hasPending(key: string): boolean {
    return this.#pending.has(key);
  }

  get pendingCount(): number {
    return this.#pending.size;
  }

  /** For people; `undefined` where there is nothing about it that the objects don't say. */
  get attempt(): Attempt | undefined {
    const hooks = this.hooks.statuses;
    if (this.#id === '' || (hooks.length === 0 && !this.isStopped)) return undefined;
    const end = this.#end;
    const state = end?.type ?? (this.#failing === undefined ? 'running' : 'failing');
    const message = end !== undefined && end.type !== 'succeeded' ? end.message : (this.#failing ?? '');
    return { id: this.#id, state, message, hooks };
  }

  /** Other manifests: a sync that somebody asked for was of those they saw. */
  want(manifests: Digest): void {
    if (manifests === this.#manifests) return;
    this.#manifests = manifests;
    this.#asked = 'by-git';
    this.#pending.clear();
    this.#supersede();
  }

  /** Its hooks that run go on, but nobody waits for them. */
  #supersede(): void {
    if (!this.isOpen) return;
    this.hooks.stop();
    this.#end = { type: 'superseded', message: 'Git changed before it was through' };
    this.save();
  }

  /** An attempt for these objects. One that an operation asked for goes on where an earlier process left it. */
  begin(operation: string | undefined, keys: readonly string[], prepared: PreparedApplication): void {
    if (operation !== undefined && operation === this.#id) {
      if (this.isOpen) this.#asked = 'by-operation';
      return;
    }
    this.#asked = operation === undefined ? 'by-git' : 'by-operation';
    this.#id = operation ?? this.#newId();
    this.#taken = this.#manifests;
    this.#isForgotten = false;
    this.#pending = new Set(keys);
    this.#failing = undefined;
    this.#end = undefined;
    this.#beginHooks(prepared, undefined);
    this.save();
  }

  #beginHooks(prepared: PreparedApplication, kept: SyncRecord['runs']): void {
    this.#hooksOf = prepared.hooks;
    this.hooks.begin({
      id: this.#id,
      hooks: prepared.hooks,
      earlierRuns: this.isAskedByPerson ? 'replace' : 'await',
      ...(kept === undefined ? {} : { kept }),
    });
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

  /** It can't succeed any more. */
  fail(message: string): void {
    if (!this.isOpen || this.#failing !== undefined) return;
    this.#failing = message;
    this.#services.log.warn({ application: this.#application, attempt: this.#id, message }, 'sync failed');
    this.save();
  }

  /** A person ended it: hooks that run are broken off. */
  cancel(message: string): void {
    if (!this.isOpen) return;
    this.hooks.stop();
    this.finish({ type: 'cancelled', message });
  }

  /** It is over. What its hooks left is cleared away by `clear`. */
  finish(end: AttemptEnd): void {
    if (!this.isOpen) return;
    this.#end = end;
    this.#asked = 'by-git';
    this.save();
  }

  /** All of it is applied. */
  completed(digest: Digest): void {
    if (this.isOpen || this.record?.appliedDigest !== digest) {
      if (this.isOpen) this.#end = { type: 'succeeded' };
      this.#store({ appliedDigest: digest, appliedAt: this.#services.clock.now().toISOString() });
    }
    this.#asked = 'by-git';
  }

  /** All of it is healthy too, for the first time. */
  released(digest: Digest): void {
    const { record } = this;
    if (record === undefined || record.completedDigest === digest) return;
    const completedAt = this.#services.clock.now().toISOString();
    this.#services.syncs.set(this.#application, { ...record, completedDigest: digest, completedAt });
  }

  /**
   * Deletes what hooks left, as their policies say for how the attempt ended; after a success also what hooks left that
   * are no longer in Git, and after a cancellation what still runs. Returns whether nothing is left to be deleted.
   */
  async clear(): Promise<boolean> {
    const end = this.#end;
    if (end === undefined) return true;
    const { kept } = this.hooks;
    const before = Object.keys(this.#objects.kept).length;
    const isClear = await this.#objects.delete((key) => {
      const hook = this.#hooksOf.find((candidate) => candidate.key === key);
      if (hook === undefined) return end.type === 'succeeded';
      const runs = hook.phases.flatMap((phase) => kept[runKey(key, phase)] ?? []);
      if (runs.length === 0) return false;
      const isRunning = runs.some(({ state }) => state === 'starting' || state === 'started');
      return isRunning ? end.type === 'cancelled' : isDeletedAfter(hook, end);
    });
    if (Object.keys(this.#objects.kept).length !== before) this.save();
    return isClear;
  }

  /** The application is going: so does all that its hooks left. */
  async clearAll(): Promise<boolean> {
    return this.#objects.delete(() => true);
  }

  /**
   * The application is gone from this cluster: so is all that was remembered of it; first what could run again. Throws
   * AppError where that can't be kept; then nothing is forgotten.
   */
  async forget(): Promise<void> {
    const { syncs } = this.#services;
    await this.#forgetDeletionHooks();
    this.#isForgotten = true;
    this.#end = { type: 'succeeded' };
    const hadHooks = this.record?.hookObjects !== undefined;
    syncs.delete(this.#application);
    // A later process that found it would delete what its hooks left again.
    if (hadHooks) await syncs.flush();
  }

  async #forgetDeletionHooks(): Promise<void> {
    const { deletionHooks } = this.#services;
    const hooks = deletionHooks.get(this.#application);
    if (hooks === undefined) return;
    deletionHooks.delete(this.#application);
    try {
      await deletionHooks.keep();
    } catch (error) {
      deletionHooks.set(this.#application, hooks);
      throw error;
    }
  }

  /** Whether nothing of it is left to be done here. */
  get isForgotten(): boolean {
    return this.#isForgotten;
  }

  save(): void {
    const { appliedDigest, appliedAt, completedDigest, completedAt } = this.record ?? {};
    this.#store({
      ...(appliedDigest === undefined ? {} : { appliedDigest }),
      ...(appliedAt === undefined ? {} : { appliedAt }),
      ...(completedDigest === undefined ? {} : { completedDigest }),
      ...(completedAt === undefined ? {} : { completedAt }),
    });
  }

  async #keep(): Promise<AppError | undefined> {
    this.save();
    try {
      await this.#services.syncs.keep();
      return undefined;
    } catch (caught) {
      return AppError.from(caught);
    }
  }

  /** Writes nothing where the number of pending objects is the one that is kept already: it only falls within a sync. */
  saveProgress(): void {
    if ((this.record?.pending.length ?? 0) !== this.#pending.size) this.save();
  }

  #store(applied: Applied): void {
    if (this.#taken === undefined || this.#isForgotten) return;
    const runs = this.hooks.kept;
    const hookObjects = this.#objects.kept;
    this.#services.syncs.set(this.#application, {
      manifests: this.#taken,
      id: this.#id,
      pending: [...this.#pending],
      ...(this.isAskedByPerson ? { askedBy: 'operation' } : {}),
      ...(Object.keys(runs).length === 0 ? {} : { runs }),
      ...(this.#failing === undefined ? {} : { failing: this.#failing }),
      ...(this.#end === undefined ? {} : { end: this.#end }),
      ...(Object.keys(hookObjects).length === 0 ? {} : { hookObjects }),
      ...applied,
    });
  }
}
