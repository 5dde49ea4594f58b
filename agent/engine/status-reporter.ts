import { type Digest, digest } from '../../core/digest.ts';
import { canonicalJson, type Json } from '../../core/json.ts';
import type { ApplicationStatus } from '../../core/status.ts';
import type { EngineClock } from './engine-clock.ts';

/** A status that will soon be another one waits for it; one that stands is told at once. */
const passingMs = 250;
const standingMs = 10;
/** While an application goes on passing, each report of it costs as much as all of its objects: they become rarer. */
const longestPassingMs = 2_000;
/** Of hundreds that pass at once no more than fifty a second are told. */
const perPassingMs = 20;

interface Pending {
  readonly timer: { cancel(): void };
  readonly dueAt: number;
}

/** Tells of applications when they changed, and of nothing else: an idle agent reports nothing. */
export class StatusReporter {
  readonly #clock: EngineClock;
  readonly #report: (status: ApplicationStatus) => void;
  readonly #pending = new Map<string, Pending>();
  readonly #told = new Map<string, Digest>();
  /** How long the next passing status of an application waits. */
  readonly #passing = new Map<string, number>();

  constructor(clock: EngineClock, report: (status: ApplicationStatus) => void) {
    this.#clock = clock;
    this.#report = report;
  }

  /** `read` is asked when it is told, so that many changes of one time make one report. */
  changed(
    application: string,
    stage: 'passing' | 'standing',
    read: () => ApplicationStatus | undefined,
  ): void {
    const ownMs = stage === 'passing' ? (this.#passing.get(application) ?? passingMs) : standingMs;
    const waitMs = stage === 'passing' ? Math.max(ownMs, this.#pending.size * perPassingMs) : ownMs;
    const dueAt = this.#clock.now().getTime() + waitMs;
    const pending = this.#pending.get(application);
    if (pending !== undefined && pending.dueAt <= dueAt) return;
    pending?.timer.cancel();
    const timer = this.#clock.setTimer(waitMs, () => {
      this.#pending.delete(application);
      if (stage === 'standing') this.#passing.delete(application);
      else this.#passing.set(application, Math.min(longestPassingMs, ownMs * 2));
      this.#tell(application, read());
    });
    this.#pending.set(application, { timer, dueAt });
  }

  #tell(application: string, status: ApplicationStatus | undefined): void {
    if (status === undefined) return;
    const text = digest(canonicalJson(status as unknown as Json));
    if (this.#told.get(application) === text) return;
    this.#told.set(application, text);
    this.#report(status);
  }

  get isQuiet(): boolean {
    return this.#pending.size === 0;
  }

  forget(application: string): void {
    this.#pending.get(application)?.timer.cancel();
    this.#pending.delete(application);
    this.#told.delete(application);
    this.#passing.delete(application);
  }

  close(): void {
    for (const pending of this.#pending.values()) pending.timer.cancel();
    this.#pending.clear();
  }
}
